"""A character that is pushed, led and prompted while it moves.

    character = Character.start(stream, prompt, seed=0)
    poses, character = character.step()
    poses, character = character.push("left", 1.0).step()

It knows nothing of time or screens: what is shown when is its caller's. The model
observes what is shown and nothing else, whoever made it: itself, a push, or a prompt
that is played. So one step follows from the other without a jump, limits hold, and
bones keep their lengths.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Poses, Skeleton, rotations
from lmmjax.generation import guidance
from lmmjax.generation.continuation import PromptError, fit_to_model
from lmmjax.generation.intent import Intent
from lmmjax.generation.stream import Stream, StreamState
from lmmjax.model import poses as poses_of
from lmmjax.model.movement import MovementModel

Array = jax.Array | np.ndarray

# Where a push goes, seen by who is pushed: ahead and to the left.
DIRECTIONS = {
    "left": (0.0, 1.0),
    "right": (0.0, -1.0),
    "forward": (1.0, 0.0),
    "back": (-1.0, 0.0),
}
# Seconds that a push takes, and in which a prompt takes over.
PUSH_SECONDS, BLEND_SECONDS = 0.15, 0.3
# Seconds in which a hand may come to its goal, and for which a goal is followed in all.
SOONEST, LATEST, GOAL_SECONDS = 0.2, 2.0, 3.0


class Push(NamedTuple):
    """What is left of a push.

    Attributes:
      velocity: [3] of the world, m/s.
      frames: for how many more poses.
    """

    velocity: np.ndarray
    frames: int


class Goal(NamedTuple):
    """Where a joint is to be.

    Attributes:
      joint: its name.
      place: [3] metres.
      due: number of the pose by which.
      end: number of the pose after which it is given up.
      wish: the way there, as it was planned last.
    """

    joint: str
    place: np.ndarray
    due: int
    end: int
    wish: guidance.Track


@dataclasses.dataclass(frozen=True)
class Character:
    """One character, as it is after the poses that were shown of it.

    Attributes:
      stream: how it moves; of one body, without a guide.
      guide: that it stays on its feet, if it has any; a goal is wished beside that.
      state: of the stream, batch 1.
      key: of all of its noise.
      frame: number of the newest pose.
      recent: poses [2], the newest ones.
      script: poses [N] that are played before the model goes on.
      goal: what is wished, if anything.
      push: what carries it along, if anything.
    """

    stream: Stream
    guide: guidance.Guide
    state: StreamState
    key: jax.Array
    frame: int
    recent: Poses
    script: Poses
    goal: Goal | None = None
    push_left: Push | None = None

    @classmethod
    def start(cls, stream: Stream, prompt: Poses, seed: int = 0) -> "Character":
        """A character that begins with a prompt.

        Args:
          stream: how it moves.
          prompt: poses [N], see `prompt_of`.
          seed: of its noise; with the same orders it moves the same way again.

        Raises:
          PromptError: the prompt is too short.
        """
        _check(stream.model, prompt)
        first = prompt.at(slice(1))
        return cls(
            stream,
            guidance.Guide.to(
                stream.model, *guidance.feet_stand(stream.model, stream.commit)
            ),
            stream.init(_batched(first)),
            jax.random.key(seed),
            0,
            prompt.at(np.array([0, 0])),
            prompt.at(slice(1, None)),
        )

    @property
    def body(self) -> Skeleton:
        """Who moves."""
        return self.stream.model.body

    @property
    def fps(self) -> float:
        """Poses per second."""
        return self.stream.model.fps

    def step(self) -> tuple[Poses, "Character"]:
        """The next poses [n], n at most the stream's ``commit``, and what is then."""
        count = self.stream.commit
        if len(self.script.joints):
            poses = self.script.at(slice(count))
            if self.push_left:
                poses = _carried(poses, self.push_left, self.fps)
            return poses, self.shown(poses)
        stream = dataclasses.replace(self.stream, guide=self._guide())
        key = jax.random.fold_in(self.key, self.frame)
        drawn, state = stream.step(self.state, key)
        poses = Poses(*(np.asarray(x[0]) for x in drawn))
        if self.push_left:
            poses = _carried(poses, self.push_left, self.fps)
            return poses, self.shown(poses)
        return poses, self._after(poses, state)

    def shown(self, poses: Poses) -> "Character":
        """What is when only the first n poses of a step have been shown.

        Args:
          poses: [n] of them, n >= 1.
        """
        state, count = self.state, len(poses.joints)
        # Two shapes alone, so that no number of poses compiles anything.
        size = count if count == self.stream.commit else 1
        for start in range(0, count, size):
            part = poses.at(slice(start, start + size))
            state = self.stream.observe(state, _batched(part))
        return self._after(poses, state)

    def push(self, direction: str, speed: float) -> "Character":
        """Someone pushes it: for `PUSH_SECONDS` it is carried along.

        Args:
          direction: of `DIRECTIONS`, seen by the character.
          speed: m/s that its root gains.

        Raises:
          ValueError: there is no such direction, or the speed is not finite.
        """
        if direction not in DIRECTIONS:
            raise ValueError(
                f"no direction {direction!r}; there are {', '.join(DIRECTIONS)}"
            )
        if not np.isfinite(speed):
            raise ValueError(f"a push needs a finite speed; got {speed}")
        ahead, left = DIRECTIONS[direction]
        yaw = _heading(self.recent.root_rotation[-1])
        velocity = np.array(
            [
                ahead * np.cos(yaw) - left * np.sin(yaw),
                ahead * np.sin(yaw) + left * np.cos(yaw),
                0.0,
            ]
        )
        frames = max(1, round(PUSH_SECONDS * self.fps))
        return self._replace(push_left=Push(speed * velocity, frames))

    def reach(
        self, joint: str, place: Sequence[float] | np.ndarray, seconds: float
    ) -> "Character":
        """A joint is to be at a place in some time, and to stay there for a while.

        What is left of a prompt is not played.

        Args:
          joint: its name.
          place: [3] metres.
          seconds: until then, from `SOONEST` to `LATEST`; others are taken as the
            nearer of these.

        Raises:
          ValueError: there is no such joint, or the place is not finite.
        """
        place = np.asarray(place, np.float32)
        if place.shape != (3,) or not np.isfinite(place).all():
            raise ValueError(f"a goal is three finite numbers; got {place}")
        frames = round(float(np.clip(seconds, SOONEST, LATEST)) * self.fps)
        wish = self._way(joint, place, frames)
        total = round(GOAL_SECONDS * self.fps)
        goal = Goal(joint, place, self.frame + frames, self.frame + total, wish)
        return self._replace(goal=goal, script=self.script.at(slice(0)))

    def release(self) -> "Character":
        """Nothing is wished any more."""
        return self._replace(goal=None)

    def prompt(self, prompt: Poses) -> "Character":
        """Another prompt is played from here on, and the model then continues it.

        It begins where the character stands and faces. What differs between its first
        pose and the newest one, and between their velocities, fades within
        `BLEND_SECONDS` (Bollo 2018, "Inertialization"). A goal is given up.

        Args:
          prompt: poses [N], see `prompt_of`.

        Raises:
          PromptError: the prompt is too short.
        """
        _check(self.stream.model, prompt)
        prompt = _placed(prompt, self.recent.at(-1))
        count = _blend_frames(self.fps)
        begin = _blend(self.body, self.recent, prompt.at(slice(count + 1)))
        script = Poses(
            *(
                np.concatenate([np.asarray(a), b[count + 1 :]])
                for a, b in zip(begin, prompt, strict=True)
            )
        )
        return self._replace(script=script, goal=None)

    def tell(self, label: str) -> "Character":
        """It is told what to do from here on, until it is told something else.

        Args:
          label: of those that the model knows; "" for nothing.

        Raises:
          ValueError: the model does not know it.
        """
        config = self.stream.model.config
        told = Intent.label(config, label)
        if not told.said.size:
            return self
        # Told nothing, it has an intent too: no order compiles anything.
        stream = dataclasses.replace(self.stream, intent=told)
        return self._replace(stream=stream)

    def with_temperature(self, temperature: float) -> "Character":
        """It moves with another scale of the noise, 0 or more.

        Raises:
          ValueError: it is negative or not finite.
        """
        if not 0 <= temperature < np.inf:
            raise ValueError(f"temperature must be 0 or more; got {temperature}")
        stream = dataclasses.replace(self.stream, temperature=float(temperature))
        return self._replace(stream=stream)

    def warm(self, prompt: Poses, joint: str | None = None) -> None:
        """Compile all that any order needs, so that no later one has to wait.

        Args:
          prompt: any.
          joint: any that may reach; None where none will.
        """
        free = self._replace(script=self.script.at(slice(0)), goal=None)
        poses, _ = free.step()
        free.shown(poses)
        free.shown(poses.at(slice(1)))
        free.prompt(prompt)
        if joint is not None:
            free.reach(joint, (0.0, 0.0, 1.0), 1.0).step()

    def _replace(self, **changes) -> "Character":
        return dataclasses.replace(self, **changes)

    def _after(self, poses: Poses, state: StreamState) -> "Character":
        """What is after poses [n] that the state has read."""
        count = len(poses.joints)
        push, script, goal = self.push_left, self.script.at(slice(count, None)), None
        if push:
            carried = min(count, push.frames) / self.fps * push.velocity
            place = (script.root_position + carried).astype(np.float32)
            script = script._replace(root_position=place)
            push = push._replace(frames=push.frames - count)
        recent = Poses(
            *(
                np.concatenate([a, b])[-2:]
                for a, b in zip(self.recent, poses, strict=True)
            )
        )
        if self.goal and self.frame + count < self.goal.end:
            goal = self.goal
        after = self._replace(
            state=state,
            frame=self.frame + count,
            recent=recent,
            script=script,
            push_left=push if push and push.frames > 0 else None,
            goal=goal,
        )
        if goal and self.push_left:
            # The way that was planned begins where the push has taken it away from.
            frames = max(goal.due - after.frame, round(SOONEST * self.fps))
            wish = after._way(goal.joint, goal.place, frames)
            after = after._replace(goal=goal._replace(wish=wish))
        return after

    def _way(self, joint: str, place: np.ndarray, frames: int) -> guidance.Track:
        """The way of a joint to a place; of one shape whatever the time."""
        total = round(GOAL_SECONDS * self.fps)
        wish = guidance.reach(
            self.body,
            np.asarray(_positions(self.body, self.recent))[None],
            joint,
            place,
            frames / self.fps,
            self.fps,
            hold=(total - frames) / self.fps,
        )
        return dataclasses.replace(wish, first=np.asarray(self.state.frame)[0] + 1)

    def _guide(self) -> guidance.Guide | None:
        """To its goal, on its feet; none where nothing is wished."""
        goals = [self.goal.wish] if self.goal else []
        wishes = [*goals, *self.guide.wishes]
        return self.guide.wish(*wishes) if wishes else None


