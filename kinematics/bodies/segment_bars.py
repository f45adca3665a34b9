"""Where the mass of each segment lies on a skeleton at rest.

A segment is a bar: uniform along its axis, with the mass, the centre of mass and the
three radii of gyration of de Leva's table, scaled to the bones. Limbs are as long as
their bones; head, hands and feet, which skeletons cut short, are in proportion to the
trunk, the forearm and the shank.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kinematics.bodies.segment_tables import HEIGHTS, WINTER, DeLeva
from kinematics.bodies.segments import Segment

# By segment its row of the table and its length there.
Rows = Mapping[str, tuple[DeLeva, float]]
TRUNK = ("upper trunk", "middle trunk", "lower trunk")
_X, _Y, _Z = np.eye(3)
# Nearer to parallel than this (cosine), a reference direction is replaced.
_PARALLEL = 0.9
# How far the ball of the foot is ahead of the ankle, over the length of the foot, for
# bodies without that joint: a choice of this file.
_BALL = 0.47


class Bar(NamedTuple):
    """A segment at rest, in the frame of the root.

    Attributes:
      mass: share of the body's mass.
      center: [..., 3] metres.
      axes: [..., 3, 3] in columns: forward, sideways, along the segment.
      spread: [..., 3] mean squares of the distance from the centre along the axes.
    """

    mass: float
    center: np.ndarray
    axes: np.ndarray
    spread: np.ndarray


def bars(
    parents: Sequence[int], parts: Sequence[Segment], places: np.ndarray, rows: Rows
) -> list[tuple[Bar, ...]]:
    """The bars of each segment: three of the trunk, one of every other.

    Args:
      parents: index of the parent of each joint.
      parts: the segments of the body.
      places: [..., J, 3] metres, the joints at rest.
      rows: the table.
    """
    owner = {j: s.joints[0] for s in parts for j in s.joints}
    above = {s.joints[0]: owner.get(parents[s.joints[0]], 0) for s in parts[1:]}
    below = {up: first for first, up in above.items()}

    def middle(name: str) -> np.ndarray:
        firsts = [s.joints[0] for s in parts if s.name == name]
        return places[..., firsts, :].mean(axis=-2)

    trunk = middle("upper arm") - middle("thigh")
    result: list[tuple[Bar, ...]] = []
    for segment in parts:
        first = segment.joints[0]
        if segment.name == "trunk":
            result.append(_trunk(middle("upper arm"), trunk, rows))
        elif segment.name == "head":
            result.append((_head(segment, places, trunk, rows),))
        elif segment.name == "hand":
            bone = places[..., first, :] - places[..., above[first], :]
            result.append((_hand(segment, places, bone, rows),))
        elif segment.name == "foot":
            bone = places[..., first, :] - places[..., above[first], :]
            result.append((_foot(parents, segment, places, bone, rows),))
        else:
            bone = places[..., below[first], :] - places[..., first, :]
            row = rows[segment.name][0]
            center = places[..., first, :] + row.center * bone
            result.append((_bar(row, center, _axes(bone), _length(bone)[..., 0]),))
    return result


def _trunk(shoulders: np.ndarray, trunk: np.ndarray, rows: Rows) -> tuple[Bar, ...]:
    """The three parts, down from the middle of the shoulders to that of the hips."""
    scale = _length(trunk) / rows["trunk"][1]
    axes = _axes(trunk)
    # The upper part begins above the shoulders.
    depth = rows["trunk"][1] - sum(rows[part][1] for part in TRUNK)
    result = []
    for part in TRUNK:
        row, length = rows[part]
        center = shoulders - scale * (depth + row.center * length) * axes[..., 2]
        result.append(_bar(row, center, axes, scale[..., 0] * length))
        depth += length
    return tuple(result)


def _head(segment: Segment, places: np.ndarray, trunk: np.ndarray, rows: Rows) -> Bar:
    """Head and neck, down from the vertex.

    The vertex is the marked end of the head. Without one it is as far above the last
    joint as it is above the chin in the standard body.
    """
    row, length = rows["head"]
    scale = _length(trunk) / rows["trunk"][1]
    last = places[..., segment.joints[-1], :]
    if segment.ends:
        vertex = places[..., segment.ends[0], :]
        up = _or(vertex - places[..., segment.joints[0], :], trunk)
    else:
        rise = (1 - HEIGHTS["chin"]) / (HEIGHTS["shoulder"] - HEIGHTS["hip"])
        vertex, up = last + rise * trunk, trunk
    axes = _axes(up)
    center = vertex - scale * row.center * length * axes[..., 2]
    return _bar(row, center, axes, scale[..., 0] * length)


def _hand(segment: Segment, places: np.ndarray, bone: np.ndarray, rows: Rows) -> Bar:
    """The hand from the wrist, towards the middle of its joints."""
    row, length_mm = rows["hand"]
    length = _length(bone) * (length_mm / rows["forearm"][1])
    start = places[..., segment.joints[0], :]
    inside = places[..., [*segment.joints, *segment.ends], :].mean(axis=-2)
    # The thumb's side is forward, with the arms out as with the arms hanging.
    axes = _axes(_or(inside - start, bone), sideways=_X)
    center = start + row.center * length * axes[..., 2]
    return _bar(row, center, axes, length[..., 0])


def _foot(
    parents, segment: Segment, places: np.ndarray, bone: np.ndarray, rows: Rows
) -> Bar:
    """The foot, with Winter's centre: halfway from the ankle to the ball.

    De Leva's centre counts from the heel, which few skeletons have. The ball is the
    joint below the ankle that is farthest from the line of the shank.
    """
    row, length_mm = rows["foot"]
    length = _length(bone) * (length_mm / rows["shank"][1])
    first = segment.joints[0]
    start, shank = places[..., first, :], bone / _length(bone)
    below = [j for j in (*segment.joints, *segment.ends) if parents[j] == first]
    arms = places[..., below, :] - start[..., None, :]
    across = (
        arms
        - (arms * shank[..., None, :]).sum(axis=-1, keepdims=True) * shank[..., None, :]
    )
    if below:
        best = np.argmax(np.linalg.norm(across, axis=-1), axis=-1)[..., None, None]
        ball = np.take_along_axis(arms, best, axis=-2)[..., 0, :]
        along = np.take_along_axis(across, best, axis=-2)[..., 0, :]
    else:
        along = np.broadcast_to(_X, start.shape)
        ball = _BALL * length * along
    axes = _axes(_or(along, np.broadcast_to(_X, start.shape)), sideways=_Y)
    center = start + WINTER["foot"].center * ball
    return _bar(row, center, axes, length[..., 0])


def _bar(row: DeLeva, center: np.ndarray, axes: np.ndarray, length: np.ndarray) -> Bar:
    """The bar with the radii of gyration of a row."""
    forward, sideways, along = row.sagittal**2, row.transverse**2, row.longitudinal**2
    # A moment of inertia is the sum of the mean squares along the other two axes.
    half = (forward + sideways + along) / 2
    squares = np.array([half - forward, half - sideways, half - along])
    return Bar(row.mass, center, axes, squares * np.square(length)[..., None])


def _axes(along: np.ndarray, sideways: np.ndarray | None = None) -> np.ndarray:
    """Axes [..., 3, 3] in columns: forward, sideways, along.

    Forward is as near to x, or sideways as near to a given direction, as it can be.
    """
    reference = _X if sideways is None else sideways
    along = along / _length(along)
    cosine = (along * reference).sum(axis=-1, keepdims=True)
    reference = np.where(np.abs(cosine) > _PARALLEL, _Z, reference)
    near = reference - (along * reference).sum(axis=-1, keepdims=True) * along
    near = near / _length(near)
    other = np.cross(along, near)
    columns = (near, other, along) if sideways is None else (-other, near, along)
    return np.stack(columns, axis=-1)


def _or(vector: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The vector, or another one where it has no length."""
    return np.where(_length(vector) > 1e-6, vector, other)


def _length(vector: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vector, axis=-1, keepdims=True)
