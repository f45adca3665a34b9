"""Feet that stand go on standing, whatever else is wished."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.bodies import segments
from kinematics.dynamics.contact import INNER_SPEED
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.model.movement import MovementModel

Array = jax.Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["joints", "still", "tolerance"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Standing:
    """Points that would stand without any wish stay where they would.

    Attributes:
      joints: [G] numbers of joints.
      still: metres a frame below which a point stands.
      tolerance: metres.
      poses: how many of the next poses are looked at; None for all.
    """

    joints: Array | np.ndarray
    still: Array | float
    tolerance: Array | float = 0.01
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> Array:
        """[B, k, 3 * G]; see `Wish`."""
        joints = jnp.asarray(self.joints)
        drawn, before = ahead.drawn[:, :, joints], ahead.before[:, :, joints]
        step = jnp.diff(drawn, axis=1, prepend=before)
        stands = jnp.sum(step * step, axis=-1) < self.still**2
        weight = stands[..., None] / self.tolerance
        missed = weight * (ahead.places[:, :, joints] - drawn)
        return missed.reshape(*missed.shape[:2], -1)


def standing_feet(model: MovementModel, poses: int | None = None) -> Standing:
    """That the balls of a body's feet stand, in the next poses.

    Raises:
      ValueError: see `kinematics.bodies.segments.toe_joints`.
    """
    toes = np.array(segments.toe_joints(model.body))
    return Standing(toes, INNER_SPEED / model.fps, poses=poses)
