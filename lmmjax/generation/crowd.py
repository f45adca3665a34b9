"""Several people at once, who see each other and keep apart.

    crowd = Crowd(stream)
    state = stream.init(contexts)                       # poses [N, T]
    poses, state = crowd.step(state, jax.random.split(key, N))

All share the weights of one model and are stepped as one batch. What a person does
depends on the others' places and on where they are going, not on their order. They
give way to each other early, see `lmmjax.generation.reciprocal`, and keep off those
who come near all the same.
"""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp

from kinematics import Poses
from lmmjax.generation.guidance import Facing, Way, Wish, rooted
from lmmjax.generation.guidance.company import Apart
from lmmjax.generation.reciprocal import passing
from lmmjax.generation.stream import Stream, StreamState, rolled_out

Array = jax.Array

# Seconds that people look ahead, those in which who is too near gets away, and those in
# which somebody would make up what he is behind.
_AHEAD, _NOW, _CATCH_UP = 2.0, 0.5, 1.0
# Metres a second: at which two who are too near get away from each other, and up to
# which everybody goes; and how much faster than he would one goes.
_GETS_AWAY, _WALK, _FASTER = 1.0, 1.2, 1.4
# Metres added to the distance that is kept when ways are chosen, and by which a chosen
# way may be missed.
_MARGIN, _MISSED = 0.2, 0.03
# Metres a second off what he wishes from which on somebody has given up his own way;
# metres behind on it between which he does, and makes it up at his pace.
_GIVEN_UP, _BEHIND = 0.2, (0.3, 0.6)
# Of so many poses one is looked at; all of a short horizon.
_EVERY = 3


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["stream", "apart"],
    meta_fields=["plans"],
)
@dataclasses.dataclass(frozen=True)
class Crowd:
    """People who keep apart, beside what else the stream is guided to.

    Attributes:
      stream: of a model on the bones of each, offsets [N, 1, J, 3] or of all alike. It
        has a guide, if only one without wishes: `Guide.to(model)`.
      apart: metres that the roots of two people are to be from each other.
      plans: whether people give way two seconds ahead; otherwise they keep off those
        whom they would be too near within the horizon.
    """

    stream: Stream
    apart: float | Array = 0.7
    plans: bool = True

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


def together(state: StreamState, crowd: Crowd) -> tuple[Wish, ...]:
    """What the stream is guided to, and that people keep apart.

    Who gives way follows his own way and its direction less for that time. Whoever has
    no plan yet, at the beginning, is expected to stand.

    Args:
      state: of N people.
      crowd: what they keep to.
    """
    assert crowd.stream.guide is not None
    wishes = crowd.stream.guide.wishes
    commit, fps = crowd.stream.commit, crowd.stream.model.fps
    place = jnp.asarray(state.last.root_position)[:, :2]
    plan = state.plan.poses.root_position[..., :2]
    rest = plan.shape[1] - commit
    velocity = state.plan.known[:, None] * (plan[:, -1] - plan[:, commit - 1])
    velocity /= max(rest, 1)
    # Nobody keeps away from himself.
    apart = jnp.where(jnp.eye(len(place), dtype=bool), -1.0, crowd.apart)
    first = state.frame[:, None]
    off = Apart(place, velocity, apart, _GETS_AWAY / fps, first)
    if not crowd.plans:
        return *wishes, off
    wished, fastest, behind = _wished(wishes, place, velocity, first, fps)
    wide = jnp.where(apart > 0, apart + _MARGIN, -1.0)
    chosen = passing(place, velocity, wished, wide, fastest, _AHEAD * fps, _NOW * fps)
    size = _length(chosen - wished)
    late = (behind - _BEHIND[0]) / (_BEHIND[1] - _BEHIND[0])
    given_up = jnp.clip(jnp.maximum(size * fps / _GIVEN_UP, late), 0, 1)
    time = 1.0 + jnp.arange(plan.shape[1])[:, None]
    round_them = Way(
        jnp.array([0]),
        jnp.pad(place[:, None] + time * chosen[:, None], ((0, 0), (0, 0), (0, 1)))[
            :, :, None
        ],
        jnp.broadcast_to(
            (given_up / _MISSED)[:, None, None, None], (*plan.shape[:2], 1, 3)
        ),
        first + 1,
    )
    own = [_less(wish, 1 - given_up) for wish in wishes]
    return *own, off, round_them


def _wished(
    wishes: Sequence[Wish], place: Array, velocity: Array, frame: Array, fps: float
) -> tuple[Array, Array, Array]:
    """Velocities that lead to people's ways, the most, and how far those are.

    Args:
      wishes: the last `Way` counts of those that lead somebody; without one people
        wish to go as they do.
      place: [N, 2] metres.
      velocity: [N, 2] metres a frame.
      frame: [N, 1] its number.
      fps: frames per second.

    Returns:
      [N, 2] and [N] metres a frame, and [N] metres.
    """
    speed, behind = _length(velocity), jnp.zeros(len(place))
    for wish in wishes:
        if isinstance(wish, Way):
            soon = round(_CATCH_UP * fps)
            at = frame - wish.first + jnp.array([0, soon])
            at = jnp.clip(at, 0, wish.places.shape[1] - 1)

            def there(x, at=at):
                """What [N, 2, 2] a way tells of now and soon."""
                whole = jnp.broadcast_to(x, (len(place), *x.shape[1:]))[:, :, 0, :2]
                return jnp.take_along_axis(whole, at[..., None], axis=1)

            here, soon_there = jnp.moveaxis(there(jnp.asarray(wish.places)), 1, 0)
            # Of whom nothing is wished the places mean nothing.
            led = jnp.any(there(jnp.asarray(wish.precision)) > 0, axis=(1, 2))
            velocity = jnp.where(led[:, None], (soon_there - place) / soon, velocity)
            speed = jnp.where(led, _length(soon_there - here) / soon, speed)
            behind = jnp.where(led, _length(here - place), behind)
    most = jnp.maximum(_FASTER * speed, _WALK / fps)
    slower = jnp.minimum(1, most / _length(velocity))
    return slower[:, None] * velocity, most, behind


def _length(x: Array) -> Array:
    return jnp.sqrt(jnp.sum(x * x, axis=-1) + 1e-12)


def _less(wish: Wish, share: Array) -> Wish:
    """A wish of where somebody goes, which counts less."""
    if not isinstance(wish, Way | Facing):
        return wish
    precision = jnp.asarray(wish.precision)
    share = share.reshape(-1, *[1] * (precision.ndim - 1))
    return dataclasses.replace(wish, precision=share * precision)


@jax.jit
def _step(crowd: Crowd, state: StreamState, keys: Array) -> tuple[Poses, StreamState]:
    stream = crowd.stream
    assert stream.guide is not None
    every = _EVERY if stream.model.config.horizon >= 3 * _EVERY else 1
    guide = rooted.cheapest(stream.guide.wish(*together(state, crowd)), every)
    return dataclasses.replace(stream, guide=guide).step(state, keys)


@functools.partial(jax.jit, static_argnames="frames")
def _sample(
    crowd: Crowd, state: StreamState, keys: Array, frames: int
) -> tuple[Poses, StreamState]:
    return rolled_out(functools.partial(_step, crowd), state, keys, frames)
