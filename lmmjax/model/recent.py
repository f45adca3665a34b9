"""The newest poses, shown to the head as they are.

What happens next within a few frames hangs on the last frames' details, which the one
summary of a transformer keeps badly: a causal transformer over ten poses alone was a
tenth worse at 33 ms than a plain network that saw all ten at once.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from lmmjax.model.layers import Dense

Array = jax.Array


class Recent(nn.Module):
    """A linear map of the newest poses together, each first made small.

    Attributes:
      width: channels of the result, those of all parities together.
      frames: R, how many poses are seen; 1 or more.
      parities: P.
      dtype: of the multiplications.
    """

    width: int
    frames: int
    parities: int = 1
    dtype: str = "float32"

    # Channels, of all parities together, that a pose is made small to.
    SMALL = 64

    def setup(self):
        """Create the layers."""
        self.small = Dense(self.SMALL // self.parities, dtype=self.dtype)
        self.out = Dense(self.width // self.parities, dtype=self.dtype)

    def __call__(self, tokens: Array, before: Array) -> tuple[Array, Array]:
        """Map the newest poses at every pose.

        Args:
          tokens: [P, B, T, F].
          before: [P, B, R - 1, S] what was kept of the poses before; see `empty`.

        Returns:
          [P, B, T, C], and what to keep of the poses up to the last.
        """
        seen = jnp.concatenate([before, self.small(tokens)], axis=-2)
        count = tokens.shape[-2]
        together = [seen[..., n : n + count, :] for n in range(self.frames)]
        kept = seen[..., seen.shape[-2] - self.frames + 1 :, :]
        return self.out(jnp.concatenate(together, axis=-1)), kept

    def empty(self, batch: int) -> Array:
        """What is kept where no pose was seen, for a batch of sequences."""
        shape = (self.parities, batch, self.frames - 1, self.SMALL // self.parities)
        return jnp.zeros(shape)
