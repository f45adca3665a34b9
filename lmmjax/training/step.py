"""One update of the parameters, and many of them in one call."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from kinematics.skeleton import Array
from lmmjax.data.windows import WindowBatch
from lmmjax.model.movement import MovementModel
from lmmjax.training import loss as losses
from lmmjax.training.augment import can_mirror
from lmmjax.training.loss import LossConfig
from lmmjax.training.state import TrainState

Metrics = dict[str, jax.Array]
Step = Callable[[TrainState, WindowBatch], tuple[TrainState, Metrics]]


class Chunk(NamedTuple):
    """What several updates in a row need.

    Attributes:
      batches: windows [N, B, ...], those of one update after another.
      updates: [] how many to make, at most N; other windows are not looked at.
      stop: [] whether somebody asked this process to stop.
    """

    batches: WindowBatch
    updates: Array
    stop: Array


class Told(NamedTuple):
    """What a chunk has to tell.

    Attributes:
      metrics: [N] of each update; those that were not made tell nothing.
      stop: [] whether somebody asked any process to stop.
    """

    metrics: Metrics
    stop: jax.Array


def make_step(
    model: MovementModel,
    transform: optax.GradientTransformation,
    config: LossConfig,
    ema_decay: float,
    axis: str,
    steps: int | None = None,
) -> Step:
    """The update on one device's share of a batch, to be run under pmap.

    Args:
      model: body, scales and configuration; its parameters are not used.
      transform: the optimiser.
      config: the loss.
      ema_decay: decay of the averaged parameters after many steps.
      axis: name of the axis of devices.
      steps: length of the training, so that the loss knows how far it is; without, it
        is always at its start.

    Returns:
      A pure function of state and batch share to the new state and metrics, both
      the same on every device.
    """
    if not can_mirror(model.body):
        config = dataclasses.replace(config, mirror=0.0)

    def step(state: TrainState, batch: WindowBatch):
        # Each window has a key of its own, by its place in the whole batch: the
        # same losses on any number of devices.
        share = batch.valid.shape[0]
        number = jax.lax.axis_index(axis) * share + jnp.arange(share)
        key = jax.random.fold_in(state.rng, state.step)
        keys = jax.vmap(lambda n: jax.random.fold_in(key, n))(number)

        def objective(params):
            progress = 0.0 if steps is None else state.step / steps
            trained = model.replace(params=params)
            return losses.loss(trained, batch, keys, config, progress)

        gradients, metrics = jax.grad(objective, has_aux=True)(state.params)
        gradients, metrics = jax.lax.pmean((gradients, metrics), axis)
        updates, opt_state = transform.update(gradients, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        decay = jnp.minimum(ema_decay, (1 + state.step) / (10 + state.step))
        ema = jax.tree.map(lambda a, b: decay * a + (1 - decay) * b, state.ema, params)
        metrics["gradient_norm"] = optax.global_norm(gradients)
        return (
            state.replace(
                step=state.step + 1, params=params, ema=ema, opt_state=opt_state
            ),
            metrics,
        )

    return step


def repeat(
    step: Step, axis: str
) -> Callable[[TrainState, Chunk], tuple[TrainState, Told]]:
    """Several updates in one call, so that the device never waits for the host.

    The number of updates is a value and not a shape: chunks of any length run the
    same program, and a run gives the same bits however it is cut into chunks.

    Args:
      step: one update.
      axis: name of the axis of devices.
    """
    # Traced once for the shapes of its metrics and for the loop.
    step = jax.jit(step)

    def run(state: TrainState, chunk: Chunk) -> tuple[TrainState, Told]:
        def batch_of(n) -> WindowBatch:
            return jax.tree.map(lambda x: x[n], chunk.batches)

        def update(n, carry):
            state, history = carry
            state, metrics = step(state, batch_of(n))
            return state, jax.tree.map(lambda h, m: h.at[n].set(m), history, metrics)

        room = chunk.batches.valid.shape[0]
        shapes = jax.eval_shape(step, state, batch_of(0))[1]
        empty = jax.tree.map(lambda x: jnp.zeros((room, *x.shape), x.dtype), shapes)
        state, history = jax.lax.fori_loop(0, chunk.updates, update, (state, empty))
        return state, Told(history, jax.lax.pmax(chunk.stop, axis))

    return run
