"""Wishes together, as a stream takes them."""

import dataclasses
import functools

import jax

from kinematics import Poses
from lmmjax.generation.guidance.posterior import (
    Late,
    Wish,
    channels_of_components,
    granted,
)
from lmmjax.model.movement import MovementModel, Steer

_basis = jax.jit(channels_of_components)


@functools.partial(
    jax.tree_util.register_dataclass, data_fields=["wishes", "basis"], meta_fields=[]
)
@dataclasses.dataclass(frozen=True)
class Guide:
    """What is wished of a movement; wishes compose.

    Wishes are pytrees: others of the same shapes, such as a goal that is dragged,
    share a compiled step.

    Attributes:
      wishes: all of them.
      basis: of the model, see `channels_of_components`.
    """

    wishes: tuple[Wish, ...]
    basis: jax.Array

    @classmethod
    def to(cls, model: MovementModel, *wishes: Wish) -> "Guide":
        """A guide to these wishes for movements of a model."""
        return cls(wishes, _basis(model))

    def wish(self, *wishes: Wish) -> "Guide":
        """A guide to other wishes."""
        return dataclasses.replace(self, wishes=wishes)

    def early(self) -> "Guide":
        """A guide to those wishes that are not `Late`."""
        return self.wish(*(w for w in self.wishes if not isinstance(w, Late)))

    def steer(
        self,
        model: MovementModel,
        last: Poses,
        frame: jax.Array,
        previous: Poses | None = None,
    ) -> Steer:
        """What moves drawn components; see `lmmjax.model.movement.sample`.

        Args:
          model: the model.
          last: the newest poses [B].
          frame: [B] their numbers.
          previous: the poses [B] before them; None where they are not known.
        """

        def moved(drawn, deviation):
            return granted(
                model, self.basis, self.wishes, last, frame, drawn, deviation, previous
            )

        return moved
