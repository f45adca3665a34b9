"""Wishes of the root alone, which need no kinematics.

Where a body is and which way it faces is told by the first six channels of a residual.
Their slopes are six tangents of a turn and a shift, whatever the number of residuals,
where those of any joint are as many walks through the tree of joints.
"""

import dataclasses
import functools
import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp

from kinematics import Poses
from lmmjax.generation.guidance.company import Apart
from lmmjax.generation.guidance.facing import Facing
from lmmjax.generation.guidance.guide import Guide
from lmmjax.generation.guidance.level import Level
from lmmjax.generation.guidance.paths import Way
from lmmjax.generation.guidance.posterior import Ahead, Wish, pushed
from lmmjax.model import movement, poses
from lmmjax.model.movement import MovementModel, Steer

Array = jax.Array


# Wishes that look at no joint but the root, the first of `Ahead.places`, and at no
# pose but where the root is and how it is turned.
OF_ROOT = (Apart, Facing, Level, Way)


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["wishes", "basis"],
    meta_fields=["every"],
)
@dataclasses.dataclass(frozen=True)
class RootGuide(Guide):
    """A guide all of whose wishes are of the root: the same for less work.

    Attributes:
      every: of so many poses one is looked at, for all of them. A root does not leave
        its way between two that are a tenth of a second apart.
    """

    every: int = 1

    def steer(
        self,
        model: MovementModel,
        last: Poses,
        frame: Array,
        previous: Poses | None = None,
    ) -> Steer:
        """As that of `Guide`; where all poses are looked at, to rounding."""
        return steer(model, self.basis, self.wishes, last, frame, self.every)


def cheapest(guide: Guide, every: int = 1) -> Guide:
    """The same guide, without kinematics where no wish needs them; see `RootGuide`."""
    if guide.wishes and all(isinstance(wish, OF_ROOT) for wish in guide.wishes):
        return RootGuide(guide.wishes, guide.basis, every)
    return guide


def rows(
    model: MovementModel,
    basis: Array,
    wishes: Sequence[Wish],
    last: Poses,
    frame: Array,
    channels: Array,
    every: int = 1,
) -> tuple[Array, Array]:
    """What is missed, and its slopes by components.

    Args:
      model: the model.
      basis: [P * N, K, C], see `posterior.channels_of_components`.
      wishes: of the root.
      last: the newest poses [B].
      frame: [B] their numbers.
      channels: [B, K, C] of the drawn future.
      every: see `RootGuide`.

    Returns:
      [B, M] residuals, and [B, M, P * N].
    """
    start = last.at(slice(None), None)
    none = jnp.zeros((*channels.shape[:2], channels.shape[2] - poses.ROOT_CHANNELS))
    missed, slopes = [], []
    for wish in wishes:
        few = slice(every // 2, wish.poses, every)
        number = frame[:, None] + 1 + jnp.arange(channels.shape[1])[few]

        def residuals(root, wish=wish, few=few, number=number):
            whole = jnp.concatenate([root, none[:, few]], axis=-1)
            found = poses.advance(model.body, start, whole)
            places, before = (
                jnp.asarray(x.root_position)[..., None, :] for x in (found, start)
            )
            ahead = Ahead(model.body, found, places, places, before, number)
            # One pose counts for all of those that it is looked at for.
            return math.sqrt(every) * wish.residuals(ahead)

        root = channels[:, few, : poses.ROOT_CHANNELS]
        far, tangent = jax.linearize(residuals, root)
        each = jnp.eye(poses.ROOT_CHANNELS)[:, None, None]
        # Of all poses and streams at once: those of one do not depend on the others.
        slope = jax.vmap(tangent)(jnp.broadcast_to(each, (len(each), *root.shape)))
        of_root = basis[:, few, : poses.ROOT_CHANNELS]
        slope = jnp.einsum("cbkm,nkc->bkmn", slope, of_root)
        missed.append(far.reshape(len(far), -1))
        slopes.append(slope.reshape(len(far), -1, len(basis)))
    return jnp.concatenate(missed, axis=1), jnp.concatenate(slopes, axis=1)


def steer(
    model: MovementModel,
    basis: Array,
    wishes: Sequence[Wish],
    last: Poses,
    frame: Array,
    every: int = 1,
) -> Steer:
    """What moves drawn components to where they grant wishes of the root; see `rows`.

    As `posterior.granted` does it where all poses are looked at, to rounding.
    """

    def moved(drawn, deviation):
        channels = movement.decode(model, drawn)
        missed, slope = rows(model, basis, wishes, last, frame, channels, every)
        spread = jnp.moveaxis(deviation, 0, 1).reshape(len(frame), -1)
        shift = spread * pushed(slope * spread[:, None], missed)
        parities, batch, count = drawn.shape
        shift = shift.reshape(batch, parities, count)
        return drawn - jnp.moveaxis(shift, 1, 0)

    return moved
