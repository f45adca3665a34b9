"""The backbone: a causal transformer that reads each pose once.

`Backbone.__call__` reads a whole sequence; `Backbone.extend` reads the next few
poses with the help of a `Cache`, a ring of the keys and values of the last
``window`` poses. Both give the same result.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from lmmjax.model.layers import Attention, Dense, FeedForward, Norm, attend

Array = jax.Array


class Cache(NamedTuple):
    """What the backbone remembers of the poses it has read.

    Attributes:
      keys: [N, B, W, H, C] keys of N layers for the last W poses, a ring.
      values: [N, B, W, H, C].
      position: [W] frame number in each slot, -1 where the slot is empty.
      length: [] number of poses read.
    """

    keys: Array
    values: Array
    position: Array
    length: Array


class Block(nn.Module):
    """Attention and a feed-forward layer, each added to its normalised input."""

    heads: int
    dtype: str = "float32"

    @nn.compact
    def __call__(self, x: Array, mix) -> Array:
        """Apply the block to x [P, ..., T, C]; ``mix`` is the attention."""
        attention = Attention(self.heads, self.dtype, name="attention")
        x = x + attention(Norm(name="norm1")(x), mix)
        feed_forward = FeedForward(dtype=self.dtype, name="feed_forward")
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
    """

    width: int
    layers: int
    heads: int
    window: int
    parities: int = 1
    dtype: str = "float32"

    def setup(self):
        """Create the layers."""
        self.embed = Dense(self.width // self.parities, dtype=self.dtype)
        self.blocks = [Block(self.heads, self.dtype) for _ in range(self.layers)]
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
        shape = (
            self.layers,
            batch,
            self.window,
            self.heads,
            self.width // self.heads,
        )
        return Cache(
            jnp.zeros(shape),
            jnp.zeros(shape),
            jnp.full(self.window, -1, jnp.int32),
            jnp.zeros((), jnp.int32),
        )

    def extend(self, tokens: Array, cache: Cache) -> tuple[Array, Cache]:
        """Read the next T poses [P, B, T, F]: [P, B, T, C] and the cache after them."""
        count = tokens.shape[-2]
        position = cache.length + jnp.arange(count, dtype=jnp.int32)
        everywhere = jnp.concatenate([cache.position, position])
        kept = min(count, self.window)
        slot = position[-kept:] % self.window
        keys, values = [], []

        x = self.embed(tokens)
        for n, block in enumerate(self.blocks):

            def mix(q, k, v, n=n):
                keys.append(cache.keys[n].at[:, slot].set(k[:, -kept:]))
                values.append(cache.values[n].at[:, slot].set(v[:, -kept:]))
                k = jnp.concatenate([cache.keys[n], k], axis=1)
                v = jnp.concatenate([cache.values[n], v], axis=1)
                return attend(q, k, v, position, everywhere, self.window)

            x = block(x, mix)
        cache = Cache(
            jnp.stack(keys),
            jnp.stack(values),
            cache.position.at[slot].set(position[-kept:]),
            cache.length + count,
        )
        return self.norm(x), cache
