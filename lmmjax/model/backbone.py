"""The backbone: a causal transformer that reads each pose once.

`Backbone.__call__` reads a whole sequence; `Backbone.extend` reads the next few
poses with the help of a `Cache`, a ring of the keys and values of the last
``window`` poses. Both give the same result.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from lmmjax.model.layers import (
    Attention,
    Dense,
    FeedForward,
    Norm,
    attend,
    attend_ring,
    rotate_by_position,
)

Array = jax.Array


class Cache(NamedTuple):
    """What the backbone remembers of the poses it has read.

    Attributes:
      keys: per layer [B, H, C, W], those of the last W poses: a ring in which frame
        n, turned by its slot as `attend_ring` wants it, lies at n mod W.
      values: per layer [B, H, W, C].
      length: [] number of poses read.
    """

    keys: tuple[Array, ...]
    values: tuple[Array, ...]
    length: Array


class Block(nn.Module):
    """Attention and a feed-forward layer, each added to its normalised input."""

    heads: int
    dtype: str = "float32"
    dropout: float = 0.0

    @nn.compact
    def __call__(self, x: Array, mix) -> Array:
        """Apply the block to x [P, ..., T, C]; ``mix`` is the attention."""
        attention = Attention(self.heads, self.dtype, name="attention")
        x = x + attention(Norm(name="norm1")(x), mix)
        feed_forward = FeedForward(
            dtype=self.dtype, dropout=self.dropout, name="feed_forward"
        )
        return x + feed_forward(Norm(name="norm2")(x))


class Backbone(nn.Module):
    """Causal transformer over pose tokens.

    Attributes:
      width: channels of the residual stream, those of all parities together.
      layers: number of blocks.
      heads: attention heads.
      window: poses a block looks back on, the current one included.
      parities: P, 2 for a network that commutes with the mirror, else 1.
      dtype: of the multiplications.
      dropout: share of hidden features that training leaves out.
    """

    width: int
    layers: int
    heads: int
    window: int
    parities: int = 1
    dtype: str = "float32"
    dropout: float = 0.0

    def setup(self):
        """Create the layers."""
        self.embed = Dense(self.width // self.parities, dtype=self.dtype)
        self.blocks = [
            Block(self.heads, self.dtype, self.dropout) for _ in range(self.layers)
        ]
        self.norm = Norm()

    def __call__(self, tokens: Array) -> Array:
        """Read a sequence from its start: [P, B, T, F] to [P, B, T, C]."""
        position = jnp.arange(tokens.shape[-2])

        def mix(q, k, v):
            return attend(q, k, v, position, position, self.window)

        x = self.embed(tokens)
        for block in self.blocks:
            x = block(x, mix)
        return self.norm(x)

    def empty_cache(self, batch: int) -> Cache:
        """A cache that has read nothing."""
        channels = self.width // self.heads

        def rings(*shape):
            return tuple(
                jnp.zeros((batch, self.heads, *shape)) for _ in range(self.layers)
            )

        return Cache(
            rings(channels, self.window),
            rings(self.window, channels),
            jnp.zeros((), jnp.int32),
        )

    def extend(self, tokens: Array, cache: Cache) -> tuple[Array, Cache]:
        """Read the next T poses [P, B, T, F]: [P, B, T, C] and the cache after them."""
        count = tokens.shape[-2]
        position = cache.length + jnp.arange(count, dtype=jnp.int32)
        before = _frames(cache.length, self.window)
        after = _frames(cache.length + count, self.window)
        keys, values = [], []

        def write(ring, new, axis):
            """A ring, with the slots at ``axis``, after the T new poses there."""
            if count == 1:
                slot = position[0] % self.window
                return jax.lax.dynamic_update_slice_in_dim(ring, new, slot, axis)
            slots = jnp.arange(self.window)
            source = jnp.where(
                after == before, slots, self.window + after - cache.length
            )
            both = jnp.concatenate([ring, new], axis)
            return jnp.take(both, source, axis, mode="clip")

        x = self.embed(tokens)
        for block, *past in zip(self.blocks, cache.keys, cache.values, strict=True):

            def mix(q, k, v, past=past):
                k = rotate_by_position(k, position % self.window)
                new = jnp.moveaxis(k, 1, 3), jnp.moveaxis(v, 1, 2)
                keys.append(write(past[0], new[0], axis=3))
                values.append(write(past[1], new[1], axis=2))
                parts = (*past, before), (*new, position)
                return attend_ring(q, position, *parts, window=self.window)

            x = block(x, mix)
        cache = Cache(tuple(keys), tuple(values), cache.length + count)
        return self.norm(x), cache


def _frames(length: Array, window: int) -> Array:
    """Frame in each slot [W] of a ring that so many were read into, negative if none.

    It is the newest of those that the slot could hold.
    """
    newest = length - 1
    return newest - (newest - jnp.arange(window, dtype=jnp.int32)) % window
