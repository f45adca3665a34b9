r"""Whether a model does what is wished, and what that costs.

    python -m benchmarks.control --data_dir=<folders of motion>

Movement goes on from moments of held-out clips. Guided movement stands beside the same
movement without a wish: the same noise, sampler and inertia. Nothing is chosen on these
clips.
"""

from benchmarks import report
from benchmarks.control import (
    crowding,
    effort,
    following,
    ground,
    keying,
    labelling,
    match,
    reaching,
)
from experiments import pipeline, program, prompts  # program sets up the cache
from experiments.results import provenance
from lmmjax import pretrained
from lmmjax.generation import Stream

flags = report.flags_of(__name__)
_PRETRAINED = flags.DEFINE_string("pretrained", "human-mocap", "Name or folder.")
_DATA = flags.DEFINE_string("data_dir", None, "Folders of motion.", required=True)
_JOINTS = flags.DEFINE_list("joints", ["LeftHand", "RightHand"], "That reach.")
_GOALS = flags.DEFINE_integer("goals", 128, "Of each joint.", 1)
_AIMED = flags.DEFINE_float("aimed", 3.0, "Scale of the guidance by told goals.")
_SECONDS = flags.DEFINE_float("seconds", 0.8, "Until a goal is due.")
_PATHS = flags.DEFINE_integer("paths", 64, "That are followed; 0 for none.", 0)
_FOLLOWED = flags.DEFINE_float("followed", 10.0, "Seconds of each path.")
_KEYS = flags.DEFINE_integer("keys", 64, "Key poses; 0 for none.", 0)
_KEYED = flags.DEFINE_float("keyed", 1.0, "Seconds until a key pose.")
_PEOPLE = flags.DEFINE_integer("people", 22, "In a crowd; 0 for none.", 0)
_PLAYERS = flags.DEFINE_integer("players", 10, "Of a match; 0 for none.", 0)
_PLAYED = flags.DEFINE_float("played", 20.0, "Seconds of the match.")
_WALKS = flags.DEFINE_integer("walks", 32, "On floors not level; 0 for none.", 0)
_WALKED = flags.DEFINE_float("walked", 6.0, "Seconds of each walk.")
_EFFORTS = flags.DEFINE_integer("efforts", 10, "Of each subject; 0 for none.", 0)
_EXERTED = flags.DEFINE_integer("exerted", 3, "Seconds of each effort.", 1)
_TOLD = flags.DEFINE_integer("told", 16, "People told each label; 0 for none.", 0)
_HEED = flags.DEFINE_float("heed", 1.5, "Scale of the guidance by labels.")
_CALLS = flags.DEFINE_integer("calls", 200, "Timed steps of one person; 0 for none.", 0)
_SEED = flags.DEFINE_integer("seed", 0, "Of moments, goals and noise.")
# Seconds that somebody who is told something has for it.
_LABELLED = 8.0


def main() -> None:
    """Measure and print."""
    model, meta = pretrained.load(_PRETRAINED.value)
    dataset = pipeline.load_data(pipeline.config_of(meta), _DATA.value)
    held, seed, calls = dataset["test"], _SEED.value, _CALLS.value
    stream = Stream(model, commit=5, steps=4, churn=0.0, temperature=0.5, inertia=0.5)
    lines: list[str] = []
    told = []
    if _JOINTS.value:
        lines += reaching.HEADER
        told.append(f"{_GOALS.value} goals of each joint, due in {_SECONDS.value:g} s")
    for joint in _JOINTS.value:
        goals = _SECONDS.value, _GOALS.value
        lines += reaching.rows(held, joint, stream, *goals, calls, seed, _AIMED.value)
    if _PATHS.value:
        told.append(f"{_PATHS.value} paths for {_FOLLOWED.value:g} s")
        paths = _FOLLOWED.value, _PATHS.value
        lines += ["", *following.HEADER]
        lines += following.rows(held, stream, *paths, calls, seed)
    if _KEYS.value:
        told.append(f"{_KEYS.value} key poses in {_KEYED.value:g} s")
        lines += ["", *keying.HEADER]
        keys = _KEYED.value, _KEYS.value
        lines += keying.rows(held, stream, *keys, calls, seed)
    if _PEOPLE.value:
        told.append(f"{_PEOPLE.value} people in a crowd")
        lines += ["", *crowding.HEADER]
        lines += crowding.rows(held, stream, _PEOPLE.value, calls, seed)
    if _PLAYERS.value:
        told.append(f"{_PLAYERS.value} players of a match for {_PLAYED.value:g} s")
        lines += ["", *match.HEADER]
        own = pretrained.prompts(_PRETRAINED.value)
        gaits = {name: prompts.of_name(model, own, name) for name in match.GAITS}
        lines += match.rows(gaits, stream, _PLAYERS.value, _PLAYED.value, seed)
    if _WALKS.value:
        told.append(f"{_WALKS.value} walks of {_WALKED.value:g} s")
        lines += ["", *ground.HEADER]
        lines += ground.rows(held, stream, _WALKED.value, _WALKS.value, seed)
    if _EFFORTS.value:
        told.append(f"{_EFFORTS.value} efforts of {_EXERTED.value} s of each subject")
        lines += ["", *effort.HEADER]
        efforts = _EXERTED.value, _EFFORTS.value
        for subject in sorted({clip.subject for clip in held}):
            clips = [clip for clip in held if clip.subject == subject]
            lines += effort.rows(subject, clips, stream, *efforts, seed)
    if _TOLD.value and model.config.labels:
        told.append(f"{_TOLD.value} people told each label for {_LABELLED:g} s")
        lines += ["", *labelling.HEADER]
        people = _LABELLED, _TOLD.value, _HEED.value
        lines += labelling.rows(dataset["train"], held, stream, *people, seed)
    lines += ["", provenance(dataset.name, "; ".join(told), f"seed {seed}")]
    report.publish(lines)


if __name__ == "__main__":
    program.run(main)
