"""Epipolar distances of all pairs of cameras, as normal equations for their clocks."""

import dataclasses

import numpy as np

from lmmjax.capture.synchronize.epipolar import FAR, match, sampson
from lmmjax.capture.synchronize.tracks import Tracks

# Distances of all pairs together in one iteration. A choice: about a second in all.
_BUDGET = 300_000
# Scales of distances below this, pixels, are rounding. A choice.
_LEAST = 0.2
# Errors of a keypoint this near in time, seconds, are one error. A choice: the window
# of smoothing.
_ALIKE_S = 0.1
# Steps beyond those of fixed weights are at most so much longer, inverse. A choice.
_SOFTEST = 0.4
# A pair with fewer distances is left out. A choice.
_FEWEST = 30
# Frames of one such span, seconds, err alike when the spread is computed. A choice.
_SPAN_S = 0.25


@dataclasses.dataclass(frozen=True)
class Seen:
    """One camera: its tracks (`epipolar.ideal`), first frame, fps and people."""

    tracks: Tracks
    start: int
    fps: float
    people: tuple[str, ...]

    @property
    def middle(self) -> float:
        """Its clock in the middle of the recording, seconds."""
        return (self.start + 0.5 * (len(self.tracks.position) - 1)) / self.fps


@dataclasses.dataclass(frozen=True)
class Equations:
    """Normal equations, whole and by groups of distances that may err alike.

    Attributes:
      hessian: [2 V, 2 V] of shifts, then drifts.
      gradient: [2 V].
      groups: for each way of grouping, hessians [G, 2 V, 2 V] and gradients [G, 2 V].
      firmness: curvature of the robust cost as a share of the hessian, which takes the
        weights as fixed (Huber 1981, section 6.7); at least `_SOFTEST`.
      error: typical distance, pixels.
    """

    hessian: np.ndarray
    gradient: np.ndarray
    groups: list[tuple[np.ndarray, np.ndarray]]
    firmness: float
    error: float


def equations(
    seen: list[Seen],
    matrices: dict[tuple[int, int], np.ndarray],
    shift: np.ndarray,
    drift: np.ndarray,
    leaning: bool,
) -> Equations:
    """Gauss-Newton equations of all pairs, with Geman and McClure's weights.

    Each slope that an error is multiplied by comes from the one picture, and that in
    the curvature also from the other (instrumental variables, Reiersol 1945): noise in
    a slope then meets neither itself nor the noise of an interpolated place, and does
    not draw offsets to whole frames.

    Args:
      seen: V cameras.
      matrices: F by pair of cameras.
      shift: [V] scene time minus clock in the middle of each recording, seconds.
      drift: [V] rate minus 1.
      leaning: whether each keypoint may be off its epipolar lines by a constant for a
        pair, see `_lean`; it is solved for and eliminated.
    """
    count = len(seen)
    parts = [_Sums(count) for _ in range(3)]
    errors: list[float] = []
    stiffness = np.zeros(2)
    for n, ((a, b), matrix) in enumerate(matrices.items()):
        clocks = (shift[a], drift[a]), (shift[b], drift[b])
        most = _BUDGET // len(matrices)
        error, slopes, ahead, behind, moment = _pair(
            seen[a], seen[b], matrix, *clocks, most
        )
        known = np.isfinite(error) & np.isfinite(slopes).all(0)
        if known.sum() < _FEWEST:
            continue
        error = np.where(known, error, np.nan)
        if leaning:
            lean, prior = _lean(error, float(np.ptp(ahead)))
        else:
            lean, prior = np.zeros(error.shape[2]), np.inf
        errors.append(float(np.nanmedian(np.abs(error - lean))))
        scale = max(2 * 1.4826 * errors[-1], _LEAST)
        square = ((error - lean) / scale) ** 2
        weight = 1 / (scale * (1 + square)) ** 2
        stiff = np.where(known, weight * (1 - 3 * square) / (1 + square), 0)
        weight, error = np.where(known, weight, 0), np.where(known, error, 0)
        own, its = np.where(known, slopes, 0)
        stiffness += [(stiff * own * its).sum(), (weight * own * its).sum()]
        # [N, 4] how the time in b moves with shift and drift of a and of b.
        one = np.ones_like(ahead)
        ways = np.stack([one, -one, ahead, -behind], 1) / (1 + drift[b])
        # What a constant of each keypoint takes from distances and slopes, [K], [K, 4].
        share = 1 / (weight.sum((0, 1)) + prior)
        taken = (weight * error).sum((0, 1)) * share
        bent = np.tensordot((weight * its).sum(1), ways, ([0], [0])) * share[:, None]
        pull = weight * own
        push = (pull * (error - taken)).sum(1)
        curve, pull = (pull * its).sum(1), pull.sum(1)
        squares = ways[:, :, None] * ways[:, None, :]
        by_joint = np.tensordot(curve.T, squares, 1)
        by_joint -= (pull.T @ ways)[:, :, None] * bent[:, None, :]
        by_frame = curve.sum(1)[:, None, None] * squares
        by_frame -= ways[:, :, None] * (pull @ bent)[:, None, :]
        pulls = push.sum(1)[:, None] * ways
        at = np.array([a, b, count + a, count + b])
        parts[0].add([n], at, by_frame.sum(0)[None], pulls.sum(0)[None])
        parts[1].add(range(len(by_joint)), at, by_joint, push.T @ ways)
        # Scene times increase, so the frames of a span follow each other.
        span = np.floor(moment / _SPAN_S).astype(int)
        spans, first = np.unique(span, return_index=True)
        parts[2].add(
            spans.tolist(),
            at,
            np.add.reduceat(by_frame, first),
            np.add.reduceat(pulls, first),
        )
    groups = [part.stacked() for part in parts]
    middle = float(np.median(errors)) if errors else float("nan")
    firm = float(np.clip(stiffness[0] / max(stiffness[1], 1e-12), _SOFTEST, 1))
    return Equations(groups[0][0].sum(0), groups[0][1].sum(0), groups, firm, middle)


