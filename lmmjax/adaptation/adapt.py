"""Adapting a model to one person, from the motion to the parameters that are kept."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics import Motion, limits
from lmmjax.adaptation import judge, learning, reading
from lmmjax.adaptation.hold_back import hold_back, windows
from lmmjax.adaptation.judge import Score
from lmmjax.data.catalog import DataError
from lmmjax.generation.continuation import fit_to_model
from lmmjax.model.movement import MovementModel


@dataclasses.dataclass(frozen=True)
class AdaptConfig:
    """How a model is adapted.

    Attributes:
      steps: updates in all, rounded up to a multiple of ``every``.
      every: updates between two looks at what is held back.
      batch: moments per update.
      draws: noise levels of each, that of the forecast included.
      learning_rate: at its peak, after a tenth of the updates; it ends at 0.
      context: most observed poses before a moment.
      context_noise: largest scale of the noise on these in a second reading, see
        `lmmjax.training.loss.LossConfig`.
      early: how much more the first poses of a forecast count, likewise.
      held_back: share of the motion that is not learned from.
      own_limits: whether the body takes on limits of the motions' own skeletons, where
        they are narrower than the model's and hold the motions
        (`kinematics.limits.own_limits`): those of a joint that is stiff, or of a
        prosthesis. The tree of joints stays: a limb that is not there cannot be left
        out, and limits on one side only end the symmetry of what is emitted. By
        default limits are the model's.
      seed: of order and noise.
    """

    steps: int = 150
    every: int = 10
    batch: int = 128
    draws: int = 3
    learning_rate: float = 5e-4
    context: int = 32
    context_noise: float = 1.0
    early: float = 0.5
    held_back: float = 0.25
    own_limits: bool = False
    seed: int = 0

    def __post_init__(self):
        for name, least in (
            *(("steps", 1), ("every", 1), ("batch", 1), ("draws", 2)),
            ("context", 2 * (learning.SEEN + 1)),
        ):
            if (value := getattr(self, name)) < least:
                raise ValueError(f"{name} must be at least {least}; got {value}")
        if not 0 < self.held_back < 1:
            value = self.held_back
            raise ValueError(f"held_back must be between 0 and 1; got {value:g}")
        if not 0 < self.learning_rate < np.inf:
            value = self.learning_rate
            raise ValueError(f"learning_rate must be above 0; got {value:g}")


@dataclasses.dataclass(frozen=True)
class Adapted:
    """An adapted model, and whether it is any better.

    Attributes:
      model: on the bones of the longest clip. Its parameters are those that it had
        where nothing was gained.
      before: score of the held-back motion with the parameters as they were.
      after: with those of ``model``; neither part is ever more than before. Both None
        where nothing could be held back.
      step: updates behind the parameters; 0 where they are as they were.
      learned_seconds: of motion that was learned from.
      held_seconds: of motion that was held back.
      reason: why the parameters are as they were; "" where they are not.
    """

    model: MovementModel
    before: Score | None
    after: Score | None
    step: int
    learned_seconds: float
    held_seconds: float
    reason: str = ""


def adapt(
    model: MovementModel,
    motions: Sequence[Motion],
    config: AdaptConfig | None = None,
) -> Adapted:
    """Adapt a model to one person.

    Args:
      model: a trained model.
      motions: clips of the person on their own bones, in any joint coordinates of the
        model's tree of joints and at any rate. Whole clips are held back where there
        are several, else the last part of the only one.
      config: how.

    Returns:
      The adapted model and its scores. With too little motion to hold some back, only
      the body is adapted.

    Raises:
      PromptError: a motion is of another skeleton.
      DataError: there is no motion, or a number in it is missing.
    """
    config = config or AdaptConfig()
    clips = _clips(model, motions)
    if config.own_limits:
        model = model.replace(body=limits.own_limits(model.body, motions))
    model = model.with_offsets(max(clips, key=len).skeleton.offsets)
    size = config.context, model.config.horizon
    learned, held = hold_back(clips, *size, config.held_back)
    learned_s, held_s = (sum(map(len, x)) / model.fps for x in (learned, held))
    if not held:
        reason = (
            f"{learned_s:.1f} s of motion in {len(clips)} clips are too little to hold "
            "some back"
        )
        return Adapted(model, None, None, 0, learned_s, held_s, reason)

    early, seed = config.early, config.seed
    # The first half of a window is the second half of the one before.
    first = config.context // 2 - 1
    judged = reading.read(model, windows(held, *size), first, 0.0, seed)
    before = best = judge.score(model, judged, early, seed)
    lesson = learning.lessons(
        model, windows(learned, *size), config.context_noise, seed
    )
    rates = learning.rates(config.learning_rate, config.steps, config.every)
    step, chosen = 0, model.params
    for number, params in learning.learn(
        model, lesson, rates, config.batch, config.draws, early, seed
    ):
        found = judge.score(model.replace(params=params), judged, early, seed)
        if found.loss < best.loss and found.error_m <= before.error_m:
            best, step, chosen = found, number, params
    model = model.replace(params=chosen)
    reason = "" if step else "the motion that was held back is told no better"
    return Adapted(model, before, best, step, learned_s, held_s, reason)


def _clips(model: MovementModel, motions: Sequence[Motion]) -> list[Motion]:
    """The motions in the model's coordinates and at its rate, with nothing missing."""
    if not motions:
        raise DataError("there is no motion to adapt to")
    clips = [fit_to_model(model, motion).numpy() for motion in motions]
    for clip in clips:
        if not all(np.isfinite(x).all() for x in (*clip.poses, clip.skeleton.offsets)):
            raise DataError(f"{clip.name or 'a motion'}: numbers are missing (NaN)")
    return clips
