"""Practice: the model moves by itself, and is shown how to go on from where it got.

A model that has only read real poses meets its own ones when it generates, and small
faults grow until it is where nobody ever was. So from time to time during training it
moves for some seconds on its own, and every moment of that becomes a window to learn
from: what it did is the context, and what follows is what a person did who was nearest
to the same pose at the same speed, reached smoothly from where the model is. Learning
from an expert in states of the learner's own is DAgger (Ross et al. 2011,
arXiv:1011.0686); the expert is motion matching, see `lmmjax.training.moments`. Who lets
it move is `lmmjax.training.coach`.
"""

import dataclasses
import itertools
from collections.abc import Iterator

import jax
import numpy as np

from kinematics import Poses
from lmmjax.data.windows import WindowBatch, canonical
from lmmjax.training.augment import frames_needed

# What random numbers are for, beside the seed and a number.
_CHOICE = 2


@dataclasses.dataclass(frozen=True)
class PracticeConfig:
    """How a model practises.

    Attributes:
      share: of the windows of a batch that come from practice; 0 for none.
      begin: share of the training before the first practice.
      every: steps from one practice to the next.
      rollouts: how many at once.
      prompt: seconds of a clip that each goes on from, at most a whole context.
      seconds: how long each is.
      commit: poses handed out per step of a rollout, at most the model's horizon.
      steps: denoising steps.
      temperature: each rollout has one of its own between 0 and this.
      size: each is of a person taller or shorter by up to this, so that it goes where
        one leads whom the model has not seen; it is looked at on the bones of the one
        who began it.
      posture: each is of a person who holds every joint but those of the legs
        otherwise, by this in units of how different it is among poses, and who is
        looked at without that: nothing draws people whom the model has not seen to
        how those hold themselves whom it has.
      pace: each begins faster or slower than the one who began it by up to this, and
        is led on at whichever of these paces it has got to: nothing draws those who
        hurry, or dawdle, to the pace of the clips.
      switch: share of those that are told to do something else than their clip shows,
        and are led on by the nearest moments of that: of the same person where there
        are some, and else of anybody. It needs a model with labels.
      push: each is pushed about every three seconds, any way over the floor, by up to
        this many metres per second (see `lmmjax.generation.perturb`), and is led back
        from where that got it; 0 for none.
    """

    share: float = 0.0
    begin: float = 0.4
    every: int = 100
    rollouts: int = 32
    prompt: float = 0.5
    seconds: float = 15.0
    commit: int = 5
    steps: int = 2
    temperature: float = 1.0
    size: float = 0.0
    posture: float = 0.0
    pace: float = 0.0
    switch: float = 0.0
    push: float = 0.0

    def __post_init__(self):
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must be between 0 and 1; got {self.share:g}")
        if not 0 <= self.begin < 1:
            raise ValueError(f"begin must be at least 0 and below 1; got {self.begin}")
        for name in ("every", "rollouts", "commit", "steps"):
            if getattr(self, name) < 1:
                value = getattr(self, name)
                raise ValueError(f"{name} must be at least 1; got {value}")
        for name in ("prompt", "seconds"):
            if not 0 < getattr(self, name) < np.inf:
                value = getattr(self, name)
                raise ValueError(f"{name} must be above 0; got {value:g}")
        for name in ("temperature", "posture", "push"):
            if not 0 <= (value := getattr(self, name)) < np.inf:
                raise ValueError(f"{name} must be 0 or more; got {value:g}")
        for name in ("size", "pace", "switch"):
            if not 0 <= (value := getattr(self, name)) < 1:
                raise ValueError(
                    f"{name} must be at least 0 and below 1; got {value:g}"
                )

    def ahead(self, horizon: int) -> int:
        """Frames of a clip that the fastest needs for so many poses."""
        return frames_needed(1 + horizon, self.pace) - 1

    def rows(self, batch: int) -> int:
        """Windows of practice in a whole batch of so many."""
        return round(self.share * batch)

    def period(self, step: int, steps: int) -> tuple[int | None, int]:
        """Between which practices a step is.

        Args:
          step: updates made.
          steps: of the training.

        Returns:
          The steps of the newest practice, None before the first, and of the next one
          or the end of the training.
        """
        first = round(self.begin * steps)
        if step < first:
            return None, first
        last = first + (step - first) // self.every * self.every
        return last, min(last + self.every, steps)