def prompt_of(
    model: MovementModel, motion: Motion, start: float = 0.0, seconds: float = 1.5
) -> Poses:
    """What of a motion is played as a prompt.

    Args:
      model: the model.
      motion: of its skeleton, at any rate.
      start: seconds into it.
      seconds: how much, if there is as much.

    Returns:
      Poses [N] at the model's rate, NumPy.

    Raises:
      PromptError: the motion is of another skeleton, or too short.
    """
    fitted = fit_to_model(model, motion)
    first = max(0, min(round(start * model.fps), len(fitted) - 2))
    part = fitted[first : first + round(seconds * model.fps) + 1]
    poses = Poses(*(np.asarray(x, np.float32) for x in part.poses))
    _check(model, poses)
    return poses


def _blend_frames(fps: float) -> int:
    return max(2, round(BLEND_SECONDS * fps))


def _check(model: MovementModel, prompt: Poses) -> None:
    """Raise a `PromptError` if a prompt is too short to take over."""
    needed = _blend_frames(model.fps) + 2
    if len(prompt.joints) < needed:
        raise PromptError(
            f"a prompt needs {needed} poses at {model.fps:g} a second; "
            f"got {len(prompt.joints)}"
        )


def _batched(poses: Poses) -> Poses:
    """Poses [n] as a batch of one."""
    return Poses(*(np.asarray(x)[None] for x in poses))


