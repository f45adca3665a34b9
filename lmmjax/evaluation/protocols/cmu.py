"""The CMU protocol: 10 frames are observed, 25 predicted, 6 of them judged.

Two choices of windows are in use. ``all`` takes every window of a file (the rows that
MSR-GCN, PGBIG and SPGSN print), ``seeded8`` eight windows per file by a fixed seed
(LTD and those before it).
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np

from lmmjax.data import cmu_benchmark
from lmmjax.data.catalog import DataError
from lmmjax.data.cmu_benchmark import OBSERVED, PREDICTED, BenchmarkClip
from lmmjax.evaluation.metrics import bootstrap_interval
from lmmjax.evaluation.protocols.baselines import constant_velocity, zero_velocity
from lmmjax.evaluation.protocols.forecasters import (
    Forecaster,
    Observed,
    model_forecaster,
)
from lmmjax.evaluation.protocols.positions import judged, positions
from lmmjax.evaluation.protocols.table import AVERAGE, JUDGED_FRAMES, CmuRow, CmuTable
from lmmjax.model import MovementModel

BASELINES = {"zero velocity": zero_velocity, "constant velocity": constant_velocity}
WINDOWS = ("all", "seeded8")
SPLITS = ("train", "validation", "test")
SEED = 1234567890
_SEEDED = 8
# The code draws where 50 observed and 25 predicted frames begin, and uses the last of
# the 50.
_SEEDED_OBSERVED = 50


@dataclasses.dataclass(frozen=True, eq=False)
class BenchmarkWindows:
    """The windows of one clip.

    Attributes:
      clip: the clip.
      observed: what methods see.
      future: [N, 25, 38, 3] true positions in units of the benchmark.
    """

    clip: BenchmarkClip
    observed: Observed
    future: np.ndarray


def starts(frames: int, kind: str) -> np.ndarray:
    """First frames [N] of the windows of a clip.

    Args:
      frames: frames of the clip.
      kind: one of `WINDOWS`.

    Raises:
      ValueError: the kind is not known, or the clip too short to draw from.
    """
    if kind == "all":
        return np.arange(max(frames - OBSERVED - PREDICTED + 1, 0))
    if kind != "seeded8":
        raise ValueError(f"windows are {' or '.join(WINDOWS)}, not {kind!r}")
    places = frames - _SEEDED_OBSERVED - PREDICTED
    if places < 1:
        raise ValueError(
            f"{frames} frames are too few to draw windows of "
            f"{_SEEDED_OBSERVED + PREDICTED} from; take all windows"
        )
    # The legacy generator, whose numbers the published rows depend on.
    rng = np.random.RandomState(SEED)
    drawn = np.array([rng.randint(0, places) for _ in range(_SEEDED)])
    return drawn + _SEEDED_OBSERVED - OBSERVED


def windows(clip: BenchmarkClip, kind: str = "all") -> BenchmarkWindows:
    """The windows of a clip, its first row (a T-pose) included as in published rows.

    Raises:
      ValueError: see `starts`; names the clip.
    """
    try:
        first = starts(len(clip.frames), kind)
    except ValueError as error:
        raise ValueError(f"{clip.path}: {error}") from error
    index = first[:, None] + np.arange(OBSERVED + PREDICTED)
    seen, ahead = index[:, :OBSERVED], index[:, OBSERVED:]
    places = positions(clip.frames)
    motion = cmu_benchmark.to_motion(clip, first_row=True)
    observed = Observed(places[seen], motion.poses.at(seen), motion.skeleton)
    return BenchmarkWindows(clip, observed, places[ahead])


def errors(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Mean distance over all 38 joints, [..., 38, 3] twice to [...], in their units."""
    return np.linalg.norm(judged(predicted, true) - true, axis=-1).mean(-1)


