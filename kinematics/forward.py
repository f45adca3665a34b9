"""Forward kinematics: from joint coordinates to where every joint is.

The tree is walked by depth, all joints of one depth at once. Inside, the batch is
the last axis and products are written element by element: XLA turns batched
3x3 matrix products into calls that are an order of magnitude slower on CPU.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.skeleton import (
    DOFS,
    FIRST,
    SECOND,
    Array,
    Skeleton,
    coordinate_table,
    depth_levels,
)


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
      root_rotation: [..., 4] unit quaternion w, x, y, z.
      q: [..., D] joint coordinates, radians.

    Returns:
      Positions [..., J, 3] and rotation matrices [..., J, 3, 3] in the world.
    """
    offsets = jnp.asarray(skeleton.offsets)
    batch = jnp.broadcast_shapes(
        q.shape[:-1],
        root_position.shape[:-1],
        root_rotation.shape[:-1],
        offsets.shape[:-2],
    )
    count = skeleton.num_joints

    def flat(x, *last):
        """Batch to the end: [..., *last] to [*last, N]."""
        # Not reshape(-1): a body of one joint has no coordinates to count by.
        x = jnp.broadcast_to(x, (*batch, *last)).reshape(math.prod(batch), *last)
        return jnp.moveaxis(x, 0, -1)

    local = _local_rotations(skeleton, flat(q, skeleton.num_coordinates))
    if offsets.ndim > 2:
        offsets = jnp.moveaxis(flat(offsets, count, 3), 1, 0)
    else:
        offsets = offsets.T[:, :, None]
    root = flat(rotations.matrix_from_quaternion(jnp.asarray(root_rotation)), 3, 3)
    turn, place = root[:, :, None], flat(jnp.asarray(root_position), 3)[:, None]
    all_turns, all_places, order = [turn], [place], [0]
    previous = [0]
    for level in depth_levels(skeleton.parents)[1:]:
        up = np.array([previous.index(skeleton.parents[j]) for j in level])
        turn, place = turn[:, :, up], place[:, up]
        at = np.array(level)
        place = place + _rotate(turn, offsets[:, at])
        turn = _product(turn, local[:, :, at])
        all_turns.append(turn)
        all_places.append(place)
        order += level
        previous = level
    back = np.argsort(order)
    positions = jnp.concatenate(all_places, axis=1)[:, back]
    matrices = jnp.concatenate(all_turns, axis=2)[:, :, back]
    return Pose(
        jnp.moveaxis(positions, (1, 0), (-2, -1)).reshape(*batch, count, 3),
        jnp.moveaxis(matrices, (2, 0, 1), (-3, -2, -1)).reshape(*batch, count, 3, 3),
    )


def positions(
    skeleton: Skeleton, root_position: Array, root_rotation: Array, q: Array
) -> jax.Array:
    """World positions [..., J, 3] of all joints; see `forward`."""
    return forward(skeleton, root_position, root_rotation, q).positions


def joint_rotations(skeleton: Skeleton, q: Array) -> jax.Array:
    """Rotation of every joint against its parent, [..., D] to [..., J, 3, 3]."""
    q = jnp.asarray(q)
    flat = q.reshape(math.prod(q.shape[:-1]), skeleton.num_coordinates).T
    local = _local_rotations(skeleton, flat)
    return jnp.moveaxis(local, (3, 2), (0, 1)).reshape(
        *q.shape[:-1], skeleton.num_joints, 3, 3
    )


def joint_coordinates(skeleton: Skeleton, matrices: Array) -> jax.Array:
    """Joint coordinates of rotations against the parent: [..., J, 3, 3] to [..., D].

    Exact for rotations that a joint can make. From others a hinge keeps the turn
    about its axis, and a universal joint its two leading angles.
    """
    frames = jnp.asarray(skeleton.frames)
    matrices = jnp.asarray(matrices)
    inner = jnp.einsum("jka,...jkl,jlb->...jab", frames, matrices, frames)
    table = coordinate_table(skeleton.kinds)
    q = jnp.zeros((*matrices.shape[:-3], skeleton.num_coordinates), inner.dtype)
    # All joints of one kind at once: a program per joint compiles ten times slower.
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


def _local_rotations(skeleton: Skeleton, q: Array) -> jax.Array:
    """[D, N] to [3, 3, J, N]: the product of each joint's two exponentials."""
    frames = jnp.asarray(skeleton.frames, q.dtype)
    table = coordinate_table(skeleton.kinds)
    padded = jnp.concatenate([q, jnp.zeros((1, *q.shape[1:]), q.dtype)])[table]

    def exponential(columns: Mapping[str, tuple[int, ...]], joints: np.ndarray):
        mask = np.zeros((len(joints), 3), np.float32)
        for row, j in enumerate(joints):
            mask[row, list(columns.get(skeleton.kinds[j], ()))] = 1
        axes = frames[joints] * mask[:, None, :]
        x, y, z = (
            axes[:, :, k].T[:, :, None] * padded[joints, k][None] for k in range(3)
        )
        return _rodrigues(x + y + z)

    moving = np.array([j for j, k in enumerate(skeleton.kinds) if DOFS[k] > 0], int)
    eye = jnp.eye(3, dtype=q.dtype)[:, :, None, None]
    local = jnp.broadcast_to(eye, (3, 3, skeleton.num_joints, q.shape[-1]))
    if not len(moving):
        return local
    turn = exponential(FIRST, moving)
    double = np.array(
        [i for i, j in enumerate(moving) if skeleton.kinds[j] in SECOND], int
    )
    if len(double):
        both = _product(turn[:, :, double], exponential(SECOND, moving[double]))
        turn = turn.at[:, :, double].set(both)
    return local.at[:, :, moving].set(turn)


def _rodrigues(v: jax.Array) -> jax.Array:
    """Rotation matrices [3, 3, ...] of rotation vectors [3, ...]."""
    x, y, z = v[0], v[1], v[2]
    square = x * x + y * y + z * z
    a = rotations.sinc_of_square(square)
    b = 0.5 * rotations.sinc_of_square(square / 4) ** 2
    return jnp.stack(
        [
            jnp.stack([1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y]),
            jnp.stack([b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x]),
            jnp.stack([b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y)]),
        ]
    )


def _product(a: jax.Array, b: jax.Array) -> jax.Array:
    """Matrix product over the two leading axes, element-wise over the rest."""
    x, y, z = (a[:, k, None] * b[None, k] for k in range(3))
    return x + y + z


def _rotate(a: jax.Array, v: jax.Array) -> jax.Array:
    """Matrix times vector over the leading axes, element-wise over the rest."""
    return a[:, 0] * v[0] + a[:, 1] * v[1] + a[:, 2] * v[2]
