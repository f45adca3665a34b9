r"""Whether a model that has seen some seconds of a person knows them better.

    python -m benchmarks.adaptation --data_dir=<folders of motion>

The clips of a held-out person are shared out. The model is adapted to the first seconds
of all parts but one and judged on that one, each part in turn, so that every clip is
judged once by a model that has not seen it. The same windows and noise are judged
before and after. Nothing is chosen on these clips.

Limits are the model's: no skeleton of these clips has narrower ones. A person's own,
of a stiff joint or a prosthesis, are taken on with `AdaptConfig.own_limits`, as far as
ranges of the same joints can tell them; the tree of joints stays, so that a limb cannot
be left out. No such person is measured here.
"""

import dataclasses
import time
from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks import report
from experiments import pipeline, program, samplers  # program sets up the cache
from experiments.results import provenance
from kinematics import Motion
from lmmjax import pretrained
from lmmjax.adaptation import AdaptConfig, adapt
from lmmjax.evaluation import metrics
from lmmjax.evaluation.samples import futures
from lmmjax.evaluation.windows import JudgedWindows, judged_frames
from lmmjax.generation.continuation import fit_to_model
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler

flags = report.flags_of(__name__)
_PRETRAINED = flags.DEFINE_string("pretrained", "human-mocap", "Name or folder.")
_DATA = flags.DEFINE_string("data_dir", None, "Folders of motion.", required=True)
_PREPARED = flags.DEFINE_string("prepared_dir", None, "Where prepared data are kept.")
_SECONDS = flags.DEFINE_list("seconds", ["5", "10", "20", "60"], "Of a person.")
_PARTS = flags.DEFINE_integer("parts", 3, "That clips are shared out to.", 2)
_SAMPLES = flags.DEFINE_integer("samples", 50, "Futures of each window.", 2)
_SEED = flags.DEFINE_integer("seed", 0, "Of noise and of learning.")

HORIZONS_MS = (100, 200, 400)
CONTEXT, STRIDE = 15, 5
HEADER = [
    "| person, seconds seen | kept | "
    + " | ".join(f"error at {ms} ms, mm" for ms in HORIZONS_MS)
    + " | CRPS, mm | error over before | CRPS over before | s |",
    "|" + "---|" * 9,
]


@dataclasses.dataclass(frozen=True)
class Judged:
    """What is found in N windows, millimetres.

    Attributes:
      error: [N, H] joint error of the forecast, seen from the root.
      crps: [N, H] of samples, mean over coordinates.
      clip: [N] number of the clip of each window.
    """

    error: np.ndarray
    crps: np.ndarray
    clip: np.ndarray


def judged(
    model: MovementModel,
    clips: Sequence[Motion],
    sampler: Sampler,
    samples: int,
    seed: int,
) -> Judged:
    """Forecasts and samples of clips.

    Raises:
      DataError: no clip is long enough for a window.
    """
    frames = judged_frames(model, HORIZONS_MS)
    windows = JudgedWindows(clips, CONTEXT, max(frames), STRIDE)
    error, crps = [], []
    for found in futures(model, sampler, windows, frames, samples, seed):
        error.append(metrics.joint_error(found.forecast, found.truth))
        crps.append(metrics.crps(found.samples, found.truth).mean((-2, -1)))
    return Judged(1e3 * np.concatenate(error), 1e3 * np.concatenate(crps), windows.clip)


def joined(parts: Sequence[Judged]) -> Judged:
    """All windows of several parts, whose clips are others."""
    before = np.cumsum([0, *(part.clip.max() + 1 for part in parts)])
    return Judged(
        np.concatenate([part.error for part in parts]),
        np.concatenate([part.crps for part in parts]),
        np.concatenate([n + p.clip for n, p in zip(before, parts, strict=False)]),
    )


def shared_out(
    clips: Sequence[Motion], parts: int
) -> Iterator[tuple[list[Motion], list[Motion]]]:
    """The clips to adapt to and those to judge by, each part being judged once."""
    for part in range(parts):
        rest = [clip for n, clip in enumerate(clips) if n % parts != part]
        yield rest, list(clips[part::parts])


