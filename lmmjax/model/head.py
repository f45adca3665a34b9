"""The head: a small network that removes noise from the next K poses."""

import flax.linen as nn
import jax
import jax.numpy as jnp

from lmmjax.model import diffusion, parity
from lmmjax.model.layers import Dense, FeedForward, Norm, silu, sinusoidal

Array = jax.Array


# Deviations that a head can tell, in units of the residual's own.
_LEAST, _MOST, _FIRST = 1e-3, 4.0, 0.3


class Head(nn.Module):
    """Adaptive-norm MLP over all of the next poses at once.

    It tells the clean residual, and how sure it is of every number of it, from a noisy
    one, the noise level and the backbone's summary of the past (the conditioning of
    DiT, Peebles & Xie 2023, arXiv:2212.09748, with the per-token diffusion of MAR, Li
    et al. 2024, arXiv:2406.11838).

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
    def __call__(self, noisy: Array, tau: Array, z: Array) -> tuple[Array, Array]:
        """Estimate the clean residual.

        Args:
          noisy: [P, ..., N] residual with noise; at tau = 1, where it tells nothing,
            the result does not depend on it.
          tau: [...] noise level in [0, 1].
          z: [P, ..., Z] summary of the past.

        Returns:
          Mean and standard deviation [P, ..., N] of the clean residual.
        """
        parities = noisy.shape[0]
        width = self.width // parities

        def dense(features: int, name: str, **options):
            return Dense(features, dtype=self.dtype, name=name, **options)

        level = parity.even(sinusoidal(tau, 32), parities)
        past = dense(width, "past")(z)
        condition = parity.sidewise(silu, dense(width, "level")(level) + past)
        seen = noisy * diffusion.linear_gain(tau)[..., None]
        x = dense(width, "embed")(seen) + past
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
        small = nn.initializers.normal(1e-3)
        x = Norm(name="norm")(x)
        mean = dense(noisy.shape[-1], "out", kernel_init=small)(x)
        # The mirror turns neither how sure it is of even numbers nor of odd ones.
        spread = dense(parities * noisy.shape[-1], "spread", kernel_init=small)(x[:1])
        spread = jnp.concatenate(jnp.split(spread, parities, axis=-1))
        deviation = jnp.clip(_FIRST * jnp.exp(spread), _LEAST, _MOST)
        return diffusion.posterior(noisy, tau, mean, deviation)


def _modulate(x: Array, scale: Array, shift: Array) -> Array:
    return x + x * scale + shift


def _gated(x: Array, gate: Array) -> Array:
    return x + x * gate
