"""What a model knows of its data as plain numbers, and the units it thinks in.

The change of C channels over the next K poses is told as N components of the whole: of
all channels and all poses together, the directions in which joints move furthest
(principal components of residuals in metres at the joints, over the error of no
movement at each pose). A hip that swings takes knee and pelvis along; noise on
components moves them together, as bodies do, where noise on each channel of its own
shakes them against each other. What N components do not hold is left out.

A body's mirror leaves some components as they are and negates the others, see
`lmmjax.model.parity`; there are as many of each.
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
        "frame_scale",
        "reach",
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
      frame_scale: [C] root mean square of each residual channel from one frame to the
        next.
      reach: [C] how far a unit of each residual channel moves the joints, metres: root
        mean square over joints.
      horizon_error: [K] mean joint displacement in metres at each horizon: the
        error of predicting that nothing moves.
      basis: [P, N, K, C'] orthonormal components of scaled residuals by parity.
      component_scale: [P, N] root mean square of each component.
    """

    token_mean: Array
    token_scale: Array
    frame_scale: Array
    reach: Array
    horizon_error: Array
    basis: Array
    component_scale: Array

    @property
    def shape(self) -> tuple[int, int]:
        """P, N: the shape of a future in the units of the network."""
        return self.component_scale.shape[-2], self.component_scale.shape[-1]

    @property
    def residual_scale(self) -> Array:
        """[K, C] what residuals are divided by before they are told as components."""
        return self.horizon_error[:, None] / self.reach


def encode(statistics: Statistics, scaled: Array) -> jax.Array:
    """Components [P, ..., N] of scaled residuals by parity [P, ..., K, C']."""
    flat = jnp.reshape(scaled, (*scaled.shape[:-2], -1))
    s = statistics
    basis = jnp.reshape(s.basis, (*s.shape, -1)) / s.component_scale[..., None]
    return jnp.einsum("pnf,p...f->p...n", basis, flat)


def decode(statistics: Statistics, components: Array) -> jax.Array:
    """Scaled residuals by parity [P, ..., K, C'] that components [P, ..., N] stand for.

    Encoding undoes it. The other way round, residuals lose what N components do not
    hold.
    """
    s = statistics
    # To scale the basis would be more work, in every step of a stream.
    scaled = jnp.einsum("pn,p...n->p...n", s.component_scale, components)
    flat = jnp.einsum("pnf,p...n->p...f", jnp.reshape(s.basis, (*s.shape, -1)), scaled)
    return jnp.reshape(flat, (*flat.shape[:-1], *s.basis.shape[2:]))
