"""The training loop: resume, step, log, evaluate, save."""

import contextlib
import dataclasses
import itertools
import os
import signal
from collections.abc import Callable

import jax.numpy as jnp

from lmmjax.data.prefetch import prefetch
from lmmjax.data.windows import Windows, batches
from lmmjax.model.movement import MovementModel
from lmmjax.training import parallel
from lmmjax.training.checkpoint import Checkpoints
from lmmjax.training.log import Console, MetricLog
from lmmjax.training.loss import LossConfig
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from lmmjax.training.step import make_step


@dataclasses.dataclass(frozen=True)
class LoopConfig:
    """Length and rhythm of a run.

    Attributes:
      steps: updates in all.
      batch: windows per update, over the devices of this host.
      seed: of parameters, order and noise.
      save_every: steps between checkpoints.
      evaluate_every: steps between evaluations on validation motion.
      keep: checkpoints that stay on disk.
    """

    steps: int = 4000
    batch: int = 32
    seed: int = 0
    save_every: int = 500
    evaluate_every: int = 500
    keep: int = 2


# Metric name to value; lower is better for the first one.
Evaluate = Callable[[MovementModel], dict[str, float]]


def train(
    model: MovementModel,
    windows: Windows,
    workdir: str | os.PathLike,
    loop: LoopConfig,
    loss: LossConfig,
    optimization: OptimizerConfig,
    evaluate: Evaluate | None = None,
    enough: Callable[[dict[str, float]], bool] | None = None,
    meta: dict | None = None,
    num_devices: int | None = None,
) -> MovementModel:
    """Train a model, or go on with a run that was stopped.

    A run that is killed and started again ends with bitwise the same parameters
    as one that was not: the order of the data and all noise follow from the seed
    and the step. A run that has ended, by its steps or by ``enough``, is only read.

    Args:
      model: fresh model; a resumed run must be of the same one.
      windows: training windows.
      workdir: folder of the run: checkpoints and metrics.jsonl.
      loop: length and rhythm.
      loss: weights of the loss.
      optimization: of the optimiser.
      evaluate: measures the model with averaged parameters.
      enough: whether an evaluation is good enough to stop early.
      meta: JSON values that are kept beside the checkpoint.
      num_devices: local devices to use, all by default.

    Returns:
      The model with averaged parameters.

    Raises:
      CheckpointError: the folder holds a run of another model, or the disk is full;
        the last whole checkpoint stays.
      OSError: metrics.jsonl cannot be written.
      FloatingPointError: the loss is no longer a number.
      KeyboardInterrupt: the process was asked to stop, and has saved.
    """
    transform = optimizer(optimization, loop.steps)
    state = create_state(model, transform, loop.seed)
    state = parallel.replicate(state, num_devices)
    checkpoints = Checkpoints(workdir, loop.keep)
    if checkpoints.latest_step() is not None:
        found = checkpoints.check(model)
        state = parallel.replicate(checkpoints.restore(state), num_devices)
        if found.get("done"):
            checkpoints.close()
            return model.replace(params=state.ema)
    start = int(state.step)
    step = parallel.parallelize(
        make_step(model, transform, loss, optimization.ema, parallel.AXIS), num_devices
    )
    data = prefetch(
        parallel.split(batch, num_devices)
        for batch in itertools.islice(
            batches(windows, loop.batch, loop.seed, start), max(loop.steps - start, 0)
        )
    )
    log = MetricLog(workdir, start)
    console = Console(loop.steps, start)
    poses_per_step = loop.batch * windows.length
    description = {**(meta or {}), "loop": dataclasses.asdict(loop)}
    text = ""
    with contextlib.ExitStack() as stack:
        stop = stack.enter_context(_StopRequest())
        for opened in (checkpoints, log, data):
            stack.callback(opened.close)
        for number, batch in enumerate(data, start + 1):
            state, metrics = step(state, batch)
            last, enough_found = number == loop.steps, False
            report = last or number == 1 or number % 10 == 0
            ending = last or stop.requested
            saving = ending or number % loop.save_every == 0
            # Reading a metric waits for the device: once per report, not per step.
            if report or saving or number == start + 1:
                values = {k: float(v) for k, v in metrics.items()}
                _check_finite(values, number, workdir)
                text = (
                    f"loss {values['loss']:.3f} error {1e3 * values['error_m']:.1f} mm"
                )
                console.update(number, (number - start) * poses_per_step, text)
            if report:
                log.write(number, **values)
            if evaluate is not None and (number % loop.evaluate_every == 0 or last):
                found = evaluate(model.replace(params=state.ema))
                log.write(number, **found)
                enough_found = enough is not None and enough(found)
            if saving or enough_found:
                checkpoints.save(state, model, {**description, "done": enough_found})
            if ending or enough_found:
                console.update(
                    number, (number - start) * poses_per_step, text, last=True
                )
                break
    if stop.requested:
        raise KeyboardInterrupt(
            f"stopped at step {int(state.step)}; the same command goes on"
        )
    return model.replace(params=state.ema)


def _check_finite(values: dict[str, float], step: int, workdir) -> None:
    if not all(jnp.isfinite(v) for v in values.values()):
        raise FloatingPointError(
            f"step {step}: the loss is no longer a number; start again with a lower "
            f"--set optim.learning_rate (the last checkpoint in {workdir} is whole)"
        )


class _StopRequest:
    """Turns the first SIGINT or SIGTERM into a request to save and stop."""

    def __init__(self):
        self.requested = False
        self._before: dict = {}

    def __enter__(self) -> "_StopRequest":
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._on_signal)
            except ValueError:  # not in the main thread: nothing to catch there
                break
        return self

    def _on_signal(self, number, frame) -> None:
        self.requested = True
        for other, handler in self._before.items():
            signal.signal(other, handler)

    def __exit__(self, *unused) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
