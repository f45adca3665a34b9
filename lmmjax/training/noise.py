"""All that is random about a training window, from one key."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array

# Least noise on a future: with less, rounding is as large as what is left open.
_LEAST_TAU = 1e-4
# Frames over which a context drifts away.
_DRIFTING = 8


class Noise(NamedTuple):
    """What is drawn for one window of T observed poses.

    Attributes:
      level: [] scale of the noise on the context.
      context: [T, C] standard normal, of that noise.
      place: [P] at which the future is asked; the last pose is always among them.
      tau: [P, D] noise levels of the future, the first of each place 1.
      residual: [P, D, M, C] standard normal, of the future.
      own: [] newest poses that are to be samples of the model, 0 for none.
      drift: [T, C] smooth change of the context that comes at some time and stays; 0
        where there is none.
      drifted: [] whether there is one.
    """

    level: Array
    context: Array
    place: Array
    tau: Array
    residual: Array
    own: Array
    drift: Array
    drifted: Array


def draw(
    key: Array,
    length: int,
    horizon: int,
    shape: tuple[int, int],
    draws: tuple[int, int],
    context_noise: float,
    own: float,
    drift: float,
) -> Noise:
    """Draw what is random about one window.

    Args:
      key: of the window.
      length: T.
      horizon: K, most that a sample of the model has poses.
      shape: M and C.
      draws: P places and D noise levels of each.
      context_noise: largest scale of the noise on the context, which half of the
        windows have.
      own: share of the windows that end in own samples, a half at most.
      drift: share of the windows that drift.
    """
    # Two draws, cut to pieces: each draw of its own would cost seconds to compile.
    flat, normal = jax.random.split(key)
    uniform = jax.random.uniform(flat, (6 + length + math.prod(draws),))
    level, coin, tail, toss, onset, size = uniform[:6]
    order, tau = uniform[6 : 6 + length], uniform[6 + length :].reshape(draws)
    sizes = length * shape[-1], math.prod(draws) * math.prod(shape), shape[-1]
    ends = np.cumsum(sizes)
    context, residual, away = jnp.split(
        jax.random.normal(normal, (ends[-1],)), ends[:-1]
    )
    since = jnp.arange(length) - onset * (length + _DRIFTING) + _DRIFTING
    drifted = toss < drift
    ramp = drifted * size * jnp.clip(since / _DRIFTING, 0, 1)
    # The end of the context is always among them: that is where use begins.
    place = jnp.resize(jnp.argsort(order.at[-1].set(-1.0)), draws[:1])
    return Noise(
        # Half of the windows keep a clean context: generation starts from one.
        jnp.where(coin < 0.5, context_noise * level, 0.0),
        context.reshape(length, shape[-1]),
        place,
        # Squared: the sampler takes most of its steps where there is little noise.
        jnp.maximum(jnp.square(tau), _LEAST_TAU).at[:, 0].set(1.0),
        residual.reshape(*draws, *shape),
        # Of the others some end in own samples, of one pose to as many as there are.
        jnp.where(
            coin > 1 - own,
            1 + jnp.floor(tail * min(length - 2, horizon)).astype(jnp.int32),
            0,
        ),
        ramp[:, None] * away,
        drifted,
    )
