"""That people keep off each other."""

import dataclasses
import functools

import jax
import jax.numpy as jnp

from lmmjax.generation.guidance.obstacles import TOLERANCE
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.guidance.schedule import Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["place", "velocity", "apart", "pace", "first"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Apart:
    """Roots keep away from those of all others, who move evenly.

    Those who are too near already get away from each other step by step.

    Attributes:
      place: [B, 2] metres.
      velocity: [B, 2] metres a frame.
      apart: [B, B] metres between roots; 0 or less where it does not matter, as
        between somebody and himself.
      pace: metres a frame at which two who are too near get away from each other.
      first: [B, 1] number of the frame in which roots are at ``place``.
      poses: how many of the next poses are looked at; None for all.
    """

    place: Array
    velocity: Array
    apart: Array
    pace: Array | float
    first: Array
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, k, 1]; see `Wish`."""
        gone = (ahead.frame - self.first)[..., None]
        now = _length(self.place[:, None] - self.place[None])
        asked = jnp.minimum(self.apart[:, None], now[:, None] + gone * self.pace)
        # [B, k, B, 2]
        there = self.place + gone[..., None] * self.velocity
        near = asked - _length(ahead.places[:, :, :1, :2] - there)
        return jnp.maximum(jnp.max(near, axis=-1, keepdims=True), 0) / TOLERANCE


def _length(x: Array) -> jax.Array:
    return jnp.sqrt(jnp.sum(x * x, axis=-1) + 1e-9)
