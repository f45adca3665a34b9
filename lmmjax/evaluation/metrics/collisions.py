"""Bodies as capsules: whether limbs pass through each other.

A bone is a capsule from its joint's parent to the joint, with a radius.
"""

from typing import NamedTuple

import numpy as np

from kinematics import Skeleton
from kinematics.skeleton import rest_places

# Skin gives way: shallower penetration is no collision.
DEPTH = 0.02
# Pairs of segments that are measured at once.
_BLOCK = 1 << 16


class Penetration(NamedTuple):
    """How deep capsules are in each other, metres; below 0 is the gap between them.

    Attributes:
      own: [T] the deepest within any one person; -inf where no pair of bones counts.
      between: [T] the deepest of two people; -inf of one person alone.
    """

    own: np.ndarray
    between: np.ndarray


def penetration(
    skeleton: Skeleton, positions: np.ndarray, radii: np.ndarray
) -> Penetration:
    """The deepest penetration in each frame.

    Within a person, pairs of bones that touch when the body is at rest do not count:
    those that share a joint, hips, shoulders. People are of one tree of joints.

    Args:
      skeleton: the tree and its posture at rest.
      positions: [T, P, J, 3] metres of P people; bones with a missing (NaN) end touch
        nothing.
      radii: [J] metres, that of the bone which ends in each joint; 0 for a joint
        without one, such as the root.

    Raises:
      ValueError: shapes do not fit.
    """
    positions, radii = np.asarray(positions, np.float64), np.asarray(radii, float)
    if positions.ndim != 4 or radii.shape != (skeleton.num_joints,):
        raise ValueError(
            "collisions need positions [T, P, J, 3] and radii "
            f"[{skeleton.num_joints}]; got {list(positions.shape)} and "
            f"{list(radii.shape)}"
        )
    people = positions.shape[1]
    bones = np.array([j for j in range(1, len(radii)) if radii[j] > 0], int)
    starts = positions[:, :, np.array(skeleton.parents)[bones]]
    ends, radius = positions[:, :, bones], radii[bones]
    first, second = _own_pairs(skeleton, radii, bones)
    own = [
        _deepest(starts[:, [p]], ends[:, [p]], radius, (0, first), (0, second))
        for p in range(people)
    ]
    every = np.indices((len(bones), len(bones))).reshape(2, -1)
    between = [
        _deepest(starts, ends, radius, (p, every[0]), (q, every[1]))
        for p in range(people)
        for q in range(p)
    ]
    nothing = np.full(len(positions), -np.inf)
    return Penetration(*(np.max([nothing, *x], axis=0) for x in (own, between)))


def collision_share(depths: np.ndarray, depth: float = DEPTH) -> float:
    """Share of frames [...] with a penetration of more than 2 cm.

    Print the value of the truth beside it: capsules are only nearly bodies.
    """
    depths = np.asarray(depths)
    return float((depths > depth).mean()) if depths.size else float("nan")


def segment_distance(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray
) -> np.ndarray:
    """Least distance [...] between the segments a b and c d, [..., 3] each.

    The nearest points are both inside of the segments, where the lines are nearest, or
    one of them is an end. All five candidates are measured, so parallel segments and
    those without length need no cases of their own.
    """
    u, v, w = b - a, d - c, a - c
    uu, uv, vv = (_dot(x, y) for x, y in ((u, u), (u, v), (v, v)))
    uw, vw = _dot(u, w), _dot(v, w)
    bend = uu * vv - uv * uv
    # Of nearly parallel lines the ends are as near as anything.
    skew = bend > 1e-12 * uu * vv
    safe = np.where(skew, bend, 1.0)
    s, t = (uv * vw - vv * uw) / safe, (uu * vw - uv * uw) / safe
    inside = skew & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    gap = w + s[..., None] * u - t[..., None] * v
    candidates = [
        np.where(inside, np.sqrt(_dot(gap, gap)), np.inf),
        _point_distance(a, c, v, vv),
        _point_distance(b, c, v, vv),
        _point_distance(c, a, u, uu),
        _point_distance(d, a, u, uu),
    ]
    return np.minimum.reduce(candidates)


def _point_distance(
    point: np.ndarray, start: np.ndarray, way: np.ndarray, square: np.ndarray
) -> np.ndarray:
    """Distance from a point to the segment that begins at ``start``."""
    away = point - start
    along = np.clip(_dot(away, way) / np.where(square > 0, square, 1.0), 0, 1)
    rest = away - along[..., None] * way
    return np.sqrt(_dot(rest, rest))


def _dot(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.einsum("...i,...i->...", x, y)


def _own_pairs(
    skeleton: Skeleton, radii: np.ndarray, bones: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of bones of one person that may collide, as places in ``bones``."""
    up = np.array(skeleton.parents)[bones]
    first, second = np.triu_indices(len(bones), 1)
    rest = rest_places(skeleton)
    rest = rest.reshape(-1, *rest.shape[-2:])[0]
    a, b = rest[up], rest[bones]
    gap = segment_distance(a[first], b[first], a[second], b[second])
    free = gap > radii[bones[first]] + radii[bones[second]]
    return first[free], second[free]


def _deepest(
    starts: np.ndarray,
    ends: np.ndarray,
    radius: np.ndarray,
    one: tuple[int, np.ndarray],
    other: tuple[int, np.ndarray],
) -> np.ndarray:
    """Deepest penetration [T] over pairs of (person, bones [K]), in blocks."""
    (p, first), (q, second) = one, other
    result = np.full(len(starts), -np.inf)
    if not len(first):
        return result
    reach, step = radius[first] + radius[second], max(_BLOCK // len(first), 1)
    for begin in range(0, len(starts), step):
        a, b = starts[begin : begin + step], ends[begin : begin + step]
        gap = segment_distance(
            a[:, p, first], b[:, p, first], a[:, q, second], b[:, q, second]
        )
        depth = np.where(np.isnan(gap), -np.inf, reach - gap)
        result[begin : begin + step] = depth.max(axis=1)
    return result
