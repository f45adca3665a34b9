"""The head: a small network that removes noise from the next K poses."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from lmmjax.model.layers import Dense, FeedForward, Norm, sinusoidal

Array = jax.Array


class Head(nn.Module):
    """Adaptive-norm MLP over all of the next poses at once.

    It estimates the clean residual from a noisy one, the noise level and the
    backbone's summary of the past (the conditioning of DiT, Peebles & Xie 2023,
    arXiv:2212.09748, with the per-token diffusion of MAR, Li et al. 2024,
    arXiv:2406.11838).

    Attributes:
      width: channels of the MLP.
      layers: number of residual layers.
    """

    width: int
    layers: int

    @nn.compact
    def __call__(self, noisy: Array, tau: Array, z: Array) -> Array:
        """Estimate the clean residual.

        Args:
          noisy: [..., K, C] linear estimate of the residual from the noisy one;
            exactly 0 at tau = 1, where the noise tells nothing.
          tau: [...] noise level in [0, 1].
          z: [..., Z] summary of the past.

        Returns:
          [..., K, C].
        """
        shape = noisy.shape
        level = Dense(self.width, name="level")(sinusoidal(tau, 32))
        past = Dense(self.width, name="past")(z)
        condition = nn.silu(level + past)
        flat = noisy.reshape(*shape[:-2], shape[-2] * shape[-1])
        x = Dense(self.width, name="embed")(flat) + past
        for n in range(self.layers):
            modulation = Dense(
                3 * self.width, kernel_init=nn.initializers.zeros, name=f"adapt{n}"
            )(condition)
            shift, scale, gate = jnp.split(modulation, 3, axis=-1)
            inner = Norm(name=f"norm{n}")(x) * (1 + scale) + shift
            x = x + (1 + gate) * FeedForward(2, name=f"feed_forward{n}")(inner)
        out = Dense(
            flat.shape[-1], kernel_init=nn.initializers.normal(1e-3), name="out"
        )(Norm(name="norm")(x))
        return out.reshape(shape)
