r"""How much data a network saves that commutes with the mirror of the body.

    python -m benchmarks.symmetry --data_dir=<folder of the benchmark's train>

Trains the forecast of the CMU motion prediction benchmark on shares of its clips: with
a plain network, with one that sees half of all windows in the mirror, and with one
that commutes with the mirror. All have as many multiplications, steps and windows a
step, and see windows in the same order; nothing is chosen on the clips that they are
judged on.
"""

import contextlib
import dataclasses
import itertools
import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import jax
import numpy as np

from benchmarks import report
from benchmarks.peers.learning import STILL
from experiments import program  # first: it sets up the compilation cache
from experiments.configs import CONFIGS, Config
from experiments.results import provenance
from experiments.settings import SettingError
from lmmjax.data.cmu_benchmark import (
    OBSERVED,
    PREDICTED,
    BenchmarkClip,
    BenchmarkSplit,
    fingerprint,
    hold_out,
    numbers,
    read_part,
)
from lmmjax.data.cmu_benchmark.files import NATIVE_FPS, STEP
from lmmjax.evaluation import metrics
from lmmjax.evaluation.calibration import Interval, describe
from lmmjax.evaluation.protocols import model_forecaster, score
from lmmjax.evaluation.protocols.table import LABELS_MS
from lmmjax.evaluation.samples import futures
from lmmjax.evaluation.windows import JudgedWindows, judged_frames
from lmmjax.model import ModelConfig, MovementModel, num_parameters
from lmmjax.model.sampler import Sampler
from lmmjax.training.fitting import fit

VARIANTS = ("none", "augmentation", "equivariant")
# Half of the windows in the mirror: either image is as frequent.
_MIRRORED = 0.5
# How wide a plain network is, for one that keeps two parities apart and so has half of
# the weights. Between layers of its own this would be the root of a half; inputs and
# outputs are as wide as ever.
_NARROWER = 0.645
# Rows of the shortest part of a clip: a T-pose, and a window of both halves.
LEAST_ROWS = STEP * (OBSERVED + PREDICTED) + 1
CRPS_MS = (100, 200, 400)
_SAMPLES = 50
_STRIDE = 5

flags = report.flags_of(__name__)
_DATA = flags.DEFINE_string(
    "data_dir", None, "Folder that the benchmark's train is in.", required=True
)
_STEPS = flags.DEFINE_integer("steps", 600, "Of each training.", 1)
_SHARES = flags.DEFINE_list(
    "shares", ["100", "50", "25", "10"], "Percent of the training clips."
)
_SEEDS = flags.DEFINE_multi_integer(
    "seeds", [0], "Of shares, parameters and order, each with a flag of its own."
)
_VARIANTS = flags.DEFINE_list("variants", list(VARIANTS), "What to train.")
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "Folder of the runs; a temporary one by default."
)
_WINDOWS = flags.DEFINE_integer("windows", 100, "Windows that are sampled.", 1)


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
    cost: "Cost"
    seconds: float
    errors: np.ndarray
    crps: np.ndarray
    sequence: np.ndarray


@dataclasses.dataclass(frozen=True)
class Cost:
    """What a network costs.

    Attributes:
      width: channels of the backbone.
      head_width: channels of the head.
      parameters: that are trained.
      products: multiplications by weights in one pass over a training window.
    """

    width: int
    head_width: int
    parameters: int
    products: int


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


def plain(config: ModelConfig) -> ModelConfig:
    """A plain network with about as many multiplications as an equivariant one."""
    return dataclasses.replace(
        config,
        equivariant=False,
        width=_multiple(_NARROWER * config.width, 2 * config.heads),
        head_width=_multiple(_NARROWER * config.head_width, 8),
    )


def variant_of(config: Config, name: str) -> Config:
    """The recipe, of an equivariant network, as one of `VARIANTS`.

    Raises:
      SettingError: there is no such variant.
    """
    if name not in VARIANTS:
        raise SettingError(f"no variant {name!r}; --variants are {', '.join(VARIANTS)}")
    equivariant = name == "equivariant"
    mirror = _MIRRORED if name == "augmentation" else 0.0
    return dataclasses.replace(
        config,
        model=config.model if equivariant else plain(config.model),
        loss=dataclasses.replace(config.loss, mirror=mirror),
    )


