"""The subjects protocol: forecasts, samples and rollouts of people never seen."""

import dataclasses
import hashlib
from collections.abc import Sequence

from kinematics import Motion
from lmmjax.data.catalog import DataError
from lmmjax.evaluation.calibration import Calibration, calibrate, describe
from lmmjax.evaluation.drift import fit_plausibility, judge_drift
from lmmjax.evaluation.drift_report import DriftReport
from lmmjax.evaluation.forecast import ForecastTable, forecast
from lmmjax.evaluation.rollout_fit import RolloutFit, fit_rollouts
from lmmjax.evaluation.sampler_fit import SamplerFit, fit_sampler
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler

HORIZONS_MS = (100, 200, 400)


@dataclasses.dataclass(frozen=True)
class SubjectsStudy:
    """How much is measured.

    Attributes:
      steps: steps of the sampler to choose from on the validation clips.
      samples: futures per window, 100 or more.
      windows: windows of the test that are sampled; a quarter as many of the
        validation choose the sampler.
      rollout_seconds: length of the rollouts.
      rollout_clips: test clips that are continued.
      rollouts: continuations of each.
      heed: how much it counts what they are told, see
        `lmmjax.evaluation.drift.judge_drift`; 0 where they are told nothing.
      seed: of all sampling.
    """

    steps: tuple[int, ...] = (2, 4)
    samples: int = 100
    windows: int = 256
    rollout_seconds: float = 30.0
    rollout_clips: int = 12
    rollouts: int = 2
    heed: float = 0.0
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class SubjectsReport:
    """The result of the protocol.

    Attributes:
      forecast: the one-shot forecast beside trivial ones.
      choice: how the sampler was chosen; None where it was given or nothing is held
        out to choose by.
      calibration: of the samples.
      pace: how the randomness of rollouts was chosen; None likewise.
      drift: of long rollouts.
    """

    forecast: ForecastTable
    choice: SamplerFit | None
    calibration: Calibration
    pace: RolloutFit | None
    drift: DriftReport

    def markdown(self) -> str:
        """All tables for people."""
        chosen = (
            f"Taken as it is: {describe(self.calibration.sampler)}."
            if self.choice is None
            else self.choice.markdown()
        )
        parts = {
            "Forecast of held-out motion": self.forecast.markdown(),
            "Sampler, chosen on validation clips": chosen,
            "Calibration of samples": self.calibration.markdown(),
        }
        if self.pace is not None:
            parts["Rollouts, chosen on validation clips"] = self.pace.markdown()
        parts["Drift of long rollouts"] = self.drift.markdown()
        return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts.items())


def evaluate_subjects(
    model: MovementModel,
    train: Sequence[Motion],
    validation: Sequence[Motion],
    test: Sequence[Motion],
    study: SubjectsStudy | None = None,
    sampler: Sampler | None = None,
    rollouts: Sampler | None = None,
) -> SubjectsReport:
    """Judge a model on the clips of people that it has not seen.

    The trivial forecast and what is plausible are learned from the training clips, the
    sampler is chosen on the validation clips; of the test clips nothing is chosen.

    Args:
      model: the model.
      train: clips that it was trained on.
      validation: clips to choose the sampler by; without any it is `Sampler()`.
      test: clips to report.
      study: how much is measured.
      sampler: settings that were chosen before, in place of choosing.
      rollouts: those of rollouts likewise; by default the sampler's where it is given.

    Raises:
      DataError: no clip is long enough, or a clip is in two splits.
    """
    study = study or SubjectsStudy()
    _refuse_twins(train, validation, test)
    table = forecast(model, test, HORIZONS_MS)
    choice = None
    if sampler is None and validation:
        choice = fit_sampler(
            model,
            validation,
            study.steps,
            milliseconds=HORIZONS_MS,
            samples=study.samples,
            limit=max(1, study.windows // 4),
            seed=study.seed,
        )
        sampler = choice.sampler
    sampler = sampler or Sampler()
    calibration = calibrate(
        model,
        test,
        train,
        sampler,
        HORIZONS_MS,
        study.samples,
        limit=study.windows,
        seed=study.seed,
    )
    prior = fit_plausibility(train, model.fps)
    pace = None
    if rollouts is None and choice is not None:
        pace = fit_rollouts(model, validation, prior, sampler, seed=study.seed)
        rollouts = pace.sampler
    drift = judge_drift(
        model,
        test,
        prior,
        rollouts or sampler,
        study.rollout_seconds,
        study.rollouts,
        study.rollout_clips,
        seed=study.seed,
        heed=study.heed,
    )
    return SubjectsReport(table, choice, calibration, pace, drift)


def _refuse_twins(*splits: Sequence[Motion]) -> None:
    """Refuse the same movement in two splits."""
    seen: dict[bytes, tuple[int, str]] = {}
    for number, split in enumerate(splits):
        for motion in split:
            digest = hashlib.sha256(motion.joints.tobytes())
            digest.update(motion.root_position.tobytes())
            key = digest.digest()
            other, name = seen.setdefault(key, (number, motion.name))
            if other != number:
                raise DataError(
                    f"the clips {name!r} and {motion.name!r} are the same movement in "
                    "two splits; divide the data anew"
                )
