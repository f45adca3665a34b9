"""Movement over a level floor, put onto another one.

What the model makes is as it would be over level ground. The root is carried up by the
ground around it; a foot stands on what is under it, as high above that as it was above
level ground, and goes over edges in between; legs bend as they must. Where a leg is too
short its heel comes up first, then the root goes down. A foot that sank into a level
floor is taken out. Limits and bones hold. It looks half a second ahead and back, so
nothing jumps at an edge.
"""

from typing import NamedTuple

import numpy as np

from kinematics import Poses, Skeleton, inverse
from kinematics.bodies import segments
from kinematics.dynamics.contact import INNER_SPEED, OUTER_SPEED
from kinematics.motion import Motion, positions
from lmmjax.generation.guidance.ground import Floor
from lmmjax.generation.guidance.standing import HIGH, LOW, falling

# Of a foot that rests on its highest point: how much the others may be lower.
_TILT = 0.25
# Metres that joints of a foot in the air keep above edges, if they do above level.
_MARGIN = 0.03
# Metres that joints of a foot may be below a floor: what was captured is now and then.
_SUNK = 0.01
# Seconds: deviations of averages, and how early a foot is over an edge.
_BLEND, _STEADY, _EARLY = 0.1, 0.1, 0.1
# What frames in the air count for how high a foot is, beside those on the ground.
_AIR = 0.02
# Of a leg's length, how far it stretches, and radians by which a heel comes up for it.
_STRETCH, _HEEL = 0.995, 0.7
# Of the way to the middle of its range, how far a knee is bent to begin with, where
# its leg is to be shorter by more than so many metres.
_BEND, _SHORTER = 0.2, 0.02


class Footing(NamedTuple):
    """Where feet and root are to be.

    Attributes:
      poses: [T] with the root where it is to be.
      targets: places [T, 3] by joint.
    """

    poses: Poses
    targets: dict[str, np.ndarray]


def stand(motion: Motion, floor: Floor) -> Motion:
    """A movement over level ground at height 0, put onto a floor.

    Args:
      motion: [T] of a human body.
      floor: what is to be stood on.

    Raises:
      ValueError: a body has no feet; see `kinematics.bodies.segments`.
    """
    found = footing(motion, floor)
    poses = inverse.reach(motion.skeleton, *found).poses
    return motion.replace(
        root_position=np.asarray(poses.root_position), joints=np.asarray(poses.joints)
    )


def footing(motion: Motion, floor: Floor) -> Footing:
    """Where feet and root are to be; see `stand`."""
    body, fps = motion.skeleton, motion.fps
    segments.toe_joints(body)
    places = np.asarray(positions(motion), float)
    root = np.asarray(motion.root_position, float)
    carried = np.asarray(floor.smoothed().height(root), float)
    up = np.array([0, 0, 1.0])
    legs = [_leg(body, foot, places, floor, fps) for foot in segments.feet(body)]
    drop = np.zeros(len(motion))
    for leg in legs:
        hip = leg.hip + carried[:, None] * up
        ankle = _heel_up(leg, hip)[:, 0]
        soon = _average(_most(leg.stands, round(_EARLY * fps)), _EARLY * fps / 2)
        drop = np.maximum(drop, soon * _too_far(hip - ankle, _reach(leg, hip)))
    drop = _average(_most(drop, round(2 * _STEADY * fps)), _STEADY * fps)
    targets, joints = {}, np.asarray(motion.joints)
    for leg in legs:
        hip = leg.hip + (carried - drop)[:, None] * up
        there = _nearer(_heel_up(leg, hip), hip, _reach(leg, hip))
        there = _out_of(floor, there, leg.stands)
        shorter = leg.far - np.linalg.norm(there[:, 0] - hip, axis=-1)
        joints = _bent(body, joints, body.parents[leg.foot[0]], shorter)
        for n, joint in enumerate(leg.foot):
            targets[body.names[joint]] = there[:, n].astype(np.float32)
    place = root + (carried - drop)[:, None] * [0, 0, 1]
    poses = Poses(place.astype(np.float32), motion.root_rotation, joints)
    return Footing(poses, targets)


def standing(foot: np.ndarray, fps: float) -> np.ndarray:
    """How surely a foot [T, G, 3] over level ground stands, [T] from 0 to 1."""
    ball = foot[:, 1]
    speed = np.linalg.norm(np.gradient(ball[:, :2], axis=0), axis=-1) * fps
    slow = falling(speed, INNER_SPEED, OUTER_SPEED)
    return np.asarray(slow * falling(ball[:, 2], LOW, HIGH), float)


class _Leg(NamedTuple):
    """A leg over level ground, and its foot on a floor.

    Attributes:
      foot: joints G of the foot, its ankle first.
      hip: [T, 3] over level ground.
      far: [T] from hip to ankle there, metres.
      length: from hip to ankle when it is straight, metres.
      lifted: [T, G, 3] the foot on the floor.
      stands: [T] how surely it stands.
    """

    foot: tuple[int, ...]
    hip: np.ndarray
    far: np.ndarray
    length: float
    lifted: np.ndarray
    stands: np.ndarray


def _leg(
    body: Skeleton, foot: tuple[int, ...], places: np.ndarray, floor: Floor, fps: float
) -> _Leg:
    knee = body.parents[foot[0]]
    hip = places[:, body.parents[knee]]
    offsets = np.asarray(body.offsets, float)
    length = float(sum(np.linalg.norm(offsets[j]) for j in (knee, foot[0])))
    far = np.linalg.norm(hip - places[:, foot[0]], axis=-1)
    return _Leg(foot, hip, far, length, *_lifted(places[:, list(foot)], floor, fps))


