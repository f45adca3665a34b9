"""Moments of motion: what the backbone reads of the past, and what is to be told.

The backbone does not learn, so it reads once, and the head learns from and is judged by
what was read.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses
from lmmjax.data.windows import WindowBatch, Windows
from lmmjax.model import movement, poses
from lmmjax.model.movement import MovementModel

Array = jax.Array

# Windows that are read in one call.
_READ = 16


class Lesson(NamedTuple):
    """What the head learns from N moments.

    Attributes:
      z: [N, Z] summary of the past.
      clean: [N, P, C] components of the future.
    """

    z: Array | np.ndarray
    clean: Array | np.ndarray


class Moments(NamedTuple):
    """N moments of motion.

    Attributes:
      lesson: what was read of the past, and what is to be told.
      start: poses [N] as they were read.
      future: poses [N, K].
      offsets: [N, J, 3] metres.
    """

    lesson: Lesson
    start: Poses
    future: Poses
    offsets: Array | np.ndarray


def still(model: MovementModel) -> MovementModel:
    """The model without dropout."""
    return model.replace(config=dataclasses.replace(model.config, dropout=0.0))


def take(tree, index: np.ndarray):
    """The moments, or lessons, of these numbers."""
    return jax.tree.map(lambda x: x[index], tree)


def read(
    model: MovementModel, windows: Windows, first: int, noise: float, seed: int
) -> Moments:
    """All moments of some windows whose future is known.

    Args:
      model: whose backbone reads.
      windows: of T + K frames.
      first: poses that a moment has before it, at least.
      noise: largest scale of the noise on the past, see
        `lmmjax.training.loss.LossConfig`.
      seed: of the noise.
    """
    horizon = model.config.horizon
    parts = []
    for n in range(0, len(windows), _READ):
        index = np.arange(n, min(n + _READ, len(windows)))
        # One size has one compiled program.
        batch = windows.take(np.resize(index, _READ))
        key = jax.random.fold_in(jax.random.key(seed), n)
        found = jax.tree.map(np.asarray, _read_block(model, batch, key, noise))
        length = windows.length - horizon
        ahead = np.arange(length)[:, None] + np.arange(horizon + 1)
        known = batch.valid[: len(index), ahead].all(-1) & (np.arange(length) >= first)
        row, at = np.nonzero(known)
        parts.append(
            Moments(
                Lesson(found.z[row, at], np.moveaxis(found.clean[:, row, at], 1, 0)),
                found.start.at(row, at),
                batch.poses.at(row[:, None], ahead[at, 1:]),
                batch.offsets[row],
            )
        )
    return jax.tree.map(lambda *x: np.concatenate(x), *parts)


class _Reading(NamedTuple):
    """Of windows [B, T]: z [B, T, Z], clean [P, B, T, C] and poses [B, T]."""

    z: Array
    clean: Array
    start: Poses


@jax.jit
def _read_block(
    model: MovementModel, batch: WindowBatch, key: Array, noise: Array | float
) -> _Reading:
    """What the backbone reads in windows [B, T + K], and what follows each pose."""
    horizon = model.config.horizon
    model = model.with_offsets(jnp.asarray(batch.offsets)[:, None])
    whole = Poses(*(jnp.asarray(x) for x in batch.poses))
    count, length = whole.joints.shape[0], whole.joints.shape[1] - horizon
    first, second = jax.random.split(key)
    level = noise * jax.random.uniform(first, (count,))
    drawn = jax.random.normal(second, (count, length, poses.num_channels(model.body)))
    past = whole.at(slice(None), slice(length))
    scale = level[:, None, None] * model.statistics.frame_scale
    observed = poses.advance(model.body, past, scale * drawn)
    told = jnp.zeros((count, movement.TOLD)).at[:, 0].set(level)
    z = movement.read(still(model), observed, told)
    ahead = np.arange(length)[:, None] + 1 + np.arange(horizon)
    body = model.body.replace(offsets=model.body.offsets[:, None])
    residual = poses.difference(
        body, observed.at(..., None, slice(None)), whole.at(slice(None), ahead)
    )
    return _Reading(z, movement.encode(model, residual), observed)
