"""The geometric Jacobian: how every joint moves with every coordinate of a pose."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import forward
from kinematics.columns import columns, product, rows
from kinematics.skeleton import Array, Skeleton, coordinate_table
from kinematics.state import by_joint, joint_axes
from kinematics.tree import descent


class Jacobian(NamedTuple):
    """Velocities of joints in the world per rate of each of the 6 + D coordinates.

    The first six are the velocity of the root (m/s) and its angular velocity (rad/s),
    both in the world's axes; then come the joint coordinates.

    Attributes:
      linear: [..., J, 3, 6 + D] of the places of the joints.
      angular: [..., J, 3, 6 + D] of what moves with the joints.
    """

    linear: jax.Array
    angular: jax.Array


def jacobian(
    skeleton: Skeleton, root_position: Array, root_rotation: Array, q: Array
) -> Jacobian:
    """The geometric Jacobian of a pose; see `forward.forward` for the arguments.

    A column is the axis of its coordinate, for the joints that hang on it, and the
    axis times the lever from it: no product of matrices is derived.
    """
    q = jnp.asarray(q)
    place, turn = forward.forward(skeleton, root_position, root_rotation, q)
    batch = place.shape[:-2]
    owner, slot = np.nonzero(coordinate_table(skeleton.kinds) < q.shape[-1])
    local = joint_axes(skeleton, columns(by_joint(skeleton, q), 1, batch))
    above = columns(turn, 2, batch)[:, :, np.maximum(skeleton.parents, 0)]
    axes = rows(product(above, local), batch)[..., owner, :, slot]
    # NumPy puts indices on both sides of a slice first.
    axes = jnp.moveaxis(axes, 0, -2)
    root = jnp.broadcast_to(jnp.eye(3, dtype=axes.dtype), (*batch, 3, 3))
    axes = jnp.concatenate([root, axes], axis=-2)
    owner = np.concatenate([np.zeros(3, int), owner])
    moved = descent(skeleton.parents)[:, owner, None]
    lever = place[..., :, None, :] - place[..., None, owner, :]
    turning = moved * axes[..., None, :, :]
    swept = jnp.cross(turning, lever)
    shift = jnp.broadcast_to(root[..., None, :, :], (*swept.shape[:-2], 3, 3))
    linear = jnp.concatenate([shift, swept], axis=-2)
    angular = jnp.concatenate([jnp.zeros_like(shift), turning], axis=-2)
    return Jacobian(jnp.swapaxes(linear, -1, -2), jnp.swapaxes(angular, -1, -2))
