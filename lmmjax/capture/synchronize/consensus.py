"""Offsets of all cameras that agree best with what every pair of them says."""

import dataclasses

import numpy as np
from scipy.ndimage import maximum_filter1d

# Peaks nearer than this are one peak, seconds. A choice: half a fast cycle of limbs.
_APART_S = 0.12
_ROUNDS = 20


@dataclasses.dataclass(frozen=True)
class Curves:
    """Evidence of every pair of V cameras for every delay.

    Attributes:
      score: [V, V, 2 L + 1] log-likelihood for delays of -L to L steps between the
        camera of the row and that of the column; delay d sets the clock t of the row
        equal to t + d of the column. 0 where nothing is known; the column's curve is
        the row's reversed.
      step_s: seconds of a step.
    """

    score: np.ndarray
    step_s: float

    def __len__(self) -> int:
        return len(self.score)

    def profile(self, offsets: np.ndarray, v: int, most: int) -> np.ndarray:
        """[2 most + 1] evidence for offsets of -most to most steps of camera v.

        Args:
          offsets: [V] whole steps, those of the other cameras; NaN where not known.
          v: the camera.
          most: largest offset, in steps.
        """
        total = np.zeros(2 * most + 1)
        reach = self.score.shape[-1] // 2
        for u in range(len(self)):
            if u == v or np.isnan(offsets[u]):
                continue
            # Scene time is clock + offset, so the delay from u to v is o_u - o_v.
            delays = int(offsets[u]) - np.arange(-most, most + 1)
            inside = np.abs(delays) <= reach
            total[inside] += self.score[u, v, delays[inside] + reach]
        return total


def agree(curves: Curves, reference: int, most: int) -> np.ndarray:
    """Offsets [V] in whole steps with the most evidence; NaN where there is none.

    Coordinate ascent from several starts: each camera in turn as the one by which the
    others are set, in the order of their evidence.
    """
    best, most_evidence = np.full(len(curves), np.nan), -1.0
    for root in range(len(curves)):
        offsets = _grow(curves, root, reference, most)
        evidence = _ascend(curves, offsets, reference, most)
        if evidence > most_evidence:
            best, most_evidence = offsets, evidence
    return best


def peaks(profile: np.ndarray, step_s: float, count: int = 6) -> np.ndarray:
    """Places of the highest separate peaks of a profile, highest first."""
    width = 2 * max(1, round(_APART_S / step_s)) + 1
    top = (profile == maximum_filter1d(profile, width)) & (profile > 0)
    places = np.flatnonzero(top)
    return places[np.argsort(-profile[places], kind="stable")][:count]


def finer(score: np.ndarray, place: int) -> tuple[float, float]:
    """The place of a peak between samples, and the curvature there.

    A parabola through the sample and its neighbours; the curvature is that of the
    negative score for a step squared, 0 at an edge or where there is no peak.
    """
    if not 0 < place < len(score) - 1:
        return float(place), 0.0
    before, here, after = score[place - 1 : place + 2]
    curvature = 2 * here - before - after
    if curvature <= 0:
        return float(place), 0.0
    return place + float(np.clip(0.5 * (after - before) / curvature, -1, 1)), curvature


def settle(curves: Curves, offsets: np.ndarray, reference: int) -> np.ndarray:
    """Offsets [V] in fractional steps: robust least squares over the graph of pairs.

    Each pair says a difference, the finer place of its peak nearest to `offsets`, with
    its curvature as the weight; Huber's weights (1964) tame pairs that contradict.
    """
    reach = curves.score.shape[-1] // 2
    rows, values, weights = [], [], []
    for a in range(len(curves)):
        for b in range(a):
            if np.isnan(offsets[a] - offsets[b]):
                continue
            place = int(offsets[a] - offsets[b]) + reach
            score = curves.score[a, b]
            if not 1 <= place < len(score) - 1:
                continue
            low = max(place - 3, 0)
            place = low + int(np.argmax(score[low : place + 4]))
            finest, curvature = finer(score, place)
            row = np.zeros(len(curves))
            row[a], row[b] = 1, -1
            rows.append(row)
            values.append(finest - reach)
            weights.append(curvature)
    free = np.flatnonzero(~np.isnan(offsets))
    free = free[free != reference]
    if not len(free) or not rows:
        return offsets
    matrix, value, weight = np.array(rows)[:, free], np.array(values), np.array(weights)
    solved = offsets[free].astype(float)
    for _ in range(_ROUNDS):
        error = np.abs(value - matrix @ solved)
        scale = 1.345 * max(1.4826 * float(np.median(error)), 0.05)
        huber = weight * np.minimum(1, scale / np.maximum(error, 1e-9)) + 1e-12
        normal = matrix.T @ (huber[:, None] * matrix) + 1e-9 * np.eye(len(free))
        right = matrix.T @ (huber * value) + 1e-9 * offsets[free]
        solved = np.linalg.solve(normal, right)
    result = offsets.astype(float)
    result[free] = solved
    return result


def _grow(curves: Curves, root: int, reference: int, most: int) -> np.ndarray:
    """Set the cameras one by one, the one with the most evidence next."""
    offsets = np.full(len(curves), np.nan)
    offsets[root] = 0
    while True:
        open_ = [v for v in range(len(curves)) if np.isnan(offsets[v])]
        profiles = {v: curves.profile(offsets, v, 2 * most) for v in open_}
        ready = [v for v in open_ if profiles[v].max() > 0]
        if not ready:
            break
        v = max(ready, key=lambda v: profiles[v].max())
        offsets[v] = int(np.argmax(profiles[v])) - 2 * most
    return np.clip(offsets - offsets[reference], -most, most)


def _ascend(curves: Curves, offsets: np.ndarray, reference: int, most: int) -> float:
    """Move one camera at a time to its best offset, in place; return the evidence."""
    known = [
        v for v in range(len(curves)) if v != reference and offsets[v] == offsets[v]
    ]
    for _ in range(_ROUNDS):
        before = offsets.copy()
        for v in known:
            offsets[v] = int(np.argmax(curves.profile(offsets, v, most))) - most
        if np.array_equal(before, offsets, equal_nan=True):
            break
    reach = curves.score.shape[-1] // 2
    total = 0.0
    for a in range(len(curves)):
        for b in range(a):
            delay = offsets[a] - offsets[b]
            if abs(delay) <= reach:
                total += curves.score[a, b, int(delay) + reach]
    return total
