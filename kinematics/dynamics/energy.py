"""Energy of a body, power of its joints, and the work they do."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics.columns import rows
from kinematics.dynamics.inertia import Inertia
from kinematics.dynamics.inverse import GRAVITY, Loads
from kinematics.dynamics.momentum import batch_of, center_of_mass, parts
from kinematics.skeleton import Array, Skeleton
from kinematics.state import State


class Work(NamedTuple):
    """Work [..., J] of each joint in joules: done, and taken up (at most 0)."""

    positive: jax.Array
    negative: jax.Array


def kinetic_energy(inertia: Inertia, state: State) -> jax.Array:
    """Kinetic energy [...] of the whole body, joules."""
    part, batch = parts(inertia, state), batch_of(inertia, state)
    speed = part.center.velocity
    linear = part.mass * jnp.sum(speed * speed, axis=0)
    angular = jnp.sum(part.turning * part.spin, axis=0)
    return rows(0.5 * jnp.sum(linear + angular, axis=0, keepdims=True), batch)[..., 0]


def potential_energy(
    inertia: Inertia, state: State, gravity: float = GRAVITY
) -> jax.Array:
    """Energy of height [...] over z = 0, joules."""
    height = center_of_mass(inertia, state).position[..., 2]
    return gravity * jnp.asarray(inertia.mass).sum(axis=-1) * height


def joint_powers(skeleton: Skeleton, state: State, loads: Loads) -> jax.Array:
    """Power [..., J] of each joint's moment, watts; that of the root is 0.

    Moment times the velocity of the part against its parent. The forces of a joint
    do no work. The sum over the joints is the total mechanical power.
    """
    up = [max(parent, 0) for parent in skeleton.parents]
    against = state.spins - state.spins[..., up, :]
    return jnp.sum(loads.moments * against, axis=-1)


def work(powers: Array, fps: float) -> Work:
    """Work of powers [..., T, J] watts over time, by the rule of trapezoids."""
    powers = jnp.asarray(powers)

    def integral(x):
        return (x[..., 1:, :] + x[..., :-1, :]).sum(axis=-2) / (2 * fps)

    return Work(integral(jnp.maximum(powers, 0.0)), integral(jnp.minimum(powers, 0.0)))
