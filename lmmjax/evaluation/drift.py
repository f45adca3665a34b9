"""The drift protocol: do half a minute of sampled movement stay what people do?

Rollouts go on from held-out clips; the truth is all held-out clips. Beside them stands
a body that stops in the last observed pose: it neither slides nor shakes, and does
nothing. No figure says much without the others.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics import Motion, priors
from kinematics.priors import Prior
from lmmjax.data.catalog import DataError
from lmmjax.evaluation import metrics
from lmmjax.evaluation.calibration import Interval
from lmmjax.evaluation.drift_measures import (
    Measures,
    find_toes,
    ground,
    mean_skate,
    mean_speed,
    measurer,
    touching,
)
from lmmjax.evaluation.drift_report import DriftFigure, DriftReport
from lmmjax.generation import continue_motion
from lmmjax.generation.intent import Intent
from lmmjax.model import MovementModel
from lmmjax.model.sampler import Sampler

# Goals: least share of plausible frames, most of the truth's foot skate, and what the
# truth's speed is multiplied with.
PLAUSIBLE, SKATE, SPEED = 0.9, 1.3, (0.7, 1.3)
# Float32 positions round lengths of bones by so much.
_ROUNDING = 1e-5
# The end of a rollout, of which drift shows first.
_END_SECONDS = 5.0
_OBSERVED_SECONDS = 1.0
_COMPONENTS = 8
# Frames of training that the prior is fitted on.
_PRIOR_FRAMES = 20_000


def fit_plausibility(training: Sequence[Motion], fps: float) -> Prior:
    """The prior that tells strange from usual, fitted on training clips.

    Of large sets every so many-th clip is taken.
    """
    frames = sum(len(m) for m in training)
    every = max(1, round(frames / _PRIOR_FRAMES))
    return priors.fit(list(training)[::every], _COMPONENTS, fps)


def judge_drift(
    model: MovementModel,
    motions: Sequence[Motion],
    prior: Prior,
    sampler: Sampler | None = None,
    seconds: float = 30.0,
    samples: int = 2,
    limit: int | None = 12,
    commit: int = 5,
    seed: int = 0,
    heed: float = 0.0,
) -> DriftReport:
    """Continue held-out clips for a long time and compare with all of them.

    Args:
      model: the model.
      motions: held-out clips, in the model's joint coordinates and at its rate.
      prior: see `fit_plausibility`.
      sampler: how to draw; by default as `Sampler()` does.
      seconds: length of the rollouts.
      samples: rollouts of a clip.
      limit: continue so many clips, spread evenly; None for all.
      commit: poses handed out per step, at most the model's horizon.
      seed: of the sampling.
      heed: where it is not 0, rollouts are told what their clip shows, as far as the
        model knows it, and this is how much that counts.

    Raises:
      DataError: no clip is long enough for a prompt.
    """
    study = DriftStudy(model, motions, prior, limit, heed)
    return study.judge(sampler, seconds, samples, commit, seed)


class DriftStudy:
    """The protocol on some clips: what is true of them is measured once."""

    def __init__(
        self,
        model: MovementModel,
        motions: Sequence[Motion],
        prior: Prior,
        limit: int | None = 12,
        heed: float = 0.0,
    ):
        """Measure the truth; see `judge_drift`."""
        self.model, self._motions, self._heed = model, motions, heed
        self._observed = round(_OBSERVED_SECONDS * model.fps) + 1
        frames = self._observed + 3
        self.long = [n for n, motion in enumerate(motions) if len(motion) >= frames]
        if not self.long:
            raise DataError(f"no clip has the {frames} frames that a rollout needs")
        self.chosen = self.long
        if limit is not None and len(self.long) > limit:
            at = np.linspace(0, len(self.long) - 1, limit).astype(int)
            self.chosen = [self.long[n] for n in at]
        toes, notes = find_toes(model)
        told = f"Rollouts are told what their clip shows, at scale {heed:g}."
        self._notes = (told, *notes) if heed else notes
        every = [np.asarray(metrics.plausibility(prior, motions[n])) for n in self.long]
        usual = metrics.usual(np.concatenate(every))
        self._measure = measurer(model, prior, usual, toes)
        self._floors = {n: ground(motions[n], toes) for n in self.long}
        self._truth = {n: self._measure(motions[n], self._floors[n]) for n in self.long}

    def judge(
        self,
        sampler: Sampler | None = None,
        seconds: float = 30.0,
        samples: int = 2,
        commit: int = 5,
        seed: int = 0,
    ) -> DriftReport:
        """Continue the chosen clips; see `judge_drift`."""
        sampler = sampler or Sampler()
        commit = min(commit, self.model.config.horizon)
        ours, still, same, clip = [], [], [], []
        for n in self.chosen:
            motion, floor = self._motions[n], self._floors[n]
            middle = (len(motion) + self._observed) // 2
            prompt = motion[middle - self._observed : middle]
            found = _rollouts(
                self.model,
                prompt,
                seconds,
                samples,
                seed + n,
                sampler,
                commit,
                self._told(motion.action, samples),
            )
            ours += [self._measure(x, floor) for x in found]
            still += [self._measure(_stopped(prompt, len(found[0])), floor)]
            alike = _alike(self._motions, n, self.long)
            same += samples * [[self._truth[m] for m in alike]]
            clip += samples * [n]
        speeds = np.array([x.speed.mean() for x in ours])
        usual_speeds = np.array([mean_speed(like) for like in same])
        truth = list(self._truth.values())
        return DriftReport(
            tuple(_figures(ours, still, truth, same, np.array(clip), self.model)),
            tuple(float(x) for x in speeds / usual_speeds),
            len(self.chosen),
            samples,
            seconds,
            len(self.long),
            self.model.fps,
            commit,
            seed,
            sampler,
            self._notes,
        )

    def _told(self, action: str, samples: int) -> Intent | None:
        """What rollouts of a clip are told."""
        config = self.model.config
        if not self._heed or action not in config.labels:
            return None
        return Intent.label(config, action, samples, scale=self._heed)


def _figures(
    ours: list[Measures],
    still: list[Measures],
    truth: list[Measures],
    same: list[list[Measures]],
    clip: np.ndarray,
    model: MovementModel,
) -> list[DriftFigure]:
    """The table, from measures of rollouts and of the true clips like each of them."""
    end = round(_END_SECONDS * model.fps)
    ones = np.ones(len(clip))

    def figure(name, goal, met, over, under, still, true):
        interval = _ratio(np.array(over), np.array(under), clip)
        passed = None if met is None else bool(met(interval.value))
        return DriftFigure(name, interval, float(still), float(true), goal, passed)

    def share(name, part, goal=f"at least {PLAUSIBLE:g}"):
        return figure(
            name,
            goal,
            lambda x: x >= PLAUSIBLE,
            [x.plausible[part].mean() for x in ours],
            ones,
            np.mean([x.plausible[part].mean() for x in still]),
            np.concatenate([x.plausible for x in truth]).mean(),
        )

    def speed(name, part):
        low, high = SPEED
        return figure(
            name,
            f"{low:g} to {high:g}",
            lambda x: low <= x <= high,
            [x.speed[part].mean() for x in ours],
            [mean_speed(like) for like in same],
            0.0,
            1.0,
        )

    within = [
        SPEED[0] <= x.speed.mean() / mean_speed(like) <= SPEED[1]
        for x, like in zip(ours, same, strict=True)
    ]
    rows = [
        share("share of plausible frames", slice(None)),
        share(f"the same in the last {_END_SECONDS:g} s", slice(-end, None)),
        speed("joint speed over truth", slice(None)),
        speed(f"the same in the last {_END_SECONDS:g} s", slice(-end, None)),
        figure(
            f"rollouts of {SPEED[0]:g} to {SPEED[1]:g} of the true speed",
            "",
            None,
            np.array(within, float),
            ones,
            0.0,
            1.0,
        ),
        figure(
            "jerk over truth",
            "",
            None,
            [x.jerk for x in ours],
            [np.mean([y.jerk for y in like]) for like in same],
            0.0,
            1.0,
        ),
    ]
    if sum(x.contacts for x in truth):
        slide = mean_skate(truth)
        rows += [
            figure(
                "foot skate over truth",
                f"at most {SKATE:g}",
                lambda x: x <= SKATE,
                [x.sliding for x in ours],
                [slide * x.contacts for x in ours],
                mean_skate(still) / slide,
                1.0,
            ),
            figure(
                "share of time that toes are on the ground",
                "",
                None,
                [x.contacts for x in ours],
                [x.chances for x in ours],
                touching(still),
                touching(truth),
            ),
        ]
    stretch, stretch_still, stretch_true = (
        max(x.stretch for x in group) for group in (ours, still, truth)
    )
    return [
        *rows,
        figure(
            "share of joint coordinates outside of their limits",
            "0",
            lambda x: x == 0,
            [x.outside for x in ours],
            ones,
            np.mean([x.outside for x in still]),
            np.mean([x.outside for x in truth]),
        ),
        DriftFigure(
            "largest bone stretch",
            Interval(stretch, stretch, stretch),
            stretch_still,
            stretch_true,
            f"0, rounded to {_ROUNDING:g}",
            stretch < _ROUNDING,
        ),
    ]


def _ratio(over: np.ndarray, under: np.ndarray, clip: np.ndarray) -> Interval:
    """Sum over sum, with its interval over clips; NaN where there is nothing."""
    if not np.sum(under) > 0:
        return Interval(*3 * [float("nan")])
    interval = metrics.bootstrap_ratio_interval(over, under, clip)
    return Interval(float(over.sum() / under.sum()), *interval)


def _rollouts(
    model: MovementModel,
    prompt: Motion,
    seconds: float,
    samples: int,
    seed: int,
    sampler: Sampler,
    commit: int,
    told: Intent | None,
) -> list[Motion]:
    return continue_motion(
        model,
        prompt,
        seconds,
        samples,
        seed,
        commit=commit,
        intent=told,
        **dataclasses.asdict(sampler),
    )


def _alike(motions: Sequence[Motion], n: int, among: Sequence[int]) -> list[int]:
    """Clips of the same action; the clip alone where actions are not known."""
    action = motions[n].action
    return [m for m in among if m == n or (action and motions[m].action == action)]


def _stopped(prompt: Motion, frames: int) -> Motion:
    """The last pose of a prompt, for some frames."""
    position, rotation, joints = (
        np.repeat(np.asarray(x)[-1:], frames, axis=0) for x in prompt.poses
    )
    return prompt.replace(root_position=position, root_rotation=rotation, joints=joints)
