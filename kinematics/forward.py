"""Forward kinematics: from joint coordinates to where every joint is.

Batches of any leading shape come in and go out; `walk` holds the walk itself. It is
differentiable in both directions, any number of times.
"""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.forms import Coordinates
from kinematics.skeleton import DOFS, Array, Skeleton, coordinate_table
from kinematics.walk import Walk, walk


class Pose(NamedTuple):
    """Where the joints are: positions [..., J, 3] m, rotations [..., J, 3, 3]."""

    positions: jax.Array
    rotations: jax.Array


def forward(
    skeleton: Skeleton, root_position: Array, root_rotation: Array, q: Array
) -> Pose:
    """World positions and rotations of all joints.

    Args:
      skeleton: the body; leading axes of its offsets broadcast with the batch.
      root_position: [..., 3] metres.
      root_rotation: [..., 4] quaternion w, x, y, z; its length does not matter.
      q: [..., D] joint coordinates, radians.

    Returns:
      Positions [..., J, 3] and rotation matrices [..., J, 3, 3] in the world.
    """
    return Pose(*_coordinates(skeleton, root_position, root_rotation, q, True))


def positions(
    skeleton: Skeleton, root_position: Array, root_rotation: Array, q: Array
) -> jax.Array:
    """World positions [..., J, 3] of all joints; see `forward`."""
    return _coordinates(skeleton, root_position, root_rotation, q, False)[0]


def from_rotations(
    skeleton: Skeleton, root_position: Array, joint_rotations: Array
) -> Pose:
    """World positions and rotations of joints that may turn in any way.

    Args:
      skeleton: the body; its kinds of joints and limits do not matter.
      root_position: [..., 3] metres.
      joint_rotations: of each joint against its parent, at rest 1; of the root
        against the world. Quaternions [..., J, 4] (w, x, y, z; of any length but 0)
        or 6D [..., J, 6], see `rotations.matrix_from_6d`.

    Returns:
      Positions [..., J, 3] and rotation matrices [..., J, 3, 3] in the world.
    """
    return Pose(*_rotations(skeleton, root_position, joint_rotations, True))


def positions_from_rotations(
    skeleton: Skeleton, root_position: Array, joint_rotations: Array
) -> jax.Array:
    """World positions [..., J, 3] of all joints; see `from_rotations`."""
    return _rotations(skeleton, root_position, joint_rotations, False)[0]


def _coordinates(skeleton, root_position, root_rotation, q, with_rotations):
    static = Walk(skeleton.parents, skeleton.kinds, "coordinates", with_rotations)
    root_rotation, q = jnp.asarray(root_rotation), jnp.asarray(q)
    batch = jnp.broadcast_shapes(root_rotation.shape[:-1], q.shape[:-1])
    x = jnp.concatenate(
        [
            jnp.broadcast_to(part, (*batch, part.shape[-1]))
            for part in (root_rotation, q)
        ],
        axis=-1,
    )
    turning = _turning(skeleton)
    above = turning[_parents(skeleton)]
    frames = jax.lax.stop_gradient(_axes(skeleton))
    offsets = _einsum("jki,...jk->...ji", frames[above], jnp.asarray(skeleton.offsets))
    between = _einsum("jki,jkl->jil", frames[above], frames[turning])
    # Rounding would turn the joints without coordinates, too.
    same = (above == turning)[:, None]
    none = jnp.array([1, 0, 0, 0], frames.dtype)
    alignment = jnp.where(same, none, rotations.quaternion_from_matrix(between))
    return walk(static, x, root_position, offsets, alignment, frames[turning])


def _rotations(skeleton, root_position, joint_rotations, with_rotations):
    joint_rotations = jnp.asarray(joint_rotations)
    count, size = skeleton.num_joints, joint_rotations.shape[-1]
    if joint_rotations.shape[-2:] not in ((count, 4), (count, 6)):
        raise ValueError(
            f"rotations have shape {joint_rotations.shape}; quaternions [..., {count}, "
            f"4] or 6D [..., {count}, 6] are needed"
        )
    form = "quaternions" if size == 4 else "6d"
    static = Walk(skeleton.parents, (), form, with_rotations)
    x = joint_rotations.reshape(*joint_rotations.shape[:-2], count * size)
    none = np.zeros((0, 4), np.float32), np.zeros((0, 3, 3), np.float32)
    return walk(static, x, root_position, skeleton.offsets, *none)


