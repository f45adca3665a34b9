"""What people do in the clips of CMU's motion capture library, by their names.

The library's index (mocap.cs.cmu.edu) describes every trial in a line. Here one word
stands for each line of subjects 1, 2 and 5 to 9, so that a word names what several
trials have in common.
"""

# Of each subject its trials, in the order in which they are numbered.
_ACTIONS = {
    "01": ["jump", *["climb"] * 13],
    "02": ["walk"] * 2 + ["run", "jump", "punch", "scoop"] + ["sword"] * 3 + ["wash"],
    "05": ["walk", *["dance"] * 19],
    "06": ["walk", *["dribble"] * 11, *["shoot"] * 3],
    "07": ["walk"] * 12,
    "08": ["walk"] * 11,
    "09": [*["run"] * 11, "walk"],
}


def action(stem: str) -> str:
    """What is done in the clip of a file's name such as ``02_05``, "" if not known."""
    subject, _, trial = stem.partition("_")
    actions = _ACTIONS.get(subject, [])
    known = trial.isdecimal() and 1 <= int(trial) <= len(actions)
    return actions[int(trial) - 1] if known else ""
