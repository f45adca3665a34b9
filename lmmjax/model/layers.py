"""The layers a movement model is made of; each commutes with the mirror.

Every layer with parameters is defined here and nowhere else. Activations are
[P, ..., C]: even and odd features of a body with a mirror, or P = 1 and plain layers
of a body without; see `lmmjax.model.parity`.
"""

import einops
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from lmmjax.model import parity

Array = jax.Array


class Dense(nn.Module):
    """A linear map of each parity: [P, ..., C] to [P, ..., D].

    Attributes:
      features: channels D of each parity.
      bias: whether a constant is added; only even features can have one.
      kernel_init: of the weights [P, C, D].
      dtype: of the multiplication; sums are kept in float32.
    """

    features: int
    bias: bool = True
    kernel_init: nn.initializers.Initializer = nn.initializers.lecun_normal(
        batch_axis=0
    )
    dtype: str = "float32"

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Apply the map."""
        parities, channels = x.shape[0], x.shape[-1]
        kernel = self.param(
            "kernel", self.kernel_init, (parities, channels, self.features)
        )
        y = jnp.einsum(
            "pnc,pcd->pnd",
            x.reshape(parities, -1, channels).astype(self.dtype),
            kernel.astype(self.dtype),
            preferred_element_type=jnp.float32,
        ).reshape(*x.shape[:-1], self.features)
        if self.bias:
            constant = self.param("bias", nn.initializers.zeros, (self.features,))
            y = y.at[0].add(constant)
        return y


class Norm(nn.Module):
    """Division by the root mean square over both parities: [P, ..., C]."""

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Apply the norm."""
        parities, channels = x.shape[0], x.shape[-1]
        scale = self.param("scale", nn.initializers.zeros, (parities, channels))
        scale = scale.reshape(parities, *[1] * (x.ndim - 2), channels)
        square = jnp.mean(x * x, axis=(0, -1), keepdims=True)
        x = x * jax.lax.rsqrt(square + 1e-6)
        return x + x * scale


def gelu(x: Array) -> jax.Array:
    """Gaussian error linear unit (arXiv:1606.08415), its product written as a sum."""
    inner = np.sqrt(2 / np.pi).astype(np.float32) * (x + 0.044715 * x**3)
    return 0.5 * (x + x * jnp.tanh(inner))


def silu(x: Array) -> jax.Array:
    """Number times its logistic function (Swish), the product written as a sum."""
    return 0.5 * (x + x * jnp.tanh(0.5 * x))


class FeedForward(nn.Module):
    """Two dense layers with a GELU between: [P, ..., C] to [P, ..., C]."""

    expansion: int = 4
    dtype: str = "float32"
    dropout: float = 0.0

    @nn.compact
    def __call__(self, x: Array) -> Array:
        """Apply the layers; with dropout where there is a random key for it."""
        width = x.shape[-1]
        hidden = Dense(self.expansion * width, dtype=self.dtype, name="up")(x)
        hidden = parity.sidewise(gelu, hidden)
        if self.dropout and self.has_rng("dropout"):
            # Both parities of a feature are left out together.
            hidden = nn.Dropout(self.dropout, broadcast_dims=(0,))(
                hidden, deterministic=False
            )
        return Dense(width, dtype=self.dtype, name="down")(hidden)


class Attention(nn.Module):
    """Projections to queries, keys and values, and back from their mixture.

    A score is the product of the even channels plus that of the odd ones, so the
    mirror cannot change what is attended to.
    """

    heads: int
    dtype: str = "float32"

    @nn.compact
    def __call__(self, x: Array, mix) -> Array:
        """Apply ``mix(q, k, v)``, each [..., T, H, P C / H], to x [P, ..., T, C]."""
        width = x.shape[-1]
        qkv = Dense(3 * width, bias=False, dtype=self.dtype, name="qkv")(x)
        # Parity innermost: the channels that a position turns into each other, half
        # a head apart, are of one parity.
        q, k, v = einops.rearrange(
            qkv, "p ... t (n h c) -> n ... t h (c p)", n=3, h=self.heads
        )
        mixed = einops.rearrange(
            mix(q, k, v), "... t h (c p) -> p ... t (h c)", p=x.shape[0]
        )
        return Dense(width, bias=False, dtype=self.dtype, name="out")(mixed)


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
    score = jnp.einsum("...thc,...shc->...hts", q, k)
    seen = _sees(query_position, key_position, window)
    return jnp.einsum("...hts,...shc->...thc", _weight(score, seen, q.shape[-1]), v)


def attend_ring(
    q: Array,
    query_position: Array,
    *parts: tuple[Array, Array, Array],
    window: int,
) -> Array:
    """`attend` to keys that were turned by their slots in a ring, in several arrays.

    Frame n is in slot n mod W of its round. Its key is turned by the slot alone, once
    and for all: angles stay small in a stream of any length. What a query sees is of
    its own round up to its slot, and beyond its slot of the round before, so the
    query is turned for either.

    Args:
      q: [..., T, H, C] queries.
      query_position: [T] frame number of each query.
      *parts: keys [..., H, C, S], turned by their position mod W, values
        [..., H, S, C], and frame numbers [S], negative where there is no frame.
      window: W, as in `attend`.

    Returns:
      [..., T, H, C].
    """
    slot = query_position % window
    own = rotate_by_position(q, slot)
    other = rotate_by_position(q, slot + window)
    scores = []
    for k, _, position in parts:
        this, last = (jnp.einsum("...thc,...hcs->...hts", x, k) for x in (own, other))
        scores.append(jnp.where(position % window <= slot[:, None], this, last))
    position = jnp.concatenate([position for *_, position in parts])
    seen = _sees(query_position, position, window)
    weight = _weight(jnp.concatenate(scores, axis=-1), seen, q.shape[-1])
    ends = np.cumsum([len(position) for *_, position in parts])
    mixed = [
        jnp.einsum("...hts,...hsc->...thc", share, v)
        for share, (_, v, _) in zip(
            jnp.split(weight, ends[:-1], axis=-1), parts, strict=True
        )
    ]
    return sum(mixed[1:], mixed[0])


def _sees(query_position: Array, key_position: Array, window: int) -> Array:
    """Whether each query sees each key, [T, S]."""
    age = query_position[:, None] - key_position[None, :]
    return (age >= 0) & (age < window) & (key_position >= 0)[None, :]


def _weight(score: Array, seen: Array, channels: int) -> Array:
    """Weights [..., T, S] of scores over so many channels; 0 for what is not seen."""
    return jax.nn.softmax(jnp.where(seen, score / jnp.sqrt(channels), -1e30), axis=-1)


def sinusoidal(x: Array, width: int) -> Array:
    """Fourier features [..., width] of a number in [0, 1], [...]."""
    frequency = 2.0 ** jnp.linspace(0.0, 6.0, width // 2)
    angle = jnp.pi * x[..., None] * frequency
    return jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], axis=-1)
