"""What a training step costs, at several sizes of the model.

    python -m benchmarks.training --sizes=S,B,L --rounds=5
    python -m benchmarks.training --processes=2

The data are procedural clips of people at 30 fps. A round is one chunk of updates as
the training loop makes them; chunks of all sizes take turns. Operations are those that
XLA counts in one update before it optimises, and the peak is what a product of large
square matrices of the same type reaches on the same devices, in the same rounds.
Waiting is the share of its time that a loop like the one of training waits for input.

With ``--processes`` a small model is trained by one process and by several, each with
a part of every batch, and the losses are compared.
"""

import dataclasses
import functools
import itertools
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import jax
import numpy as np
from absl import app

from benchmarks import report, timing
from benchmarks.sizes import SIZES
from lmmjax.data import primitives
from lmmjax.data.prefetch import prefetch
from lmmjax.data.windows import WindowBatch, Windows
from lmmjax.model import MovementModel
from lmmjax.model.movement import initialize, num_parameters
from lmmjax.training import loop as loops
from lmmjax.training import parallel
from lmmjax.training.checkpoint import quiet_logs
from lmmjax.training.fitting import fit_body, training_windows
from lmmjax.training.log import InputClock
from lmmjax.training.loop import LoopConfig
from lmmjax.training.loss import LossConfig
from lmmjax.training.state import OptimizerConfig, create_state, optimizer
from lmmjax.training.statistics import fit_statistics
from lmmjax.training.step import Chunk, Told, make_step, repeat

FPS = 30.0
CONTEXT = 32

flags = report.flags_of(__name__)
_SIZES = flags.DEFINE_list("sizes", ["S"], f"Of the model: {', '.join(SIZES)}.")
_DEVICES = flags.DEFINE_list(
    "devices", ["1"], "Numbers of devices; a CPU is divided into the largest of them."
)
_BATCH = flags.DEFINE_integer("batch", 32, "Windows per update.", 1)
_INNER = flags.DEFINE_integer("inner", 10, "Updates per chunk.", 1)
_CLIPS = flags.DEFINE_integer("clips", 24, "Clips.", 1)
_DTYPE = flags.DEFINE_enum(
    "dtype", "float32", ["float32", "bfloat16"], "Of matrix products."
)
_PROCESSES = flags.DEFINE_integer("processes", 1, "Compare one process with these.", 1)
_PROCESS = flags.DEFINE_integer("process", None, "Be this process of them.")
_FOLDER = flags.DEFINE_string("folder", "", "Of that process's run.")
_STEPS = flags.DEFINE_integer("steps", 30, "Of the runs that are compared.", 1)
_PORT = flags.DEFINE_integer("port", 0, "At which the processes meet.")


def problem(size: str, clips: int, dtype: str) -> tuple[MovementModel, Windows]:
    """A fresh model of a size, and windows to train it on."""
    config = dataclasses.replace(SIZES[size], dtype=dtype)
    motions = list(primitives.library(0, clips, FPS))
    windows = training_windows(motions, CONTEXT, config.horizon, stride=1)
    body, _ = fit_body(motions)
    numbers = fit_statistics(body, windows, config.horizon, FPS, config.components)
    return initialize(jax.random.key(0), body, numbers, config, FPS), windows


class Trainer:
    """The training of a model on some devices, a chunk of updates at a time."""

    def __init__(
        self, model: MovementModel, windows: Windows, loop: LoopConfig, num_devices: int
    ):
        """Begin a run on the first devices; nothing is compiled yet."""
        transform = optimizer(OptimizerConfig(), loop.steps)
        update = make_step(model, transform, LossConfig(), 0.999, parallel.AXIS)
        run = parallel.parallelize(repeat(update, parallel.AXIS), num_devices)
        self._state = parallel.replicate(create_state(model, transform, 0), num_devices)
        self._windows, self._loop, self._devices = windows, loop, num_devices
        self._update, self._run = update, run
        self._share = next(self.chunks())
        self.poses = loop.inner * loop.batch * windows.length

    def chunks(self) -> Iterator[WindowBatch]:
        """Input of whole chunks, on the devices."""
        made = loops.chunks(self._windows, self._loop, num_devices=self._devices)
        # The first chunks are shorter.
        return (share for _, share in itertools.islice(made, 2, None))

    def dispatch(self, share: WindowBatch) -> Told:
        """Hand a chunk to the devices, without waiting for it."""
        updates, stop = (
            parallel.for_each_device(x, self._devices)
            for x in (self._loop.inner, False)
        )
        self._state, told = self._run(self._state, Chunk(share, updates, stop))
        return told

    def chunk(self) -> None:
        """One chunk, from input that is there to its end."""
        jax.block_until_ready(self.dispatch(self._share))

    def operations(self) -> float:
        """Floating-point operations of a chunk, as XLA counts those of an update."""
        one = jax.tree.map(lambda x: x[:, 0], self._share)
        update = parallel.parallelize(self._update, self._devices)
        on_one_device = update.lower(self._state, one).cost_analysis()["flops"]
        return self._devices * self._loop.inner * on_one_device

    def waiting(self, count: int) -> float:
        """Share of the time of so many chunks that a loop waits for their input."""
        data = prefetch(itertools.islice(self.chunks(), count + 1))
        running = self.dispatch(next(data))
        clock = InputClock()
        for share in clock.watch(data):
            behind, running = running, self.dispatch(share)
            jax.block_until_ready(behind)
        jax.block_until_ready(running)
        return clock.share()


