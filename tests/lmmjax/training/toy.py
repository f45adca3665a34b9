"""A small run of training, and the same as a script that dies in the middle.

python toy.py <folder> <step> <signal> <save_every>
"""

import dataclasses
import os
import signal
import sys

import jax

# As in the tests, before any computation; this file is also run on its own.
if __name__ == "__main__":
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_num_cpu_devices", 2)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)

import jax.numpy as jnp

from lmmjax.training import loop
from lmmjax.training import step as training_step
from lmmjax.training.coach import Coach
from lmmjax.training.loss import LossConfig
from lmmjax.training.moments import Moments
from lmmjax.training.practice import PracticeConfig
from lmmjax.training.state import OptimizerConfig
from tests.lmmjax import tiny

MODEL = dataclasses.replace(tiny.CONFIG, horizon=2)
LOSS = LossConfig(places=2, draws=2)
LOOP = loop.LoopConfig(
    steps=24, batch=4, seed=3, save_every=4, evaluate_every=6, keep=2
)
PRACTICE = PracticeConfig(
    share=0.5, begin=0.25, every=5, rollouts=3, seconds=0.2, commit=2, steps=1
)


def coach(config=PRACTICE, weights=None):
    """One for the runs of `train`."""
    windows = tiny.windows(length=6)
    moments = Moments(tiny.body(), windows.clips, config.ahead(MODEL.horizon))
    return Coach(windows, moments, config, 4, MODEL.horizon, weights, seed=3)


def toy_loss(model, batch, keys, config, progress=0.0):
    """Quick to compile; depends on parameters, poses, padding and keys alike."""
    noise = jax.vmap(lambda key: jax.random.normal(key, (3,)))(keys)
    target = jnp.mean(batch.poses.root_position, axis=1) + noise
    size = sum(jnp.sum(jnp.sin(x)) for x in jax.tree.leaves(model.params))
    value = jnp.mean((size - jnp.sum(target, -1)) ** 2)
    return value, {"loss": value, "error_m": value}


def train(workdir, model=None, loop_config=LOOP, **options):
    """A run in this process."""
    return loop.train(
        tiny.fresh_model(MODEL) if model is None else model,
        tiny.windows(length=6),
        workdir,
        loop_config,
        LOSS,
        OptimizerConfig(warmup=3),
        **options,
    )


KILLED = dataclasses.replace(LOOP, steps=12, evaluate_every=1)


def evaluate(model):
    """A number that only the same parameters give."""
    return {"answer": float(model.params["head"]["out"]["kernel"].sum())}


def main() -> None:
    """Kill oneself at the evaluation after so many steps."""
    workdir, step = sys.argv[1], int(sys.argv[2])
    calls = iter(range(1, step + 1))

    def deadly(model):
        if next(calls) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return evaluate(model)

    training_step.losses.loss = toy_loss
    train(workdir, loop_config=KILLED, evaluate=deadly)


if __name__ == "__main__":
    main()
