"""What a scene has: people, what is wished of them, and what is in the way."""

import dataclasses

import numpy as np

from kinematics import Motion
from lmmjax.generation.guidance import Floor
from lmmjax.generation.guidance.exertion import MASS_KG


@dataclasses.dataclass(frozen=True)
class Goal:
    """A joint is at a place in time.

    Attributes:
      joint: its name.
      place: metres.
      at: seconds from the beginning.
      hold: seconds that it stays.
    """

    joint: str
    place: tuple[float, float, float]
    at: float
    hold: float = 0.5


@dataclasses.dataclass(frozen=True)
class Path:
    """A way over the floor.

    Attributes:
      points: [P] of x and y, metres.
      speed: m/s.
    """

    points: tuple[tuple[float, float], ...]
    speed: float = 1.2


@dataclasses.dataclass(frozen=True)
class Push:
    """Someone is pushed.

    Attributes:
      velocity: of the world, m/s that the root gains.
      at: seconds from the beginning.
    """

    velocity: tuple[float, float]
    at: float


@dataclasses.dataclass(frozen=True)
class Grasp:
    """A hand takes a thing, a ball or a rod with round ends, and keeps hold of it.

    Attributes:
      hand: ``left`` or ``right``.
      place: of the thing's middle, metres.
      at: seconds from the beginning at which the hand has closed.
      radius: of the thing, metres.
      length: of a rod from end to end, metres; 0 for a ball.
      axis: the direction that a rod points in.
    """

    hand: str
    place: tuple[float, float, float]
    at: float
    radius: float = 0.03
    length: float = 0.0
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0)

    @property
    def direction(self) -> np.ndarray:
        """[3] the axis as a unit vector.

        Raises:
          ValueError: it is none.
        """
        axis = np.asarray(self.axis, float)
        length = np.linalg.norm(axis)
        if not 1e-6 < length < np.inf:
            raise ValueError("the axis of a thing is a direction other than 0")
        return axis / length

    @property
    def half(self) -> np.ndarray:
        """[3] metres from the middle of a rod to the centre of its end; 0 of a ball."""
        return max(self.length / 2 - self.radius, 0.0) * self.direction


@dataclasses.dataclass(frozen=True)
class Person:
    """Somebody, and what is wished of him.

    Attributes:
      name: what the files that are written are called.
      prompt: how he moves before: a motion of the model's skeleton.
      place: where the prompt ends, x and y in metres; where it does by default.
      facing: which way, degrees about the vertical from x; as it does by default.
      goals: of joints, in any order.
      grasps: of things, one after another; whoever has one gets hands with fingers.
      path: that is followed.
      along: a motion whose root he goes with from where he is: as far, as fast, and
        facing as it does. With another label than its own it is played in the style
        of that.
      look: metres, a point that the head is turned to.
      key: a pose at a time: two poses of a motion, the second of which is the one
        that is taken, and seconds.
      pushes: in any order.
      label: what he is told to do, if the model knows it.
      effort: most power that his joints put in, as a share of what is usual at his
        speed.
      torque: most that joints are to bear, N m by name.
      balance: whether the ground is to bear him where his feet stand.
      mass: kilograms.
    """

    name: str
    prompt: Motion
    place: tuple[float, float] | None = None
    facing: float | None = None
    goals: tuple[Goal, ...] = ()
    grasps: tuple[Grasp, ...] = ()
    path: Path | None = None
    along: Motion | None = None
    look: tuple[float, float, float] | None = None
    key: tuple[Motion, float] | None = None
    pushes: tuple[Push, ...] = ()
    label: str = ""
    effort: float | None = None
    torque: dict[str, float] | None = None
    balance: bool = False
    mass: float = MASS_KG


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """A capsule, which may move.

    Attributes:
      ends: of its axis, metres.
      radius: metres.
      velocity: m/s.
    """

    ends: tuple[tuple[float, float, float], tuple[float, float, float]]
    radius: float
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclasses.dataclass(frozen=True)
class Scene:
    """People and things.

    Attributes:
      people: at least one.
      seconds: how long.
      obstacles: that nobody goes through.
      apart: metres that people keep from each other.
      heed: how much labels count, see `lmmjax.model.movement.Told`.
      floor: what people stand on; level at height 0 by default.
    """

    people: tuple[Person, ...]
    seconds: float = 4.0
    obstacles: tuple[Obstacle, ...] = ()
    apart: float = 0.7
    heed: float = 1.5
    floor: Floor | None = None
