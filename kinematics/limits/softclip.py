"""Softclip: a smooth, strictly increasing map of the reals into a range."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from kinematics.skeleton import Array

SOFTNESS = np.float32(np.deg2rad(2.0))
# Values pulled back to this share of the softness inside before an inverse,
# which is infinite on the bound itself.
_INSIDE = 1e-3


@jax.custom_jvp
def softclip(u: Array, lower: Array, upper: Array, softness: Array) -> jax.Array:
    """Smooth, strictly increasing map of the reals into (lower, upper).

    lower + d [softplus((u - lower) / d) - softplus((u - upper) / d)] with d the
    softness, written so that no large numbers cancel. The slope is 0.99 at five
    softnesses inside a bound and 1/2 on it.
    """
    below = jnp.log1p(jnp.exp(-jnp.abs(u - lower) / softness))
    above = jnp.log1p(jnp.exp(-jnp.abs(u - upper) / softness))
    return jnp.clip(
        jnp.clip(u, lower, upper) + softness * (below - above), lower, upper
    )


def _softclip_jvp(primals, tangents):
    u, lower, upper, softness = primals
    below = jax.nn.sigmoid((u - lower) / softness)
    above = jax.nn.sigmoid((u - upper) / softness)
    slopes = (
        lambda: below - above,
        lambda: 1 - below,
        lambda: above,
        lambda: _entropy((u - lower) / softness) - _entropy((u - upper) / softness),
    )
    out = softclip(*primals)
    # Bounds that do not move, which is nearly all, cost nothing.
    moved = [
        slope() * tangent
        for slope, tangent in zip(slopes, tangents, strict=True)
        if not isinstance(tangent, SymbolicZero)
    ]
    return out, jnp.broadcast_to(sum(moved), out.shape)


softclip.defjvp(_softclip_jvp, symbolic_zeros=True)


def _entropy(x: Array) -> jax.Array:
    """softplus(x) - x sigmoid(x): the entropy of sigmoid(x), small at both ends."""
    size = jnp.abs(x)
    return jnp.log1p(jnp.exp(-size)) + size * jax.nn.sigmoid(-size)


def softclip_inverse(
    x: Array, lower: Array, upper: Array, softness: Array
) -> jax.Array:
    """The u with softclip(u) = x; x is first brought just inside the bounds."""
    margin = _INSIDE * softness
    x = jnp.clip(x, lower + margin, upper - margin)
    # In a range of few float32 steps the margin is lost to rounding: never log(0).
    below = jnp.log(-jnp.expm1(-jnp.maximum(x - lower, margin) / softness))
    above = jnp.log(-jnp.expm1(-jnp.maximum(upper - x, margin) / softness))
    return x + softness * (below - above)


def width_softness(lower: Array, upper: Array) -> Array:
    """The softness, less where a range is so narrow that both bends would meet."""
    return jnp.minimum(SOFTNESS, (upper - lower) / 8)
