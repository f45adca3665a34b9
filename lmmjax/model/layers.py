"""The layers a movement model is made of.

Every layer with parameters is defined here and nowhere else. A network that
commutes exactly with the mirror is then a change of this page: the same classes
over a pair axis of (pose, mirrored pose), the rest of the model unchanged.
"""

import einops
import flax.linen as nn
import jax
import jax.numpy as jnp

Array = jax.Array

Dense = nn.Dense
Norm = nn.RMSNorm


class FeedForward(nn.Module):
    """Two dense layers with a GELU between: [..., C] to [..., C]."""

    expansion: int = 4

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Apply the layers."""
        width = x.shape[-1]
        hidden = nn.gelu(Dense(self.expansion * width, name="up")(x))
        return Dense(width, name="down")(hidden)


class Attention(nn.Module):
    """Projections to queries, keys and values, and back from their mixture."""

    heads: int

    @nn.compact
    def __call__(self, x: Array, mix) -> Array:
        """Apply ``mix(q, k, v)``, each [..., T, H, C / H], to x [..., T, C]."""
        width = x.shape[-1]
        qkv = Dense(3 * width, use_bias=False, name="qkv")(x)
        q, k, v = einops.rearrange(
            qkv, "... t (n h c) -> n ... t h c", n=3, h=self.heads
        )
        mixed = einops.rearrange(mix(q, k, v), "... t h c -> ... t (h c)")
        return Dense(width, use_bias=False, name="out")(mixed)


def rotate_by_position(x: Array, position: Array) -> Array:
    """Rotary position embedding (Su et al. 2021, arXiv:2104.09864).

    Args:
      x: [..., T, H, C], C even.
      position: [T] frames; only differences between queries and keys matter.

    Returns:
      [..., T, H, C] with pairs of channels turned by position times frequency.
    """
    half = x.shape[-1] // 2
    # Periods from 6 to 600 frames: a stride lasts 30, a window some 60.
    frequency = 2 * jnp.pi / (6.0 * 100.0 ** (jnp.arange(half) / max(half - 1, 1)))
    angle = position.astype(x.dtype)[:, None, None] * frequency
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    a, b = x[..., :half], x[..., half:]
    return jnp.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


def attend(
    q: Array,
    k: Array,
    v: Array,
    query_position: Array,
    key_position: Array,
    window: int,
) -> Array:
    """Causal attention over the last ``window`` frames.

    Args:
      q: [..., T, H, C] queries.
      k: [..., S, H, C] keys.
      v: [..., S, H, C] values.
      query_position: [T] frame number of each query.
      key_position: [S] frame number of each key; negative where there is none.
      window: a query sees keys from ``window - 1`` frames before up to its own.

    Returns:
      [..., T, H, C].
    """
    # Positions are taken from the newest frame, so that a stream of any length
    # turns by angles as small as those seen in training.
    newest = query_position[-1]
    q = rotate_by_position(q, query_position - newest)
    k = rotate_by_position(k, key_position - newest)
    age = query_position[:, None] - key_position[None, :]
    seen = (age >= 0) & (age < window) & (key_position >= 0)[None, :]
    score = jnp.einsum("...thc,...shc->...hts", q, k) / jnp.sqrt(q.shape[-1])
    weight = jax.nn.softmax(jnp.where(seen, score, -1e30), axis=-1)
    return jnp.einsum("...hts,...shc->...thc", weight, v)


def sinusoidal(x: Array, width: int) -> Array:
    """Fourier features [..., width] of a number in [0, 1], [...]."""
    frequency = 2.0 ** jnp.linspace(0.0, 6.0, width // 2)
    angle = jnp.pi * x[..., None] * frequency
    return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], axis=-1)
