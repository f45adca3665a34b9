"""The head: a small network that removes noise from the next K poses."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from lmmjax.model import parity
from lmmjax.model.layers import Dense, FeedForward, Norm, silu, sinusoidal

Array = jax.Array


class Head(nn.Module):
    """Adaptive-norm MLP over all of the next poses at once.

    It estimates the clean residual from a noisy one, the noise level and the
    backbone's summary of the past (the conditioning of DiT, Peebles & Xie 2023,
    arXiv:2212.09748, with the per-token diffusion of MAR, Li et al. 2024,
    arXiv:2406.11838).

    Attributes:
      width: channels of the MLP, those of all parities together.
      layers: number of residual layers.
      dtype: of the multiplications.
      dropout: share of hidden features that training leaves out.
    """

    width: int
    layers: int
    dtype: str = "float32"
    dropout: float = 0.0

    @nn.compact
    def __call__(self, noisy: Array, tau: Array, z: Array) -> Array:
        """Estimate the clean residual.

        Args:
          noisy: [P, ..., N] linear estimate of the residual from the noisy one;
            exactly 0 at tau = 1, where the noise tells nothing.
          tau: [...] noise level in [0, 1].
          z: [P, ..., Z] summary of the past.

        Returns:
          [P, ..., N].
        """
        parities = noisy.shape[0]
        width = self.width // parities

        def dense(features: int, name: str, **options):
            return Dense(features, dtype=self.dtype, name=name, **options)

        level = parity.even(sinusoidal(tau, 32), parities)
        past = dense(width, "past")(z)
        condition = parity.sidewise(silu, dense(width, "level")(level) + past)
        x = dense(width, "embed")(noisy) + past
        for n in range(self.layers):
            adapt = dense(3 * width, f"adapt{n}", kernel_init=nn.initializers.zeros)
            shift, scale, gate = jnp.split(adapt(condition), 3, axis=-1)
            # Rounded here, and not where it is added to its other half.
            inner = jax.lax.optimization_barrier(Norm(name=f"norm{n}")(x))
            inner = parity.sidewise(_modulate, inner, scale, shift)
            inner = FeedForward(2, self.dtype, self.dropout, name=f"feed_forward{n}")(
                inner
            )
            x = x + parity.sidewise(_gated, inner, gate)
        out = dense(noisy.shape[-1], "out", kernel_init=nn.initializers.normal(1e-3))
        return out(Norm(name="norm")(x))


def _modulate(x: Array, scale: Array, shift: Array) -> Array:
    return x + x * scale + shift


def _gated(x: Array, gate: Array) -> Array:
    return x + x * gate
