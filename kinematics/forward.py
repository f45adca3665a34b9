"""Forward kinematics: from joint coordinates to where every joint is.

Batches of any leading shape come in and go out; `tree` holds the walk itself.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics import rotations, tree
from kinematics.skeleton import Array, Skeleton, coordinate_table
from kinematics.tree import Tree


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

    offsets = flat(offsets, count, 3) if offsets.ndim > 2 else offsets[..., None]
    places, turns = tree.walk(
        Tree(skeleton.parents, skeleton.kinds),
        jnp.asarray(skeleton.frames),
        offsets,
        flat(q, skeleton.num_coordinates),
    )
    root = flat(rotations.matrix_from_quaternion(jnp.asarray(root_rotation)), 3, 3)
    places = tree.rotate(root[None], places) + flat(jnp.asarray(root_position), 3)
    turns = tree.product(root[None], turns)
    return Pose(
        jnp.moveaxis(places, -1, 0).reshape(*batch, count, 3),
        jnp.moveaxis(turns, -1, 0).reshape(*batch, count, 3, 3),
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
    kinds = Tree(skeleton.parents, skeleton.kinds)
    local = tree.local_rotations(kinds, jnp.asarray(skeleton.frames), flat)
    return jnp.moveaxis(local, -1, 0).reshape(*q.shape[:-1], skeleton.num_joints, 3, 3)


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
