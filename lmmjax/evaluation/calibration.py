"""Are sampled futures as spread as the truth? Coverage, proper scores, sharpness.

Samples are positions of joints seen from the root, in the heading frame of the last
observed pose. Beside the model stands `metrics.ZeroVelocity`: nobody moves, give or
take a Gaussian per coordinate and time that was fitted on training windows.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from kinematics import Motion
from lmmjax.evaluation import metrics
from lmmjax.evaluation.samples import futures, true_places
from lmmjax.evaluation.windows import JudgedWindows, judged_frames
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler

ALPHAS = (0.5, 0.8, 0.9, 0.95)
# Training windows that the trivial forecast is fitted on.
_TRIVIAL_WINDOWS = 4096
# The mean of so many samples is compared with the one-shot forecast.
MEAN_OF = 50
# Of the interval that sharpness is the width of.
_SHARPNESS = 0.9
MODEL, TRIVIAL = "model", "trivial Gaussian"


class Interval(NamedTuple):
    """A figure with its 95 % interval over sequences.

    Attributes:
      value: the figure.
      low: lower end.
      high: upper end.
    """

    value: float
    low: float
    high: float

    def text(self, digits: int) -> str:
        """``value [low, high]`` for people."""
        value, low, high = (f"{x:.{digits}f}" for x in self)
        return f"{value} [{low}, {high}]"


@dataclasses.dataclass(frozen=True)
class CalibrationRow:
    """Calibration of one method at one horizon.

    Attributes:
      method: `MODEL` or `TRIVIAL`.
      milliseconds: the true time of the frame that is judged.
      coverage: share of true coordinates in each central interval of `ALPHAS`.
      crps: mean over coordinates, mm.
      energy: energy score of whole poses, mm.
      sharpness: mean width of the central 90 % interval, mm; narrow is good as far
        as the coverage is right.
    """

    method: str
    milliseconds: float
    coverage: tuple[Interval, ...]
    crps: Interval
    energy: Interval
    sharpness: Interval


@dataclasses.dataclass(frozen=True)
class Calibration:
    """The result of the protocol.

    Attributes:
      rows: one per method and horizon.
      crps_skill: 1 - CRPS / that of the trivial forecast, over all horizons.
      energy_skill: the same of the energy score.
      mean_ratio: joint error of the mean of 50 samples over that of the forecast.
      windows: number of windows.
      clips: number of sequences.
      samples: drawn per window.
      context: observed frames per window.
      fps: frames per second.
      seed: of the samples.
      sampler: how they were drawn.
    """

    rows: tuple[CalibrationRow, ...]
    crps_skill: Interval
    energy_skill: Interval
    mean_ratio: Interval
    windows: int
    clips: int
    samples: int
    context: int
    fps: float
    seed: int
    sampler: Sampler

    def row(self, method: str, milliseconds: float) -> CalibrationRow:
        """The row of a method at the horizon nearest to a time."""
        mine = [row for row in self.rows if row.method == method]
        return min(mine, key=lambda r: abs(r.milliseconds - milliseconds))

    def markdown(self) -> str:
        """The tables for people."""
        columns = [
            *(f"coverage of {100 * a:g} %" for a in ALPHAS),
            *("CRPS, mm", "energy score, mm", "90 % interval, mm"),
        ]
        lines = [
            "| " + " | ".join(["samples", *columns]) + " |",
            "|---" * (len(columns) + 1) + "|",
        ]
        for row in self.rows:
            cells = [
                *(Interval(*(100 * x for x in c)).text(1) for c in row.coverage),
                *(row.crps.text(2), row.energy.text(1), row.sharpness.text(1)),
            ]
            name = f"{row.method}, {row.milliseconds:.0f} ms"
            lines.append("| " + " | ".join([name, *cells]) + " |")
        return "\n".join(
            [
                *lines,
                "",
                "| figure | model | goal |",
                "|---|---|---|",
                f"| CRPS skill over the trivial Gaussian | {self.crps_skill.text(3)} "
                "| above 0 |",
                "| energy skill over the trivial Gaussian | "
                f"{self.energy_skill.text(3)} | above 0 |",
                f"| joint error, mean of {MEAN_OF} samples over one-shot forecast | "
                f"{self.mean_ratio.text(3)} | 0.98 to 1.02 |",
                "",
                f"Coordinates of joints seen from the root; {self.samples} samples for "
                f"each of {self.windows} windows of {self.clips} clips, {self.context} "
                f"frames observed at {self.fps:g} fps, seed {self.seed}; sampler: "
                f"{describe(self.sampler)}. Square brackets hold 95 % intervals over "
                "sequences. Coverage is right where it is that of its column; the "
                "trivial Gaussian was fitted on training windows.",
            ]
        )


def describe(sampler: Sampler) -> str:
    """A sampler's settings in words."""
    told = (
        f"{sampler.steps} steps, churn {float(sampler.churn):g}, temperature "
        f"{float(sampler.temperature):g}"
    )
    return f"{told}, tail {float(sampler.tail):g}" if sampler.tail else told


class Scores(NamedTuple):
    """What is found in each window, N windows and H horizons, metres.

    Attributes:
      coverage: [N, H, A] share of true coordinates inside of each interval.
      crps: [N, H] mean over coordinates.
      energy: [N, H] energy score.
      sharpness: [N, H] mean width of the 90 % interval.
    """

    coverage: np.ndarray
    crps: np.ndarray
    energy: np.ndarray
    sharpness: np.ndarray


