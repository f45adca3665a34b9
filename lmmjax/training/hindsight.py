"""What people intended, told by what they then did.

Where a joint will be is a goal that was reached (hindsight relabelling, Andrychowicz et
al. 2017, arXiv:1707.01495), and what a clip is said to show is a label that was obeyed.
Either is often left out, so that the model can do without.
"""

from typing import Protocol

import jax
import jax.numpy as jnp

from kinematics import Poses
from lmmjax.data.windows import WindowBatch
from lmmjax.model import MovementModel, intent, poses

Array = jax.Array

# Frames ahead below which a goal is no news.
_SOONEST = 3


class Shares(Protocol):
    """How many places are told; see `lmmjax.training.loss.LossConfig`."""

    @property
    def said(self) -> float:
        """Share of what is said."""
        ...

    @property
    def aimed(self) -> float:
        """Share of the goals of each joint."""
        ...


def intentions(
    model: MovementModel,
    batch: WindowBatch,
    start: Poses,
    place: Array,
    keys: Array,
    shares: Shares,
) -> Array:
    """What is told at the places of some windows.

    Args:
      model: the model; its body's offsets are those of the windows, [B, 1, J, 3].
      batch: windows of T frames.
      start: poses [B, P, 1] that are the newest at each place.
      place: [B, P] frames.
      keys: [B].
      shares: how often.

    Returns:
      [B, P, E].
    """
    joints = intent.goal_joints(model.body, model.config)
    windows, places = place.shape

    def draw(key):
        key = jax.random.fold_in(key, 6)
        return jax.random.uniform(key, (places, 2 + len(joints)))

    uniform = jax.vmap(draw)(keys)
    count = intent.said_size(model.config)
    said = jnp.zeros((windows, places, count))
    if count and batch.said is not None:
        told = uniform[..., 0] < shares.said
        if batch.obeys is not None:
            # Who is told nothing does not begin to do something else.
            told |= jnp.asarray(batch.obeys)[:, None]
        said = jnp.where(told[..., None], batch.said[:, None], 0.0)
    newest = start.at(slice(None), slice(None), 0)
    last = batch.valid.shape[1] - 1
    latest = round(intent.SECONDS * model.fps)
    ahead = _SOONEST + jnp.floor(uniform[..., 1] * (latest + 1 - _SOONEST)).astype(int)
    rows = jnp.arange(windows)[:, None]
    then = jnp.minimum(place + ahead, last)
    there = poses.positions(model.body, batch.poses.at(rows, then))
    known = (place + ahead <= last) & jnp.asarray(batch.valid)[rows, then]
    given = known[..., None] & (uniform[..., 2:] < shares.aimed)
    seconds = jnp.broadcast_to((ahead / model.fps)[..., None], given.shape)
    return intent.encode(
        said, newest, there[:, :, jnp.array(joints, int)], seconds, given
    )
