"""Velocities at which people pass each other, each giving way by half.

Of two who would come too near within a while, the least change of how they move
against each other that keeps them apart is found, and each takes half of it: optimal
reciprocal collision avoidance (van den Berg et al. 2011, "Reciprocal n-Body Collision
Avoidance"). That half is all they need to know of each other to agree on a side. Who
meets head-on passes on the right.
"""

import jax
import jax.numpy as jnp

Array = jax.Array

# Share of the distance to keep by which two may be headed past each other on the left
# and still pass on the right.
_RIGHT = 0.9
# Corrections of velocities, and how far each goes: beyond what it corrects, so that
# fewer do.
_ROUNDS, _BEYOND = 40, 1.5


def passing(
    place: Array,
    velocity: Array,
    wished: Array,
    apart: Array,
    fastest: Array | float,
    ahead: float,
    now: float,
) -> jax.Array:
    """Velocities near to those that people wish for which keep them apart for a while.

    Where they are so many that nothing does, all is broken a little.

    Args:
      place: [N, 2] metres.
      velocity: [N, 2] at which they go, metres a frame.
      wished: [N, 2] at which they would go if alone, metres a frame.
      apart: [N, N] metres between two; 0 or less where it does not matter.
      fastest: [N] or one for all, metres a frame.
      ahead: frames that are looked ahead.
      now: frames in which those who are too near already are to be apart.

    Returns:
      [N, 2] metres a frame.
    """
    change, normal = half_planes(place, velocity, apart, ahead, now)
    # At least so fast along each normal.
    asked = jnp.sum(normal * (velocity[:, None] + change / 2), axis=-1)
    fastest = jnp.broadcast_to(jnp.asarray(fastest), place.shape[:1])[:, None]

    def corrected(found, _):
        lack = jnp.maximum(asked - jnp.sum(normal * found[:, None], axis=-1), 0)
        broken = jnp.maximum(jnp.sum(lack > 0, axis=1), 1)[:, None]
        found += _BEYOND * jnp.sum(lack[..., None] * normal, axis=1) / broken
        speed = jnp.sqrt(jnp.sum(found * found, axis=-1, keepdims=True) + 1e-12)
        return found * jnp.minimum(1, fastest / speed), None

    return jax.lax.scan(corrected, wished, length=_ROUNDS)[0]


def half_planes(
    place: Array, velocity: Array, apart: Array, ahead: float, now: float
) -> tuple[jax.Array, jax.Array]:
    """The least changes of relative velocities that keep each two people apart.

    Args:
      place: [N, 2]; this and all else as of `passing`.
      velocity: [N, 2].
      apart: [N, N].
      ahead: frames.
      now: frames.

    Returns:
      [N, N, 2] changes of the first's velocity against the second's, metres a frame,
      and [N, N, 2] normals of length 1 that point to where they stay apart; both 0
      where it does not matter.
    """
    off = place[None] - place[:, None]
    against = velocity[:, None] - velocity[None]
    far = jnp.sum(off * off, axis=-1)
    matters = apart > 0
    inside = matters & (far < apart**2)
    # The disc of velocities that meet just in time, and the cone behind it.
    time = jnp.where(inside, now, ahead)
    rest = against - off / time[..., None]
    behind = jnp.sum(rest * off, axis=-1)
    length = jnp.sqrt(jnp.sum(rest * rest, axis=-1) + 1e-12)
    disc = inside | ((behind < 0) & (behind**2 > apart**2 * length**2))
    from_disc = rest / length[..., None]
    to_disc = (apart / time - length)[..., None] * from_disc
    # Left or right of the cone, whichever is nearer; rather right.
    leg = jnp.sqrt(jnp.maximum(far - apart**2, 1e-9))
    past = _cross(off, against)
    speed = jnp.sqrt(jnp.sum(against * against, axis=-1) + 1e-12)
    side = jnp.where(past > _RIGHT * apart * speed, 1.0, -1.0)
    along = side * leg
    way = (
        jnp.stack(
            [
                off[..., 0] * along - off[..., 1] * apart,
                off[..., 0] * apart + off[..., 1] * along,
            ],
            axis=-1,
        )
        / jnp.maximum(far, 1e-6)[..., None]
    )
    from_leg = jnp.stack([-way[..., 1], way[..., 0]], axis=-1)
    to_leg = jnp.sum(against * way, axis=-1, keepdims=True) * way - against
    disc, matters = disc[..., None], matters[..., None]
    change = jnp.where(disc, to_disc, to_leg)
    normal = jnp.where(disc, from_disc, from_leg)
    return jnp.where(matters, change, 0), jnp.where(matters, normal, 0)


def _cross(a: Array, b: Array) -> jax.Array:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
