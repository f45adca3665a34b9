"""The mass of a body: what hangs on every joint, how heavy and how spread out."""

import dataclasses
import functools

import jax

from kinematics.skeleton import Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["mass", "center", "tensor"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Inertia:
    """Rigid bodies, one per joint, each moving with its joint.

    Attributes:
      mass: [..., J] kilograms; 0 where nothing moves with a joint.
      center: [..., J, 3] metres from the joint to the centre of mass, in the
        joint's axes (at rest those of the root).
      tensor: [..., J, 3, 3] kg m^2 about the centre of mass, in the same axes.
    """

    mass: Array
    center: Array
    tensor: Array

    @property
    def total(self) -> Array:
        """Mass [...] of the whole body, kilograms."""
        return self.mass.sum(axis=-1)
