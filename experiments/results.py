"""What the binaries write: pages, BVH files and reports."""

import datetime
import subprocess
from pathlib import Path

import jax
import numpy as np

from experiments.pipeline import HORIZONS_MS
from kinematics import Motion, limits
from kinematics.formats import bvh
from kinematics.motion import concatenate, positions
from lmmjax.data.catalog import DataError
from lmmjax.data.prepare import Dataset
from lmmjax.evaluation.forecast import ForecastTable, forecast
from lmmjax.evaluation.metrics import joint_speed
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
    temperature: float = 1.0,
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
      temperature: of the sampling.

    Returns:
      What was found in the samples.
    """
    cut = len(motion) if at_seconds is None else round(at_seconds * model.fps) + 1
    if not 2 <= cut <= len(motion):
        raise PromptError(
            f"--at must be within the prompt, which lasts {motion.duration:.2f} s"
        )
    past, rest = motion[:cut], motion[cut:]
    found = continue_motion(
        model, past, seconds, samples, seed=seed, temperature=temperature
    )
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
) -> str:
    """Forecast and rollout protocols on the test split, as markdown.

    The report is written to ``<workdir>/report.md``, the continuation of one test
    clip beside it.
    """
    clips = dataset["test"]
    if not clips:
        raise DataError(
            f"{dataset.name} has no test split: it takes three subjects or three "
            "files, or --set data.test_subjects=<names>"
        )
    table = forecast(model, clips, HORIZONS_MS)
    clip = _liveliest(clips, seconds)
    rollout = continue_and_write(
        model,
        clip,
        workdir,
        at_seconds=min(_OBSERVED_SECONDS, clip.duration / 2),
        seconds=seconds,
        samples=samples,
        seed=seed,
    )
    text = report(model, dataset, meta, table, rollout, clip)
    (workdir / "report.md").write_text(text + "\n")
    return text


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
    table: ForecastTable,
    rollout: RolloutReport,
    clip: Motion,
) -> str:
    """The figures of a run, with where they come from."""
    subjects = {m.subject for m in dataset["test"]}
    apart = subjects.isdisjoint(m.subject for m in dataset["train"])
    who = ", ".join(sorted(subjects)) if apart else "also in training; split by file"
    test_joints = np.concatenate([m.joints for m in dataset["test"]])
    outside = limits.share_outside(model.body, test_joints)
    return "\n".join(
        [
            "# Report",
            "",
            "## Forecast of held-out motion",
            "",
            table.markdown(),
            "",
            f"## Rollout of {clip.name}",
            "",
            rollout.markdown(),
            "",
            "## Provenance",
            "",
            *(f"- {line}" for line in dataset.summary),
            f"- test subjects: {who}",
            "- frames over a limit of the body: "
            f"{100 * meta['train_outside_file_limits']:.2f} % of training with the "
            f"limits of the files, {100 * meta['train_outside']:.2f} % of training and "
            f"{100 * outside:.2f} % of test with the fitted ones",
            f"- seed {meta['loop']['seed']}, at most {meta['loop']['steps']} steps",
            f"- {jax.devices()[0].device_kind} ({jax.devices()[0].platform}), "
            f"jax {jax.__version__}, commit {commit()}, "
            f"{datetime.date.today().isoformat()}",
        ]
    )


def commit() -> str:
    """Short name of the source's commit, or ``unknown`` outside of a checkout."""
    try:
        found = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip()
