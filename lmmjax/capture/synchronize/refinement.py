"""Clocks to a fraction of a frame: least epipolar error over offsets and drifts.

All cameras at once, by robust Gauss-Newton. The velocity of a keypoint in a picture
says how its distance from the epipolar line changes with time.
"""

import dataclasses

import numpy as np

from lmmjax.capture.synchronize.distances import Equations, Seen, equations

_ITERATIONS = 25
# No step is larger than this, seconds: the line of a velocity is straight no longer.
_STEP_S = 0.05
# The fit is near, and done, where steps are below these, seconds. Choices.
_NEAR_S = 3e-4
_DONE_S = 3e-5
# Drift counts from this many standard deviations on, in recordings of at least so many
# seconds; clocks of cameras drift by less than 500 ppm. Choices.
_SIGNIFICANT = 3.0
_LONG_S = 15.0
_FASTEST = 5e-4


@dataclasses.dataclass(frozen=True)
class Fit:
    """Clocks of V cameras.

    Attributes:
      shift: [V] scene time minus clock in the middle of each recording, seconds.
      drift: [V] rate minus 1.
      shift_deviation: [V] standard deviations, seconds; infinite where no pair tells.
      drift_deviation: [V] of the drift; 0 where it was not fitted.
      error: typical epipolar distance, pixels.
    """

    shift: np.ndarray
    drift: np.ndarray
    shift_deviation: np.ndarray
    drift_deviation: np.ndarray
    error: float


def refine(
    seen: list[Seen],
    matrices: dict[tuple[int, int], np.ndarray],
    offsets: np.ndarray,
    reference: int,
) -> Fit:
    """Refine offsets, and find drift where a recording is long enough to show it.

    Args:
      seen: V cameras.
      matrices: F by pair of cameras.
      offsets: [V] seconds to begin with, within about a quarter of a second; cameras
        that no chain of pairs ties to the reference stay as they are.
      reference: the camera whose clock is the scene's.
    """
    count = len(seen)
    drift = np.zeros(count)
    free = np.array([v != reference for v in range(count)])
    fit = _descend(seen, matrices, offsets, drift, free, np.zeros(count, bool))
    length = np.array([len(s.tracks.position) / s.fps for s in seen])
    drifting = free & (length >= _LONG_S)
    if not drifting.any():
        return fit
    full = _descend(seen, matrices, fit.shift, drift, free, drifting)
    with np.errstate(divide="ignore", invalid="ignore"):
        sure = np.abs(full.drift) > _SIGNIFICANT * full.drift_deviation
    drifting &= sure & (np.abs(full.drift) < _FASTEST)
    if not drifting.any():
        return fit
    return _descend(seen, matrices, full.shift, drift, free, drifting)


def _descend(seen, matrices, shift, drift, free, drifting) -> Fit:
    """Gauss-Newton with Geman and McClure's weights.

    Constant errors of keypoints are allowed for once the clocks fit without them:
    before, they would take up steady motion.
    """
    count = len(seen)
    clocks = np.concatenate([shift, drift]).astype(float)
    active = np.flatnonzero(np.concatenate([free, drifting]))
    # A drift moves the ends of a recording by half of its length.
    half = [0.5 * len(s.tracks.position) / s.fps for s in seen]
    reach = np.concatenate([np.ones(count), half])
    for leaning, near in ((False, _NEAR_S), (True, _DONE_S)):
        system = equations(seen, matrices, clocks[:count], clocks[count:], leaning)
        for _ in range(_ITERATIONS):
            hessian = system.hessian[np.ix_(active, active)]
            hessian = hessian + _ridge(hessian, 1e-9)
            step = -np.linalg.solve(hessian, system.gradient[active]) / system.firmness
            largest = np.abs(step * reach[active]).max(initial=0)
            clocks[active] += step * min(1, _STEP_S / max(largest, 1e-12))
            system = equations(seen, matrices, clocks[:count], clocks[count:], leaning)
            if largest < near:
                break
    spread = np.zeros(2 * count)
    spread[active] = _deviations(system, active)
    return Fit(
        clocks[:count], clocks[count:], spread[:count], spread[count:], system.error
    )


def _deviations(system: Equations, active: np.ndarray) -> np.ndarray:
    """Standard deviations of the active parameters.

    The jackknife that leaves out one cluster at a time, to first order (the estimator
    CR3 of Bell and McCaffrey 2002): errors of a keypoint persist over time, those of a
    moment are shared by keypoints, those of a calibration by a pair. The largest of the
    three is told.
    """
    whole = system.hessian[np.ix_(active, active)]
    spread = np.zeros(len(active))
    grouped = False
    for hessians, gradients in system.groups:
        some = np.abs(gradients).sum(1) > 0
        count = int(some.sum())
        if count < 3:
            continue
        rest = whole - hessians[some][:, active][:, :, active]
        # What only one cluster tells cannot be left out: its spread becomes large.
        rest = rest + _ridge(whole, 1e-6)
        moved = np.linalg.solve(rest, gradients[some][:, active, None])[..., 0]
        variance = (moved**2).sum(0) * (count - 1) / count
        spread = np.maximum(spread, np.sqrt(variance))
        grouped = True
    told = grouped & (np.diag(whole) > 0)
    return np.where(told, spread / system.firmness, np.inf)


def _ridge(hessian: np.ndarray, share: float) -> np.ndarray:
    """A diagonal that lets nearly singular equations be solved."""
    return np.diag(share * np.abs(np.diag(hessian)) + 1e-12)
