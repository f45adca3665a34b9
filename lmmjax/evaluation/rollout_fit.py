"""How random long rollouts are, chosen on validation clips.

Futures that are as spread as the truth must hold what the model does not know, such as
which way somebody turns; drawn anew at every step of a rollout, that shakes the body.
So rollouts have a churn and a temperature of their own: those that come nearest to the
goals of the drift protocol, none of which is worth much without the others.
"""

import dataclasses
import itertools
from collections.abc import Sequence

from kinematics import Motion
from kinematics.priors import Prior
from lmmjax.evaluation.calibration import describe
from lmmjax.evaluation.drift import PLAUSIBLE, SKATE, SPEED, DriftStudy
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler

CHURNS = (0.0, 1.0)
# Without noise one past has one continuation, which is no choice.
TEMPERATURES = (0.25, 0.5, 0.75, 1.0)


@dataclasses.dataclass(frozen=True)
class RolloutTrial:
    """What one setting is worth on validation clips.

    Attributes:
      sampler: the setting.
      plausible: share of plausible frames.
      speed: joint speed over that of the truth.
      skate: foot skate over that of the truth; 0 where it cannot be measured.
    """

    sampler: Sampler
    plausible: float
    speed: float
    skate: float = 0.0

    @property
    def attained(self) -> float:
        """What is reached of the goal that is missed by most; 1 where all are met."""
        low, high = SPEED
        shares = [self.plausible / PLAUSIBLE, self.speed / low]
        shares += [high / self.speed] if self.speed else []
        shares += [SKATE / self.skate] if self.skate else []
        return min(1.0, *shares)


@dataclasses.dataclass(frozen=True)
class RolloutFit:
    """All settings that were tried, and the one to take.

    Attributes:
      sampler: the chosen setting.
      trials: one per setting.
      seconds: length of the rollouts.
      prompts: number of clips that they went on from.
      seed: of the sampling.
    """

    sampler: Sampler
    trials: tuple[RolloutTrial, ...]
    seconds: float
    prompts: int
    seed: int

    def markdown(self) -> str:
        """The trials for people."""
        lines = [
            "| rollouts | plausible frames | joint speed over truth "
            "| foot skate over truth | of the goals |",
            "|---|---|---|---|---|",
        ]
        for trial in self.trials:
            name = describe(trial.sampler)
            if trial.sampler == self.sampler:
                name = f"**{name}**"
            lines.append(
                f"| {name} | {trial.plausible:.3f} | {trial.speed:.2f} "
                f"| {trial.skate:.2f} | {trial.attained:.2f} |"
            )
        low, high = SPEED
        return "\n".join(
            [
                *lines,
                "",
                f"The one that comes nearest to {PLAUSIBLE:g} plausible frames, "
                f"{low:g} to {high:g} of the true speed and {SKATE:g} of the true "
                "skate, by the goal that it misses most: rollouts of "
                f"{self.seconds:g} s for each of {self.prompts} validation clips, seed "
                f"{self.seed}.",
            ]
        )


def fit_rollouts(
    model: MovementModel,
    validation: Sequence[Motion],
    prior: Prior,
    sampler: Sampler,
    churns: Sequence[float] = CHURNS,
    temperatures: Sequence[float] = TEMPERATURES,
    seconds: float = 30.0,
    limit: int | None = 8,
    commit: int = 5,
    seed: int = 0,
) -> RolloutFit:
    """Choose how random rollouts are.

    Args:
      model: the model.
      validation: clips that were neither trained on nor are of the test.
      prior: see `lmmjax.evaluation.drift.fit_plausibility`.
      sampler: all other settings.
      churns: to choose from.
      temperatures: to choose from; with 0 there is no noise, and churn is nothing.
      seconds: length of the rollouts.
      limit: continue so many clips, spread evenly.
      commit: poses handed out per step.
      seed: of the sampling.

    Raises:
      DataError: no clip is long enough for a prompt.
    """
    study = DriftStudy(model, validation, prior, limit)
    trials = []
    for churn, temperature in itertools.product(churns, temperatures):
        if not temperature and churn != churns[0]:
            continue
        tried = dataclasses.replace(
            sampler, churn=churn, temperature=temperature, tail=0.0
        )
        report = study.judge(tried, seconds, 1, commit, seed)
        trials.append(
            RolloutTrial(
                tried,
                report.figure("share of plausible frames").model.value,
                report.figure("joint speed over truth").model.value,
                report.value("foot skate over truth", 0.0),
            )
        )
    return RolloutFit(choose(trials), tuple(trials), seconds, len(study.chosen), seed)


def choose(trials: Sequence[RolloutTrial]) -> Sampler:
    """The one that attains most, and of equals the most plausible."""
    return max(trials, key=lambda trial: (trial.attained, trial.plausible)).sampler
