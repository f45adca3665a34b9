"""Things on the stage, beside people: goals as balls, obstacles as capsules."""

import dataclasses
import math
from typing import Any

import numpy as np

from lmmjax.viewer.bones import turn_from_z
from lmmjax.viewer.tracks import Color

Point = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Thing:
    """A capsule, or a ball where both ends are the same.

    Attributes:
      ends: of its axis, metres.
      radius: metres.
      velocity: m/s.
      color: three integers 0..255.
    """

    ends: tuple[Point, Point]
    radius: float
    velocity: Point = (0.0, 0.0, 0.0)
    color: Color = (150, 150, 158)

    def __post_init__(self):
        numbers = [*self.ends[0], *self.ends[1], *self.velocity, self.radius]
        if not all(map(math.isfinite, numbers)) or self.radius <= 0:
            raise ValueError(f"a thing needs finite ends and a radius above 0: {self}")


def ball(place: Point, radius: float, color: Color) -> Thing:
    """A ball that stays where it is."""
    return Thing((place, place), radius, color=color)


def add(server: Any, thing: Thing, number: int) -> Any:
    """Add a thing to a viser server's stage; returns the node that holds it."""
    name = f"/stage/thing {number + 1}"
    first, last = np.array(thing.ends, float)
    middle, axis = (first + last) / 2, last - first
    node = server.scene.add_frame(name, show_axes=False, position=tuple(middle))
    length = float(np.linalg.norm(axis))
    points = [np.zeros(3)] if length < 1e-6 else [axis / 2, -axis / 2]
    for n, point in enumerate(points):
        server.scene.add_icosphere(
            f"{name}/end {n + 1}",
            radius=thing.radius,
            color=thing.color,
            position=tuple(point),
        )
    if length >= 1e-6:
        server.scene.add_cylinder(
            f"{name}/axis",
            radius=thing.radius,
            height=length,
            color=thing.color,
            wxyz=tuple(turn_from_z(axis)),
        )
    return node


def place_at(thing: Thing, seconds: float) -> Point:
    """Where the middle of a thing is after so many seconds."""
    middle = np.mean(thing.ends, axis=0) + seconds * np.array(thing.velocity)
    x, y, z = map(float, middle)
    return x, y, z