def score(
    forecasters: Mapping[str, Forecaster],
    clips: Sequence[BenchmarkClip],
    kind: str = "all",
    split: str = "test",
) -> CmuTable:
    """Judge forecasters on clips.

    Args:
      forecasters: methods by name; zero and constant velocity come with them.
      clips: what to judge on.
      kind: one of `WINDOWS`.
      split: what the clips are, for the table.

    Raises:
      ValueError: there are no clips, a clip is too short, or a method has a
        baseline's name, answers with another shape or with what is no number.
    """
    if not clips:
        raise ValueError("there are no clips to judge on")
    if taken := sorted(BASELINES.keys() & forecasters.keys()):
        raise ValueError(
            f"{taken[0]!r} is a baseline's name; call the method otherwise"
        )
    methods = {**forecasters, **BASELINES}
    found: dict[str, list[np.ndarray]] = {name: [] for name in methods}
    for clip in clips:
        cut = windows(clip, kind)
        for name, forecaster in methods.items():
            predicted = np.asarray(forecaster(cut.observed))
            _check(name, clip, predicted, cut.future.shape)
            every = errors(predicted, cut.future)
            found[name].append(every[:, JUDGED_FRAMES])
    rows = [row for name, per in found.items() for row in _rows(name, clips, per)]
    return CmuTable(tuple(rows), kind, split, cmu_benchmark.fingerprint(clips))


def _check(name: str, clip: BenchmarkClip, predicted: np.ndarray, shape: tuple) -> None:
    if predicted.shape != shape:
        raise ValueError(
            f"{name} answers {clip.name} with positions {list(predicted.shape)}; they "
            f"must be {list(shape)}: windows, frames, joints, 3"
        )
    if not np.isfinite(judged(predicted, np.zeros(shape))).all():
        raise ValueError(f"{name} answers {clip.name} with what is no finite number")


def _rows(
    method: str, clips: Sequence[BenchmarkClip], found: Sequence[np.ndarray]
) -> list[CmuRow]:
    """A row per action, then their unweighted mean, from errors [N, 6] per clip."""
    rows = []
    for action in dict.fromkeys(clip.action for clip in clips):
        own = [e for e, clip in zip(found, clips, strict=True) if clip.action == action]
        sequence = np.repeat(np.arange(len(own)), [len(e) for e in own])
        rows.append(_row(method, action, np.concatenate(own), sequence))
    means = np.array([row.errors for row in rows])
    average = _row(method, AVERAGE, means, np.arange(len(rows)))
    return [*rows, dataclasses.replace(average, windows=sum(r.windows for r in rows))]


def _row(method: str, action: str, values: np.ndarray, groups: np.ndarray) -> CmuRow:
    """Means and intervals of errors [N, 6] of windows of some groups [N]."""
    count = len(np.unique(groups))
    intervals: tuple[tuple[float, float], ...] = ()
    if count > 1:
        intervals = tuple(bootstrap_interval(column, groups) for column in values.T)
    mean = tuple(float(x) for x in values.mean(0))
    return CmuRow(method, action, mean, intervals, len(values), count)


def evaluate_cmu(
    methods: MovementModel | Mapping[str, Forecaster | MovementModel],
    folder: str | os.PathLike,
    windows: str = "all",
    split: str = "test",
    held: Mapping[str, Sequence[int]] | None = None,
) -> CmuTable:
    """Judge a model, or several methods, on the benchmark's files.

    Args:
      methods: a model, or methods by name; zero and constant velocity are added.
      folder: where train and test lie, see `cmu_benchmark.read_part`.
      windows: one of `WINDOWS`.
      split: ``test``, or ``validation`` or ``train`` as `cmu_benchmark.hold_out`
        divides the training files: the only ones to choose by.
      held: clips of the validation, see `cmu_benchmark.hold_out`.

    Raises:
      DataError: the files are not there or not the benchmark's.
      FormatError: a file is damaged.
      ValueError: see `score` and `model_forecaster`.
    """
    if split not in SPLITS:
        raise ValueError(f"splits are {', '.join(SPLITS)}, not {split!r}")
    if windows not in WINDOWS:
        raise ValueError(f"windows are {' or '.join(WINDOWS)}, not {windows!r}")
    if isinstance(methods, MovementModel):
        methods = {"model": methods}
    forecasters = {
        name: model_forecaster(m) if isinstance(m, MovementModel) else m
        for name, m in methods.items()
    }
    clips = cmu_benchmark.read_part(folder, "test" if split == "test" else "train")
    if split != "test":
        clips = getattr(cmu_benchmark.hold_out(clips, held), split)
    if not clips:
        raise DataError(f"{folder}: no clips are held out to validate on; name some")
    return score(forecasters, clips, windows, split)
