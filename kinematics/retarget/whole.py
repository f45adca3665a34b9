"""The whole way of a motion from one body to another."""

import functools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np

from kinematics import forward, limits, rotations
from kinematics import motion as motions
from kinematics.bodies.segments import feet
from kinematics.dynamics.contact import contacts, find_ground
from kinematics.inverse.reach import reach
from kinematics.motion import Motion, Poses
from kinematics.retarget import contact, match, transfer
from kinematics.skeleton import Skeleton, rest_height, rest_places


def retarget(
    motion: Motion,
    body: Skeleton,
    names: Mapping[str, str] | None = None,
    *,
    keep_contacts: bool = True,
) -> Motion:
    """Move a motion onto another body.

    Segments of the body turn in the world as those of the source do, which are found
    by anatomy. The path of the root is scaled by how high the roots stand, about the
    world's origin and floor. Limbs are then posed anew: elbows and wrists where the
    turned segments put them, feet that stand neither slide nor sink in, and hands
    that meet meet again. The result is inside the limits of the body.

    Args:
      motion: one clip, its frames complete.
      body: the body that is to move, offsets [J, 3].
      names: joint of the source for each joint of the body that is to turn like it,
        for bodies that are not human or have other names; feet and hands are then
        left as they come.
      keep_contacts: whether feet are planted and hands held together.

    Returns:
      The motion of the body; its floor is that of the source.

    Raises:
      ValueError: who is who is not clear; see `match.guides`.
    """
    source = motion.skeleton
    guides = match.guides(source, body, names)
    places, turns = motions.in_blocks(_forward, source, *motion.poses)
    scale = rest_height(body) / rest_height(source)
    if names is not None:
        local = transfer.turned(turns, guides, body)
        return _inside(transfer.moved(motion, body, local, scale * places[:, 0]))
    ours, theirs = _limbs(body), _limbs(source)
    standing_on = places[:, theirs.soles]
    ground = _find_ground(standing_on, motion.fps)
    floor = np.array([0, 0, np.median(ground.heights - _standing(source, theirs))])
    root = floor + scale * (places[:, 0] - floor)
    local = transfer.turned(turns, guides, body)
    found = _inside(transfer.moved(motion, body, local, root))
    inner, turns = motions.in_blocks(_forward, body, *found.poses)
    # Arms as they would be without limits, on a trunk that obeys them.
    free = _places(body, root, local)
    arms = inner[:, ours.shoulders] - free[:, ours.shoulders]
    elbows, wrists = free[:, ours.elbows] + arms, free[:, ours.wrists] + arms
    soles = free[:, ours.soles]
    if keep_contacts:
        standing = np.asarray(_contacts(standing_on, motion.fps, ground))
        heights = floor[2] + _standing(body, ours)
        soles = contact.planted(soles, standing, heights, motion.fps)
        wrists = contact.held(wrists, places[:, theirs.wrists])
    lengths = np.linalg.norm(np.asarray(body.offsets)[ours.legs], axis=-1).sum(axis=1)
    down = contact.drop(inner[:, ours.hips], soles[:, ::2], lengths, motion.fps)
    shift = np.array([0, 0, -1]) * down[:, None, None]
    found = found.replace(root_position=np.float32(found.root_position + shift[:, 0]))
    goals = np.concatenate([soles, elbows + shift, wrists + shift], axis=1)
    joints = [*ours.soles, *ours.elbows, *ours.wrists]
    return _reached(
        found,
        dict(zip(joints, np.moveaxis(goals, 1, 0), strict=True)),
        {j: turns[:, j] for j in ours.upright},
    )


class _Limbs(NamedTuple):
    """Joints of a body by what they are, left before right.

    Attributes:
      soles: ankle and ball of each foot.
      hips: where the legs begin.
      legs: [2, 2] joints at the ends of thigh and shank.
      shoulders: where the arms begin, and so on.
      elbows: of the forearms.
      wrists: of the hands.
      upright: joints of the trunk and of the head, which limbs shall not pull.
    """

    soles: list[int]
    hips: list[int]
    legs: np.ndarray
    shoulders: list[int]
    elbows: list[int]
    wrists: list[int]
    upright: list[int]


def _limbs(skeleton: Skeleton) -> _Limbs:
    found = match.by_side(skeleton)

    def starts(name):
        return [found[name, side].joints[0] for side in (1, -1)]

    soles = [joint for foot in feet(skeleton) for joint in foot[:2]]
    legs = np.stack([starts("shank"), starts("foot")], axis=1)
    upright = [*found["trunk", 0].joints[1:], *found["head", 0].joints]
    shoulders, elbows, wrists = map(starts, ("upper arm", "forearm", "hand"))
    return _Limbs(soles, starts("thigh"), legs, shoulders, elbows, wrists, upright)


def _standing(skeleton: Skeleton, limbs: _Limbs) -> np.ndarray:
    """Metres [4] above the floor at which ankles and balls of the feet stand."""
    return rest_places(skeleton)[limbs.soles, 2] + rest_height(skeleton)


_forward = jax.jit(forward.forward)
_find_ground = jax.jit(find_ground, static_argnames="fps")
_contacts = jax.jit(contacts, static_argnames="fps")
_clip = jax.jit(lambda body, q: limits.apply(body, limits.invert(body, q)))


@jax.jit
def _from_rotations(body, root, local):
    return forward.positions_from_rotations(body, root, rotations.matrix_to_6d(local))


def _places(body: Skeleton, root: np.ndarray, local: np.ndarray) -> np.ndarray:
    """World places [T, J, 3] of joints that may turn in any way."""
    arrays = (root.astype(np.float32), local.astype(np.float32))
    return motions.in_blocks(_from_rotations, body, *arrays)


def _inside(motion: Motion) -> Motion:
    """The motion with every coordinate inside the limits."""
    joints = motions.in_blocks(_clip, motion.skeleton, motion.joints)
    return motion.replace(joints=joints)


def _reached(
    motion: Motion, places: Mapping[int, np.ndarray], turns: Mapping[int, np.ndarray]
) -> Motion:
    """The motion with joints at places [T, 3] and turns [T, 3, 3], inside limits."""
    names = motion.skeleton.names
    found = motions.in_blocks(
        functools.partial(
            _solve, tuple(names[j] for j in places), tuple(names[j] for j in turns)
        ),
        motion.skeleton,
        *motion.poses,
        *(x.astype(np.float32) for x in (*places.values(), *turns.values())),
    )
    return motion.replace(
        root_position=found.root_position,
        root_rotation=found.root_rotation,
        joints=found.joints,
    )


@functools.partial(jax.jit, static_argnums=(0, 1))
def _solve(placed, turned, body, position, rotation, joints, *goals) -> Poses:
    """Poses of one block."""
    poses = Poses(position, rotation, joints)
    places = dict(zip(placed, goals[: len(placed)], strict=True))
    turns = map(rotations.quaternion_from_matrix, goals[len(placed) :])
    return reach(body, poses, places, dict(zip(turned, turns, strict=True))).poses
