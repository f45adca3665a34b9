"""New people: detections that belong to nobody, grouped across views."""

import numpy as np

from lmmjax.capture.associate.geometry import Rig, ray_distances, triangulate
from lmmjax.capture.associate.landmarks import Landmarks
from lmmjax.capture.associate.matching import CAP, LEAST, distances
from lmmjax.capture.associate.tracks import ROBUST, bone_lengths

# Pairs that are looked at in one frame, the best ones (a choice; bounds the time).
_MOST = 3000
# Bone lengths in metres that a person may have, a child's forearm to the trunk of
# someone tall, with room for the errors of two views; most bones must have them.
_SHORTEST, _LONGEST = 0.04, 0.9
_MOST_BONES = 0.7


def groups(
    landmarks: Landmarks,
    rig: Rig,
    points: np.ndarray,
    weights: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """Detections of one person each, in two or more views.

    Every pair of detections whose rays meet is triangulated and asks the other views
    for support. The best supported one becomes a person and takes its detections;
    then the next, as long as there are any.

    Args:
      landmarks: the K keypoints.
      rig: V cameras.
      points: [V, P, K, 2] ideal image points.
      weights: [V, P, K], 0 where missing or taken.
      tolerance: metres that rays of one person may be apart in the mean.

    Returns:
      [N, V] the detection of each view, -1 for none.
    """
    view, slot = np.nonzero((weights > 0).sum(-1) >= LEAST)
    pair, places, known = _pairs(
        landmarks, rig, points[view, slot], weights[view, slot], view, tolerance
    )
    shape = (len(pair), len(weights))
    match, score = np.empty(shape, int), np.empty(shape)
    for v in range(len(weights)):
        # Everyone proposed against every detection of the view, [M, P, 1, K].
        seen = ((weights[v] > 0) & known[:, None])[:, :, None]
        at = rig.at(slice(v, v + 1))
        far = distances(at, places[:, None], points[v][:, None], seen).sum((-2, -1))
        count = seen.sum((-2, -1))
        mean = np.where(count >= LEAST, far / np.maximum(count, 1), CAP)
        match[:, v] = mean.argmin(-1)
        score[:, v] = np.maximum(1 - mean.min(-1) / tolerance, 0)
    match[score == 0] = -1
    own = np.zeros(shape, bool)
    np.put_along_axis(own, view[pair], True, axis=1)
    np.put_along_axis(match, view[pair], slot[pair], axis=1)
    return _greedy(match, score, own)


def _greedy(match: np.ndarray, score: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Groups in order of their support, each detection in one of them."""
    found = []
    alive = (score > 0).sum(-1) > 1
    while alive.any():
        best = match[np.where(alive, score.sum(-1), -1).argmax()].copy()
        found.append(best)
        taken = (match == best) & (best >= 0)
        match, score = np.where(taken, -1, match), np.where(taken, 0, score)
        # One whose own pair is broken has no place any more.
        alive &= ((score > 0).sum(-1) > 1) & ~(taken & own).any(-1)
    return np.array(found, int).reshape(-1, match.shape[-1])


def _pairs(landmarks, rig, points, weights, view, tolerance):
    """Pairs [M, 2] of detections that may be one person, and its places if so."""
    both = (weights > 0)[:, None] & (weights > 0)[None]
    apart = np.minimum(ray_distances(rig, points, view), CAP)
    count = both.sum(-1)
    cost = np.where(both, apart, 0).sum(-1) / np.maximum(count, 1)
    may = (cost < tolerance) & (count >= LEAST) & (view[:, None] < view[None])
    pair = np.argwhere(may)
    order = np.argsort(cost[may], kind="stable")[:_MOST]
    pair = pair[order]
    known = both[pair[:, 0], pair[:, 1]]
    seen = np.repeat(known[:, None], 2, axis=1).astype(float)
    places = triangulate(rig.at(view[pair]), points[pair], seen, scale=ROBUST)
    good = plausible(landmarks, places, known)
    return pair[good], places[good], known[good]


def plausible(
    landmarks: Landmarks, places: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """[...] whether places [..., K, 3] have about the measures of a person."""
    lengths, both = bone_lengths(landmarks, places, known)
    fit = both & (lengths > np.log(_SHORTEST)) & (lengths < np.log(_LONGEST))
    return fit.sum(-1) >= _MOST_BONES * both.sum(-1)
