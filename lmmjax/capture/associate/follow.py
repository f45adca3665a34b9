"""One frame of following people: match, mend sides, move, begin, suspend, name."""

from typing import NamedTuple

import numpy as np

from lmmjax.capture.associate.birth import groups
from lmmjax.capture.associate.geometry import Rig
from lmmjax.capture.associate.identity import settle
from lmmjax.capture.associate.landmarks import PARTS
from lmmjax.capture.associate.matching import CAP, assign, costs, distances, gather
from lmmjax.capture.associate.options import Options
from lmmjax.capture.associate.sides import exchange, mirrored
from lmmjax.capture.associate.tracks import Tracks, begin, predict, update

# Metres by which a view may differ from all views together, and within which an
# unmatched detection, or someone new, is someone who is there already (choices).
_SAME_PERSON = 0.2
# Growth of the gate per frame that someone was not seen, and its limit.
_WIDER, _WIDEST = 0.1, 1.5
# Metres that a detection is worse for someone who was not seen in the last frame, and
# share of the gate for a second frame with a single view (choices).
_UNSEEN, _STRICT = 0.05, 0.5
# Seconds after which most views must be right about the sides, and we wrong.
_CONTRARY_S = 0.25


class Labels(NamedTuple):
    """What the detections of a frame, or of T frames, are.

    Attributes:
      number: [..., V, P] number of the track, -1 for nobody's.
      mirrored: [..., V, P, parts] which parts have left and right exchanged.
    """

    number: np.ndarray
    mirrored: np.ndarray


def follow(
    tracks: Tracks, rig: Rig, points: np.ndarray, weights: np.ndarray, options: Options
) -> tuple[Tracks, Labels]:
    """Tracks one frame on, and whose the detections of that frame are.

    Args:
      tracks: everybody after the last frame.
      rig: V cameras.
      points: [V, P, K, 2] ideal image points.
      weights: [V, P, K], 0 where missing or not to be compared.
      options: limits.
    """
    views, slots = weights.shape[:2]
    number = np.full((views, slots), -1)
    swapped = np.zeros((views, slots, len(PARTS)), bool)
    active = np.flatnonzero(tracks.active)
    current = tracks.take(active)
    match, free = _match(current, rig, points, weights, options)
    seen, weight = gather(points, weights, match)
    seen, weight, sides = _mend(current, rig, seen, weight)
    before, current = current, update(current, rig, seen, weight)
    wrong = _misfits(current, rig, seen, weight)
    if wrong.any():
        match = np.where(wrong, -1, match)
        weight = np.where(wrong[..., None], 0, weight)
        current = update(before, rig, seen, weight)
    current, sides = _contrary(current, sides, match)
    n, v = np.nonzero(match >= 0)
    number[v, match[n, v]] = current.number[n]
    swapped[v, match[n, v]] = sides[n, v]
    tracks = tracks.put(active, current)
    rest = np.where((free & (number < 0))[..., None], weights, 0)
    tracks, born = _begin(tracks, rig, points, rest, options)
    number = np.where(born >= 0, born, number)
    return settle(tracks, options), Labels(number, swapped)


def _match(tracks, rig, points, weights, options):
    """Detections of tracks [N, V], and those [V, P] that could be someone new."""
    gate = options.gate_m * np.minimum(1 + _WIDER * tracks.missed, _WIDEST)
    cost = costs(rig, tracks, points, weights)
    cost += (_UNSEEN * (tracks.missed > 0))[:, None, None]
    match = assign(cost, gate)
    # A single view says nothing of depth, so it must be all the better.
    single = ((match >= 0).sum(-1) == 1) & ((tracks.alone > 0) | (tracks.missed > 0))
    paid = np.take_along_axis(cost, np.maximum(match, 0)[..., None], -1)[..., 0]
    match = np.where(single[:, None] & (paid > _STRICT * options.gate_m), -1, match)
    free = np.ones(weights.shape[:2], bool)
    if not len(tracks):
        return match, free
    claimed = np.where((match >= 0)[..., None], cost, np.inf).min(0)
    return match, claimed > _SAME_PERSON


def _mend(tracks, rig, points, weights):
    """Matched detections with their sides as the prediction has them."""
    landmarks = tracks.landmarks
    sides = mirrored(landmarks, rig, predict(tracks), points, weights, tracks.known)
    if sides.any():
        points = exchange(points, landmarks.twins, landmarks.parts, sides)
        weights = exchange(weights, landmarks.twins, landmarks.parts, sides)
    return points, weights, sides


def _misfits(tracks, rig, points, weights):
    """[N, V] detections far from what all views together make of the person."""
    seen = (weights > 0) & tracks.known[:, None]
    far = distances(rig, tracks.places, points, seen).sum(-1)
    mean = far / np.maximum(seen.sum(-1), 1)
    return (mean > _SAME_PERSON) & (weights > 0).any(-1)


def _contrary(tracks, sides, match):
    """Tracks mirrored themselves where most views have said so for long."""
    views = (match >= 0).sum(-1)[:, None]
    against = 2 * sides.sum(1) > views
    contrary = np.where(against, tracks.contrary + 1, 0)
    turn = contrary > _CONTRARY_S * tracks.fps
    tracks = tracks.replace(contrary=np.where(turn, 0, contrary))
    if turn.any():
        landmarks = tracks.landmarks
        changes = {
            name: exchange(
                getattr(tracks, name), landmarks.twins, landmarks.parts, turn
            )
            for name in ("places", "velocity", "known")
        }
        changes["near"] = np.zeros_like(tracks.near)
        tracks = tracks.replace(**changes)
        sides = sides ^ turn[:, None]
    return tracks, sides & (match >= 0)[..., None]


def _begin(tracks, rig, points, weights, options):
    """Tracks and new ones after them, and numbers [V, P] of the new ones."""
    born = np.full(weights.shape[:2], -1)
    if ((weights > 0).any((-2, -1))).sum() < 2:
        return tracks, born
    match = groups(tracks.landmarks, rig, points, weights, options.ray_m)
    if not len(match):
        return tracks, born
    new = begin(tracks, rig, *gather(points, weights, match))
    good = _apart(new, tracks.take(tracks.active))
    if not good.any():
        return tracks, born
    match = match[good]
    new = new.take(good)
    new = new.replace(
        number=tracks.numbered + np.arange(len(match)),
        numbered=tracks.numbered + len(match),
    )
    n, v = np.nonzero(match >= 0)
    born[v, match[n, v]] = new.number[n]
    return tracks.join(new), born


def _apart(new: Tracks, old: Tracks) -> np.ndarray:
    """[N] whether nobody, old or new before them, stands where someone new would be."""
    everyone = old.join(new)
    both = new.known[:, None] & everyone.known[None]
    far = np.linalg.norm(new.places[:, None] - everyone.places[None], axis=-1)
    far = np.where(both, np.minimum(far, CAP), 0).sum(-1)
    crowded = (far <= _SAME_PERSON * both.sum(-1)) & both.any(-1)
    earlier = np.arange(len(everyone)) < len(old) + np.arange(len(new))[:, None]
    return ~(crowded & earlier).any(-1)
