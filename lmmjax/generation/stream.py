"""Next-pose generation as a stream with constant cost per step.

    stream = Stream(model)
    state = stream.init(context)
    poses, state = stream.step(state, key)      # for as long as you like

`Stream.sample` is the same as one `lax.scan`. All are pure and jitted.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics import Poses
from lmmjax.generation.guidance import Guide, feet_stand
from lmmjax.generation.intent import Intent
from lmmjax.model import movement
from lmmjax.model import poses as poses_of
from lmmjax.model.movement import Memory, MovementModel
from lmmjax.model.sampler import Sampler, Steer


class Plan(NamedTuple):
    """What a stream meant to do when it made its newest poses.

    Attributes:
      poses: [B, K] the newest ones and what was to follow.
      known: [B] 1, or 0 where there is no such plan.
    """

    poses: Poses
    known: jax.Array


class StreamState(NamedTuple):
    """Everything that the next step depends on, for a batch of B streams.

    Attributes:
      memory: what the network remembers.
      last: [B] the newest pose.
      summary: [B, Z] the backbone's summary at the newest pose.
      frame: [B] how many poses were read or made since `Stream.init`.
      plan: the future that the newest poses were taken from.
      previous: [B] the pose before the newest; that one itself where there is none.
    """

    memory: Memory
    last: Poses
    summary: jax.Array
    frame: jax.Array
    plan: Plan
    previous: Poses


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["model", "temperature", "guide", "intent"],
    meta_fields=["commit", "steps", "churn", "tail", "inertia"],
)
@dataclasses.dataclass(frozen=True)
class Stream:
    """A generator of poses.

    Attributes:
      model: the trained model, on the body that is to move.
      commit: poses handed out per step, at most the model's horizon. Few react
        sooner, many cost less.
      steps: denoising steps.
      temperature: scale of the noise; 1 samples the model's distribution. [B, 1] for
        streams with one each.
      churn: how far from its mean each step draws, from 0 to 1; see
        `lmmjax.model.sampler`. With 0 and one step, every step returns the forecast.
      tail: how different the scales of noise are from step to step; see there.
      guide: what is wished of the movement, see `lmmjax.generation.guidance`.
      inertia: weight of what was planned a step ago, where it tells the same poses as
        the new step: from 0 to 1, less the further ahead. Movement is smoother for it,
        and slower to change (temporal ensembling, Zhao et al. 2023, arXiv:2304.13705).
      intent: what the model is told to do, see `lmmjax.generation.intent`.
    """

    model: MovementModel
    commit: int = 5
    steps: int = 4
    temperature: float | jax.Array = 1.0
    churn: float = 1.0
    tail: float = 0.0
    guide: Guide | None = None
    inertia: float = 0.0
    intent: Intent | None = None

    def __post_init__(self):
        horizon = self.model.config.horizon
        if not 1 <= self.commit <= horizon:
            raise ValueError(
                f"commit must be 1 to {horizon}, the model's horizon; got {self.commit}"
            )
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1; got {self.steps}")
        if not 0 <= self.inertia <= 1:
            raise ValueError(f"inertia must be between 0 and 1; got {self.inertia:g}")

    def on_feet(self) -> "Stream":
        """The same, but slow feet come down to level ground at height 0, and stand.

        See `lmmjax.generation.guidance.Standing`. It replaces the guide; a body without
        feet moves as ever.
        """
        wishes = feet_stand(self.model, self.commit)
        if not wishes:
            return self
        return dataclasses.replace(self, guide=Guide.to(self.model, *wishes))

    def init(self, context: Poses) -> StreamState:
        """Read the observed past, poses [B, T] with T >= 1."""
        return _init(self.model, context)

    def observe(self, state: StreamState, observed: Poses) -> StreamState:
        """Read poses [B, T] that were observed after those in the state."""
        return _observe(self.model, state, observed)

    def step(self, state: StreamState, key: jax.Array) -> tuple[Poses, StreamState]:
        """Sample the next ``commit`` poses: [B, commit], and the state after them.

        A key is of all streams together; with keys [B] each has its own.
        """
        return _step(self, state, key)

    def sample(
        self, state: StreamState, key: jax.Array, frames: int
    ) -> tuple[Poses, StreamState]:
        """Sample poses [B, frames] in one scan; state as after whole steps."""
        return _sample(self, state, key, frames)


# Of the model alone: streams that differ in their options share these programs.
@jax.jit
def _init(model: MovementModel, context: Poses) -> StreamState:
    first = context.at(slice(None), 0)
    memory = movement.empty_memory(model, context.joints.shape[0])
    z, memory = movement.extend(model, first, context, memory)
    last = context.at(slice(None), -1)
    frame = jnp.zeros(len(z), jnp.int32)
    previous = context.at(slice(None), max(context.joints.shape[1] - 2, 0))
    plan = _no_plan(model, last)
    return StreamState(memory, last, z[:, -1], frame, plan, previous)


@jax.jit
def _observe(model: MovementModel, state: StreamState, observed: Poses) -> StreamState:
    z, memory = movement.extend(model, state.last, observed, state.memory)
    last = observed.at(slice(None), -1)
    frame = state.frame + z.shape[1]
    previous = observed.at(slice(None), -2) if z.shape[1] > 1 else state.last
    plan = _no_plan(model, last)
    return StreamState(memory, last, z[:, -1], frame, plan, previous)


def _no_plan(model: MovementModel, last: Poses) -> Plan:
    horizon = model.config.horizon
    poses = jax.tree.map(lambda x: jnp.repeat(x[:, None], horizon, axis=1), last)
    return Plan(poses, jnp.zeros(len(last.joints)))


@jax.jit
def _step(
    stream: Stream, state: StreamState, key: jax.Array
) -> tuple[Poses, StreamState]:
    steer, finish = _steers(stream, state)
    told = None
    if stream.intent is not None:
        told = stream.intent.told(stream.model, state.last, state.frame)
    future = movement.sample(
        stream.model,
        key,
        state.last,
        state.summary,
        Sampler(stream.steps, stream.churn, stream.temperature, stream.tail),
        steer,
        told,
        finish,
    )
    poses = future.at(slice(None), slice(stream.commit))
    after = _observe(stream.model, state, poses)
    plan = Plan(future, jnp.ones(len(state.frame)))
    return poses, after._replace(plan=plan)


def _steers(stream: Stream, state: StreamState) -> tuple[Steer | None, Steer | None]:
    """What moves a future that is drawn: the plan so far, and what is wished.

    At all steps of the sampler; and at the last one, where that is something else.
    """
    plan, early, late = list[Steer](), list[Steer](), list[Steer]()
    if stream.inertia and stream.commit < stream.model.config.horizon:
        plan.append(_steadied(stream, state))
    if (guide := stream.guide) is not None:
        told = stream.model, state.last, state.frame, state.previous
        late.append(guide.steer(*told))
        others = guide.early()
        if len(others.wishes) == len(guide.wishes):
            early, late = late, []
        elif others.wishes:
            early.append(others.steer(*told))
    return _in_turn(plan + early), _in_turn(plan + late) if late else None


def _in_turn(moves: Sequence[Steer]) -> Steer | None:
    """One after another, if there are any."""

    def moved(drawn, deviation):
        for move in moves:
            drawn = move(drawn, deviation)
        return drawn

    return moved if moves else None


def _steadied(stream: Stream, state: StreamState) -> Steer:
    """Draws components nearer to what was planned a step ago."""
    model = stream.model
    ahead = state.plan.poses.at(slice(None), slice(stream.commit, None))
    start = state.last.at(slice(None), None)
    planned = poses_of.difference(model.body, start, ahead)
    count = planned.shape[1]
    weight = stream.inertia * (1 - jnp.arange(count) / count)
    weight = (state.plan.known[:, None] * weight)[..., None]

    def steer(drawn, _):
        channels = movement.decode(model, drawn)
        change = weight * (planned - channels[:, :count])
        rest = channels.shape[1] - count
        change = jnp.pad(change, ((0, 0), (0, rest), (0, 0)))
        return drawn + movement.encode(model, change)

    return steer


@functools.partial(jax.jit, static_argnames="frames")
def _sample(
    stream: Stream, state: StreamState, key: jax.Array, frames: int
) -> tuple[Poses, StreamState]:
    return rolled_out(functools.partial(_step, stream), state, key, frames)


def rolled_out(
    step: Callable[[StreamState, jax.Array], tuple[Poses, StreamState]],
    state: StreamState,
    key: jax.Array,
    frames: int,
) -> tuple[Poses, StreamState]:
    """Steps in one scan, as many as so many frames need.

    Args:
      step: hands out some poses [B, commit], as `Stream.step` does.
      state: of B streams.
      key: one, or [B].
      frames: number of poses.

    Returns:
      Poses [B, frames], and the state after whole steps.
    """
    poses, _ = jax.eval_shape(step, state, key)
    count = -(-frames // poses.joints.shape[1])
    split = functools.partial(jax.random.split, num=count)
    keys = jax.vmap(split, out_axes=1)(key) if key.ndim else split(key)

    def body(state, key):
        poses, state = step(state, key)
        return state, poses

    state, chunks = jax.lax.scan(body, state, keys)

    def join(x):
        """[count, B, commit, X] to [B, frames, X]."""
        x = jnp.moveaxis(x, 0, 1)
        return x.reshape(x.shape[0], -1, x.shape[-1])[:, :frames]

    return jax.tree.map(join, chunks), state
