"""That a body keeps the height of its hips, as on a level floor."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.guidance.schedule import Array

# Metres that the root goes up and down by, in walking less and in running as much.
TOLERANCE = 0.1


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["height", "tolerance"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Level:
    """Roots stay at a height.

    Attributes:
      height: [B] metres.
      tolerance: metres.
      poses: how many of the next poses are looked at; None for all.
    """

    height: Array
    tolerance: Array | float = TOLERANCE
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, k, 1]; see `Wish`."""
        missed = ahead.places[:, :, 0, 2] - jnp.asarray(self.height)[:, None]
        return (missed / self.tolerance)[..., None]


def stay_level(past: Poses, tolerance: float = TOLERANCE) -> Level:
    """That roots go on at the height that they had on average.

    Who is led faster or more sharply than people go of themselves crouches or takes
    off without it.

    Args:
      past: newest poses [B, T].
      tolerance: metres.

    Raises:
      ValueError: ``tolerance`` is not above 0.
    """
    if not tolerance > 0:
        raise ValueError(f"tolerance must be above 0 m; got {tolerance:g}")
    height = np.asarray(past.root_position, float)[..., 2].mean(axis=1)
    return Level(height.astype(np.float32), tolerance)
