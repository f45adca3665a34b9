"""A thing to be taken: balls, capsules and boxes as one shape, and how to hold them."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.skeleton import Array
from kinematics.symmetry import mirror_rotation, mirror_vector

# What an upright hand counts against the approach that is wished, as a thing is held.
_UPRIGHT = 0.45
_NO_TURN = (1.0, 0.0, 0.0, 0.0)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Thing:
    """All points within ``radius`` of a box: a ball where the box is a point.

    Attributes:
      place: [3] metres, its middle.
      turn: [4] unit quaternion w, x, y, z: its own axes to the world's.
      half: [3] metres, half the sides of the box along its own axes.
      radius: metres.
    """

    place: Array
    turn: Array
    half: Array
    radius: Array

    def distance(self, points: Array) -> Array:
        """Metres [...] from points [..., 3] to the surface, negative inside."""
        # On the host clips of any length are measured without compiling anew.
        xp = jnp if isinstance(points, jax.Array) else np
        axes = xp.asarray(rotations.matrix_from_quaternion(jnp.asarray(self.turn)))
        local = xp.einsum("...i,ij->...j", points - xp.asarray(self.place), axes)
        over = xp.abs(local) - self.half
        square = (xp.maximum(over, 0) ** 2).sum(-1)
        out = xp.where(square > 0, xp.sqrt(xp.where(square > 0, square, 1.0)), 0.0)
        return out + xp.minimum(over.max(-1), 0) - self.radius

    def mirrored(self) -> "Thing":
        """The thing in the mirror y = 0."""
        return dataclasses.replace(
            self,
            place=np.asarray(mirror_vector(self.place)),
            turn=np.asarray(mirror_rotation(self.turn)),
        )


def ball(place: Sequence[float], radius: float) -> Thing:
    """A ball, metres."""
    return _thing(place, (0.0, 0.0, 0.0), radius, _NO_TURN)


def capsule(
    place: Sequence[float],
    radius: float,
    length: float,
    turn: Sequence[float] = _NO_TURN,
) -> Thing:
    """A rod with round ends, ``length`` metres from end to end along its z axis."""
    return _thing(place, (0.0, 0.0, max(length / 2 - radius, 0.0)), radius, turn)


def box(
    place: Sequence[float], sides: Sequence[float], turn: Sequence[float] = _NO_TURN
) -> Thing:
    """A box with three sides in metres along its own axes."""
    return _thing(place, [side / 2 for side in sides], 0.0, turn)


def _thing(place, half, radius, turn) -> Thing:
    half, turn = np.asarray(half, np.float32), np.asarray(turn, np.float32)
    place = np.asarray(place, np.float32)
    if place.shape != (3,) or half.shape != (3,) or turn.shape != (4,):
        raise ValueError("a thing has a place [3], sides and a turn [4]")
    finite = all(np.isfinite(x).all() for x in (place, half, turn, radius))
    if not finite or (half < 0).any() or radius < 0 or not half.max() + radius > 0:
        raise ValueError("a thing needs a finite place and a size above 0 metres")
    length = np.linalg.norm(turn)
    if not length > 1e-6:
        raise ValueError("a thing's turn is a quaternion other than 0")
    return Thing(place, turn / length, half, np.asarray(radius, np.float32))


class Grip(NamedTuple):
    """How a right hand takes a thing.

    Attributes:
      axes: [3, 3] in columns: towards the thumb's side of the hand, against the
        approach, and from the thumb's contact to the fingers'.
      width: metres between these contacts.
      depth: metres of the thing along the approach.
      room: metres of the thing along the thumb's side, in which fingers find a place.
    """

    axes: np.ndarray
    width: float
    depth: float
    room: float

    @property
    def approach(self) -> np.ndarray:
        """Direction [3] of the hand's last way."""
        return -self.axes[:, 1]


def grip(thing: Thing, approach: Array, upward: Array, widest: float) -> Grip | None:
    """The grip of a thing that is nearest to an approach and to an upright hand.

    A hand closes along one of the thing's axes, which people's do (Cuijpers, Smeets
    and Brenner, 2004); about an axis around which it is round it comes as it likes.

    Args:
      thing: what is taken.
      approach: [3] unit vector from where the hand would like to come.
      upward: [3] where the thumb's side of the hand would like to be.
      widest: metres that the hand can hold.

    Returns:
      The grip, or None where every side is too wide.
    """
    axes = _axes(thing, np.asarray(approach, float), np.asarray(upward, float))
    sizes = 2 * (np.asarray(thing.half, float) + float(thing.radius))
    found: list[tuple[float, Grip]] = []
    for first, third in itertools.permutations(range(3), 2):
        if sizes[third] > widest:
            continue
        second = 3 - first - third
        for a, b in itertools.product((1.0, -1.0), repeat=2):
            side, closing = a * axes[:, first], b * axes[:, third]
            back = np.cross(closing, side)
            score = float(-back @ approach + _UPRIGHT * side @ upward)
            columns = np.stack([side, back, closing], axis=1)
            sides = (sizes[third], sizes[second], sizes[first])
            found.append((score, Grip(columns, *map(float, sides))))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _axes(thing: Thing, approach: np.ndarray, upward: np.ndarray) -> np.ndarray:
    """Axes [3, 3] in columns, turned to the approach where the thing is round."""
    turn = rotations.matrix_from_quaternion(jnp.asarray(thing.turn))
    axes = np.asarray(turn, float)
    long = np.flatnonzero(np.asarray(thing.half) > 0)
    if len(long) == 0:
        return _frame(approach, upward)
    if len(long) == 1:
        along = axes[:, long[0]]
        ahead = approach if abs(along @ approach) < 0.95 else upward
        frame = _frame(along, ahead)
        return np.roll(frame, long[0], axis=1)
    return axes


def _frame(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Right-handed axes in columns: the first, and the second across it."""
    across = second - first * (first @ second)
    across = across / np.linalg.norm(across)
    return np.stack([first, across, np.cross(first, across)], axis=1)