def multiplication(
    side: int, dtype: str, num_devices: int
) -> tuple[Callable[[], object], float]:
    """A product of square matrices on every device, and its operations in all."""
    a = parallel.split(np.ones((num_devices, side, side), dtype), num_devices)
    run = jax.pmap(lambda x: x[0] @ x[0], devices=parallel.local_devices(num_devices))
    return lambda: jax.block_until_ready(run(a)), 2.0 * num_devices * side**3


def table(
    sizes: Sequence[str],
    devices: Sequence[int],
    loop: LoopConfig,
    rounds: int,
    clips: int,
    dtype: str = "float32",
    side: int = 2048,
) -> list[str]:
    """Rows of the report."""
    trainers: dict[tuple[str, int], Trainer] = {}
    parameters = {}
    for size in sizes:
        model, windows = problem(size, clips, dtype)
        parameters[size] = num_parameters(model)
        for count in devices:
            trainers[size, count] = Trainer(model, windows, loop, count)
    products = {n: multiplication(side, dtype, n) for n in devices}
    times = timing.interleaved(
        {
            **{f"{size} {n}": made.chunk for (size, n), made in trainers.items()},
            **{f"product {n}": product for n, (product, _) in products.items()},
        },
        rounds,
    )
    peak = {n: products[n][1] / np.median(times[f"product {n}"]) for n in devices}
    rows = [
        "| size | parameters | devices | ms a step | poses/s | GFLOP a step | of peak "
        "| input, ms a step | waiting |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for (size, count), trainer in trainers.items():
        seconds = times[f"{size} {count}"]
        operations = trainer.operations()
        read = functools.partial(next, trainer.chunks())
        reading = timing.interleaved({"input": read}, rounds)["input"]
        rows.append(
            f"| {size} | {parameters[size]:,} | {count} "
            f"| {timing.spread(1e3 * seconds / loop.inner)} "
            f"| {trainer.poses / np.median(seconds):,.0f} "
            f"| {operations / loop.inner / 1e9:.3g} "
            f"| {operations / np.median(seconds) / peak[count]:.1%} "
            f"| {1e3 * np.median(reading) / loop.inner:.3g} "
            f"| {trainer.waiting(rounds):.2%} |"
        )
    told = ", ".join(f"{peak[n] / 1e9:,.0f} GFLOP/s on {n}" for n in devices)
    return [*rows, "", f"Peak, {side} x {side} {dtype}: {told}."]


def train(folder: Path, steps: int, clips: int) -> None:
    """A short run of the small model, in this process's part."""
    model, windows = problem("tiny", clips, "float32")
    loop = LoopConfig(steps=steps, batch=8, save_every=steps)
    loops.train(model, windows, folder, loop, LossConfig(), OptimizerConfig())


def comparison(processes: int, clips: int, steps: int) -> list[str]:
    """Losses of one process and of several that share its batches, on CPUs."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in (1, processes):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            run = Path(folder) / str(count)
            command = [
                *(sys.executable, "-m", "benchmarks.training", f"--clips={clips}"),
                *(f"--processes={count}", f"--folder={run}", f"--port={port}"),
                f"--steps={steps}",
            ]
            began = time.perf_counter()
            members = [
                subprocess.Popen([*command, f"--process={n}"]) for n in range(count)
            ]
            codes = [member.wait() for member in members]
            if any(codes):
                raise RuntimeError(f"a run of {count} processes failed; see above")
            lines = (run / "metrics.jsonl").read_text().splitlines()
            losses = {x["step"]: x["loss"] for x in map(json.loads, lines)}
            found[count] = losses, time.perf_counter() - began
    (one, alone), (several, together) = found[1], found[processes]
    return [
        f"| step | loss, 1 process | loss, {processes} processes |",
        "|---|---|---|",
        *(f"| {step} | {one[step]:.6f} | {several[step]:.6f} |" for step in one),
        "",
        f"{alone:.1f} s and {together:.1f} s, start and compilation included.",
    ]


def main(arguments: list[str]) -> None:
    """Measure and print."""
    del arguments
    if _PROCESS.value is not None:
        quiet_logs()
        jax.config.update("jax_platforms", "cpu")
        if _PROCESSES.value > 1:
            meeting = f"127.0.0.1:{_PORT.value}"
            jax.distributed.initialize(meeting, _PROCESSES.value, _PROCESS.value)
        train(Path(_FOLDER.value), _STEPS.value, _CLIPS.value)
        return
    if _PROCESSES.value > 1:
        report.publish(comparison(_PROCESSES.value, _CLIPS.value, _STEPS.value))
        return
    devices = [int(n) for n in _DEVICES.value]
    jax.config.update("jax_num_cpu_devices", max(devices))
    loop = LoopConfig(
        steps=sys.maxsize,
        batch=_BATCH.value,
        save_every=sys.maxsize,
        evaluate_every=sys.maxsize,
        inner=_INNER.value,
    )
    # On an accelerator a product must be large to keep it busy.
    side = 2048 if jax.default_backend() == "cpu" else 8192
    rounds = report.ROUNDS.value
    rows = table(_SIZES.value, devices, loop, rounds, _CLIPS.value, _DTYPE.value, side)
    report.publish(
        [
            f"{jax.devices()[0].device_kind}, jax {jax.__version__}, {_DTYPE.value}, "
            f"batches of {loop.batch} windows, chunks of {loop.inner} updates, "
            f"{rounds} rounds; medians [quartiles]",
            "",
            *rows,
        ]
    )


if __name__ == "__main__":
    app.run(main)