def calibrate(
    model: MovementModel,
    motions: Sequence[Motion],
    training: Sequence[Motion],
    sampler: Sampler | None = None,
    milliseconds: Sequence[float] = (100, 200, 400),
    samples: int = 100,
    context: int = 15,
    stride: int = 5,
    limit: int | None = 256,
    seed: int = 0,
) -> Calibration:
    """Judge a model's samples on clips.

    Args:
      model: the model.
      motions: held-out clips, in the model's joint coordinates and at its rate.
      training: clips that the trivial forecast is fitted on.
      sampler: how to draw; by default as `Sampler()` does.
      milliseconds: times to judge, as in `forecast`.
      samples: futures per window, 100 or more.
      context: observed frames.
      stride: frames between windows.
      limit: judge so many windows, spread evenly.
      seed: of the samples.

    Raises:
      ValueError: no clip is long enough for a window, or too few samples.
    """
    sampler = sampler or Sampler()
    frames = judged_frames(model, milliseconds)
    windows = JudgedWindows(motions, context, max(frames), stride, limit)
    trivial = fit_trivial(model, training, frames, context, stride)
    ours, theirs, errors = [], [], []
    for found in futures(model, sampler, windows, frames, samples, seed):
        last, truth, drawn = found.last, found.truth, found.samples
        ours.append(score(drawn, truth))
        # A seed of its own for each block.
        theirs.append(_score_trivial(trivial, last, truth, samples, seed + len(ours)))
        mean = drawn[:, :MEAN_OF].mean(axis=1)
        errors.append(
            [metrics.joint_error(x, truth).mean(1) for x in (mean, found.forecast)]
        )
    scores = {MODEL: _join(ours), TRIVIAL: _join(theirs)}
    mean_error, one_shot = np.concatenate(errors, axis=1)
    rows = [
        _row(method, 1e3 * step / model.fps, scores[method], h, windows.clip)
        for method in scores
        for h, step in enumerate(frames)
    ]
    crps, energy = (
        _skill(getattr(scores[MODEL], x), getattr(scores[TRIVIAL], x), windows.clip)
        for x in ("crps", "energy")
    )
    ratio = Interval(
        float(mean_error.sum() / one_shot.sum()),
        *metrics.bootstrap_ratio_interval(mean_error, one_shot, windows.clip),
    )
    return Calibration(
        tuple(rows),
        crps,
        energy,
        ratio,
        len(windows),
        windows.clips,
        samples,
        context,
        model.fps,
        seed,
        sampler,
    )


def score(samples: np.ndarray, truth: np.ndarray) -> Scores:
    """Scores of samples [N, S, H, J, 3] of the truth [N, H, J, 3], metres."""
    low, high = metrics.central_interval(samples, _SHARPNESS)
    return Scores(
        np.stack([metrics.coverage(samples, truth, a) for a in ALPHAS], axis=-1),
        metrics.crps(samples, truth).mean(axis=(2, 3)),
        metrics.energy_score(samples, truth),
        (high - low).mean(axis=(2, 3)),
    )


def fit_trivial(
    model: MovementModel,
    training: Sequence[Motion],
    frames: Sequence[int],
    context: int,
    stride: int,
) -> metrics.ZeroVelocity:
    """The trivial forecast of the frames ahead, in the frame of `calibrate`."""
    windows = JudgedWindows(training, context, max(frames), stride, _TRIVIAL_WINDOWS)
    return metrics.fit_zero_velocity(*true_places(model, windows, frames))


def _score_trivial(
    trivial: metrics.ZeroVelocity,
    last: np.ndarray,
    truth: np.ndarray,
    samples: int,
    seed: int,
) -> Scores:
    """Scores of the trivial forecast, in closed form but for the energy score."""
    away = np.abs(truth - trivial.forecast(last))
    half = [ndtri((1 + a) / 2) * trivial.deviation for a in ALPHAS]
    width = 2 * ndtri((1 + _SHARPNESS) / 2) * trivial.deviation.mean(axis=(1, 2))
    return Scores(
        np.stack([(away <= h).mean(axis=(2, 3)) for h in half], axis=-1),
        trivial.crps(last, truth).mean(axis=(2, 3)),
        metrics.energy_score(trivial.sample(last, samples, seed), truth),
        np.broadcast_to(width, truth.shape[:2]),
    )


def _join(parts: Sequence[Scores]) -> Scores:
    return Scores(*(np.concatenate(x) for x in zip(*parts, strict=True)))


def _row(
    method: str, milliseconds: float, scores: Scores, h: int, clip: np.ndarray
) -> CalibrationRow:
    def mean(values):
        low, high = metrics.bootstrap_interval(values, clip)
        return Interval(float(values.mean()), low, high)

    return CalibrationRow(
        method,
        milliseconds,
        tuple(mean(column) for column in scores.coverage[:, h].T),
        *(mean(1e3 * x[:, h]) for x in (scores.crps, scores.energy, scores.sharpness)),
    )


def _skill(score: np.ndarray, trivial: np.ndarray, clip: np.ndarray) -> Interval:
    interval = metrics.skill_interval(score.mean(1), trivial.mean(1), clip)
    return Interval(metrics.skill(score, trivial), *interval)
