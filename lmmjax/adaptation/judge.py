"""How well held-back motion is told: every model sees the same moments and noise."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lmmjax.adaptation.denoising import denoised, pose_shares
from lmmjax.adaptation.reading import Moments, still, take
from lmmjax.model import movement, poses
from lmmjax.model.movement import MovementModel

Array = jax.Array

# Moments that are judged in one call.
_JUDGED = 256
# Noise levels by which samples are judged, beside that of the forecast.
_LEVELS = (0.1, 0.4, 0.8)


class Score(NamedTuple):
    """How well held-back motion is told; less is better.

    Attributes:
      loss: of forecasts, in units of the error of no movement, and of what is told of
        noisy futures, together.
      error_m: mean joint error of the one-shot forecast, metres.
    """

    loss: float
    error_m: float


def score(model: MovementModel, moments: Moments, early: float, seed: int) -> Score:
    """How well a model tells what follows some moments.

    Args:
      model: with the backbone that read the moments.
      moments: of held-back motion.
      early: how much more the first poses of a forecast count, see
        `lmmjax.training.loss.LossConfig`.
      seed: of the noise.
    """
    count, parts = len(moments.offsets), []
    for n in range(0, count, _JUDGED):
        index = np.arange(n, min(n + _JUDGED, count))
        # One size has one compiled program.
        block = take(moments, np.resize(index, _JUDGED))
        key = jax.random.fold_in(jax.random.key(seed), n)
        found = _judge_block(model, block, key, early)
        parts.append([np.asarray(x)[: len(index)] for x in found])
    loss, error = (float(np.concatenate(x).mean()) for x in zip(*parts, strict=True))
    return Score(loss, error)


@jax.jit
def _judge_block(
    model: MovementModel, moments: Moments, key: Array, early: Array | float
) -> tuple[Array, Array]:
    """Loss and forecast error [N] of each moment."""
    horizon = model.config.horizon
    model = still(model)
    bones = jnp.asarray(moments.offsets)[:, None]
    body = model.body.replace(offsets=bones)
    levels = jnp.array([1.0, *_LEVELS])
    mean, badly = denoised(model, moments.lesson, key, levels)
    future = movement.emit(model.replace(body=body), moments.start, mean[..., 0, :])
    apart = poses.positions(body, future) - poses.positions(body, moments.future)
    distance = jnp.linalg.norm(apart, axis=-1).mean(-1)
    share = pose_shares(horizon, early) / model.statistics.horizon_error
    return jnp.mean(share * distance, axis=-1) + badly, distance.mean(-1)
