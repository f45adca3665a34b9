"""Ground reaction without a force plate: what the ground must have done."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics.dynamics.inverse import Wrench
from kinematics.dynamics.support import Soles, nearest_supported
from kinematics.skeleton import Array

# Vertical force in newtons below which nothing stands on the ground: the usual
# threshold of a force plate (from memory).
LEAST_FORCE = 20.0


class Reaction(NamedTuple):
    """What the ground does to two feet.

    Attributes:
      forces: [..., 2, 3] N on each foot, world; 0 where it is not in contact.
      centers: [..., 2, 3] m, where on the ground; NaN where there is no force.
      moments: [..., 2] N m about the vertical through the centre.
    """

    forces: jax.Array
    centers: jax.Array
    moments: jax.Array

    def external(self, positions: Array, ankles: Sequence[int]) -> Wrench:
        """The same [..., J, 3] as `inverse_dynamics` takes it.

        Args:
          positions: [..., J, 3] metres, all joints.
          ankles: index of the left and of the right ankle.
        """
        positions = jnp.asarray(positions)
        force = jnp.zeros_like(positions)
        moment = jnp.zeros_like(positions)
        for side, ankle in enumerate(ankles):
            here = self.forces[..., side, :]
            center = jnp.where(here[..., 2:] > 0, self.centers[..., side, :], 0.0)
            arm = center - positions[..., ankle, :]
            about = jnp.cross(arm, here).at[..., 2].add(self.moments[..., side])
            force = force.at[..., ankle, :].add(here)
            moment = moment.at[..., ankle, :].add(about)
        return Wrench(force, moment)


def center_of_pressure(
    wrench: Wrench, place: Array, floor: Array | float = 0.0
) -> jax.Array:
    """Where on the ground a force alone, and a moment about z, are the same wrench.

    This is the zero moment point of the movement (Vukobratović and Borovac 2004).

    Args:
      wrench: [...] of the ground on the body, its moment about ``place``.
      place: [..., 3] metres.
      floor: [...] height of the ground.

    Returns:
      [..., 3] metres; NaN where the vertical force is below `LEAST_FORCE`.
    """
    force, moment, place = (jnp.asarray(x) for x in (*wrench, place))
    stands = force[..., 2] > LEAST_FORCE
    weight = jnp.where(stands, force[..., 2], 1.0)
    drop = floor - place[..., 2]
    x = place[..., 0] + (drop * force[..., 0] - moment[..., 1]) / weight
    y = place[..., 1] + (drop * force[..., 1] + moment[..., 0]) / weight
    point = jnp.stack([x, y, jnp.broadcast_to(floor, x.shape)], axis=-1)
    return jnp.where(stands[..., None], point, jnp.nan)


def ground_reaction(
    wrench: Wrench, place: Array, support: Soles, floor: Array | float = 0.0
) -> Reaction:
    """Share what the ground does among two feet.

    One foot in contact has the whole force. Two have it as the supports of a beam do:
    in the ratio in which the centre of pressure divides the line between the middles
    of the soles, and never pulling. The ground pushes where it touches: a centre of
    pressure beyond the soles, as noisy accelerations make it, is moved to their edge,
    and the moment that this leaves shows in the residual of the inverse dynamics with
    the reaction, as does everything in frames without contact.

    Args:
      wrench: [...] of all that is outside on the body, the residual of
        `inverse_dynamics` without external forces.
      place: [..., 3] metres, what its moment is about: the root.
      support: [...] the soles and their contact.
      floor: [...] height of the ground.
    """
    corners, contact = support
    center = center_of_pressure(wrench, place, floor)
    known = jnp.isfinite(center).all(axis=-1, keepdims=True)
    stands = jnp.any(contact, axis=-1) & known
    center = jnp.where(known, center, 0.0)
    weight = contact / jnp.maximum(contact.sum(axis=-1, keepdims=True), 1)
    safe = jnp.where(contact[..., None], corners, 0.0)
    middle = jnp.sum(weight[..., None] * safe, axis=-2)
    across = middle[..., 1, :] - middle[..., 0, :]
    along = jnp.sum((center[..., :2] - middle[..., 0, :]) * across, axis=-1)
    square = jnp.sum(across * across, axis=-1)
    second = jnp.clip(along / jnp.where(square > 0, square, 1.0), 0.0, 1.0)
    second = jnp.where(square > 0, second, 0.5)
    shares = jnp.where(
        jnp.all(stands, axis=-1, keepdims=True),
        jnp.stack([1 - second, second], axis=-1),
        jnp.asarray(stands, second.dtype),
    )
    # Both centres are moved alike until together they are the centre of pressure.
    mean = jnp.sum(shares[..., None] * middle, axis=-2)
    centers = middle + (center[..., :2] - mean)[..., None, :]
    centers = nearest_supported(centers, corners, contact)
    height = jnp.broadcast_to(center[..., None, 2:], (*centers.shape[:-1], 1))
    centers = jnp.concatenate([centers, height], axis=-1)
    force = jnp.asarray(wrench.force)
    arm = center - jnp.asarray(place)
    twist = (jnp.asarray(wrench.moment) - jnp.cross(arm, force))[..., 2]
    return Reaction(
        shares[..., None] * force[..., None, :],
        jnp.where(shares[..., None] > 0, centers, jnp.nan),
        shares * twist[..., None],
    )
