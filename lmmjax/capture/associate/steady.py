"""The common case at once: one person, seen alone, over a whole block of frames.

Where the detections meet in one moving body, and but for one view there are no others,
there is nothing to decide, and hundreds of frames are verified in one computation.
"""

from typing import NamedTuple

import numpy as np

from lmmjax.capture.associate.geometry import Rig, triangulate
from lmmjax.capture.associate.matching import CAP, LEAST, distances, gather
from lmmjax.capture.associate.sides import mirrored
from lmmjax.capture.associate.tracks import (
    ROBUST,
    Tracks,
    measure,
    predict,
    update,
)

# A view must agree with the others to this mean distance in metres: well within what
# matching allows, so that nothing doubtful is waved through (a choice).
_AGREE = 0.12
# Any other detection must be at least this far from the person, in metres (a choice).
_APART = 0.35
# Metres per second that a keypoint moves at most, a hand in a throw or a foot in a
# kick, with metres for noise (choices).
_FASTEST, _NOISE = 30.0, 0.15
# Fewer frames than this in a row are not worth it; the last ones of a run are
# followed one by one, which brings velocities and residuals up to date.
SHORTEST = 8
_REPLAYED = 4


class Steady(NamedTuple):
    """T frames looked at for one person alone.

    Attributes:
      good: [T] whether there is just one person, in agreement with the frame before.
      match: [T, V] detection of each view, -1 for none.
      places: [T, K, 3] metres.
      known: [T, K] whether at least two views have a keypoint.
    """

    good: np.ndarray
    match: np.ndarray
    places: np.ndarray
    known: np.ndarray


def survey(tracks: Tracks, rig: Rig, points: np.ndarray, weights: np.ndarray) -> Steady:
    """Look for one person alone in T frames.

    Args:
      tracks: names the keypoints and the frame rate.
      rig: V cameras.
      points: [T, V, P, K, 2] ideal image points.
      weights: [T, V, P, K], 0 where missing or not to be compared.
    """
    there = (weights > 0).sum(-1) >= LEAST
    alone = there.sum(-1) == 1
    frames, views, _, keypoints = weights.shape
    good = alone.sum(-1) > 1
    match = np.full((frames, views), -1)
    places = np.zeros((frames, keypoints, 3))
    known = np.zeros((frames, keypoints), bool)
    some = np.flatnonzero(good)
    if len(some) < SHORTEST:
        return Steady(good & False, match, places, known)
    points, weights, there = points[some], weights[some], there[some]
    # Views with one detection say where the person is, and that which one it is in
    # the others.
    first = np.where(alone[some], there.argmax(-1), -1)
    one, seen = _chosen(points, weights, first)
    at = triangulate(rig, one, seen, scale=ROBUST)
    off = _offsets(rig, at, points, weights, (seen > 0).sum(-2) > 1)
    off = np.where(there, off, np.inf)
    chosen = np.where(off.min(-1) < _AGREE, off.argmin(-1), -1)
    one, seen = _chosen(points, weights, chosen)
    at = triangulate(rig, one, seen, scale=ROBUST)
    found = (seen > 0).sum(-2) > 1
    off = _offsets(rig, at, points, weights, found)
    mine = chosen[..., None] == np.arange(there.shape[-1])
    sure = np.where(mine, off < _AGREE, off > _APART) | ~there
    # Others in two views could be someone new, whom `follow` must see.
    others = (there & ~mine).any(-1).sum(-1)
    sides = mirrored(tracks.landmarks, rig, at, one, seen, found)
    good[some] = (
        sure.all((-1, -2))
        & (others < 2)
        & ((chosen >= 0).sum(-1) > 1 + others)
        & ~sides.any((-1, -2))
        & (found.sum(-1) >= LEAST)
    )
    match[some], places[some], known[some] = chosen, at, found
    moved = np.linalg.norm(np.diff(places, axis=0), axis=-1)
    reach = _NOISE + _FASTEST / tracks.fps
    jumps = ((moved > reach) & known[1:] & known[:-1]).any(-1)
    good[1:] &= ~jumps
    return Steady(good, match, places, known)


def _chosen(points, weights, match):
    """One detection [T, V, K] of each view, weights 0 where there is none."""
    at = np.maximum(match, 0)[..., None, None]
    seen = np.take_along_axis(weights, at, axis=2)[:, :, 0]
    seen = np.where((match >= 0)[..., None], seen, 0)
    return np.take_along_axis(points, at[..., None], axis=2)[:, :, 0], seen


def _offsets(rig, places, points, weights, known):
    """[T, V, P] mean distance of detections from the person in metres."""
    off = np.empty(weights.shape[:-1])
    for p in range(off.shape[-1]):
        seen = (weights[:, :, p] > 0) & known[:, None]
        count = seen.sum(-1)
        far = distances(rig, places, points[:, :, p], seen).sum(-1)
        off[..., p] = np.where(count >= LEAST, far / np.maximum(count, 1), CAP)
    return off


def run_length(tracks: Tracks, steady: Steady, frame: int, gate: float) -> int:
    """How many frames from some frame on are surely the one person followed now."""
    if not steady.good[frame]:
        return 0
    active = tracks.active
    if active.sum() != 1 or tracks.person[active][0] == 0:
        return 0
    one = tracks.take(active)
    both = one.known[0] & steady.known[frame]
    apart = np.linalg.norm(predict(one)[0] - steady.places[frame], axis=-1)
    if both.sum() < LEAST or np.minimum(apart, CAP)[both].mean() > gate:
        return 0
    rest = steady.good[frame:]
    return len(rest) if rest.all() else int(rest.argmin())


def skip(
    tracks: Tracks,
    rig: Rig,
    steady: Steady,
    run: slice,
    points: np.ndarray,
    weights: np.ndarray,
) -> Tracks:
    """Tracks after a run of frames in which only the one person was seen.

    Args:
      tracks: everybody before it; one of them active.
      rig: V cameras.
      steady: what `survey` found.
      run: the frames.
      points: [T, V, P, K, 2] as for `survey`.
      weights: [T, V, P, K].
    """
    active = np.flatnonzero(tracks.active)
    one = tracks.take(active)
    count = run.stop - run.start - _REPLAYED
    last = run.stop - _REPLAYED - 1
    quick = slice(run.start, last + 1)
    one = measure(one, steady.places[None, quick], steady.known[None, quick])
    found = steady.known[last]
    # What was not found in that frame moves with the body.
    places = predict(one)
    shift = (steady.places[last] - places[0])[found].mean(0)
    one = one.replace(
        places=np.where(found[:, None], steady.places[last], places + shift),
        known=one.known | found,
        velocity=_velocity(steady, last)[None],
        near=np.zeros_like(one.near),
        hits=one.hits + count,
        missed=np.zeros_like(one.missed),
        alone=np.zeros_like(one.alone),
        contrary=np.zeros_like(one.contrary),
    )
    for t in range(last + 1, run.stop):
        seen = gather(points[t], weights[t], steady.match[t][None])
        one = update(one, rig, *seen)
    waiting = np.where(tracks.active, 0, run.stop - run.start)
    tracks = tracks.replace(missed=tracks.missed + waiting)
    return tracks.put(active, one)


def _velocity(steady: Steady, last: int) -> np.ndarray:
    """[K, 3] metres per frame over the last two frames; the body's where not known."""
    both = steady.known[last] & steady.known[last - 1]
    step = steady.places[last] - steady.places[last - 1]
    mean = step[both].mean(0) if both.any() else np.zeros(3)
    return np.where(both[:, None], step, mean)
