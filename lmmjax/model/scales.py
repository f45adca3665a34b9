"""What a model knows of its data as plain numbers, and the units it thinks in.

The change of C channels over the next K poses is told as M components, K at most.
A residual divided by its scale is nearly the same for all frames of a smooth movement,
so a few principal components hold it: the speed, its change, and so on. In them the
future is told apart by size of detail, each channel has unit variance, and what few
frames cannot hold is left out.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=[
        "token_mean",
        "token_scale",
        "residual_scale",
        "horizon_error",
        "basis",
        "component_scale",
    ],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Statistics:
    """Scales of tokens and residuals.

    Attributes:
      token_mean: [F] mean of each feature of a token.
      token_scale: [F] its standard deviation.
      residual_scale: [K, C] root mean square of each residual channel.
      horizon_error: [K] mean joint displacement in metres at each horizon: the
        error of predicting that nothing moves.
      basis: [K, M] orthonormal components of scaled residuals, in columns.
      component_scale: [M, C] root mean square of each channel in each of them.
    """

    token_mean: Array
    token_scale: Array
    residual_scale: Array
    horizon_error: Array
    basis: Array
    component_scale: Array

    @property
    def shape(self) -> tuple[int, int]:
        """M, C: the shape of a future in the units of the network."""
        return self.component_scale.shape[-2], self.component_scale.shape[-1]


def encode(statistics: Statistics, residual: Array) -> jax.Array:
    """Components [..., M, C] of residuals [..., K, C]; see `decode`."""
    scaled = residual / statistics.residual_scale
    found = jnp.einsum("km,...kc->...mc", statistics.basis, scaled)
    return found / statistics.component_scale


def decode(statistics: Statistics, components: Array) -> jax.Array:
    """Residuals [..., K, C] that components [..., M, C] stand for.

    Encoding undoes it. The other way round, residuals lose what M components do not
    hold.
    """
    scaled = statistics.component_scale * components
    found = jnp.einsum("km,...mc->...kc", statistics.basis, scaled)
    return jnp.asarray(statistics.residual_scale * found)
