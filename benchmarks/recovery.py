r"""Whether a stream finds back when it is pushed, and when sensors fail.

    python -m benchmarks.recovery --data_dir=<folders of motion> --without=<model>

From moments of held-out clips streams are struck, or shown a part of what happens; see
`lmmjax.evaluation.recovery` for what counts as success. Beside the model stand one that
never practised being pushed, where there is one; a statue, which keeps the pose and the
velocity that it had; and, for sensors, the last value held. What is usual of the model
unperturbed judges all. Nothing is chosen on these clips.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import report
from experiments import pipeline, program  # program sets up the cache
from experiments.results import provenance
from experiments.settings import SettingError
from kinematics import Motion
from kinematics.priors import Prior
from lmmjax import pretrained
from lmmjax.evaluation.drift import fit_plausibility
from lmmjax.evaluation.recovery import (
    BOUND,
    HOLDING,
    MODEL,
    STATUE,
    RecoveryRow,
    RecoveryStudy,
)
from lmmjax.generation import Stream
from lmmjax.model import MovementModel
from lmmjax.pretrained.package import DESCRIPTION
from lmmjax.training.checkpoint import load_model

flags = report.flags_of(__name__)
_PRETRAINED = flags.DEFINE_string(
    "pretrained", "human-mocap", "Name or folder, or the folder of a run."
)
_WITHOUT = flags.DEFINE_string("without", None, "The same without such practice.")
_DATA = flags.DEFINE_string("data_dir", None, "Folders of motion.", required=True)
_PREPARED = flags.DEFINE_string("prepared_dir", None, "Where prepared data are kept.")
_SPLIT = flags.DEFINE_enum("split", "test", ["test", "validation"], "Whose clips.")
_PUSHES = flags.DEFINE_list("pushes", ["0.2", "0.4", "0.6", "0.8", "1.0"], "In m/s.")
_TILTS = flags.DEFINE_list("tilts", ["10", "20"], "In degrees.")
_KNOCKS = flags.DEFINE_list(
    "knocks", ["LeftUpLeg", "RightArm"], "Joints that are knocked by 30 degrees."
)
_SHARE = flags.DEFINE_float("share", 0.3, "Of the joints that are lost.", 0, 1)
_LOST = flags.DEFINE_float("lost", 0.5, "Seconds that they are lost for.", 0.01)
_DROPPED = flags.DEFINE_float("dropped", 0.2, "Seconds of dropped frames.", 0.01)
_ON_FEET = flags.DEFINE_bool(
    "on_feet", False, "Whether slow feet come down to the ground, as they do in scenes."
)
_STARTS = flags.DEFINE_integer("starts", 128, "Moments that are gone on from.", 1)
_SEED = flags.DEFINE_integer("seed", 0, "Of moments, directions and noise.")

KNOCK = np.radians(30)
# Of other noise.
DRAWS = 4
WITHOUT = "without practice"
BLOWS = [
    "| struck | who | recovered, % | and no joint faster than most, % "
    "| strange at first, % | these are plausible after, s: median | jumped, % "
    "| speed over unperturbed |",
    "|" + "---|" * 8,
]
GAPS = [
    "| lost | filled in by | recovered, % | and no joint faster than most, % "
    "| bounded, % | error at its end, mm: median, 95 % | strange then, % | jumped, % "
    "| speed over all seen |",
    "|" + "---|" * 9,
]


def load(name: str) -> tuple[MovementModel, dict]:
    """A pretrained model by name or folder, or the model of a run's folder."""
    folder = Path(name)
    run = folder.is_dir() and not (folder / DESCRIPTION).exists()
    if run and name not in pretrained.names():
        return load_model(folder)
    return pretrained.load(name)


def calm(model: MovementModel) -> Stream:
    """How models move here."""
    return Stream(model, commit=5, steps=4, churn=0.0, temperature=0.5, inertia=0.5)


def studies(
    streams: dict[str, Stream],
    clips: Sequence[Motion],
    prior: Prior,
    count: int,
    seed: int,
) -> dict[str, RecoveryStudy]:
    """One of each stream, judged by what is usual of the first."""
    found: dict[str, RecoveryStudy] = {}
    for name, stream in streams.items():
        like = found.get(MODEL)
        found[name] = RecoveryStudy(stream, clips, prior, count, like, seed)
    return found


def blow_rows(
    of: dict[str, RecoveryStudy],
    pushes: Sequence[float],
    tilts: Sequence[float],
    knocks: Sequence[str],
) -> list[str]:
    """Rows on blows.

    Args:
      of: studies by name, that of the model by `MODEL`.
      pushes: m/s.
      tilts: degrees.
      knocks: names of joints.
    """
    study = of[MODEL]
    # Directions are the same for all: they depend on the seed.
    blows = {f"push, {v:g} m/s": study.push(v) for v in (0.0, *pushes)}
    blows |= {f"tilt, {a:g}°": study.tilt(np.radians(a)) for a in tilts}
    blows |= {f"knock, {joint}": study.knock(joint, KNOCK) for joint in knocks}
    rows = []
    for told, blow in blows.items():
        rows += [_blow(told, name, each.strike(blow)) for name, each in of.items()]
        rows.append(_blow(told, STATUE, study.strike(blow, STATUE)))
    return rows


