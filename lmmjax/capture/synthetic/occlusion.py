"""What bodies hide from a camera: limbs as capsules that stand in the line of sight.

A capsule is all that is within a radius of a segment. Every keypoint lies in flesh of
its own, so the last piece of a line of sight, the depth of a capsule, does not count:
a knee is not hidden by its own thigh, but the far hip is by the trunk.
"""

import itertools
from typing import NamedTuple

import numpy as np

# Radii and depths in statures; choices, so that at 1.75 m a thigh is 16 cm across, a
# forearm 8 and a head 17. Depths are about twice the radii, and so small for the head
# that it hides the ear on its far side.
_SIDED = {
    ("shoulder", "elbow"): (0.027, 0.050),
    ("elbow", "wrist"): (0.022, 0.040),
    ("wrist", "hand_end"): (0.018, 0.035),
    ("hip_joint", "knee"): (0.045, 0.090),
    ("knee", "ankle"): (0.030, 0.055),
    ("heel", "big_toe"): (0.020, 0.045),
}
_MIDDLE = {
    ("mid_hip", "neck"): (0.060, 0.105),
    ("neck", "head"): (0.033, 0.060),
    ("head", "head_top"): (0.050, 0.075),
}
# Pairs of line and capsule per block: arrays that stay in the cache.
_BLOCK = 200_000


class Capsules(NamedTuple):
    """S capsules of a body: landmarks of their ends, radii and depths [S] metres."""

    starts: tuple[str, ...]
    ends: tuple[str, ...]
    radii: np.ndarray
    depths: np.ndarray


def capsules(stature_m: float) -> Capsules:
    """The limbs, trunk and head of a body."""
    rows = dict(_MIDDLE)
    for side in ("left", "right"):
        for (start, end), sizes in _SIDED.items():
            rows[f"{side}_{start}", f"{side}_{end}"] = sizes
    starts, ends = zip(*rows, strict=True)
    radii, depths = np.array(list(rows.values())).T * stature_m
    return Capsules(starts, ends, radii, depths)


def hidden(
    center: np.ndarray,
    points: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    radii: np.ndarray,
    depths: np.ndarray,
) -> np.ndarray:
    """Which points of some people a camera cannot see for their bodies.

    Args:
      center: [3] metres, where the camera stands.
      points: [T, P, K, 3] metres.
      starts: [T, P, S, 3] metres, one end of the axes of everybody's capsules.
      ends: [T, P, S, 3] metres, the other.
      radii: [P, S] metres.
      depths: [P, S] metres before a point within which a capsule does not hide it.

    Returns:
      [T, P, K]; what is NaN neither hides nor is hidden.
    """
    result = np.zeros(points.shape[:3], bool)
    seen = _ball(center, points, 0.0)
    bodies = np.concatenate([starts, ends], axis=2)
    solid = _ball(center, bodies, radii.max(axis=1, initial=0.0))
    step = max(1, _BLOCK // max(1, points.shape[2] * starts.shape[2]))
    for p, q in itertools.product(range(points.shape[1]), repeat=2):
        # People far apart in the picture need no closer look, which is most of them.
        frames = np.flatnonzero(_may_hide(solid, q, seen, p))
        for begin in range(0, len(frames), step):
            at = frames[begin : begin + step]
            result[at, p] |= _hidden(
                center, points[at, p], starts[at, q], ends[at, q], radii[q], depths[q]
            )
    return result


class _Ball(NamedTuple):
    """Balls around people as a camera sees them, [T, P] each."""

    direction: np.ndarray  # [T, P, 3] of length 1
    distance: np.ndarray
    radius: np.ndarray
    half_angle: np.ndarray


def _ball(center: np.ndarray, points: np.ndarray, margin) -> _Ball:
    """Balls around points [T, P, N, 3], NaN where there are none."""
    low, high = np.fmin.reduce(points, axis=2), np.fmax.reduce(points, axis=2)
    radius = np.linalg.norm(high - low, axis=-1) / 2 + margin
    away = (low + high) / 2 - center
    distance = np.maximum(np.linalg.norm(away, axis=-1), 1e-9)
    half_angle = np.arcsin(np.minimum(radius / distance, 1.0))
    return _Ball(away / distance[..., None], distance, radius, half_angle)


def _may_hide(front: _Ball, q: int, back: _Ball, p: int) -> np.ndarray:
    """[T] whether the ball of person q can stand before that of person p."""
    cosine = (front.direction[:, q] * back.direction[:, p]).sum(-1)
    angle = np.arccos(np.clip(cosine, -1, 1))
    beside = angle > front.half_angle[:, q] + back.half_angle[:, p]
    nearest = front.distance[:, q] - front.radius[:, q]
    beyond = nearest > back.distance[:, p] + back.radius[:, p]
    return ~beside & ~beyond & np.isfinite(angle)


def _hidden(center, points, starts, ends, radii, depths) -> np.ndarray:
    """`hidden` [T, K] for one person's points [T, K, 3] and another's capsules.

    The nearest approach of two segments is that of Ericson, "Real-Time Collision
    Detection" (2005), section 5.1.9, here for lines of sight that begin at one point.
    """
    sight = points - center
    length = np.linalg.norm(sight, axis=-1, keepdims=True)
    sight = sight / np.maximum(length, 1e-9)
    axis, back = ends - starts, center - starts
    square = np.maximum((axis**2).sum(-1), 1e-12)[:, None]
    along = (axis * back).sum(-1)[:, None]
    lean = sight @ np.swapaxes(axis, -1, -2)
    toward = sight @ np.swapaxes(back, -1, -2)
    reach = np.maximum(length - depths, 0)
    # An axis in the line of sight leaves no angle to divide by; any place will do.
    angle = np.maximum(square - lean**2, 1e-9 * square)
    s = np.clip((lean * along - toward * square) / angle, 0, reach)
    t = np.clip((lean * s + along) / square, 0, 1)
    s = np.clip(lean * t - toward, 0, reach)
    distance = (back**2).sum(-1)[:, None] + s * (s + 2 * toward - 2 * t * lean)
    distance += t * (t * square - 2 * along)
    return (distance < radii**2).any(-1)
