"""All that is random about a training window, from one key."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

Array = jax.Array

# Least noise on a future: with less, rounding is as large as what is left open.
_LEAST_TAU = 1e-4


class Noise(NamedTuple):
    """What is drawn for one window of T observed poses.

    Attributes:
      level: [] scale of the noise on the context.
      context: [T, C] standard normal, of that noise.
      place: [P] at which the future is asked, see `draw`.
      tau: [P, D] noise levels of the future, the first of each place 1.
      residual: [P, D, *shape] standard normal, of the future.
    """

    level: Array
    context: Array
    place: Array
    tau: Array
    residual: Array


def draw(
    key: Array,
    known: Array,
    channels: int,
    shape: tuple[int, ...],
    draws: tuple[int, int],
    context_noise: float,
) -> Noise:
    """Draw what is random about one window.

    Args:
      key: of the window.
      known: [T] at which poses the future is known. Places are drawn among these,
        some twice if they are few, and the last pose is always one if it is among
        them. Without any, places mean nothing.
      channels: C, of a residual.
      shape: of a future in the units of the network.
      draws: P places and D noise levels of each.
      context_noise: largest scale of the noise on the context, which half of the
        windows have.
    """
    length = len(known)
    # Two draws, cut to pieces: each draw of its own would cost seconds to compile.
    flat, normal = jax.random.split(key)
    uniform = jax.random.uniform(flat, (2 + length + math.prod(draws),))
    level, coin = uniform[:2]
    order, tau = uniform[2 : 2 + length], uniform[2 + length :].reshape(draws)
    size = length * channels
    drawn = jax.random.normal(normal, (size + math.prod((*draws, *shape)),))
    # The end of the context first: that is where use begins.
    order = jnp.where(known, order.at[-1].set(-1.0), 2.0)
    count = jnp.maximum(jnp.sum(known), 1)
    place = jnp.argsort(order)[jnp.arange(draws[0]) % count]
    return Noise(
        # Half of the windows keep a clean context: generation starts from one.
        jnp.where(coin < 0.5, context_noise * level, 0.0),
        drawn[:size].reshape(length, channels),
        place,
        # Squared: the sampler takes most of its steps where there is little noise.
        jnp.maximum(jnp.square(tau), _LEAST_TAU).at[:, 0].set(1.0),
        drawn[size:].reshape(*draws, *shape),
    )
