"""Practice: the model moves by itself, and is shown how to go on from where it got.

A model that has only read real poses meets its own ones when it generates, and small
faults grow until it is where nobody ever was. So from time to time during training it
moves for some seconds on its own, and every moment of that becomes a window to learn
from: what it did is the context, and what follows is what a person did who was nearest
to the same pose at the same speed, reached smoothly from where the model is. Learning
from an expert in states of the learner's own is DAgger (Ross et al. 2011,
arXiv:1011.0686); the expert is motion matching, see `lmmjax.training.moments`.
"""

import dataclasses
import itertools
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses
from lmmjax.data.windows import WindowBatch, Windows, canonical
from lmmjax.generation import perturb
from lmmjax.generation.stream import Stream
from lmmjax.model.movement import MovementModel
from lmmjax.training.augment import between, frames_needed, scaled
from lmmjax.training.moments import Moments, describe
from lmmjax.training.way_back import lead_back

_lead_back = jax.jit(lead_back)
# What random numbers are for, beside the seed and a number.
_ROLLOUTS, _CHOICE, _PACE, _PUSHES = 1, 2, 3, 4
# Paces, evenly spaced, at which moments are looked for.
_PACES = 7
# Of every so many seconds of a rollout one push comes in, at any time.
_PUSH_SECONDS = 3.0


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
      pace: each begins faster or slower than the one who began it by up to this, and
        is led on at whichever of these paces it has got to: nothing draws those who
        hurry, or dawdle, to the pace of the clips.
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
    pace: float = 0.0
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
        for name in ("temperature", "push"):
            if not 0 <= (value := getattr(self, name)) < np.inf:
                raise ValueError(f"{name} must be 0 or more; got {value:g}")
        for name in ("size", "pace"):
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
      context: L.
      fps: frames per second.
      config: how it was made, and how much of a batch comes from here.
      seed: of the choice of its windows.
    """

    poses: Poses
    future: Poses
    offsets: np.ndarray
    distance: np.ndarray
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
        return WindowBatch(canonical(joined), valid, self.offsets[row])

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


class Coach:
    """Lets a model practise on the clips that it is trained on."""

    def __init__(
        self,
        windows: Windows,
        moments: Moments,
        config: PracticeConfig,
        context: int,
        horizon: int,
        weights: np.ndarray | None = None,
        seed: int = 0,
    ):
        """Choose what rollouts can begin with.

        Args:
          windows: of training, of a context and a horizon at least.
          moments: of the training clips, with what follows at any pace, see
            `PracticeConfig.ahead`.
          config: how.
          context: L, poses in a window up to the one whose future is told.
          horizon: K, poses that are told.
          weights: how often each window is drawn.
          seed: of rollouts, and of which of their windows are learned from.

        Raises:
          ValueError: a rollout's step is longer than K, a window shorter than L + K,
            or moments too near to the ends of their clips.
        """
        if config.commit > horizon:
            raise ValueError(
                f"commit must be 1 to {horizon}, the model's horizon; got "
                f"{config.commit}"
            )
        if windows.length < context + horizon:
            raise ValueError(
                f"windows of {windows.length} frames for a context of {context} and "
                f"{horizon} that follow"
            )
        if moments.ahead < (ahead := config.ahead(horizon)):
            raise ValueError(
                f"moments have {moments.ahead} frames ahead of them, {horizon} poses "
                f"at any pace need {ahead}"
            )
        self.config = config
        self._windows, self._moments = windows, moments
        self._context, self._seed = context, seed
        fps = windows.clips[0].fps
        self._given = min(context, max(1, round(config.prompt * fps)))
        chances = np.ones(len(windows)) if weights is None else np.asarray(weights)
        # Repeated poses are a start only where there are no others.
        needed = frames_needed(self._given, config.pace)
        whole = np.where(windows.frames >= needed, chances, 0.0)
        chances = whole if whole.any() else chances
        self._chances = chances / chances.sum()
        steps = np.linspace(-1, 1, _PACES) if config.pace else np.zeros(1)
        self._paces = (1 + config.pace * steps).astype(np.float32)

    def practise(self, model: MovementModel, step: int) -> Practice:
        """Let a model move, from the beginnings of some windows on.

        Every call runs the same compiled programs. The same model does the same at the
        same step.

        Args:
          model: its parameters are those that practise.
          step: updates made.
        """
        rng = np.random.default_rng([self._seed, step, _ROLLOUTS])
        index = rng.choice(len(self._windows), self.config.rollouts, p=self._chances)
        pace = self._around_one(
            self.config.pace, np.random.default_rng([self._seed, step, _PACE])
        )
        blow = None
        if self.config.push:
            blow = self._pushes(np.random.default_rng([self._seed, step, _PUSHES]))
        offsets, given, own = self._move(model, index, pace, rng, blow)
        joined = jax.tree.map(lambda *x: np.concatenate(x, axis=1), given, own)
        before = joined.at(slice(None), slice(self._given - 1, -1))
        frame, distance, pace = self._followed(model, index, offsets, before, own)
        later = np.arange(1, 1 + model.config.horizon) * pace[..., None]
        future = _played(self._moments.poses.at, frame[..., None] + later)
        true = self._moments.poses.at(frame)
        future = _lead_back(model.body, true, own, future)
        return Practice(
            joined,
            jax.tree.map(np.asarray, future),
            offsets,
            distance,
            self._context,
            model.fps,
            self.config,
            self._seed,
        )

    def _around_one(self, most: float, rng: np.random.Generator) -> np.ndarray:
        """A factor [R] for each rollout."""
        drawn = 1 + most * rng.uniform(-1, 1, size=self.config.rollouts)
        return drawn.astype(np.float32)

    def _pushes(self, rng: np.random.Generator) -> perturb.Blow:
        """When each rollout is pushed, which way, and how hard."""
        fps = self._windows.clips[0].fps
        stretches = max(1, round(self.config.seconds / _PUSH_SECONDS))
        shape = self.config.rollouts, stretches
        time = _PUSH_SECONDS * (np.arange(stretches) + rng.uniform(size=shape))
        way = rng.uniform(-np.pi, np.pi, size=shape)
        size = self.config.push * rng.uniform(size=shape)
        velocity = size[..., None] * np.stack([np.cos(way), np.sin(way)], axis=-1)
        frame = np.floor(time * fps)
        return perturb.push(velocity.astype(np.float32), frame.astype(np.float32))

    def _move(
        self,
        model: MovementModel,
        index: np.ndarray,
        pace: np.ndarray,
        rng: np.random.Generator,
        blow: perturb.Blow | None = None,
    ) -> tuple[np.ndarray, Poses, Poses]:
        """Offsets [R, J, 3], given poses [R, G] and own ones [R, N]."""
        start = self._windows.take(index)
        offsets = np.asarray(start.offsets)
        temperature = self.config.temperature * rng.uniform(size=(len(index), 1))
        factor = self._around_one(self.config.size, rng)[:, None, None]
        stream = Stream(
            model.with_offsets((factor * offsets)[:, None]),
            commit=self.config.commit,
            steps=self.config.steps,
            temperature=jnp.asarray(temperature, jnp.float32),
        )
        rows = np.arange(len(index))[:, None]
        at = np.minimum(
            np.arange(self._given) * pace[:, None], self._windows.length - 1
        )
        given = _played(lambda frame: start.poses.at(rows, frame), at)
        key = jax.random.key(rng.integers(2**31))
        frames = max(1, round(self.config.seconds * model.fps))
        state = stream.init(scaled(given, factor))
        if blow is None:
            own, _ = stream.sample(state, key, frames)
        else:
            # Who is taller is pushed as much further.
            blow = blow._replace(shift=factor * blow.shift)
            own, _ = perturb.sample(stream, state, key, frames, blow)
        return offsets, given, scaled(jax.tree.map(np.asarray, own), 1 / factor)

    def _followed(
        self,
        model: MovementModel,
        index: np.ndarray,
        offsets: np.ndarray,
        before: Poses,
        own: Poses,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The nearest moments [R, N], their distances, and the pace to follow them at.

        Args:
          model: who moves.
          index: [R] windows that they began with.
          offsets: [R, J, 3] their bones, metres.
          before: their poses [R, N] one frame earlier.
          own: their poses [R, N].
        """
        found = []
        for pace in self._paces:
            # A frame is as long as at that pace.
            fps = model.fps / pace
            seen = describe(model.body, offsets[:, None], before, own, fps)
            found.append(self._nearest(index, np.asarray(seen)))
        frames, distances = map(np.stack, zip(*found, strict=True))
        best = np.argmin(distances, axis=0)[None]
        frame, distance = (
            np.take_along_axis(x, best, axis=0)[0] for x in (frames, distances)
        )
        return frame, distance, self._paces[best[0]]

    def _nearest(
        self, index: np.ndarray, seen: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The nearest moments [R, N] of those who move, and their distances."""
        clip = self._windows.clip[index]
        frame = np.zeros(seen.shape[:2], int)
        distance = np.zeros(seen.shape[:2], np.float32)
        for n in np.unique(clip):
            rows = clip == n
            found = self._moments.nearest(self._windows.clips[n], seen[rows])
            frame[rows], distance[rows] = found
        return frame, distance


def _played(poses_at: Callable[[np.ndarray], Poses], frame: np.ndarray) -> Poses:
    """Poses between frames, of what gives those of whole ones."""
    first, last = np.floor(frame).astype(int), np.ceil(frame).astype(int)
    share = (frame - first).astype(np.float32)
    found = between(poses_at(first), poses_at(last), share)
    return jax.tree.map(np.asarray, found)
