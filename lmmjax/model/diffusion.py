"""The diffusion: how residuals are noised and told from noise; `sampler` goes back.

A noisy residual is ``x = (1 - tau) r + tau e`` with e standard normal: clean at
tau = 0, exactly pure noise at tau = 1 (rectified flow, Liu et al. 2022,
arXiv:2209.03003). The network estimates the clean residual r.
"""

import jax
import jax.numpy as jnp

Array = jax.Array


def add_noise(residual: Array, noise: Array, tau: Array) -> Array:
    """Noisy residual [..., N] at noise level tau [...]."""
    tau = tau[..., None]
    return (1 - tau) * residual + tau * noise


def linear_gain(tau: Array) -> Array:
    """Factor [...] of a noisy residual that guesses the clean one best.

    The best linear guess, for a residual of unit variance, is what the network is
    given in place of the noisy residual: bounded for every tau, and exactly 0 at
    tau = 1, so that the one-shot forecast cannot depend on the noise.
    """
    return (1 - tau) / ((1 - tau) ** 2 + tau**2)


def posterior(
    noisy: Array, tau: Array, mean: Array, deviation: Array
) -> tuple[Array, Array]:
    """Mean and deviation of clean numbers after seeing noisy ones.

    Before seeing them they are normal with some mean and deviation. However little
    the noise, what the noisy numbers tell comes through unchanged: a network that had
    to pass it on through its layers would lose it, and samples would shrink towards
    the mean with every step (the skip connection of Karras et al. 2022,
    arXiv:2206.00364, section 5, with a deviation for each number).

    Args:
      noisy: [..., N].
      tau: [...] noise level; at 1 the mean is returned as it is.
      mean: [..., N] expected clean numbers.
      deviation: [..., N] their standard deviation, above 0.
    """
    tau = tau[..., None]
    signal = (1 - tau) * jnp.square(deviation)
    # Above 0 without noise too.
    total = (1 - tau) * signal + jnp.maximum(jnp.square(tau), 1e-12)
    clean = mean + signal / total * (noisy - (1 - tau) * mean)
    return clean, tau * deviation * jax.lax.rsqrt(total)
