"""Which detection is which track: costs, and Hungarian assignment in every view."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from lmmjax.capture.associate.geometry import Rig, project
from lmmjax.capture.associate.tracks import Tracks, predict

# A keypoint further away than this is no worse than one at this distance: robust
# against single wrong keypoints. Metres at the depth of the person; a choice.
CAP = 0.8
# Keypoints in common from which a detection can be told (a choice).
LEAST = 3
# How much a detection's place relative to that of the last frame in the same view
# counts against its place relative to the prediction (a choice).
_CONTINUITY = 0.3
# Metres that a detection is worse for having its sides exchanged (a choice): someone
# mirrored looks like someone else who faces the other way.
_CROSSED = 0.08


def distances(
    rig: Rig, places: np.ndarray, points: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """How far keypoints are from where points would be seen, metres at their depth.

    Args:
      rig: V cameras.
      places: [..., K, 3] metres.
      points: [..., V, K, 2] ideal image points.
      known: [..., V, K] which of them to compare.

    Returns:
      [..., V, K], at most `CAP`; `CAP` behind a camera and 0 where not compared.
    """
    there, depth = project(rig, places)
    return np.where(known, _far(points - there, depth), 0)


def costs(
    rig: Rig, tracks: Tracks, points: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Mean distance of every detection from every track, [N, V, P] metres.

    A detector may have mixed up left and right; the better of both counts.

    Args:
      rig: V cameras.
      tracks: N tracks after the last frame.
      points: [V, P, K, 2] ideal image points of this frame.
      weights: [V, P, K], 0 where missing.

    Returns:
      Infinite where too few keypoints are in common.
    """
    there, depth = project(rig, predict(tracks))
    there, depth = there[:, :, None], depth[:, :, None]
    # Where it was relative to the model in the last frame, it will about be again.
    steady = there + tracks.residual[:, :, None]
    share = _CONTINUITY * tracks.near[:, :, None]

    def mean(points: np.ndarray, weights: np.ndarray) -> np.ndarray:
        seen = weights[None] * tracks.known[:, None, None]
        far = _far(points - there, depth)
        far += share * (_far(points - steady, depth) - far)
        total = np.maximum(seen.sum(-1), 1e-9)
        enough = (seen > 0).sum(-1) >= LEAST
        return np.where(enough, (far * seen).sum(-1) / total, np.inf)

    twins = tracks.landmarks.twins
    crossed = mean(points[..., twins, :], weights[..., twins])
    return np.minimum(mean(points, weights), crossed + _CROSSED)


def _far(off: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Metres at some depth of differences [..., 2] on the plane z = 1."""
    far = np.sqrt(off[..., 0] ** 2 + off[..., 1] ** 2) * depth
    return np.where(depth > 0, np.minimum(far, CAP), CAP)


def assign(cost: np.ndarray, gate: np.ndarray) -> np.ndarray:
    """The best one-to-one assignment in every view.

    Args:
      cost: [N, V, P].
      gate: [N] or [N, V] greatest cost of each track.

    Returns:
      [N, V] which detection each track has, -1 for none.
    """
    count, views, people = cost.shape
    if not count or not people:
        return np.full((count, views), -1)
    limit = gate.reshape(count, -1, 1)
    # Gains by one measure for all: a wider gate gives no right to what fits another.
    gain = np.where(cost < limit, np.minimum(cost, CAP) - limit.max(), 0)
    best = gain.argmin(-1)
    best = np.where(gain.min(-1) < 0, best, -1)
    # Where no two want the same one, all have it; only other views need more.
    taken = (best[..., None] == np.arange(people)).sum(0)
    for v in np.flatnonzero((taken > 1).any(-1)):
        rows, columns = linear_sum_assignment(gain[:, v])
        best[:, v] = -1
        good = gain[rows, v, columns] < 0
        best[rows[good], v] = columns[good]
    return best


def gather(
    points: np.ndarray, weights: np.ndarray, match: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Detections by track: points [N, V, K, 2] and weights [N, V, K], 0 for none."""
    view = np.arange(match.shape[1])
    chosen = np.maximum(match, 0)
    found = (match >= 0)[..., None]
    return points[view, chosen], np.where(found, weights[view, chosen], 0)
