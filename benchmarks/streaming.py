"""How fast poses stream from a model, and how late a generated person reacts.

    python -m benchmarks.streaming --commits=1,5,10 --steps=1,4
    python -m benchmarks.streaming --batches=1,1024
    python -m benchmarks.streaming --sizes=S,B,L

The model has fresh parameters: time does not depend on what they say. A step is called
as a person at a screen would have it, each result waited for. The reaction time is that
of the 99th percentile. Beside wall time stands the processor time of a step, its best
quartile, which other work on the machine disturbs less. The scan makes all of its poses
in one call. The first call includes compilation, or reading a compilation cache.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterable, Sequence

import jax
import numpy as np
from absl import app

from benchmarks import report, timing
from benchmarks.sizes import SIZES
from kinematics import Poses, Skeleton, bodies
from lmmjax.evaluation.metrics import measure_latency, reaction_time
from lmmjax.generation import Stream, StreamState
from lmmjax.model import (
    ModelConfig,
    MovementModel,
    initialize,
    num_parameters,
    unit_statistics,
)

BODIES = {"mocap31": bodies.mocap31, "cmu38": bodies.cmu38}
FPS = 30.0
HEADER = [
    "| size | parameters | body | batch | commit | steps | p50 ms | p99 ms | p99.9 ms "
    "| CPU ms | reaction ms | scan, poses/s | first call s |",
    "|" + "---|" * 13,
]

flags = report.flags_of(__name__)
_SIZES = flags.DEFINE_list("sizes", ["S"], f"Of the model: {', '.join(SIZES)}.")
_BODIES = flags.DEFINE_list("bodies", ["mocap31"], f"Of {', '.join(BODIES)}.")
_BATCHES = flags.DEFINE_list(
    "batches", None, "Streams at once; by default 1, on an accelerator also 1,024."
)
_COMMITS = flags.DEFINE_list("commits", ["1", "10"], "Poses handed out per step.")
_STEPS = flags.DEFINE_list("steps", ["4"], "Denoising steps.")
_CALLS = flags.DEFINE_integer("calls", 1000, "Timed steps.", 1)
_FRAMES = flags.DEFINE_integer("frames", 300, "Poses of a scan.", 1)


def fresh_model(config: ModelConfig, body: Skeleton) -> MovementModel:
    """A model with fresh parameters, and scales of 1."""
    statistics = unit_statistics(body, config)
    return initialize(jax.random.key(0), body, statistics, config, FPS)


def standing(stream: Stream, batch: int) -> StreamState:
    """Streams of people who have stood at rest for as long as the model looks back."""
    model = stream.model
    shape = batch, model.config.window
    rotation = np.zeros((*shape, 4), np.float32)
    rotation[..., 0] = 1.0
    context = Poses(
        np.zeros((*shape, 3), np.float32),
        rotation,
        np.zeros((*shape, model.body.num_coordinates), np.float32),
    )
    return jax.block_until_ready(stream.init(context))


class Clocked:
    """Steps of a stream, one after the other, and the processor time of each."""

    def __init__(self, stream: Stream, state: StreamState):
        """Begin at a state; nothing is compiled yet."""
        self._stream, self._state = stream, state
        self._key, self._count = jax.random.key(0), itertools.count()
        self.seconds: list[float] = []

    def __call__(self) -> Poses:
        """Make the next poses and wait for them."""
        key = jax.random.fold_in(self._key, next(self._count))
        start = time.process_time()
        poses, self._state = jax.block_until_ready(self._stream.step(self._state, key))
        self.seconds.append(time.process_time() - start)
        return poses


def row(stream: Stream, batch: int, calls: int, frames: int, rounds: int) -> list[str]:
    """Cells of the report from the batch on."""
    state = standing(stream, batch)
    step = Clocked(stream, state)
    latency = measure_latency(step, calls)
    reaction = reaction_time(latency.p99, stream.commit, stream.model.fps)

    def scan():
        jax.block_until_ready(stream.sample(state, jax.random.key(0), frames))

    seconds = timing.interleaved({"scan": scan}, rounds)["scan"]
    return [
        f"{batch:,}",
        f"{stream.commit}",
        f"{stream.steps}",
        *(f"{1e3 * x:.2f}" for x in (latency.p50, latency.p99, latency.p999)),
        f"{1e3 * np.quantile(step.seconds[-calls:], 0.25):.2f}",
        f"{1e3 * reaction:.0f}",
        f"{batch * frames / np.median(seconds):,.0f}",
        f"{latency.first:.1f}",
    ]


def table(
    models: Iterable[tuple[str, str, Callable[[], MovementModel]]],
    batches: Sequence[int],
    commits: Sequence[int],
    steps: Sequence[int],
    calls: int,
    frames: int,
    rounds: int,
) -> list[str]:
    """Rows of the report, for models by the names of their size and body."""
    rows = list(HEADER)
    for size, body, make in models:
        model = make()
        for batch, commit, count in itertools.product(batches, commits, steps):
            stream = Stream(model, commit, count)
            cells = [size, f"{num_parameters(model):,}", body]
            cells += row(stream, batch, calls, frames, rounds)
            rows.append(f"| {' | '.join(cells)} |")
    return rows


def main(arguments: list[str]) -> None:
    """Measure and print."""
    del arguments
    on_cpu = jax.default_backend() == "cpu"
    batches = _BATCHES.value or (["1"] if on_cpu else ["1", "1024"])
    models = [
        (size, body, lambda s=size, b=body: fresh_model(SIZES[s], BODIES[b]()))
        for size, body in itertools.product(_SIZES.value, _BODIES.value)
    ]
    rounds = report.ROUNDS.value
    rows = table(
        models,
        [int(n) for n in batches],
        [int(n) for n in _COMMITS.value],
        [int(n) for n in _STEPS.value],
        _CALLS.value,
        _FRAMES.value,
        rounds,
    )
    report.publish(
        [
            f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores, load "
            f"{os.getloadavg()[0]:.1f}, jax {jax.__version__}, float32, "
            f"{_CALLS.value} calls, scans of {_FRAMES.value} poses {rounds} times, "
            "median",
            "",
            *rows,
        ]
    )


if __name__ == "__main__":
    app.run(main)
