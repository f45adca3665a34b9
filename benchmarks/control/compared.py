"""What every table of control tells of a movement, beside whether it does as wished."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np

from kinematics import Poses, limits
from kinematics.bodies import segments
from lmmjax.evaluation import metrics
from lmmjax.evaluation.starts import Starts
from lmmjax.generation import Stream, guidance
from lmmjax.generation.intent import Intent
from lmmjax.model import poses as poses_of

HEADER = (
    "| jerk over unguided | foot skate over unguided | over a limit "
    "| longest bone off | step, ms |"
)
COLUMNS = HEADER.count("|") - 1


class Moved(NamedTuple):
    """A movement and what it costs the body.

    Attributes:
      places: [B, T, J, 3] metres.
      jerk: [B] m/s^3.
      slide: [B] speed of toes on the ground times contacts; None without feet.
      touch: [B] contacts; None without feet.
      over: share of coordinates outside of their limits.
      stretch: metres, the most by which a bone is not as long as it is.
    """

    places: np.ndarray
    jerk: np.ndarray
    slide: np.ndarray | None
    touch: np.ndarray | None
    over: float
    stretch: float


@dataclasses.dataclass(frozen=True)
class Unguided:
    """Movement from many starts without a wish, which guided movement stands beside.

    Attributes:
      starts: where it begins.
      stream: what moves it, on the bones of each.
      frames: how long.
      seed: of the noise.
      moved: the movement.
    """

    starts: Starts
    stream: Stream
    frames: int
    seed: int
    moved: Moved

    @classmethod
    def of(cls, starts: Starts, stream: Stream, frames: int, seed: int) -> "Unguided":
        """Move on from the starts, each on bones of its own."""
        free = dataclasses.replace(stream, model=starts.model)
        return cls(starts, free, frames, seed, _moved(starts, free, frames, seed))

    def guided(
        self,
        wishes: Sequence[guidance.Wish],
        calls: int,
        told: Intent | None = None,
    ) -> Iterator[tuple[str, Moved, str]]:
        """What is moved without wishes and with them, feet standing beside these.

        Args:
          wishes: of all starts.
          calls: timed steps of the first person.
          told: the same to the model, as tokens; alone and beside the wishes.

        Returns:
          Of each a name, the movement, and its cells below `HEADER`.
        """
        wishes = list(wishes)
        if self.moved.slide is not None:
            wishes += guidance.feet_stand(self.stream.model, self.stream.commit)
        guide = guidance.Guide.to(self.stream.model, *wishes)
        first = guide.wish(*map(_of_first, wishes))
        kinds: dict[str, tuple[guidance.Guide | None, Intent | None]] = {
            "unguided": (None, None),
            "guided": (guide, None),
        }
        if told is not None:
            kinds |= {"told": (None, told), "guided and told": (guide, told)}
        for name, (wished, said) in kinds.items():
            led = dataclasses.replace(self.stream, guide=wished, intent=said)
            moved = self.moved
            if name != "unguided":
                moved = _moved(self.starts, led, self.frames, self.seed)
            alone = dataclasses.replace(
                led,
                guide=wished and first,
                intent=said and jax.tree.map(lambda x: x[:1], said),
            )
            rest = cells(moved, self.moved, self.starts, of_one(alone), calls)
            yield name, moved, rest


def _moved(starts: Starts, stream: Stream, frames: int, seed: int) -> Moved:
    state = stream.init(starts.past)
    return measure(starts, stream.sample(state, jax.random.key(seed), frames)[0])


def _of_first(wish: guidance.Wish) -> guidance.Wish:
    """A wish of the first of many people."""
    if isinstance(wish, guidance.Track):
        return dataclasses.replace(wish, places=wish.places[:1])
    if isinstance(wish, guidance.Facing):
        return dataclasses.replace(wish, heading=wish.heading[:1])
    return wish


def measure(starts: Starts, future: Poses) -> Moved:
    """What poses [B, T] that follow the starts cost."""
    body, fps = starts.model.body, starts.model.fps
    past = np.asarray(poses_of.positions(body, starts.past))
    places = np.asarray(poses_of.positions(body, future))
    parents = np.array(body.parents[1:])
    lengths = np.linalg.norm(np.asarray(body.offsets)[..., 1:, :], axis=-1)
    bones = np.linalg.norm(places[:, :, 1:] - places[:, :, parents], axis=-1)
    slide = touch = None
    if toes := _toes(starts):
        floor = past[:, :, list(toes), 2].min((1, 2))
        skate = metrics.foot_skate(places, toes, fps, floor)
        slide, touch = np.nan_to_num(skate.speed * skate.contacts), skate.contacts
    return Moved(
        places,
        metrics.jerk(np.concatenate([past, places], axis=1), fps),
        slide,
        touch,
        float(limits.share_outside(body, np.asarray(future.joints))),
        float(np.abs(bones - lengths).max()),
    )


def _toes(starts: Starts) -> tuple[int, ...]:
    try:
        return segments.toe_joints(starts.model.body)
    except ValueError:
        return ()


def cells(found: Moved, base: Moved, starts: Starts, stream: Stream, calls: int) -> str:
    """The cells of a row below `HEADER`.

    Args:
      found: what was moved.
      base: the same without a wish.
      starts: where both began.
      stream: what moved it, on the bones of the first person alone.
      calls: timed steps; with 0 nothing is timed.
    """
    low, high = metrics.bootstrap_ratio_interval(found.jerk, base.jerk, starts.clip)
    jerk = np.mean(found.jerk) / np.mean(base.jerk)
    return (
        f"| {jerk:.2f} [{low:.2f}, {high:.2f}] | {_skate(found, base)} "
        f"| {found.over:g} | {1e3 * found.stretch:.3f} mm "
        f"| {_milliseconds(stream, starts, calls) if calls else '-'} |"
    )


def _milliseconds(stream: Stream, starts: Starts, calls: int) -> str:
    """The median step of the first person."""
    state, key = stream.init(starts.past.at(slice(0, 1))), jax.random.key(0)
    latency = metrics.measure_latency(lambda: stream.step(state, key), calls)
    return f"{1e3 * latency.p50:.2f}"


def _skate(found: Moved, base: Moved) -> str:
    speeds = [
        moved.slide.sum() / moved.touch.sum()
        for moved in (found, base)
        if moved.slide is not None and moved.touch is not None
    ]
    return f"{speeds[0] / speeds[1]:.2f}" if len(speeds) == 2 else "-"


def of_one(stream: Stream) -> Stream:
    """A stream on the bones of the first of many people."""
    model = stream.model
    return dataclasses.replace(stream, model=model.with_offsets(model.body.offsets[:1]))


def interval(values: np.ndarray, clip: np.ndarray) -> str:
    """A mean with its 95 % interval over clips."""
    low, high = metrics.bootstrap_interval(values, clip)
    return f"{np.mean(values):.1f} [{low:.1f}, {high:.1f}]"
