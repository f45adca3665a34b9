"""Futures of windows as positions: true, forecast in one shot, and sampled.

Joints are seen from the root, in the heading frame of the last observed pose, so that
they are the same for a person anywhere on the floor and facing any way.
"""

import functools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton, rotations
from lmmjax.data.windows import WindowBatch
from lmmjax.evaluation.windows import JudgedWindows
from lmmjax.model import MovementModel, movement, poses
from lmmjax.model.sampler import Sampler

# Windows of one call: a hundred samples of each are in memory at once.
_BLOCK = 8
_TRUE_BLOCK = 256


class Futures(NamedTuple):
    """Positions of J joints but the root, metres, at H frames ahead.

    Attributes:
      last: [N, J-1, 3] in the last observed frame.
      truth: [N, H, J-1, 3].
      forecast: [N, H, J-1, 3] in one shot.
      samples: [N, S, H, J-1, 3].
    """

    last: np.ndarray
    truth: np.ndarray
    forecast: np.ndarray
    samples: np.ndarray


def futures(
    model: MovementModel,
    sampler: Sampler,
    windows: JudgedWindows,
    frames: Sequence[int],
    samples: int,
    seed: int,
) -> Iterator[Futures]:
    """Sample the futures of windows, some windows at a time.

    Settings of the sampler but its steps are traced: all share one compiled program.

    Args:
      model: the model.
      sampler: how to draw.
      windows: the windows.
      frames: H frames ahead, from 1.
      samples: S futures per window.
      seed: of the noise, which is the same for all samplers.
    """
    key = jax.random.key(seed)
    for number, (batch, count) in enumerate(windows.blocks(_BLOCK)):
        found = _futures(
            model,
            jax.tree.map(jnp.float32, sampler),
            jax.random.fold_in(key, number),
            batch,
            windows.context,
            tuple(frames),
            samples,
        )
        yield Futures(*(np.asarray(x)[:count] for x in found))


def true_places(
    model: MovementModel, windows: JudgedWindows, frames: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Last observed [N, J-1, 3] and true positions [N, H, J-1, 3] of windows."""
    parts = []
    for batch, count in windows.blocks(_TRUE_BLOCK):
        pair = _true_places(model, batch, windows.context, tuple(frames))
        parts.append([np.asarray(x)[:count] for x in pair])
    last, truth = (np.concatenate(x) for x in zip(*parts, strict=True))
    return last, truth


@functools.partial(jax.jit, static_argnames=("context", "frames"))
def _true_places(
    model: MovementModel, batch: WindowBatch, context: int, frames: tuple[int, ...]
) -> tuple[jax.Array, jax.Array]:
    """Last observed [B, J-1, 3] and true positions [B, H, J-1, 3]."""
    model, whole = _on_bones(model, batch)
    at = jnp.array([context - 1, *(context - 1 + n for n in frames)])
    yaw = _heading(whole, context)
    places = _relative(model.body, whole.at(slice(None), at), yaw)
    return places[:, 0], places[:, 1:]


@functools.partial(jax.jit, static_argnames=("context", "frames", "samples"))
def _futures(
    model: MovementModel,
    sampler: Sampler,
    key: jax.Array,
    batch: WindowBatch,
    context: int,
    frames: tuple[int, ...],
    samples: int,
) -> tuple[jax.Array, ...]:
    """What `Futures` holds, of B windows."""
    every, ahead = slice(None), jnp.array(frames) - 1
    start, truth = _true_places(model, batch, context, frames)
    model, whole = _on_bones(model, batch)
    observed, yaw = whole.at(every, slice(context)), _heading(whole, context)
    z = movement.read(model, observed)[:, -1]
    last = observed.at(every, -1)
    forecast = movement.forecast(model, last, z).at(every, ahead)

    def repeated(x):
        return jnp.broadcast_to(x[:, None], (len(x), samples, x.shape[-1]))

    drawn = movement.sample(
        model,
        key,
        jax.tree.map(repeated, last),
        repeated(z),
        sampler,
    )
    drawn = drawn.at(every, every, ahead)
    wide = model.with_offsets(jnp.asarray(model.body.offsets)[:, None])
    return (
        start,
        truth,
        _relative(model.body, forecast, yaw),
        _relative(wide.body, drawn, yaw[:, None]),
    )


def _on_bones(model: MovementModel, batch: WindowBatch) -> tuple[MovementModel, Poses]:
    """The model on the bodies [B, 1] of windows, and their poses [B, T]."""
    whole = Poses(*(jnp.asarray(x) for x in batch.poses))
    return model.with_offsets(jnp.asarray(batch.offsets)[:, None]), whole


def _heading(whole: Poses, context: int) -> jax.Array:
    """Heading [B, 1] of the last observed pose, radians."""
    return rotations.heading(whole.root_rotation[:, context - 1])[:, None]


def _relative(body: Skeleton, seen: Poses, yaw: jax.Array) -> jax.Array:
    """Joints [..., J-1, 3] of poses [...] seen from the root and a heading [...]."""
    places = poses.positions(body, seen)
    turn = rotations.about_z(-yaw)[..., None, :]
    return rotations.quaternion_rotate(turn, places[..., 1:, :] - places[..., :1, :])
