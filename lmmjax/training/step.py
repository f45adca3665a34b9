"""One update of the parameters."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax

from lmmjax.data.windows import WindowBatch
from lmmjax.model.movement import MovementModel
from lmmjax.training import loss as losses
from lmmjax.training.augment import can_mirror
from lmmjax.training.loss import LossConfig
from lmmjax.training.state import TrainState

Step = Callable[[TrainState, WindowBatch], tuple[TrainState, dict[str, jax.Array]]]


def make_step(
    model: MovementModel,
    transform: optax.GradientTransformation,
    config: LossConfig,
    ema_decay: float,
    axis: str,
) -> Step:
    """The update on one device's share of a batch, to be run under pmap.

    Args:
      model: body, scales and configuration; its parameters are not used.
      transform: the optimiser.
      config: the loss.
      ema_decay: decay of the averaged parameters after many steps.
      axis: name of the axis of devices.

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
            return losses.loss(model.replace(params=params), batch, keys, config)

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
