"""Next-pose generation as a stream with constant cost per step.

    stream = Stream(model)
    state = stream.init(context)
    poses, state = stream.step(state, key)      # for as long as you like

`Stream.sample` is the same as one `lax.scan`. All are pure and jitted.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics import Poses
from lmmjax.model import movement
from lmmjax.model.movement import Memory, MovementModel
from lmmjax.model.sampler import Sampler


class StreamState(NamedTuple):
    """Everything that the next step depends on, for a batch of B streams.

    Attributes:
      memory: what the network remembers.
      last: [B] the newest pose.
      summary: [B, Z] the backbone's summary at the newest pose.
    """

    memory: Memory
    last: Poses
    summary: jax.Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["model", "temperature"],
    meta_fields=["commit", "steps", "churn", "tail"],
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
    """

    model: MovementModel
    commit: int = 5
    steps: int = 4
    temperature: float | jax.Array = 1.0
    churn: float = 1.0
    tail: float = 0.0

    def __post_init__(self):
        horizon = self.model.config.horizon
        if not 1 <= self.commit <= horizon:
            raise ValueError(
                f"commit must be 1 to {horizon}, the model's horizon; got {self.commit}"
            )
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1; got {self.steps}")

    def init(self, context: Poses) -> StreamState:
        """Read the observed past, poses [B, T] with T >= 1."""
        return _init(self.model, context)

    def observe(self, state: StreamState, observed: Poses) -> StreamState:
        """Read poses [B, T] that were observed after those in the state."""
        return _observe(self.model, state, observed)

    def step(self, state: StreamState, key: jax.Array) -> tuple[Poses, StreamState]:
        """Sample the next ``commit`` poses: [B, commit], and the state after them."""
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
    return StreamState(memory, context.at(slice(None), -1), z[:, -1])


@jax.jit
def _observe(model: MovementModel, state: StreamState, observed: Poses) -> StreamState:
    z, memory = movement.extend(model, state.last, observed, state.memory)
    return StreamState(memory, observed.at(slice(None), -1), z[:, -1])


@jax.jit
def _step(
    stream: Stream, state: StreamState, key: jax.Array
) -> tuple[Poses, StreamState]:
    future = movement.sample(
        stream.model,
        key,
        state.last,
        state.summary,
        Sampler(stream.steps, stream.churn, stream.temperature, stream.tail),
    )
    poses = future.at(slice(None), slice(stream.commit))
    return poses, _observe(stream.model, state, poses)


@functools.partial(jax.jit, static_argnames="frames")
def _sample(
    stream: Stream, state: StreamState, key: jax.Array, frames: int
) -> tuple[Poses, StreamState]:
    count = -(-frames // stream.commit)

    def body(state, key):
        poses, state = _step(stream, state, key)
        return state, poses

    state, chunks = jax.lax.scan(body, state, jax.random.split(key, count))

    def join(x):
        """[count, B, commit, X] to [B, frames, X]."""
        x = jnp.moveaxis(x, 0, 1)
        return x.reshape(x.shape[0], -1, x.shape[-1])[:, :frames]

    return jax.tree.map(join, chunks), state