@dataclasses.dataclass(frozen=True)
class Practice:
    """Windows of a model's own movement, R rollouts of N frames, and of the way back.

    Windows end with own poses that have a whole context of L before them.

    Attributes:
      poses: [R, G + N] the G that a rollout began with, and its own.
      future: [R, N, K] what is to follow every own pose.
      offsets: [R, J, 3] metres.
      distance: [R, N] how far the nearest moment of the training clips was from where
        the model got: root mean square over places and speeds of joints, metres.
      said: [R, S] what the clips that they began with are said to show, if anything,
        or what else was asked.
      obeys: [R] True where something else was asked.
      context: L.
      fps: frames per second.
      config: how it was made, and how much of a batch comes from here.
      seed: of the choice of its windows.
    """

    poses: Poses
    future: Poses
    offsets: np.ndarray
    distance: np.ndarray
    said: np.ndarray | None
    obeys: np.ndarray | None
    context: int
    fps: float
    config: PracticeConfig
    seed: int

    @property
    def figures(self) -> dict[str, float]:
        """What a log tells of it: the mean distance, and that of the last second."""
        return {
            "practice_distance_m": float(self.distance.mean()),
            "practice_distance_end_m": float(
                self.distance[:, -round(self.fps) :].mean()
            ),
        }

    @property
    def _given(self) -> int:
        """G, poses that a rollout began with."""
        return self.poses.joints.shape[1] - self.distance.shape[1]

    @property
    def _early(self) -> int:
        """Own poses of a rollout that come before its context is whole."""
        before = max(0, self.context - 1 - self._given)
        return min(before, self.distance.shape[1] - 1)

    def __len__(self) -> int:
        rollouts, frames = self.distance.shape
        return rollouts * (frames - self._early)

    def take(self, index: np.ndarray, length: int) -> WindowBatch:
        """The windows [B, length] of these numbers.

        L poses end with an own one, K follow, and the last is repeated. Nobody's, and
        not valid, are all but those K and the own pose that they follow.
        """
        early, context = self._early, self.context
        row, step = np.divmod(index, self.distance.shape[1] - early)
        step = step + early
        horizon = self.future.joints.shape[2]
        # Where a whole rollout is shorter than a context its first pose is repeated.
        back = self._given + step[:, None] - np.arange(context)[::-1]
        past = self.poses.at(row[:, None], np.maximum(back, 0))
        ahead = np.minimum(np.arange(length - context), horizon - 1)
        future = self.future.at(row[:, None], step[:, None], ahead)
        joined = jax.tree.map(lambda *x: np.concatenate(x, axis=1), past, future)
        valid = np.zeros((len(index), length), bool)
        valid[:, context - 1 : context + horizon] = True
        said, obeys = (x if x is None else x[row] for x in (self.said, self.obeys))
        return WindowBatch(canonical(joined), valid, self.offsets[row], said, obeys)

    def mix(
        self,
        batches: Iterator[WindowBatch],
        batch: int,
        start: int,
        part: tuple[int, int] = (0, 1),
    ) -> Iterator[WindowBatch]:
        """Batches of which the last windows are those of practice.

        Args:
          batches: one part of each, see `lmmjax.data.windows.batches`.
          batch: windows per batch, all parts together.
          start: number of the first batch; which windows it gets depends on it and on
            the seed alone, however batches are divided.
          part: which part of each batch is given.
        """
        this, parts = part
        share, rows = batch // parts, self.config.rows(batch)
        ends = share * np.array([this, this + 1]) - (batch - rows)
        first, last = np.maximum(ends, 0)
        kept = share - (last - first)
        for number in itertools.count(start):
            rng = np.random.default_rng([self.seed, number, _CHOICE])
            index = rng.integers(len(self), size=rows)[first:last]
            found = next(batches)
            own = self.take(index, found.valid.shape[1])
            yield jax.tree.map(lambda a, b: np.concatenate([a[:kept], b]), found, own)