def share_of(
    clips: Sequence[BenchmarkClip], percent: int, seed: int
) -> list[BenchmarkClip]:
    """Part of the clips, as large in every action; larger parts hold smaller ones.

    Of each action so many percent of its clips, in a random order. Of a clip that is
    not wholly among them there is the beginning, of `LEAST_ROWS` or more.

    Args:
      clips: all training clips.
      percent: 1 to 100.
      seed: of the order.
    """
    rng = np.random.default_rng(seed)
    kept = []
    for action in dict.fromkeys(clip.action for clip in clips):
        own = [clip for clip in clips if clip.action == action]
        left = percent * len(own)
        for number in rng.permutation(len(own)):
            if left <= 0:
                break
            rows = own[number].rows
            count = max(-(-min(left, 100) * len(rows) // 100), LEAST_ROWS)
            kept.append(dataclasses.replace(own[number], rows=rows[:count]))
            left -= 100
    return kept


def products(model: MovementModel, context: int, draws: int) -> int:
    """Multiplications by weights in one pass over a window.

    Args:
      model: the model.
      context: poses, at each of which the backbone is applied.
      draws: how often the head is.
    """
    found = 0
    for path, leaf in jax.tree_util.tree_leaves_with_path(model.params):
        part, *_, last = (str(key.key) for key in path)
        if last == "kernel":
            found += (draws if part == "head" else context) * leaf.size
    return found


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
        for x in futures(model, Sampler(), chosen, frames, _SAMPLES, seed=0)
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
        cost = Cost(
            chosen.model.width,
            chosen.model.head_width,
            num_parameters(model),
            products(model, OBSERVED, config.loss.places * config.loss.draws),
        )
        rows = sum(len(clip.rows) - 1 for clip in clips)
        judged = judge(model, split.validation, windows)
        lasting = rows / NATIVE_FPS
        yield Result(
            variant, percent, seed, len(clips), lasting, cost, seconds, *judged
        )


HEADER = [
    "| mirror | clips, % | clips | s | seed | "
    + " | ".join(f"{label}" for label in LABELS_MS)
    + " | mean | CRPS, mm |",
    "|---" * (len(LABELS_MS) + 7) + "|",
]


def row(result: Result) -> str:
    """A row of the table under `HEADER`."""
    errors = result.errors.mean(axis=1)
    cells = [
        *(result.variant, str(result.percent), str(result.clips)),
        *(f"{result.lasting:.0f}", str(result.seed)),
        *(f"{x:.1f}" for x in result.errors.mean(axis=0)),
        _mean(errors, np.arange(len(errors))).text(1),
        _mean(result.crps, result.sequence).text(2),
    ]
    return f"| {' | '.join(cells)} |"


def costs(results: Sequence[Result]) -> list[str]:
    """Rows of what each variant's training cost, the median of all runs."""
    rows = [
        "| mirror | width, of the head | parameters | products a window | s |",
        "|---|---|---|---|---|",
    ]
    for variant in dict.fromkeys(result.variant for result in results):
        own = [result for result in results if result.variant == variant]
        cost, timed = own[0].cost, [r.seconds for r in own if math.isfinite(r.seconds)]
        seconds = f"{np.median(timed):.0f}" if timed else "-"
        rows.append(
            f"| {variant} | {cost.width}, {cost.head_width} | {cost.parameters:,} "
            f"| {cost.products:,} | {seconds} |"
        )
    return rows


def ratios(
    ours: Sequence[Result], theirs: Sequence[Result]
) -> tuple[Interval, Interval]:
    """Mean error, and CRPS, of results over those of others with the same seeds.

    Args:
      ours: one result per seed.
      theirs: the same seeds in the same order, judged on the same windows.
    """
    count = len(ours[0].errors)
    own, other = (np.concatenate([r.errors.mean(1) for r in x]) for x in (ours, theirs))
    error = _ratio(own, other, np.tile(np.arange(count), len(ours)))
    own, other = (np.concatenate([r.crps for r in x]) for x in (ours, theirs))
    return error, _ratio(own, other, np.concatenate([r.sequence for r in ours]))


def comparisons(results: Sequence[Result]) -> list[str]:
    """Rows of how the equivariant network compares with each other variant.

    On the same clips, and on half of them where there is such a share.
    """
    cells: dict[tuple[str, int], list[Result]] = {}
    for result in results:
        cells.setdefault((result.variant, result.percent), []).append(result)
    rows = [
        "| equivariant, clips, % | against, clips, % | error, times | CRPS, times |",
        "|---|---|---|---|",
    ]
    for (variant, percent), theirs in cells.items():
        for share in (percent, percent / 2):
            ours = cells.get(("equivariant", int(share)))
            if variant == "equivariant" or ours is None or share % 1:
                continue
            error, crps = ratios(ours, theirs)
            rows.append(
                f"| {share:g} | {variant}, {percent} | {error.text(3)} "
                f"| {crps.text(3)} |"
            )
    return rows


def main() -> None:
    """Train, judge and print."""
    shares = _percents(_SHARES.value)
    for name in _VARIANTS.value:
        variant_of(CONFIGS["cmu38"], name)
    base = CONFIGS["cmu38"]
    held = numbers(base.data.held_out)
    split = hold_out(read_part(_DATA.value, "train"), held)
    results: list[Result] = []
    print("\n".join(HEADER), flush=True)
    with _folder(_WORKDIR.value) as folder:
        for seed in _SEEDS.value:
            loop = dataclasses.replace(base.loop, seed=seed, steps=_STEPS.value)
            found = measure(
                split,
                dataclasses.replace(base, loop=loop),
                _VARIANTS.value,
                shares,
                folder,
                _WINDOWS.value,
            )
            for result in found:
                # At once: a run that is stopped has not been for nothing.
                print(row(result), flush=True)
                results.append(result)
    still = score({}, split.validation, split="validation").row("zero velocity")
    report.publish(
        [
            "Errors in units of the benchmark at its labels in ms, averaged over "
            f"{still.sequences} actions; CRPS over coordinates of joints at "
            f"{', '.join(map(str, CRPS_MS))} ms, sampler: {describe(Sampler())}, "
            f"{_SAMPLES} samples. Square brackets hold 95 % intervals over sequences. "
            f"Where nobody moves the mean error is {np.mean(still.errors):.1f}.",
            "",
            *HEADER,
            *map(row, results),
            "",
            "Below 1 the equivariant network is better:",
            "",
            *comparisons(results),
            "",
            f"Training of {_STEPS.value} steps, without compilation:",
            "",
            *costs(results),
            "",
            provenance(
                f"CMU benchmark, trained on {fingerprint(split.train)}, judged on "
                f"{fingerprint(split.validation)} ({', '.join(base.data.held_out)})",
                f"{_STEPS.value} steps of {base.loop.batch} windows, all "
                f"{still.windows} windows forecast and {len(results[0].crps)} sampled",
                f"seeds {', '.join(map(str, _SEEDS.value))}",
            ),
        ]
    )


def _percents(texts: Sequence[str]) -> list[int]:
    """Shares that a flag names.

    Raises:
      SettingError: one is no whole number of 1 to 100, or there is none.
    """
    if not texts or not all(x.isdecimal() and 1 <= int(x) <= 100 for x in texts):
        raise SettingError(f"--shares={','.join(texts)} must be percents of 1 to 100")
    return [int(x) for x in texts]


@contextlib.contextmanager
def _folder(name: str | None) -> Iterator[Path]:
    """The folder of this name, or a temporary one."""
    if name is not None:
        yield Path(name)
        return
    with tempfile.TemporaryDirectory() as temporary:
        yield Path(temporary)


def _multiple(value: float, of: int) -> int:
    """The multiple that is nearest to a value, but not 0."""
    return of * max(round(value / of), 1)


def _mean(values: np.ndarray, groups: np.ndarray) -> Interval:
    """Mean of values [N] with its interval over groups [N]."""
    return Interval(float(values.mean()), *metrics.bootstrap_interval(values, groups))


def _ratio(over: np.ndarray, under: np.ndarray, groups: np.ndarray) -> Interval:
    """Ratio of the means of values [N] with its interval over groups [N]."""
    interval = metrics.bootstrap_ratio_interval(over, under, groups)
    return Interval(float(over.sum() / under.sum()), *interval)


if __name__ == "__main__":
    program.run(main)
