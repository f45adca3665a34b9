"""Centre of mass and momentum of a whole body."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics.columns import columns, cross, rotate, rotate_back, rows
from kinematics.dynamics.inertia import Inertia
from kinematics.state import State


class Point(NamedTuple):
    """A point in motion: [..., 3] each, metres, m/s, m/s^2."""

    position: jax.Array
    velocity: jax.Array
    acceleration: jax.Array


class Parts(NamedTuple):
    """What moves with each joint, batch last as in `columns`.

    Attributes:
      mass: [J, N] kg.
      center: [3, J, N] its centre of mass.
      spin: [3, J, N] its angular momentum about its centre, kg m^2/s.
      spin_rate: [3, J, N] the rate of that, N m.
      turning: [3, J, N] its angular velocity, rad/s.
    """

    mass: jax.Array
    center: Point
    spin: jax.Array
    spin_rate: jax.Array
    turning: jax.Array


def batch_of(inertia: Inertia, state: State) -> tuple[int, ...]:
    """The batch of both together."""
    shapes = (jnp.shape(inertia.mass)[:-1], state.positions.shape[:-2])
    return jnp.broadcast_shapes(*shapes)


def parts(inertia: Inertia, state: State) -> Parts:
    """Centres and momenta of what moves with each joint."""
    batch = batch_of(inertia, state)
    turn = columns(state.rotations, 2, batch)
    place, velocity, spins, acceleration, turns = (
        columns(x, 1, batch)
        for x in (
            state.positions,
            state.velocities,
            state.spins,
            state.accelerations,
            state.turns,
        )
    )
    arm = rotate(turn, columns(inertia.center, 1, batch))
    swing = cross(spins, arm)
    tensor = columns(inertia.tensor, 2, batch)

    def turned(vector):
        return rotate(turn, rotate(tensor, rotate_back(turn, vector)))

    spin = turned(spins)
    return Parts(
        columns(inertia.mass, 0, batch),
        Point(
            place + arm,
            velocity + swing,
            acceleration + cross(turns, arm) + cross(spins, swing),
        ),
        spin,
        turned(turns) + cross(spins, spin),
        spins,
    )


def center_of_mass(inertia: Inertia, state: State) -> Point:
    """Centre of mass of the body, [..., 3].

    A body without mass has none: NaN.
    """
    part, batch = parts(inertia, state), batch_of(inertia, state)
    share = part.mass / jnp.sum(part.mass, axis=0)
    return Point(*(_total(share * x, batch) for x in part.center))


def linear_momentum(inertia: Inertia, state: State) -> jax.Array:
    """Momentum [..., 3] kg m/s."""
    part = parts(inertia, state)
    return _total(part.mass * part.center.velocity, batch_of(inertia, state))


def angular_momentum(inertia: Inertia, state: State) -> jax.Array:
    """Angular momentum [..., 3] about the centre of mass, kg m^2/s."""
    part = parts(inertia, state)
    share = part.mass / jnp.sum(part.mass, axis=0)
    arm, speed = (
        x - jnp.sum(share * x, axis=1, keepdims=True) for x in part.center[:2]
    )
    whole = part.mass * cross(arm, speed) + part.spin
    return _total(whole, batch_of(inertia, state))


def _total(x: jax.Array, batch: tuple[int, ...]) -> jax.Array:
    """Sum over the joints: [3, J, N] to [*batch, 3]."""
    return rows(jnp.sum(x, axis=1, keepdims=True), batch)[..., 0, :]
