"""The bijection between unconstrained coordinates and the poses within the limits.

It is triangular: coordinates with limits of their own come first, then those whose
range depends on them. Knowing the controllers, each step has an inverse in closed
form, so the whole has one too.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import couplings
from kinematics.couplings import Couplings
from kinematics.limits.softclip import (
    SOFTNESS,
    softclip,
    softclip_inverse,
    width_softness,
)
from kinematics.rotations import norm
from kinematics.skeleton import Array, Skeleton, swing_table


def apply(skeleton: Skeleton, u: Array) -> jax.Array:
    """Joint coordinates [..., D] inside the limits from any reals [..., D].

    The result obeys the limits exactly in float32: `excess` of it is 0.
    """
    q = _apply_fixed(skeleton, u)
    for level in _levels(skeleton):
        at = np.array(level.coordinates)
        lower, upper = coupled_ranges(skeleton, level, q, inset=True)
        softness = width_softness(lower, upper)
        q = q.at[..., at].set(softclip(u[..., at], lower, upper, softness))
    return q


def invert(skeleton: Skeleton, q: Array) -> jax.Array:
    """Unconstrained coordinates [..., D] of joint coordinates [..., D].

    ``apply(invert(q)) = q`` inside the limits; a q outside is first moved to the
    nearest place just inside of them (for a swing: towards the cone's centre).
    """
    u = _invert_fixed(skeleton, q)
    if skeleton.couplings is None:
        return u
    inside = _inside_fixed(skeleton, q)
    for level in _levels(skeleton):
        at = np.array(level.coordinates)
        lower, upper = coupled_ranges(skeleton, level, inside, inset=True)
        inside = inside.at[..., at].set(jnp.clip(inside[..., at], lower, upper))
        softness = width_softness(lower, upper)
        u = u.at[..., at].set(softclip_inverse(q[..., at], lower, upper, softness))
    return u


def excess(skeleton: Skeleton, q: Array) -> jax.Array:
    """How far each joint coordinate is outside its limits: radians [..., D], >= 0.

    For a swing the distance beyond the cone, along the direction of the swing, is
    given on both of its coordinates; a swing on the very edge of the cone may round
    to either side of it. A coupled coordinate is held against the range that its
    controller leaves it in this pose.
    """
    over = jnp.maximum(q - skeleton.upper, 0) + jnp.maximum(skeleton.lower - q, 0)
    index, center, half, _ = _ellipse(skeleton)
    if len(index):
        outside = q[..., index] - center
        radius, length = _radius(outside / half), _radius(outside)
        beyond = jnp.where(radius > 1, length * (1 - 1 / jnp.maximum(radius, 1)), 0.0)
        over = over.at[..., index].set(jnp.broadcast_to(beyond, outside.shape))
    if skeleton.couplings is not None:
        at = np.array(skeleton.couplings.coordinates)
        lower, upper = coupled_ranges(skeleton, skeleton.couplings, q)
        x = q[..., at]
        beyond = jnp.maximum(x - upper, 0) + jnp.maximum(lower - x, 0)
        over = over.at[..., at].set(beyond)
    return over


def share_outside(skeleton: Skeleton, q: Array) -> float:
    """Share of the frames in q [N, D] in which any coordinate is over its limit."""
    if not skeleton.num_coordinates:
        return 0.0
    return float(jnp.mean(jnp.any(excess(skeleton, jnp.asarray(q)) > 0, axis=-1)))


def _levels(skeleton: Skeleton) -> list[Couplings]:
    return [] if skeleton.couplings is None else skeleton.couplings.levels()


def coupled_ranges(
    skeleton: Skeleton, level: Couplings, q: Array, inset: bool = False
) -> tuple[Array, Array]:
    """Lowest and highest values [..., P] of coupled coordinates in poses [..., D].

    Inset by their rounding, what lies between them lies between those that another
    program finds. Where the controller is missing the coordinate's own limits hold.
    """
    at = np.array(level.coordinates)
    controllers = q[..., np.array(level.controllers)]
    missing = jnp.isnan(controllers)
    lower, upper = couplings.ranges(level, jnp.where(missing, 0, controllers))
    if inset:
        step = couplings.rounding(level)
        lower, upper = lower + step, upper - step
    low, high = skeleton.lower[at], skeleton.upper[at]
    lower = jnp.where(missing, low, jnp.clip(lower, low, high))
    return lower, jnp.where(missing, high, jnp.clip(upper, low, high))


def _ellipse(skeleton: Skeleton) -> tuple[np.ndarray, Array, Array, Array]:
    """Coordinates, centre, half axes [B, 2] and relative softness [B, 1]."""
    index = swing_table(skeleton.kinds)
    lower, upper = jnp.asarray(skeleton.lower), jnp.asarray(skeleton.upper)
    center = (lower[index] + upper[index]) / 2
    half = (upper[index] - lower[index]) / 2
    mean = jnp.sqrt(half[:, :1] * half[:, 1:])
    return index, center, half, jnp.minimum(SOFTNESS / mean, 0.25)


def _radius(scaled: Array) -> Array:
    """Length [..., 1] of [..., 2], its derivative 0 at 0."""
    return norm(scaled, keepdims=True)


def _slope_at_center(softness: Array) -> Array:
    """Slope at 0 of the softclip between -1 and 1: below 1 in a narrow cone."""
    return jnp.tanh(0.5 / softness)


def _apply_fixed(skeleton: Skeleton, u: Array) -> jax.Array:
    """`apply` for limits that do not depend on the pose."""
    # The bounds describe the body and are held constant.
    lower = jax.lax.stop_gradient(jnp.asarray(skeleton.lower))
    upper = jax.lax.stop_gradient(jnp.asarray(skeleton.upper))
    q = softclip(u, lower, upper, width_softness(lower, upper))
    index, center, half, softness = _ellipse(skeleton)
    if not len(index):
        return q
    # A double overflow guard: squares of values up to 1e18 stay finite.
    scaled = jnp.clip((u[..., index] - center) / half, -1e18, 1e18)
    radius = _radius(scaled)
    one = jnp.ones_like(radius)
    clipped = softclip(radius, -one, one, jax.lax.stop_gradient(softness))
    # The radius computed anew from the result must not round above 1. A swing is
    # rounded relative to its distance from 0, which may be many half axes.
    steps = 8 + 2 * jnp.max(jnp.abs(center) / half, axis=-1, keepdims=True)
    clipped = jnp.minimum(clipped, 1 - steps * jnp.finfo(u.dtype).eps)
    at_zero = radius < 1e-6
    factor = clipped / jnp.where(at_zero, 1.0, radius)
    factor = jnp.where(at_zero, _slope_at_center(softness), factor)
    swing = center + half * scaled * factor
    return q.at[..., index].set(swing)


def _invert_fixed(skeleton: Skeleton, q: Array) -> jax.Array:
    """`invert` for limits that do not depend on the pose."""
    lower, upper = jnp.asarray(skeleton.lower), jnp.asarray(skeleton.upper)
    u = softclip_inverse(q, lower, upper, width_softness(lower, upper))
    index, center, half, softness = _ellipse(skeleton)
    if not len(index):
        return u
    scaled = (q[..., index] - center) / half
    radius = _radius(scaled)
    one = jnp.ones_like(radius)
    stretched = softclip_inverse(radius, -one, one, softness)
    at_zero = radius < 1e-6
    factor = stretched / jnp.where(at_zero, 1.0, radius)
    factor = jnp.where(at_zero, 1 / _slope_at_center(softness), factor)
    return u.at[..., index].set(center + half * scaled * factor)


def _inside_fixed(skeleton: Skeleton, q: Array) -> jax.Array:
    """Poses moved into the limits that do not depend on the pose."""
    inside = jnp.clip(q, skeleton.lower, skeleton.upper)
    index, center, half, _ = _ellipse(skeleton)
    if not len(index):
        return inside
    outside = q[..., index] - center
    radius = jnp.maximum(_radius(outside / half), 1.0)
    return inside.at[..., index].set(center + outside / radius)
