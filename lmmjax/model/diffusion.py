"""The diffusion: how residuals are noised and weighted; `sampler` goes the way back.

A noisy residual is ``x = (1 - tau) r + tau e`` with e standard normal: clean at
tau = 0, exactly pure noise at tau = 1 (rectified flow, Liu et al. 2022,
arXiv:2209.03003). The network estimates the clean residual r.
"""

import jax
import jax.numpy as jnp

Array = jax.Array


def add_noise(residual: Array, noise: Array, tau: Array) -> Array:
    """Noisy residual [..., K, C] at noise level tau [...]."""
    tau = tau[..., None, None]
    return (1 - tau) * residual + tau * noise


def linear_gain(tau: Array) -> Array:
    """Factor [...] of a noisy residual that guesses the clean one best.

    The best linear guess, for a residual of unit variance, is what the network is
    given in place of the noisy residual: bounded for every tau, and exactly 0 at
    tau = 1, so that the one-shot forecast cannot depend on the noise.
    """
    return (1 - tau) / ((1 - tau) ** 2 + tau**2)


def loss_weight(tau: Array) -> Array:
    """Signal-to-noise ratio, kept within 1 and 5 (min-SNR, arXiv:2303.09556)."""
    safe = jnp.maximum(tau, 1e-3)
    return jnp.clip(((1 - tau) / safe) ** 2, 1.0, 5.0)