def _lifted(
    foot: np.ndarray, floor: Floor, fps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Places [T, G, 3] of a foot on a floor, and how surely it stands [T]."""
    stands = standing(foot, fps)
    ground = np.asarray(floor.height(foot), float)
    apart = np.linalg.norm(foot[:, :, None, :2] - foot[:, None, :, :2], axis=-1)
    # A sole is stiff: it rests on its highest point, and leans no more than so.
    rests = np.max(ground[:, None] - _TILT * apart, axis=-1)
    weight = (stands + _AIR)[:, None]
    width = _BLEND * fps
    lift = _average(weight * rests, width) / _average(weight, width)
    height = foot[..., 2]
    above = np.maximum(height - np.minimum(height, _MARGIN), 0)
    lacking = np.max(ground - above - lift, axis=1)
    early = _most(np.maximum(lacking, 0), round(_EARLY * fps))
    over = (1 - stands) * _average(early, _EARLY * fps / 2)
    lifted = foot + (lift + over[:, None])[..., None] * [0, 0, 1]
    lifted[..., 2] = np.maximum(lifted[..., 2], ground - _SUNK)
    return lifted, stands


def _heel_up(leg: _Leg, hip: np.ndarray) -> np.ndarray:
    """The foot [T, G, 3], turned about its ball for its ankle to be nearer to a hip.

    Only one that stands: one in the air can come nearer as it is, see `_nearer`.
    """
    foot, reach = leg.lifted, _reach(leg, hip)
    ankle, ball = foot[:, 0], foot[:, 1]
    back = ankle - ball
    ahead = back * [1, 1, 0]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-6)
    along = np.sum(back * ahead, axis=-1)

    def turned(angle: np.ndarray) -> np.ndarray:
        c, s = np.cos(angle), np.sin(angle)
        flat, up = c * along - s * back[:, 2], s * along + c * back[:, 2]
        return ball + flat[:, None] * ahead + up[:, None] * [0, 0, 1]

    low, high = np.zeros(len(foot)), np.full(len(foot), _HEEL)
    for _ in range(20):
        middle = (low + high) / 2
        near = np.linalg.norm(turned(middle) - hip, axis=-1) <= reach
        low, high = np.where(near, low, middle), np.where(near, middle, high)
    near = np.linalg.norm(ankle - hip, axis=-1) <= reach
    ankle = turned(np.where(near, 0, leg.stands * high))
    return np.concatenate([ankle[:, None], foot[:, 1:]], axis=1)


def _nearer(foot: np.ndarray, hip: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """A foot [T, G, 3] moved to a hip [T, 3], as far as its ankle is out of reach."""
    way = hip - foot[:, 0]
    away = np.linalg.norm(way, axis=-1)
    missing = np.maximum(away - reach, 0) / np.maximum(away, 1e-6)
    return foot + (missing[:, None] * way)[:, None]


def _out_of(floor: Floor, foot: np.ndarray, stands: np.ndarray) -> np.ndarray:
    """A foot [T, G, 3] in the air lifted as one out of a floor that it came into.

    Who brings a foot nearer to a hip may bring it into the next stair.
    """
    ground = np.asarray(floor.height(foot), float)
    inside = np.max(np.maximum(ground - _SUNK - foot[..., 2], 0), axis=1)
    return foot + ((1 - stands) * inside)[:, None, None] * [0, 0, 1]


def _too_far(away: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Metres [T] that a hip, [T, 3] from an ankle, must go down to reach it."""
    flat = np.sum(away[:, :2] ** 2, axis=-1)
    left = np.sqrt(np.maximum(reach**2 - flat, 0))
    return np.maximum(away[:, 2] - left, 0)


def _reach(leg: _Leg, hip: np.ndarray) -> np.ndarray:
    """Metres [T] from a hip [T, 3] that an ankle is to be at most.

    Beyond where it is over level ground a leg gives way more and more: one that is all
    but straight moves its knee far for little.
    """
    more = np.linalg.norm(hip - leg.lifted[:, 0], axis=-1) - leg.far
    room = np.maximum(_STRETCH * leg.length - leg.far, 1e-3)
    return leg.far + np.where(
        more > 0, room * -np.expm1(-np.maximum(more, 0) / room), more
    )


def _bent(
    body: Skeleton, joints: np.ndarray, knee: int, shorter: np.ndarray
) -> np.ndarray:
    """Coordinates [T, D] with a knee bent a little where a leg is to be shorter [T].

    From a straight leg there is no way that shortens it at first.
    """
    part = body.coordinates(body.names[knee])
    middle = (np.asarray(body.lower)[part] + np.asarray(body.upper)[part]) / 2
    share = _BEND * -np.expm1(-np.maximum(shorter, 0) / _SHORTER)
    joints = np.array(joints)
    joints[:, part] += share[:, None] * (middle - joints[:, part])
    return joints


def _average(x: np.ndarray, frames: float) -> np.ndarray:
    """Values [T, ...] averaged with a Gaussian of this deviation."""
    reach = int(np.ceil(3 * frames))
    weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) / frames) ** 2)
    padded = np.pad(x, [(reach, reach), *[(0, 0)] * (x.ndim - 1)], mode="edge")
    parts = (w * padded[n : n + len(x)] for n, w in enumerate(weight / weight.sum()))
    return sum(parts)


def _most(x: np.ndarray, frames: int) -> np.ndarray:
    """The most [T] of so many frames before and after."""
    padded = np.pad(x, frames, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * frames + 1).max(-1)
