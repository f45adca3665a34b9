"""The sampler's settings, chosen on validation clips."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from kinematics import Motion
from lmmjax.evaluation import metrics
from lmmjax.evaluation.calibration import ALPHAS, describe
from lmmjax.evaluation.samples import futures
from lmmjax.evaluation.windows import JudgedWindows, judged_frames
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler

CHURNS = (0.0, 1.0)
TEMPERATURES = (0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0)
TAILS = (0.0, 0.2, 0.4)
# The CRPS is flat about its best, where coverage still changes: settings within this
# share of it are equals, and coverage decides.
TIE = 0.01
# So is coverage to this, and fewer steps cost less.
COVERAGE_TIE = 0.005


@dataclasses.dataclass(frozen=True)
class Trial:
    """What one setting is worth on validation windows.

    Attributes:
      sampler: the setting.
      crps: mean over coordinates and horizons, mm.
      coverage_error: mean distance of coverage from its nominal value, over
        intervals and horizons.
    """

    sampler: Sampler
    crps: float
    coverage_error: float


@dataclasses.dataclass(frozen=True)
class SamplerFit:
    """All settings that were tried, and the one to take.

    Attributes:
      sampler: the chosen settings.
      trials: one per setting.
      windows: number of validation windows.
      clips: number of validation clips.
      seed: of the samples.
    """

    sampler: Sampler
    trials: tuple[Trial, ...]
    windows: int
    clips: int
    seed: int

    def markdown(self) -> str:
        """The trials that are nearly the best, for people."""
        lines = [
            "| sampler | CRPS, mm | distance of coverage, % |",
            "|---|---|---|",
        ]
        for trial in equals(self.trials):
            name = describe(trial.sampler)
            if trial.sampler == self.sampler:
                name = f"**{name}**"
            error = 100 * trial.coverage_error
            lines.append(f"| {name} | {trial.crps:.3f} | {error:.1f} |")
        return "\n".join(
            [
                *lines,
                "",
                f"Of {len(self.trials)} settings these are within {100 * TIE:g} % of "
                "the best CRPS. Taken is the best coverage, or as good a one with "
                f"fewer steps: on {self.windows} windows of {self.clips} validation "
                f"clips, seed {self.seed}.",
            ]
        )


def fit_sampler(
    model: MovementModel,
    validation: Sequence[Motion],
    steps: Sequence[int] = (2, 4),
    churns: Sequence[float] = CHURNS,
    temperatures: Sequence[float] = TEMPERATURES,
    tails: Sequence[float] = TAILS,
    milliseconds: Sequence[float] = (100, 200, 400),
    samples: int = 100,
    context: int = 15,
    stride: int = 5,
    limit: int | None = 64,
    seed: int = 0,
) -> SamplerFit:
    """Choose the settings by CRPS, and by coverage among those that are as good.

    All settings see the same windows and the same noise.

    Args:
      model: the model.
      validation: clips that were neither trained on nor are of the test.
      steps: evaluations of the network to choose from; one compiled program each.
      churns: churns to choose from.
      temperatures: temperatures to choose from.
      tails: tails to choose from.
      milliseconds: times to judge, as in `forecast`.
      samples: futures per window, 100 or more.
      context: observed frames.
      stride: frames between windows.
      limit: judge so many windows, spread evenly.
      seed: of the samples.

    Raises:
      ValueError: no clip is long enough for a window, nothing to choose from, or too
        few samples.
    """
    frames = judged_frames(model, milliseconds)
    windows = JudgedWindows(validation, context, max(frames), stride, limit)
    trials = []
    noises = list(itertools.product(temperatures, tails))
    for n, churn, noise in itertools.product(steps, churns, noises):
        if n == 1 and not churn and noise != noises[0]:
            continue  # one step of the flow asks for no noise
        sampler = Sampler(n, churn, *noise)
        drawn = futures(model, sampler, windows, frames, samples, seed)
        trials.append(Trial(sampler, *_worth(drawn)))
    if not trials:
        raise ValueError("there are no settings of the sampler to choose from")
    return SamplerFit(choose(trials), tuple(trials), len(windows), windows.clips, seed)


def choose(trials: Sequence[Trial]) -> Sampler:
    """The best covered setting among those within `TIE` of the best CRPS.

    Of those that are covered as well, to `COVERAGE_TIE`, one with the fewest steps.
    """
    found = equals(trials)
    least = min(trial.coverage_error for trial in found)
    found = [x for x in found if x.coverage_error <= least + COVERAGE_TIE]
    return min(found, key=lambda x: (x.sampler.steps, x.coverage_error)).sampler


def equals(trials: Sequence[Trial]) -> list[Trial]:
    """Those within `TIE` of the best CRPS."""
    best = min(trial.crps for trial in trials)
    return [trial for trial in trials if trial.crps <= (1 + TIE) * best]


def _worth(drawn) -> tuple[float, float]:
    """Mean CRPS, mm, and mean distance of coverage from what it should be."""
    crps, inside = [], []
    for found in drawn:
        crps.append(metrics.crps(found.samples, found.truth).mean(axis=(1, 2, 3)))
        shares = [metrics.coverage(found.samples, found.truth, a) for a in ALPHAS]
        inside.append(np.stack(shares, axis=-1))
    covered = np.concatenate(inside).mean(axis=0)
    return (
        float(1e3 * np.concatenate(crps).mean()),
        float(np.abs(covered - ALPHAS).mean()),
    )