def _parents(skeleton: Skeleton) -> np.ndarray:
    """Index of each joint's parent; the root is its own."""
    return np.maximum(skeleton.parents, 0)


def _turning(skeleton: Skeleton) -> np.ndarray:
    """[J] the last joint with coordinates on the way to each joint, or the root."""
    found: list[int] = []
    for j, kind in enumerate(skeleton.kinds):
        found.append(j if DOFS[kind] or j == 0 else found[skeleton.parents[j]])
    return np.array(found)


def _axes(skeleton: Skeleton) -> jax.Array:
    """Frames [J, 3, 3] with swings about the first axes and twists about the third.

    The second turn of a universal joint is about the second column of its frame.
    """
    frames = jnp.asarray(skeleton.frames)
    universal = np.array([kind == "universal" for kind in skeleton.kinds])
    x, y, z = (frames[:, :, k] for k in range(3))
    turned = jnp.stack([x, -z, y], axis=-1)
    frames = jnp.where(universal[:, None, None], turned, frames)
    # The root's rotation is given in the world's axes.
    return frames.at[0].set(jnp.eye(3, dtype=frames.dtype))


# Accelerators round the factors of a product unless told not to, and bones stretch.
_einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)


def joint_rotations(skeleton: Skeleton, q: Array) -> jax.Array:
    """Rotation of every joint against its parent, [..., D] to [..., J, 3, 3]."""
    q = jnp.asarray(q)
    flat = q.reshape(math.prod(q.shape[:-1]), skeleton.num_coordinates).T
    root = jnp.zeros((4, *flat.shape[1:]), q.dtype).at[0].set(1.0)
    form = Coordinates(skeleton.kinds, tuple(range(skeleton.num_joints)))
    inner = form.matrices(jnp.concatenate([root, flat]))
    frames = _axes(skeleton).astype(q.dtype)
    local = _einsum("jka,abjn,jlb->njkl", frames, inner, frames)
    return local.reshape(*q.shape[:-1], skeleton.num_joints, 3, 3)


def joint_coordinates(skeleton: Skeleton, matrices: Array) -> jax.Array:
    """Joint coordinates of rotations against the parent: [..., J, 3, 3] to [..., D].

    Exact for rotations that a joint can make. From others a hinge keeps the turn
    about its axis, and a universal joint its two leading angles.
    """
    frames = jnp.asarray(skeleton.frames)
    matrices = jnp.asarray(matrices)
    inner = _einsum("jka,...jkl,jlb->...jab", frames, matrices, frames)
    table = coordinate_table(skeleton.kinds)
    q = jnp.zeros((*matrices.shape[:-3], skeleton.num_coordinates), inner.dtype)
    # All joints of one kind at once: a program per joint is long to compile.
    for kind, angles in _ANGLES.items():
        joints = [j for j, other in enumerate(skeleton.kinds) if other == kind]
        if joints:
            for k, angle in enumerate(angles(inner[..., joints, :, :])):
                q = q.at[..., table[joints, k]].set(angle)
    return q


def _hinge_angles(r: jax.Array) -> tuple[jax.Array, ...]:
    sine, cosine = r[..., 2, 1] - r[..., 1, 2], r[..., 1, 1] + r[..., 2, 2]
    return (jnp.arctan2(sine, cosine),)


def _universal_angles(r: jax.Array) -> tuple[jax.Array, ...]:
    first = jnp.arctan2(r[..., 2, 1], r[..., 1, 1])
    return first, jnp.arctan2(r[..., 0, 2], r[..., 0, 0])


def _ball_angles(r: jax.Array) -> tuple[jax.Array, ...]:
    swing, twist = rotations.swing_twist_log(rotations.quaternion_from_matrix(r))
    return swing[..., 0], swing[..., 1], twist


# Coordinates [..., n] of rotations [..., n, 3, 3] in the joint's own frame.
_ANGLES = {
    "hinge": _hinge_angles,
    "universal": _universal_angles,
    "ball": _ball_angles,
}
