"""What the binaries write: pages, BVH files and reports."""

import dataclasses
import datetime
import subprocess
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from experiments import runs, samplers
from experiments.pipeline import HORIZONS_MS
from experiments.settings import SettingError
from kinematics import Motion, limits
from kinematics.formats import FormatError, bvh
from kinematics.motion import concatenate, positions
from lmmjax.data import cmu_benchmark
from lmmjax.data.catalog import DataError
from lmmjax.data.prepare import Dataset
from lmmjax.evaluation.forecast import forecast
from lmmjax.evaluation.metrics import joint_speed
from lmmjax.evaluation.protocols import SubjectsStudy, evaluate_cmu, evaluate_subjects
from lmmjax.evaluation.protocols.cmu import SEED
from lmmjax.evaluation.rollout import RolloutReport, judge_rollout
from lmmjax.generation import continue_motion
from lmmjax.generation.continuation import PromptError
from lmmjax.model import MovementModel
from lmmjax.viewer import forecast_tracks, view

# Of a test clip so much is observed before the model goes on.
_OBSERVED_SECONDS = 1.0
_SHOWN_SAMPLES = 5


def continue_and_write(
    model: MovementModel,
    motion: Motion,
    out: Path,
    at_seconds: float | None,
    seconds: float,
    samples: int,
    seed: int,
    **options,
) -> RolloutReport:
    """Continue a motion; write motion.html and a BVH file per sample.

    Args:
      model: trained model.
      motion: a clip that fits the model.
      out: folder to write to.
      at_seconds: where the observed past ends; the end of the clip by default.
      seconds: length of the continuations.
      samples: number of continuations.
      seed: of the sampling.
      **options: of the `Stream` that samples.

    Returns:
      What was found in the samples.
    """
    cut = len(motion) if at_seconds is None else round(at_seconds * model.fps) + 1
    if not 2 <= cut <= len(motion):
        raise PromptError(
            f"--at must be within the prompt, which lasts {motion.duration:.2f} s"
        )
    past, rest = motion[:cut], motion[cut:]
    found = continue_motion(model, past, seconds, samples, seed=seed, **options)
    out.mkdir(parents=True, exist_ok=True)
    truth = rest[: len(found[0])] if len(rest) > 1 else None
    view(
        forecast_tracks(past, truth, found[:_SHOWN_SAMPLES]),
        out / "motion.html",
        title=f"{motion.name}: past, future and {min(samples, _SHOWN_SAMPLES)} samples",
    )
    for n, sample in enumerate(found):
        name = "motion.bvh" if n == 0 else f"motion_{n + 1}.bvh"
        bvh.write(out / name, concatenate(past, sample))
    return judge_rollout(found, motion[: cut + len(found[0])])


def evaluate(
    model: MovementModel,
    meta: dict,
    dataset: Dataset,
    workdir: Path,
    seconds: float,
    samples: int,
    seed: int,
    study: SubjectsStudy | None = None,
) -> str:
    """The test split's figures as markdown.

    The report is written to ``<workdir>/report.md``, the continuation of one test
    clip beside it.

    Args:
      model: trained model.
      meta: what its checkpoint tells.
      dataset: that it was trained on.
      workdir: folder to write to.
      seconds: length of the continuations that are shown.
      samples: number of these.
      seed: of their sampling.
      study: what the subjects protocol measures; the forecast alone by default. The
        samplers that it chooses are written to ``<workdir>/sampler.json``.
    """
    clips = dataset["test"]
    if not clips:
        raise DataError(
            f"{dataset.name} has no test split: it takes three subjects or three "
            "files, or --set data.test_subjects=<names>"
        )
    if study is None:
        table = forecast(model, clips, HORIZONS_MS)
        figures = f"## Forecast of held-out motion\n\n{table.markdown()}"
        windows, sampler = f"{table.windows} windows", samplers.CALM
    else:
        found = evaluate_subjects(
            model,
            dataset["train"],
            dataset["validation"],
            clips,
            study,
            samplers.of(meta, samplers.FUTURES),
            samplers.of(meta, samplers.ROLLOUTS),
        )
        figures, sampler = found.markdown(), found.drift.sampler
        windows = (
            f"{found.forecast.windows} windows forecast, {found.calibration.windows} "
            "sampled"
        )
        workdir.mkdir(parents=True, exist_ok=True)
        samplers.write(workdir, found)
    clip = _liveliest(clips, seconds)
    rollout = continue_and_write(
        model,
        clip,
        workdir,
        at_seconds=min(_OBSERVED_SECONDS, clip.duration / 2),
        seconds=seconds,
        samples=samples,
        seed=seed,
        **dataclasses.asdict(sampler),
    )
    seeds = f"seed {seed}" if study is None else f"seeds {seed}, {study.seed}"
    line = provenance(dataset.name, windows, seeds)
    text = report(model, dataset, meta, figures, rollout, clip, line)
    (workdir / "report.md").write_text(text + "\n")
    return text


