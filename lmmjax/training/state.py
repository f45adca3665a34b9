"""The training state: everything a resumed run needs to go on bit by bit."""

import dataclasses

import flax.struct
import jax
import jax.numpy as jnp
import optax

from lmmjax.model.movement import MovementModel


@dataclasses.dataclass(frozen=True)
class OptimizerConfig:
    """AdamW with warm-up and cosine decay.

    Attributes:
      learning_rate: at its peak.
      warmup: steps of linear warm-up.
      weight_decay: decoupled, on matrices only.
      clip: largest norm of the gradient.
      ema: decay of the averaged parameters, reached as steps go by.
    """

    learning_rate: float = 1e-3
    warmup: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.999


class TrainState(flax.struct.PyTreeNode):
    """State of training after ``step`` updates.

    Attributes:
      step: [] number of updates made.
      params: parameters being trained.
      ema: averaged parameters: the ones that are evaluated and used.
      opt_state: state of the optimiser.
      rng: [] key from which the noise of every step is derived.
      practised: parameters that practised last, so that a resumed run learns from the
        same practice; None where there is none.
    """

    step: jax.Array
    params: dict
    ema: dict
    opt_state: optax.OptState
    rng: jax.Array
    practised: dict | None = None


def optimizer(config: OptimizerConfig, steps: int) -> optax.GradientTransformation:
    """The gradient transformation for a run of so many steps."""
    warmup = min(config.warmup, max(steps // 10, 1))
    schedule = optax.warmup_cosine_decay_schedule(
        0.0, config.learning_rate, warmup, max(steps, warmup + 1), end_value=0.0
    )
    return optax.chain(
        optax.clip_by_global_norm(config.clip),
        optax.adamw(
            schedule,
            b2=0.99,
            weight_decay=config.weight_decay,
            mask=lambda params: jax.tree.map(lambda x: x.ndim > 1, params),
        ),
    )


def create_state(
    model: MovementModel,
    transform: optax.GradientTransformation,
    seed: int,
    practises: bool = False,
) -> TrainState:
    """The state before the first step."""
    return TrainState(
        step=jnp.zeros((), jnp.int32),
        # Copies: a step gives up its state's memory, and the model keeps its own.
        params=jax.tree.map(jnp.copy, model.params),
        ema=jax.tree.map(jnp.copy, model.params),
        opt_state=transform.init(model.params),
        rng=jax.random.key(seed),
        # There from the start, so that a first practice compiles nothing anew.
        practised=jax.tree.map(jnp.copy, model.params) if practises else None,
    )
