"""Trains and judges every variant on every share of the clips."""

import dataclasses
import itertools
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.peers.learning import STILL
from benchmarks.symmetry.variants import Cost, cost_of, share_of, variant_of
from experiments.configs import Config
from lmmjax.data.cmu_benchmark import OBSERVED, BenchmarkClip, BenchmarkSplit
from lmmjax.data.cmu_benchmark.files import NATIVE_FPS
from lmmjax.evaluation import metrics
from lmmjax.evaluation.protocols import model_forecaster, score
from lmmjax.evaluation.samples import futures
from lmmjax.evaluation.windows import JudgedWindows, judged_frames
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler
from lmmjax.training.fitting import fit

CRPS_MS = (100, 200, 400)
SAMPLES = 50
_STRIDE = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """What one training led to.

    Attributes:
      variant: one of `VARIANTS`.
      percent: share of the training clips.
      seed: of share, parameters and order.
      clips: number of clips or parts of clips.
      lasting: how long they last, seconds.
      cost: of the network.
      seconds: of the training, without compilation; NaN where it was done before.
      errors: [A, 6] of the forecast by action and at each of `LABELS_MS`, in units of
        the benchmark.
      crps: [N] of samples by window, mm.
      sequence: [N] clip of each window.
    """

    variant: str
    percent: int
    seed: int
    clips: int
    lasting: float
    cost: Cost
    seconds: float
    errors: np.ndarray
    crps: np.ndarray
    sequence: np.ndarray


class Stopwatch:
    """Times a training from its first evaluation on, when all is compiled."""

    def __init__(self) -> None:
        """Nothing was evaluated yet."""
        self._times: list[float] = []

    def __call__(self, model: MovementModel) -> dict[str, float]:
        """In the role of an evaluation, all of which are equally many steps apart."""
        del model
        self._times.append(time.perf_counter())
        return {}

    def seconds(self, times: int) -> float:
        """Median time between two evaluations, so many times; NaN without two."""
        between = np.diff(self._times)
        return times * float(np.median(between)) if len(between) else math.nan


def train(
    clips: Sequence[BenchmarkClip], config: Config, workdir: Path
) -> tuple[MovementModel, float]:
    """A model trained on clips, and the seconds that its training took.

    Raises:
      DataError: the clips are too short.
    """
    motions = BenchmarkSplit(tuple(clips)).motions()["train"]
    watch, rounds = Stopwatch(), min(4, config.loop.steps)
    every = config.loop.steps // rounds
    loop = dataclasses.replace(
        config.loop, save_every=config.loop.steps, evaluate_every=every
    )
    model = fit(
        motions,
        workdir,
        config.model,
        config.loss,
        config.optim,
        loop,
        config.data.context,
        config.data.stride,
        evaluate=watch,
        action_weights=STILL,
    )
    return model, watch.seconds(rounds)


def judge(
    model: MovementModel, held: Sequence[BenchmarkClip], windows: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors [A, 6] of the forecast, CRPS [N] mm of samples, and their clips [N].

    Args:
      model: the model.
      held: clips to judge on.
      windows: N, how many windows to sample; fewer if there are not so many.
    """
    table = score({"model": model_forecaster(model)}, held, split="validation")
    errors = np.array([table.row("model", a).errors for a in table.actions])
    motions = BenchmarkSplit((), tuple(held)).motions()["validation"]
    frames = judged_frames(model, CRPS_MS)
    chosen = JudgedWindows(motions, OBSERVED, max(frames), _STRIDE, windows)
    found = [
        metrics.crps(x.samples, x.truth).mean(axis=(1, 2, 3))
        for x in futures(model, Sampler(), chosen, frames, SAMPLES, seed=0)
    ]
    return errors, 1e3 * np.concatenate(found), chosen.clip


def measure(
    split: BenchmarkSplit,
    config: Config,
    variants: Sequence[str],
    shares: Sequence[int],
    folder: Path,
    windows: int,
) -> Iterator[Result]:
    """Train and judge every variant on every share, one after the other.

    Args:
      split: clips to train on, and as its validation those to judge on.
      config: the recipe of the equivariant network, with the seed.
      variants: of `VARIANTS`.
      shares: percent of the training clips.
      folder: of the runs.
      windows: how many windows to sample.
    """
    seed = config.loop.seed
    for percent, variant in itertools.product(shares, variants):
        clips = share_of(split.train, percent, seed)
        chosen = variant_of(config, variant)
        # A run of another length is another run.
        name = f"{variant}_{percent}_{seed}_{config.loop.steps}"
        model, seconds = train(clips, chosen, folder / name)
        cost = cost_of(model, chosen)
        rows = sum(len(clip.rows) - 1 for clip in clips)
        judged = judge(model, split.validation, windows)
        lasting = rows / NATIVE_FPS
        yield Result(
            variant, percent, seed, len(clips), lasting, cost, seconds, *judged
        )
