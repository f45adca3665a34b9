"""The training loop: resume, step, log, evaluate, save.

Updates are made in chunks of several, one call each, and the next chunk is handed to
the device before the metrics of the last are read: between saves, evaluations and
practices the device always has work in hand.
"""

import contextlib
import dataclasses
import itertools
import os
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np

from lmmjax.data.prefetch import prefetch
from lmmjax.data.windows import WindowBatch, Windows, batches
from lmmjax.model.movement import MovementModel
from lmmjax.training import parallel
from lmmjax.training.checkpoint import Checkpoints
from lmmjax.training.coach import Coach
from lmmjax.training.log import Report
from lmmjax.training.loss import LossConfig
from lmmjax.training.practice import Practice
from lmmjax.training.state import (
    OptimizerConfig,
    TrainState,
    create_state,
    optimizer,
)
from lmmjax.training.step import Chunk, make_step, repeat
from lmmjax.training.stop import StopRequest


@dataclasses.dataclass(frozen=True)
class LoopConfig:
    """Length and rhythm of a run.

    Attributes:
      steps: updates in all.
      batch: windows per update, over the devices of all processes.
      seed: of parameters, order and noise.
      save_every: steps between checkpoints.
      evaluate_every: steps between evaluations on validation motion.
      keep: checkpoints that stay on disk.
      inner: most updates in one call. It changes no result: more of them hide more
        of what the host does, fewer answer a request to stop sooner. On a CPU too a
        loop on the device is no slower than calls from the host.
    """

    steps: int = 4000
    batch: int = 32
    seed: int = 0
    save_every: int = 500
    evaluate_every: int = 500
    keep: int = 2
    inner: int = 10


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
    weights: np.ndarray | None = None,
    coach: Coach | None = None,
) -> MovementModel:
    """Train a model, or go on with a run that was stopped.

    A run that is killed and started again ends with bitwise the same parameters
    as one that was not: the order of the data and all noise follow from the seed
    and the step, and what a model practised from the parameters that did, which are
    kept. A run that has ended, by its steps or by ``enough``, is only read.

    Several processes, joined by `jax.distributed.initialize`, train one model on the
    batches that one process would see, each on its part of every batch. All of them
    need the same windows and see the same workdir; the first one writes metrics. All
    practise alike.

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
      num_devices: devices of each process to use, all by default.
      weights: how often each window is drawn; see `lmmjax.data.windows.batches`.
      coach: lets the averaged parameters practise from time to time; see
        `lmmjax.training.practice`. How far they got from the training clips is in
        metrics.jsonl at the first step that learns from it.

    Returns:
      The model with averaged parameters.

    Raises:
      CheckpointError: the folder holds a run of another model, or the disk is full;
        the last whole checkpoint stays.
      OSError: metrics.jsonl cannot be written.
      FloatingPointError: the loss is no longer a number.
      KeyboardInterrupt: a process was asked to stop, and all have saved.
    """
    if coach is not None and not coach.config.rows(loop.batch):
        coach = None
    transform = optimizer(optimization, loop.steps)
    state = create_state(model, transform, loop.seed, practises=coach is not None)
    state = parallel.replicate(state, num_devices)
    checkpoints = Checkpoints(workdir, loop.keep)
    if checkpoints.latest_step() is not None:
        found = checkpoints.check(model)
        state = checkpoints.restore(parallel.across_processes(state, num_devices))
        state = parallel.replicate(parallel.local(state), num_devices)
        if found.get("done"):
            checkpoints.close()
            return model.replace(params=parallel.local(state.ema))
    step = int(state.step)
    update = make_step(
        model, transform, loss, optimization.ema, parallel.AXIS, loop.steps
    )
    run = parallel.parallelize(repeat(update, parallel.AXIS), num_devices)
    report = Report(workdir, loop.steps, step, loop.batch * windows.length)
    description = {**(meta or {}), "loop": dataclasses.asdict(loop)}

    def close_chunk(until: int) -> bool:
        """Evaluate and save where it is time to; whether the run is at its end.

        Metrics are read before the next practice, due at ``until``.
        """
        saving = step == loop.steps or step % loop.save_every == 0
        evaluating = evaluate is not None and (
            step == loop.steps or step % loop.evaluate_every == 0
        )
        enough_found = False
        if saving or evaluating or step == until or report.stopping:
            report.read()
        if evaluate is not None and evaluating:
            averaged = model.replace(params=parallel.local(state.ema))
            found = parallel.from_first_process(evaluate(averaged))
            report.write(step, found)
            enough_found = enough is not None and enough(found)
        if saving or report.stopping or enough_found:
            checkpoints.save(
                parallel.across_processes(state, num_devices),
                model,
                {**description, "done": enough_found},
            )
        return report.stopping or enough_found or step == loop.steps

    with contextlib.ExitStack() as exits:
        stop = exits.enter_context(StopRequest())
        for opened in (checkpoints, report):
            exits.callback(opened.close)
        ended = step >= loop.steps
        while not ended:
            practice, until = None, loop.steps
            if coach is not None:
                state, practice, until = _practise(coach, model, state, loop, report)
            read = chunks(windows, loop, step, num_devices, weights, practice, until)
            with contextlib.closing(prefetch(read)) as data:
                for last, share in report.clock.watch(data):
                    updates, asked = (
                        parallel.for_each_device(x, num_devices)
                        for x in (last - step, stop.requested)
                    )
                    state, told = run(state, Chunk(share, updates, asked))
                    step = last
                    report.add(step, told)
                    report.read(behind=1)
                    ended = close_chunk(until)
                    if ended:
                        break
    parallel.wait_for_all("the end of training")
    # Or in the last chunk, which nobody stops.
    if report.stopping or stop.requested:
        raise KeyboardInterrupt(f"stopped at step {step}; the same command goes on")
    return model.replace(params=parallel.local(state.ema))


