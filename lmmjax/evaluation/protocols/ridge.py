"""Ridge regression on the observed frames: the linear method that a model must beat."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from lmmjax.data.cmu_benchmark import OBSERVED, PREDICTED, BenchmarkClip, BenchmarkSplit
from lmmjax.evaluation.protocols import cmu
from lmmjax.evaluation.protocols.forecasters import Observed
from lmmjax.evaluation.protocols.positions import PREDICTED_JOINTS, positions

PENALTIES = tuple(10.0**power for power in range(-4, 2))
_LENGTH = OBSERVED + PREDICTED
# Windows whose features are in memory at once.
_BLOCK = 2048


@dataclasses.dataclass(frozen=True, eq=False)
class Ridge:
    """A forecaster that is linear in the observed positions.

    Attributes:
      mean: [F] mean of the features of the training windows.
      weights: [F, 25 * 25 * 3] from centred features to displacements.
      bias: [25 * 25 * 3] their mean.
      penalty: what was chosen on validation, as a share of the features' variance.
    """

    mean: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    penalty: float

    def __call__(self, observed: Observed) -> np.ndarray:
        """Positions [N, 25, 38, 3] of the frames to come."""
        seen = observed.positions
        ahead = (_features(seen) - self.mean) @ self.weights + self.bias
        future = np.repeat(seen[:, -1:], PREDICTED, axis=1)
        future[:, :, PREDICTED_JOINTS] += ahead.reshape(
            len(seen), PREDICTED, len(PREDICTED_JOINTS), 3
        )
        return future


def fit_ridge(split: BenchmarkSplit, penalties: Sequence[float] = PENALTIES) -> Ridge:
    """Fit on all training windows; choose the penalty on the validation clips.

    Closed form in float64: the displacement of every predicted joint from its last
    place, from that place and its steps between the observed frames.

    Args:
      split: clips; T-poses are left out of the training windows.
      penalties: what to choose from, by the mean of the six judged errors, averaged
        over actions.

    Raises:
      ValueError: there is nothing to choose by, or no training window.
    """
    if not split.validation:
        raise ValueError("a penalty is chosen on validation clips; hold some out")
    moments = [np.zeros(())] * 4
    count = 0
    for x, y in _training(split.train):
        count += len(x)
        parts = (x.sum(0), y.sum(0), x.T @ x, x.T @ y)
        moments = [total + part for total, part in zip(moments, parts, strict=True)]
    if not count:
        raise ValueError("no training clip is long enough for a window")
    mean_x, mean_y = moments[0] / count, moments[1] / count
    variance, axes = np.linalg.eigh(moments[2] / count - np.outer(mean_x, mean_x))
    target = axes.T @ (moments[3] / count - np.outer(mean_x, mean_y))
    # Joints that keep a place leave variances of 0, or of -0 by rounding.
    variance = np.maximum(variance, 0)
    tried = [
        Ridge(
            mean_x,
            axes @ (target / (variance + penalty * variance.mean())[:, None]),
            mean_y,
            penalty,
        )
        for penalty in penalties
    ]
    named = {f"ridge {ridge.penalty:g}": ridge for ridge in tried}
    table = cmu.score(named, split.validation, split="validation")
    return min(tried, key=lambda r: np.mean(table.row(f"ridge {r.penalty:g}").errors))


def _features(seen: np.ndarray) -> np.ndarray:
    """Last places and steps [N, 10 * 25 * 3] of observed positions [N, 10, 38, 3]."""
    seen = seen[:, :, PREDICTED_JOINTS]
    steps = np.concatenate([np.diff(seen, axis=1), seen[:, -1:]], axis=1)
    return steps.reshape(len(seen), OBSERVED * len(PREDICTED_JOINTS) * 3)


def _training(
    clips: Sequence[BenchmarkClip],
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Features [N, F] and displacements [N, 25 * 25 * 3], some windows at a time."""
    for clip in clips:
        places = positions(clip.frames[1:])
        first = cmu.starts(len(places), "all")
        for begin in range(0, len(first), _BLOCK):
            index = first[begin : begin + _BLOCK, None] + np.arange(_LENGTH)
            seen, ahead = places[index[:, :OBSERVED]], places[index[:, OBSERVED:]]
            moved = (ahead - seen[:, -1:])[:, :, PREDICTED_JOINTS]
            yield _features(seen), moved.reshape(len(index), -1)
