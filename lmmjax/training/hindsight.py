"""What people intended, told by what they then did.

Where a joint will be is a goal that was reached (hindsight relabelling, Andrychowicz et
al. 2017, arXiv:1707.01495), and what a clip is said to show is a label that was obeyed.
Either is often left out, so that the model can do without; but not of reaches that
nobody made (`lmmjax.training.reaches`), which are not to come unasked.
"""

from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp

from kinematics import Poses
from lmmjax.data.windows import WindowBatch
from lmmjax.model import MovementModel, intent, poses
from lmmjax.training.reaches import Reaches

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


class Intended(NamedTuple):
    """What is told at P places of B windows.

    Attributes:
      told: [B, P, E], see `lmmjax.model.intent`.
      aimed: [B, P, G] 1 where it is told where a joint will be, else 0.
    """

    told: Array
    aimed: Array


def intentions(
    model: MovementModel,
    batch: WindowBatch,
    start: Poses,
    place: Array,
    keys: Array,
    shares: Shares,
    reaches: Reaches | None = None,
) -> Intended:
    """What is told at the places of some windows.

    Args:
      model: the model; its body's offsets are those of the windows, [B, 1, J, 3].
      batch: windows of T frames.
      start: poses [B, P, 1] that are the newest at each place.
      place: [B, P] frames.
      keys: [B].
      shares: how often.
      reaches: who reaches with what; where these arrive they alone are told, always.
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
    chosen = uniform[..., 2:] < shares.aimed
    if reaches is not None:
        left = reaches.frame[:, None] - place
        reached = jnp.any(reaches.made, -1)[:, None] & (left > 0) & (left <= latest)
        ahead = jnp.where(reached, left, ahead)
        chosen = jnp.where(reached[..., None], reaches.made[:, None], chosen)
    then = jnp.minimum(place + ahead, last)
    which = jnp.array(joints, int)
    now, there = (
        poses.positions(model.body, x)[:, :, which]
        for x in (newest, batch.poses.at(rows, then))
    )
    known = (place + ahead <= last) & jnp.asarray(batch.valid)[rows, then]
    given = known[..., None] & chosen
    seconds = jnp.broadcast_to((ahead / model.fps)[..., None], given.shape)
    told = intent.encode(said, newest, now, there, seconds, given)
    return Intended(told, given.astype(told.dtype))
