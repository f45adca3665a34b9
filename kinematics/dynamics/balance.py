"""Balance: where a body is about to be, against where it stands."""

import jax
import jax.numpy as jnp

from kinematics.dynamics.inverse import GRAVITY
from kinematics.dynamics.momentum import Point
from kinematics.dynamics.support import Soles, signed_distance
from kinematics.skeleton import Array


def extrapolated_center(
    center: Point, floor: Array | float = 0.0, gravity: float = GRAVITY
) -> jax.Array:
    """Extrapolated centre of mass on the ground, [..., 2] metres.

    x + v / w with w = sqrt(g / l): where an inverted pendulum of length l that moves as
    the centre of mass does comes to rest upright (Hof, Gazendam and Sinke 2005). l is
    the height of the centre of mass above the ground.

    Args:
      center: [...] centre of mass.
      floor: [...] height of the ground, metres.
      gravity: m/s^2.
    """
    length = center.position[..., 2] - floor
    fallen = length <= 0
    time = jnp.sqrt(jnp.where(fallen, 1.0, length) / gravity)
    time = jnp.where(fallen, 0.0, time)[..., None]
    return center.position[..., :2] + time * center.velocity[..., :2]


def margin_of_stability(
    center: Point,
    support: Soles,
    floor: Array | float = 0.0,
    gravity: float = GRAVITY,
) -> jax.Array:
    """Distance [...] of the extrapolated centre of mass inside of the support, metres.

    Negative outside, where only a step can keep the body up; in walking that is most
    of the time. NaN where no foot is on the ground.

    Args:
      center: [...] centre of mass.
      support: [...] the soles.
      floor: [...] height of the ground, metres.
      gravity: m/s^2.
    """
    corners, contact = support
    return signed_distance(
        extrapolated_center(center, floor, gravity),
        corners.reshape(*corners.shape[:-3], -1, 2),
        contact.reshape(*contact.shape[:-2], -1),
    )