def gap_rows(
    of: dict[str, RecoveryStudy], share: float, lost: float, dropped: float
) -> list[str]:
    """Rows on sensors that fail; see `blow_rows` for the studies.

    Args:
      of: studies by name.
      share: of the joints that are lost.
      lost: seconds that they are lost for.
      dropped: seconds that nothing is seen for.
    """
    rows = []
    for told, find in (
        (f"no joints, {lost:g} s", lambda study, *how: study.lose(0.0, lost, *how)),
        (
            f"{100 * share:g} % of joints, {lost:g} s",
            lambda study, *how: study.lose(share, lost, *how),
        ),
        (f"all, {dropped:g} s", lambda study, *how: study.drop(dropped, *how)),
    ):
        rows += [_gap(told, name, find(study)) for name, study in of.items()]
        rows.append(_gap(told, HOLDING, find(of[MODEL], HOLDING)))
    return rows


def other_noise(study: RecoveryStudy, share: float, lost: float) -> str:
    """How many recover whose noise is not that of those who say what is usual.

    Args:
      study: of a model.
      share: of the joints that are lost.
      lost: seconds that they are lost for.
    """
    found = [
        [study.lose(part, lost, noise=n).success.value for n in range(1, 1 + DRAWS)]
        for part in (0.0, share)
    ]
    nothing, some = (f"{100 * np.mean(x):.1f} %" for x in found)
    return (
        f"With other noise than those who say what is usual (means of {DRAWS} draws) "
        f"{nothing} recover who lost nothing for {lost:g} s, and {some} who lost "
        f"{100 * share:g} % of the joints."
    )


def _blow(told: str, name: str, row: RecoveryRow) -> str:
    return (
        f"| {told} | {name} | {_percent(row)} | {100 * row.slower:.1f} "
        f"| {100 * row.strange:.0f} | {row.seconds:.2f} "
        f"| {100 * row.jumped:.0f} | {row.speed.text(2)} |"
    )


def _gap(told: str, name: str, row: RecoveryRow) -> str:
    median, most = (1e3 * x for x in row.error)
    return (
        f"| {told} | {name} | {_percent(row)} | {100 * row.slower:.1f} "
        f"| {100 * row.bounded:.0f} "
        f"| {median:.0f}, {most:.0f} | {100 * row.strange:.0f} "
        f"| {100 * row.jumped:.0f} | {row.speed.text(2)} |"
    )


def _percent(row: RecoveryRow) -> str:
    low, high = 100 * row.success.low, 100 * row.success.high
    return f"{100 * row.success.value:.1f} [{low:.1f}, {high:.1f}]"


def main() -> None:
    """Measure and print."""
    model, meta = load(_PRETRAINED.value)
    streams = {MODEL: calm(model)}
    if _WITHOUT.value:
        streams[WITHOUT] = calm(load(_WITHOUT.value)[0])
    if _ON_FEET.value:
        streams = {name: stream.on_feet() for name, stream in streams.items()}
    config = pipeline.config_of(meta)
    if _PREPARED.value:
        data = dataclasses.replace(config.data, prepared_dir=_PREPARED.value)
        config = dataclasses.replace(config, data=data)
    dataset = pipeline.load_data(config, _DATA.value)
    prior = fit_plausibility(dataset["train"], model.fps)
    clips = dataset[_SPLIT.value]
    of = studies(streams, clips, prior, _STARTS.value, _SEED.value)
    rows = list(BLOWS)
    rows += blow_rows(of, numbers(_PUSHES), numbers(_TILTS), _KNOCKS.value)
    rows += ["", *GAPS, *gap_rows(of, _SHARE.value, _LOST.value, _DROPPED.value)]
    rows += [
        "",
        f"Plausible is a distance of at most {of[MODEL].threshold:.2f}, after gaps of "
        f"joints {of[MODEL].gap_threshold(_LOST.value):.2f} and of all "
        f"{of[MODEL].gap_threshold(_DROPPED.value):.2f}, and a joint "
        f"jumps that is faster than {of[MODEL].speed_limit:.2f} m/s, as fast as the "
        f"fastest of the truth; most, 99.9 % of single joints in single frames, are "
        f"below {of[MODEL].joint_limit:.2f} m/s, and all joints of "
        f"{100 * of[MODEL].true_slower:.0f} % of the true clips. Estimates are bounded "
        f"by {100 * BOUND:g} cm. Square brackets hold 95 % intervals over clips.",
        other_noise(of[MODEL], _SHARE.value, _LOST.value),
        "",
        provenance(
            f"{dataset.name}, {_SPLIT.value}",
            f"{_PRETRAINED.value}, {_STARTS.value} moments of {len(clips)} clips",
            f"seed {_SEED.value}",
        ),
    ]
    report.publish(rows)


def numbers(flag) -> list[float]:
    """The values of a flag.

    Raises:
      SettingError: one of them is no number.
    """
    try:
        return [float(x) for x in flag.value]
    except ValueError as error:
        raise SettingError(f"--{flag.name}: {error}") from None


if __name__ == "__main__":
    program.run(main)
