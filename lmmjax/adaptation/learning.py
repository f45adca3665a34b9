"""The head learns from what the backbone read."""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from lmmjax.adaptation.denoising import denoised, pose_shares
from lmmjax.adaptation.reading import Lesson, read, take
from lmmjax.data.windows import Windows
from lmmjax.model import scales
from lmmjax.model.movement import MovementModel

Array = jax.Array

# Poses that a moment to learn from has before it.
SEEN = 3
_OPTIMIZER = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(b2=0.99))


def lessons(model: MovementModel, windows: Windows, noise: float, seed: int) -> Lesson:
    """All moments of some windows, read as they are and then, if told to, with noise.

    Args:
      model: whose backbone reads.
      windows: to learn from.
      noise: largest scale of the noise of the second reading; 0 for none.
      seed: of the noise.
    """
    levels = [0.0, noise] if noise else [0.0]
    readings = [
        read(model, windows, SEEN, level, seed + n).lesson
        for n, level in enumerate(levels)
    ]
    return jax.tree.map(lambda *x: np.concatenate(x), *readings)


def rates(peak: float, steps: int, every: int) -> np.ndarray:
    """Learning rates [R, S] of R rounds of S = ``every`` updates, at least ``steps``.

    They rise along a line for a tenth of the updates and fall along a cosine.
    """
    rounds = -(-steps // every)
    total = rounds * every
    warmup = max(1, total // 10)
    step = np.arange(total)
    down = 0.5 + 0.5 * np.cos(np.pi * (step - warmup) / max(1, total - warmup))
    share = np.where(step < warmup, (step + 1) / warmup, down).astype(np.float32)
    return (peak * share).reshape(rounds, every)


def learn(
    model: MovementModel,
    lesson: Lesson,
    rates: np.ndarray,
    batch: int,
    draws: int,
    early: float,
    seed: int,
) -> Iterator[tuple[int, dict]]:
    """Parameters as they change.

    Args:
      model: to begin with.
      lesson: of all moments to learn from.
      rates: [R, S] learning rates, of R rounds of S updates.
      batch: moments per update.
      draws: noise levels of each, that of the forecast included.
      early: how much more the first poses of a forecast count, see
        `lmmjax.training.loss.LossConfig`.
      seed: of order and noise.

    Yields:
      After each round the number of updates so far, and all parameters of the model.
    """
    rng = np.random.default_rng(seed)
    head = model.params["head"]
    state = _State(head, _OPTIMIZER.init(head), jnp.zeros((), jnp.int32))
    key = jax.random.key(seed)
    for now in rates:
        chunk = take(lesson, rng.integers(len(lesson.z), size=(len(now), batch)))
        state = _update(model, state, chunk, now, key, early, draws)
        yield int(state.step), {**model.params, "head": state.head}


class _State(NamedTuple):
    """Parameters that learn, the optimiser's state, and the number of updates made."""

    head: dict
    optimizer: optax.OptState
    step: Array


@functools.partial(jax.jit, static_argnames="draws")
def _update(
    model: MovementModel,
    state: _State,
    chunk: Lesson,
    rates: Array,
    key: Array,
    early: Array | float,
    draws: int,
) -> _State:
    """Updates by lessons [S, N] with learning rates [S]."""
    share = pose_shares(model.config.horizon, early)

    def objective(head, lesson: Lesson, key):
        levels, noise = jax.random.split(key)
        # Squared: the sampler takes most of its steps where there is little noise.
        shape = len(lesson.z), draws
        tau = jnp.square(jax.random.uniform(levels, shape, minval=0.01))
        tau = tau.at[:, 0].set(1.0)
        learning = model.replace(params={**model.params, "head": head})
        mean, badly = denoised(learning, lesson, noise, tau)
        # Scaled residuals are how far joints move over the error of no movement, so
        # that kinematics are not needed to tell how far a forecast is off.
        clean = jnp.moveaxis(lesson.clean, 1, 0)
        off = scales.decode(model.statistics, mean[..., 0, :] - clean)
        distance = jnp.sqrt(jnp.sum(off * off, axis=(0, -1)) + 1e-10)
        return jnp.mean(share * distance) + jnp.mean(badly)

    def step(state: _State, given):
        lesson, rate = given
        own = jax.random.fold_in(key, state.step)
        gradients = jax.grad(objective)(state.head, lesson, own)
        changes, optimizer = _OPTIMIZER.update(gradients, state.optimizer)
        head = jax.tree.map(lambda p, c: p - rate * c, state.head, changes)
        return _State(head, optimizer, state.step + 1), None

    return jax.lax.scan(step, state, (chunk, rates))[0]
