"""The coach: lets a model move by itself, and says how people would go on."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton
from lmmjax.data.windows import WindowBatch, Windows
from lmmjax.generation import perturb
from lmmjax.generation.intent import Intent
from lmmjax.generation.stream import Stream
from lmmjax.model import intent
from lmmjax.model.movement import MovementModel
from lmmjax.model.poses import joint_features
from lmmjax.training.augment import between, frames_needed, hold, scaled
from lmmjax.training.moments import Moments, describe
from lmmjax.training.practice import Practice, PracticeConfig
from lmmjax.training.way_back import lead_back

_lead_back = jax.jit(lead_back)
_hold = jax.jit(hold)
# What random numbers are for, beside the seed and a number.
_ROLLOUTS, _PACE, _PUSHES, _POSTURE, _SAID = 1, 3, 4, 5, 6
# Paces, evenly spaced, at which moments are looked for.
_PACES = 7
# Of every so many seconds of a rollout one push comes in, at any time.
_PUSH_SECONDS = 3.0


class _Cast(NamedTuple):
    """Who moves: R people, and how each differs from whom the clips show.

    Attributes:
      start: windows that they begin with.
      pace: [R] how much faster.
      shift: [R, D] how they hold themselves otherwise; None for no otherwise.
      blow: how they are pushed; None for not at all.
      said: [R, S] what they are said to do; None where nothing can be said.
      told: [R] which of them are told so.
      asked: action of each to be led on with, or "" for that of the clip.
    """

    start: WindowBatch
    pace: np.ndarray
    shift: np.ndarray | None
    blow: perturb.Blow | None
    said: np.ndarray | None
    told: np.ndarray
    asked: list[str]


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
        cast = self._cast(model, index, step)
        offsets = np.asarray(cast.start.offsets)
        given, own = self._move(model, cast, rng)
        joined = jax.tree.map(lambda *x: np.concatenate(x, axis=1), given, own)
        before = joined.at(slice(None), slice(self._given - 1, -1))
        frame, distance, pace = self._followed(
            model, index, offsets, cast.asked, before, own
        )
        later = np.arange(1, 1 + model.config.horizon) * pace[..., None]
        # Who is led on by somebody taller goes less far than he does.
        size = self._moments.size_at(frame, offsets[:, None])[..., None]
        future = _played(self._moments.poses.at, frame[..., None] + later)
        future = scaled(future, size[..., None])
        true = scaled(self._moments.poses.at(frame), size)
        future = _lead_back(model.body, true, own, future)
        if cast.shift is not None:
            joined = _held(model.body, joined, cast.shift[:, None])
            future = _hold(model.body, future, cast.shift[:, None, None])
        return Practice(
            joined,
            jax.tree.map(np.asarray, future),
            offsets,
            distance,
            cast.said,
            None if cast.said is None else np.array(cast.asked) != "",
            self._context,
            model.fps,
            self.config,
            self._seed,
        )

    def _cast(self, model: MovementModel, index: np.ndarray, step: int) -> _Cast:
        """Who begins with these windows [R]."""

        def random(what: int) -> np.random.Generator:
            return np.random.default_rng([self._seed, step, what])

        start = self._windows.take(index)
        pace = self._around_one(self.config.pace, random(_PACE))
        blow = self._pushes(random(_PUSHES)) if self.config.push else None
        shift = self._shifts(model, random(_POSTURE)) if self.config.posture else None
        said, told, asked = self._said(model, start, random(_SAID))
        return _Cast(start, pace, shift, blow, said, told, asked)

    def _said(
        self, model: MovementModel, start: WindowBatch, rng: np.random.Generator
    ) -> tuple[np.ndarray | None, np.ndarray, list[str]]:
        """What people are said to do, who is told, and what is asked of them."""
        count = self.config.rollouts
        told, asked = rng.uniform(size=count) < 0.5, [""] * count
        if start.said is None:
            return None, told, asked
        said = np.array(start.said, np.float32)
        for row in np.flatnonzero(rng.uniform(size=count) < self.config.switch):
            label = str(rng.choice(model.config.labels))
            said[row], told[row], asked[row] = (
                intent.said(model.config, label),
                True,
                label,
            )
        return said, told, asked

    def _around_one(self, most: float, rng: np.random.Generator) -> np.ndarray:
        """A factor [R] for each rollout."""
        drawn = 1 + most * rng.uniform(-1, 1, size=self.config.rollouts)
        return drawn.astype(np.float32)

    def _shifts(self, model: MovementModel, rng: np.random.Generator) -> np.ndarray:
        """How each who moves holds himself otherwise, [R, D]."""
        spread = joint_features(model.body, model.statistics.token_scale)
        drawn = rng.normal(size=(self.config.rollouts, len(spread)))
        return (self.config.posture * np.asarray(spread) * drawn).astype(np.float32)

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
        self, model: MovementModel, cast: _Cast, rng: np.random.Generator
    ) -> tuple[Poses, Poses]:
        """Given poses [R, G] and own ones [R, N].

        They are as on the bones and in the posture of the clips.
        """
        start, shift, blow = cast.start, cast.shift, cast.blow
        offsets = np.asarray(start.offsets)
        count = len(offsets)
        temperature = self.config.temperature * rng.uniform(size=(count, 1))
        factor = self._around_one(self.config.size, rng)[:, None, None]
        stream = Stream(
            model.with_offsets((factor * offsets)[:, None]),
            commit=self.config.commit,
            steps=self.config.steps,
            temperature=jnp.asarray(temperature, jnp.float32),
            intent=None
            if cast.said is None
            else Intent(np.where(cast.told[:, None], cast.said, 0.0)),
        )
        rows = np.arange(count)[:, None]
        at = np.minimum(
            np.arange(self._given) * cast.pace[:, None], self._windows.length - 1
        )
        given = _played(lambda frame: start.poses.at(rows, frame), at)
        key = jax.random.key(rng.integers(2**31))
        frames = max(1, round(self.config.seconds * model.fps))
        begun = given if shift is None else _held(model.body, given, shift[:, None])
        state = stream.init(scaled(begun, factor))
        if blow is None:
            own, _ = stream.sample(state, key, frames)
        else:
            # Who is taller is pushed as much further.
            blow = blow._replace(shift=factor * blow.shift)
            own, _ = perturb.sample(stream, state, key, frames, blow)
        if shift is not None:
            own = _held(model.body, own, -shift[:, None])
        return given, scaled(jax.tree.map(np.asarray, own), 1 / factor)

    def _followed(
        self,
        model: MovementModel,
        index: np.ndarray,
        offsets: np.ndarray,
        asked: list[str],
        before: Poses,
        own: Poses,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The nearest moments [R, N], their distances, and the pace to follow them at.

        Args:
          model: who moves.
          index: [R] windows that they began with.
          offsets: [R, J, 3] their bones, metres.
          asked: action of each to be led on with, or "".
          before: their poses [R, N] one frame earlier.
          own: their poses [R, N].
        """
        found = []
        for pace in self._paces:
            # A frame is as long as at that pace.
            fps = model.fps / pace
            seen = describe(model.body, offsets[:, None], before, own, fps)
            found.append(self._nearest(index, asked, np.asarray(seen)))
        frames, distances = map(np.stack, zip(*found, strict=True))
        best = np.argmin(distances, axis=0)[None]
        frame, distance = (
            np.take_along_axis(x, best, axis=0)[0] for x in (frames, distances)
        )
        return frame, distance, self._paces[best[0]]

    def _nearest(
        self, index: np.ndarray, asked: list[str], seen: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The nearest moments [R, N] of those who move, and their distances."""
        clip = self._windows.clip[index]
        frame = np.zeros(seen.shape[:2], int)
        distance = np.zeros(seen.shape[:2], np.float32)
        alike = list(zip(clip, asked, strict=True))
        for n, action in dict.fromkeys(alike):
            rows = np.array([pair == (n, action) for pair in alike])
            found = self._moments.nearest(self._windows.clips[n], seen[rows], action)
            frame[rows], distance[rows] = found
        return frame, distance


def _held(body: Skeleton, poses: Poses, shift: np.ndarray) -> Poses:
    return jax.tree.map(np.asarray, _hold(body, poses, shift))


def _played(poses_at: Callable[[np.ndarray], Poses], frame: np.ndarray) -> Poses:
    """Poses between frames, of what gives those of whole ones."""
    first, last = np.floor(frame).astype(int), np.ceil(frame).astype(int)
    share = (frame - first).astype(np.float32)
    found = between(poses_at(first), poses_at(last), share)
    return jax.tree.map(np.asarray, found)