def evaluate_benchmark(
    model: MovementModel,
    name: str,
    folder: str,
    windows: str,
    held_out: Sequence[str] | None,
    out: Path,
) -> str:
    """The table of the CMU benchmark as markdown, also in ``<out>/cmu.md``.

    Args:
      model: trained model.
      name: what it is called in the table.
      folder: the benchmark's files.
      windows: ``all`` or ``seeded8``.
      held_out: clips of the training files that the model was not trained on, to judge
        it by; by default the benchmark's test.
      out: folder to write to.

    Raises:
      SettingError: the model is of another rate, horizon or body, or clips are too
        short for these windows.
    """
    held = None if held_out is None else cmu_benchmark.numbers(held_out)
    split = "test" if held is None else "validation"
    try:
        table = evaluate_cmu({name: model}, folder, windows, split, held)
    except (DataError, FormatError):
        raise
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from error
    line = provenance(
        f"CMU benchmark, {'test' if held is None else 'held out of train'}, "
        f"{table.fingerprint}",
        f"{windows}, {table.row(name).windows} windows",
        f"seed {SEED} of the windows" if windows == "seeded8" else "no seed",
    )
    text = f"# CMU benchmark\n\n{table.markdown()}\n\n{line}"
    out.mkdir(parents=True, exist_ok=True)
    (out / "cmu.md").write_text(text + "\n")
    return text


def provenance(data: str, windows: str, seeds: str) -> str:
    """The last line of a report: all that its figures depend on."""
    return (
        f"Provenance: data {data}; {windows}; {seeds}; commit {commit()}; "
        f"{jax.devices()[0].device_kind} ({jax.devices()[0].platform}), jax "
        f"{jax.__version__}; {datetime.date.today().isoformat()}."
    )


def _liveliest(clips: list[Motion], seconds: float) -> Motion:
    """Of the clips that last long enough to compare, the one that moves most."""
    wanted = min(seconds + _OBSERVED_SECONDS, max(m.duration for m in clips))

    def speed(motion: Motion) -> float:
        frames = round(wanted * motion.fps) + 1
        return float(joint_speed(positions(motion[:frames]), motion.fps).mean())

    return max((m for m in clips if m.duration >= wanted - 1e-6), key=speed)


def report(
    model: MovementModel,
    dataset: Dataset,
    meta: dict,
    figures: str,
    rollout: RolloutReport,
    clip: Motion,
    provenance: str,
) -> str:
    """The figures of a run, with where they come from."""
    subjects = {m.subject for m in dataset["test"]}
    apart = subjects.isdisjoint(m.subject for m in dataset["train"])
    who = ", ".join(sorted(subjects)) if apart else "also in training; split by file"
    test_joints = np.concatenate([m.joints for m in dataset["test"]])
    outside = limits.share_outside(model.body, test_joints)
    lines = [
        *dataset.summary,
        f"trained on {meta.get('dataset', 'data without a name')}",
        f"test subjects: {who}",
        "frames over a limit of the body: "
        f"{100 * meta['train_outside_file_limits']:.2f} % of training with the "
        f"limits of the files, {100 * meta['train_outside']:.2f} % of training and "
        f"{100 * outside:.2f} % of test with the fitted ones",
        f"trained with {runs.seeds(meta)}, at most {meta['loop']['steps']} steps",
    ]
    return "\n".join(
        [
            "# Report",
            "",
            figures,
            "",
            f"## Rollout of {clip.name}",
            "",
            rollout.markdown(),
            "",
            "## Data and training",
            "",
            *(f"- {line}" for line in lines),
            "",
            provenance,
        ]
    )


def commit() -> str:
    """Short name of the source's commit, or ``unknown`` outside of a checkout.

    It ends in ``-dirty`` where files have been changed since.
    """
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