def first_seconds(clips: Sequence[Motion], seconds: float) -> list[Motion]:
    """The first seconds of clips in turn; all of them where there are no more."""
    chosen, left = [], seconds
    for clip in clips:
        frames = min(len(clip), round(left * clip.fps))
        if frames < 2:
            break
        chosen.append(clip[:frames])
        left -= frames / clip.fps
    return chosen


def rows_of(
    model: MovementModel,
    clips: Sequence[Motion],
    name: str,
    seconds: Sequence[float],
    parts: int,
    sampler: Sampler,
    samples: int,
    config: AdaptConfig,
) -> list[str]:
    """Rows of the report on one person: before, and after so many seconds of them.

    Args:
      model: that has not seen the person.
      clips: of the person.
      name: of the person.
      seconds: to adapt to. Where all clips together are shorter, the row is of them.
      parts: that clips are shared out to.
      sampler: how futures are drawn.
      samples: of each window.
      config: of the adaptation.
    """
    clips = [fit_to_model(model, clip) for clip in clips]
    shares = list(shared_out(clips, parts))
    seed = config.seed
    before = joined([judged(model, test, sampler, samples, seed) for _, test in shares])
    rows = [_row(f"{name}, before", "", before, before, "")]
    there = np.mean([sum(map(len, rest)) / model.fps for rest, _ in shares])
    wanted = sorted({min(float(s), round(float(there), 1)) for s in seconds})
    for length in wanted:
        after, kept, took = [], 0, []
        for rest, test in shares:
            began = time.perf_counter()
            found = adapt(model, first_seconds(rest, length), config)
            if found.before is not None:
                took.append(time.perf_counter() - began)
            kept += found.step > 0
            after.append(judged(found.model, test, sampler, samples, seed))
        rows.append(
            _row(
                f"{name}, {length:g} s",
                f"{kept} of {parts}",
                joined(after),
                before,
                # The first one compiles.
                f"{min(took):.0f}" if took else "-",
            )
        )
    return rows


def _row(name: str, kept: str, now: Judged, before: Judged, took: str) -> str:
    cells = [_mean(x, now.clip) for x in now.error.T]
    cells += [_mean(now.crps.mean(1), now.clip)]
    pairs = (now.error, before.error), (now.crps, before.crps)
    cells += [_ratio(x.mean(1), y.mean(1), now.clip) for x, y in pairs]
    return "| " + " | ".join([name, kept, *cells, took]) + " |"


def _mean(values: np.ndarray, clip: np.ndarray) -> str:
    low, high = metrics.bootstrap_interval(values, clip)
    return f"{values.mean():.1f} [{low:.1f}, {high:.1f}]"


def _ratio(ours: np.ndarray, theirs: np.ndarray, clip: np.ndarray) -> str:
    low, high = metrics.bootstrap_ratio_interval(ours, theirs, clip)
    return f"{ours.sum() / theirs.sum():.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    """Measure and print."""
    model, meta = pretrained.load(_PRETRAINED.value)
    config = pipeline.config_of(meta)
    if _PREPARED.value:
        data = dataclasses.replace(config.data, prepared_dir=_PREPARED.value)
        config = dataclasses.replace(config, data=data)
    dataset = pipeline.load_data(config, _DATA.value)
    people: dict[str, list[Motion]] = {}
    for clip in dataset["test"]:
        people.setdefault(clip.subject, []).append(clip)
    rows = list(HEADER)
    for name, clips in sorted(people.items()):
        rows += rows_of(
            model,
            clips,
            name,
            [float(x) for x in _SECONDS.value],
            _PARTS.value,
            samplers.of(meta, samplers.FUTURES) or Sampler(),
            _SAMPLES.value,
            AdaptConfig(seed=_SEED.value),
        )
    told = f"{_PARTS.value} parts of each person's clips, {_SAMPLES.value} samples"
    rows += ["", provenance(dataset.name, told, f"seed {_SEED.value}")]
    report.publish(rows)


if __name__ == "__main__":
    program.run(main)
