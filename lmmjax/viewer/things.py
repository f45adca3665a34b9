"""Things on the stage, beside people: goals as balls, obstacles as capsules, floors."""

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


@dataclasses.dataclass(frozen=True)
class Ground:
    """A floor that is not level, as a mesh in place of the grid of a level one.

    Attributes:
      x: [P] metres, growing.
      y: [Q] metres, growing.
      heights: [P, Q] metres.
      color: three integers 0..255.
    """

    x: np.ndarray
    y: np.ndarray
    heights: np.ndarray
    color: Color = (205, 205, 210)

    def __post_init__(self):
        shape = (len(self.x), len(self.y))
        finite = all(np.isfinite(v).all() for v in (self.x, self.y, self.heights))
        if np.shape(self.heights) != shape or min(shape) < 2 or not finite:
            raise ValueError(
                f"a floor needs finite heights [P, Q] at x [P] and y [Q]; got "
                f"{list(np.shape(self.heights))} at {shape[0]} and {shape[1]}"
            )

    def height(self, places: np.ndarray) -> np.ndarray:
        """Heights [N] at places [N, 2 or 3] of the mesh, bilinear; metres."""
        rows = np.stack([np.interp(places[:, 1], self.y, row) for row in self.heights])
        at = np.interp(places[:, 0], self.x, np.arange(len(self.x)))
        low = np.minimum(at.astype(int), len(self.x) - 2)
        every = np.arange(len(places))
        first, second = rows[low, every], rows[low + 1, every]
        return first + (at - low) * (second - first)


def add_ground(server: Any, ground: Ground, number: int) -> Any:
    """Add a floor to a viser server's stage; returns its node."""
    count = len(ground.x), len(ground.y)
    place = np.stack(np.meshgrid(ground.x, ground.y, indexing="ij"), axis=-1)
    place = np.concatenate([place, np.asarray(ground.heights)[..., None]], axis=-1)
    corner = np.arange(count[0] * count[1]).reshape(count)
    a, b = corner[:-1, :-1].ravel(), corner[1:, :-1].ravel()
    c, d = corner[1:, 1:].ravel(), corner[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)])
    return server.scene.add_mesh_simple(
        f"/stage/ground {number + 1}",
        vertices=place.reshape(-1, 3).astype(np.float32),
        faces=faces,
        color=ground.color,
        flat_shading=True,
        side="double",
    )


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