def _carried(poses: Poses, push: Push, fps: float) -> Poses:
    """Poses [n] carried along by what is left of a push."""
    time = np.minimum(np.arange(1, len(poses.joints) + 1), push.frames) / fps
    place = poses.root_position + time[:, None] * push.velocity
    return poses._replace(root_position=place.astype(np.float32))


def _heading(rotation: Array) -> float:
    """The heading of one rotation [4], radians."""
    return float(_yaw(rotation))


_yaw = jax.jit(rotations.heading)
_positions = jax.jit(poses_of.positions)


def _placed(prompt: Poses, here: Poses) -> Poses:
    """A prompt whose first pose stands and faces as another pose does."""
    turn = _heading(here.root_rotation) - _heading(prompt.root_rotation[0])
    c, s = np.cos(turn), np.sin(turn)
    matrix = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    floor = np.array([1, 1, 0])
    place = np.asarray(prompt.root_position)
    place = (place - floor * place[0]) @ matrix.T + floor * here.root_position
    c, s = np.cos(turn / 2), np.sin(turn / 2)
    w, x, y, z = np.moveaxis(np.asarray(prompt.root_rotation), -1, 0)
    rotation = [c * w - s * z, c * x - s * y, c * y + s * x, c * z + s * w]
    return Poses(
        place.astype(np.float32),
        np.stack(rotation, axis=-1).astype(np.float32),
        np.asarray(prompt.joints),
    )


@jax.jit
def _blend(body: Skeleton, recent: Poses, prompt: Poses) -> Poses:
    """Poses [n] that lead from the newest two into a prompt [n + 1].

    The first pose of the prompt is where the newest one is, in time.
    """
    before, newest = recent.at(0), recent.at(1)
    on = poses_of.advance(body, newest, poses_of.difference(body, before, newest))
    apart = poses_of.difference(body, prompt.at(0), newest)
    change = poses_of.difference(body, prompt.at(1), on) - apart
    ahead = prompt.at(slice(1, None))
    count = len(ahead.joints)
    s = (jnp.arange(1, count + 1) / count)[:, None]
    # Quintics that end at rest and begin with value and slope (1, 0), and (0, 1).
    stays = 1 - s**3 * (10 - 15 * s + 6 * s**2)
    moves = count * (s - s**3 * (6 - 8 * s + 3 * s**2))
    return poses_of.advance(body, ahead, stays * apart + moves * change)