def _practise(
    coach: Coach,
    model: MovementModel,
    state: TrainState,
    loop: LoopConfig,
    report: Report,
) -> tuple[TrainState, Practice | None, int]:
    """The state, the practice to learn from now, and the step of the next one.

    Where none is due, as in a run that goes on, the one before is made again.
    """
    step = int(state.step)
    last, until = coach.config.period(step, loop.steps)
    if last is None:
        return state, None, until
    due = last == step
    if due:
        # Copies: a step gives up every array of its state, each once.
        state = state.replace(practised=jax.tree.map(jnp.copy, state.ema))
    practising = model.replace(params=parallel.local(state.practised))
    practice = coach.practise(practising, last)
    if due:
        report.write(step + 1, practice.figures)
    return state, practice, until


def chunks(
    windows: Windows,
    loop: LoopConfig,
    start: int = 0,
    num_devices: int | None = None,
    weights: np.ndarray | None = None,
    practice: Practice | None = None,
    until: int | None = None,
) -> Iterator[tuple[int, WindowBatch]]:
    """What a run reads: the last step of every chunk, and its batches on the devices.

    Saves and evaluations are at the end of a chunk. The first chunk is one step, so
    that a first line tells soon that all is well.

    Args:
      windows: training windows.
      loop: length and rhythm.
      start: steps that have been made.
      num_devices: devices of each process to use, all by default.
      weights: how often each window is drawn.
      practice: windows that take the place of some; none by default.
      until: the last step, that of the run by default.

    Yields:
      Steps made after the chunk, and this process's part of its batches, [devices, N,
      B, ...]; N is the same for all chunks.
    """
    part = parallel.process_part()
    stream = batches(windows, loop.batch, loop.seed, start, weights, part)
    if practice is not None:
        stream = practice.mix(stream, loop.batch, start, part)
    until = loop.steps if until is None else until
    room = max(1, min(loop.inner, loop.steps))
    last = start
    while last < until:
        rhythms = (room, loop.save_every, loop.evaluate_every)
        ends = [(last // every + 1) * every for every in rhythms]
        end = min(until, *(ends if last > start else [start + 1]))
        found = list(itertools.islice(stream, end - last))
        # What fills the stack up is never looked at.
        found += found[:1] * (room - len(found))
        stack = jax.tree.map(lambda *x: np.stack(x), *found)
        yield end, parallel.split(stack, num_devices, axis=1)
        last = end