def _lean(error: np.ndarray, seconds: float) -> tuple[np.ndarray, float]:
    """How far each keypoint is off on the whole, and how firmly that is 0.

    Detectors place a joint differently as seen from different sides, and calibrations
    are off: over a short recording such an error is constant, and would pass for a
    delay. Its variance is told by how much the medians of the keypoints differ from 0
    beyond chance (empirical Bayes), so that it costs nothing where there is none.

    Args:
      error: [N, P, K] signed distances.
      seconds: over which they are spread.

    Returns:
      [K] pixels, shrunk, and the inverse of the variance of them, in the weights of
      `equations`.
    """
    joints = error.shape[2]
    flat = error.transpose(2, 0, 1).reshape(joints, -1)
    known = np.isfinite(flat).any(1)
    medians = np.zeros(joints)
    medians[known] = np.nanmedian(flat[known], axis=1)
    scale = 1.4826 * float(np.nanmedian(np.abs(flat - medians[:, None])))
    share = np.isfinite(flat).mean(1)[known]
    # Errors are alike over about a window of smoothing, so few count as independent.
    chance = scale**2 / np.maximum(share * seconds / _ALIKE_S, 1)
    variance = max(float((medians[known] ** 2 - chance).mean()), 0.0)
    if not variance:
        return np.zeros(joints), np.inf
    medians[known] *= variance / (variance + chance)
    return medians, 0.25 / variance


class _Sums:
    """Hessians and gradients added up by the number of a group."""

    def __init__(self, count: int):
        self.count = count
        self.hessians: dict[int, np.ndarray] = {}
        self.gradients: dict[int, np.ndarray] = {}

    def add(self, groups, at, hessians, gradients) -> None:
        """Add [G, 4, 4] and [G, 4] for the parameters `at` to the groups [G]."""
        size = 2 * self.count
        square = np.ix_(at, at)
        for g, name in enumerate(groups):
            if name not in self.hessians:
                self.hessians[name] = np.zeros((size, size))
                self.gradients[name] = np.zeros(size)
            self.hessians[name][square] += hessians[g]
            self.gradients[name][at] += gradients[g]

    def stacked(self) -> tuple[np.ndarray, np.ndarray]:
        """Hessians [G, 2 V, 2 V] and gradients [G, 2 V]."""
        size = 2 * self.count
        return (
            np.array(list(self.hessians.values())).reshape(-1, size, size),
            np.array(list(self.gradients.values())).reshape(-1, size),
        )


def _pair(one: Seen, two: Seen, matrix, clock, other, budget):
    """Distances of a pair and how they change.

    Returns:
      Distances [N, P, K] pixels; their slopes [2, N, P, K] per second of the second
      camera's clock, told by the motion in the first and in the second camera; both
      clocks [N] from the middle of their recordings; and scene times [N].
    """
    people, joints = one.tracks.position.shape[1:3]
    most = max(budget // max(people * joints, 1), 100)
    frames = len(one.tracks.position)
    rows = np.arange(0, frames, max(1, -(-frames // most)))
    ahead = (one.start + rows) / one.fps - one.middle
    scene = ahead + one.middle + clock[0] + clock[1] * ahead
    behind = (scene - other[0] - two.middle) / (1 + other[1])
    at = (behind + two.middle) * two.fps - two.start
    inside = (at >= 0) & (at <= len(two.tracks.position) - 1)
    rows, ahead, behind = rows[inside], ahead[inside], behind[inside]
    scene, at = scene[inside], at[inside]
    a = one.tracks.position[rows]
    b, velocity = two.tracks.at(at)
    far = FAR * max(one.tracks.usual_size, two.tracks.usual_size)
    who = match(matrix, a, b, far, (one.people, two.people))
    index = np.maximum(who, 0)[..., None, None]
    b = np.take_along_axis(b, index, 1)
    velocity = np.take_along_axis(velocity, index, 1)
    error, by_a, by_b = sampson(matrix, a, b)
    own = -(by_a * one.tracks.velocity[rows]).sum(-1) * one.fps
    its = (by_b * velocity).sum(-1) * two.fps
    error = np.where((who >= 0)[..., None], error, np.nan)
    return error, np.stack([own, its]), ahead, behind, scene
