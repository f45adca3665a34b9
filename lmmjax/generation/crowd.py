"""Several people at once, who see each other and keep apart.

    crowd = Crowd(stream)
    state = stream.init(contexts)                       # poses [N, T]
    poses, state = crowd.step(state, jax.random.split(key, N))

All share the weights of one model and are stepped as one batch. What a person does
depends on the others' places and on where they are going, not on their order.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp

from kinematics import Poses
from lmmjax.generation.guidance import Obstacles, Wish
from lmmjax.generation.stream import Stream, StreamState, rolled_out

Array = jax.Array

# Metres; far below any distance.
_ONESELF = -1e3


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["stream", "apart"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Crowd:
    """People who keep apart, beside what else the stream is guided to.

    Attributes:
      stream: of a model on the bones of each, offsets [N, 1, J, 3] or of all alike. It
        has a guide, if only one without wishes: `Guide.to(model)`.
      apart: metres that the roots of two people are to be from each other.
    """

    stream: Stream
    apart: float | Array = 0.7

    def __post_init__(self):
        if self.stream.guide is None:
            raise ValueError(
                "a crowd's stream needs a guide; without wishes it is Guide.to(model)"
            )

    def step(self, state: StreamState, keys: Array) -> tuple[Poses, StreamState]:
        """The next poses [N, commit] of all, and the state after them.

        Args:
          state: of N people.
          keys: [N] one of each.
        """
        return _step(self, state, keys)

    def sample(
        self, state: StreamState, keys: Array, frames: int
    ) -> tuple[Poses, StreamState]:
        """Poses [N, frames] in one scan; state as after whole steps."""
        return _sample(self, state, keys, frames)


def others(state: StreamState, commit: int, apart: float | Array) -> Wish:
    """That each of N people keeps away from where all others are going.

    Whoever has no plan yet, at the beginning, is expected to stand.

    Args:
      state: of N people.
      commit: poses of their newest plans that have been handed out.
      apart: metres between roots.
    """
    place = jnp.asarray(state.last.root_position)
    count = len(place)
    plan = state.plan.poses.root_position
    rest = plan.shape[1] - commit
    ahead = plan[:, -1] - plan[:, commit - 1]
    velocity = state.plan.known[:, None] * ahead / max(rest, 1)
    flat = jnp.array([1.0, 1.0, 0.0])
    # Upright, and as high as anybody jumps.
    ends = jnp.stack([place.at[:, 2].set(z) for z in (-9.0, 9.0)], axis=1)
    radius = jnp.where(jnp.eye(count, dtype=bool), _ONESELF, apart)
    return Obstacles(
        jnp.array([0]),
        jnp.broadcast_to(ends, (count, *ends.shape)),
        radius,
        jnp.broadcast_to(flat * velocity, (count, count, 3)),
        state.frame[:, None],
    )


@jax.jit
def _step(crowd: Crowd, state: StreamState, keys: Array) -> tuple[Poses, StreamState]:
    stream = crowd.stream
    guide = stream.guide
    assert guide is not None
    away = others(state, stream.commit, crowd.apart)
    guide = guide.wish(*guide.wishes, away)
    return dataclasses.replace(stream, guide=guide).step(state, keys)


@functools.partial(jax.jit, static_argnames="frames")
def _sample(
    crowd: Crowd, state: StreamState, keys: Array, frames: int
) -> tuple[Poses, StreamState]:
    return rolled_out(functools.partial(_step, crowd), state, keys, frames)
