"""From the axes and units of a file to the canonical body.

Files differ in which axis is up, in how the joints' frames lie in the body, and
in their unit of length. Names say which joints are left and right, and the
skeleton itself then shows its lateral axis, its upright axis and its size.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinematics.skeleton import infer_mirror

# File world to ours (x forward, y left, z up): proper, and such that a figure
# facing the customary way (+z where y is up, -y where z is up) faces +x.
WORLD = {
    "y": np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    "z": np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]),
}
# Metres per unit: m, cm, mm, inch and the unit of the CMU recordings.
UNITS = (1.0, 0.01, 0.001, 0.0254, 0.0254 / 0.45)
_HEIGHT = 1.75
# Left and right differ by less than this share of their bones in a real body.
_MISMATCH = 0.35


class Axes(NamedTuple):
    """How a file's axes become ours.

    Attributes:
      world: [3, 3] rotation of the file's world into ours.
      body: [3, 3] rotation of the joints' frames in the file into ours; both are
        signed permutations.
      mirror: twin of each joint, or None where names show none or the geometry
        contradicts them.
    """

    world: np.ndarray
    body: np.ndarray
    mirror: tuple[int, ...] | None


def world_axes(up: str) -> np.ndarray:
    """[3, 3] rotation of a file's world, ``up`` its vertical axis, into ours."""
    if up not in WORLD:
        raise ValueError(f'up must be "y" or "z", not {up!r}')
    return WORLD[up]


def canonical(
    names: Sequence[str], parents: Sequence[int], offsets: np.ndarray, up: str
) -> Axes:
    """Find the axes of a body from its names and its rest offsets.

    The lateral axis is the one whose reflection maps the offsets of the left side
    best onto the right; the upright axis is the one along the midline joints from
    the root to the head. So files whose zero pose is no standing figure (all
    bones along x, for instance) still become canonical.

    Args:
      names: J joint names.
      parents: index of each joint's parent.
      offsets: [J, 3] from the parent, axes and unit of the file.
      up: vertical axis of the file, ``"y"`` or ``"z"``.

    Returns:
      The axes; where names show no sides the body's are those of the world.
    """
    world = world_axes(up)
    twins = infer_mirror(names, parents)
    if twins is None:
        return Axes(world, world, None)
    left = [j for j, m in enumerate(twins) if m != j and _is_left(names[j], names[m])]
    right = [twins[j] for j in left]
    length = np.abs(offsets[left]).sum() + np.abs(offsets[right]).sum()
    if length == 0:
        return Axes(world, world, twins)
    misses = []
    for k in range(3):
        reflection = np.where(np.arange(3) == k, -1.0, 1.0)
        difference = offsets[left] - offsets[right] * reflection
        misses.append(np.abs(difference).sum() / (length / 2))
    lateral = int(np.argmin(misses))
    if misses[lateral] > _MISMATCH:
        return Axes(world, world, None)
    apart = float((offsets[left] - offsets[right])[:, lateral].sum())
    if abs(apart) < 1e-3 * length:
        return Axes(world, world, twins)
    y = np.eye(3)[lateral] * math.copysign(1.0, apart)
    spine = _spine(parents, offsets, twins)
    spine[lateral] = 0.0
    if np.linalg.norm(spine) < 1e-3 * length:
        spine = world[2] * (1 - np.abs(y))
        if not spine.any():
            return Axes(world, world, None)
    upright = int(np.argmax(np.abs(spine)))
    z = np.eye(3)[upright] * math.copysign(1.0, spine[upright])
    return Axes(world, np.stack([np.cross(y, z), y, z]), twins)


def metres_per_unit(
    scale: float | str,
    names: Sequence[str],
    parents: Sequence[int],
    offsets: np.ndarray,
    up: str,
) -> float:
    """Metres per unit of length: a given number, or a guess for ``"auto"``.

    The guess is the unit among `UNITS` that brings the body closest (in ratio) to
    1.75 m. Size is summed along the bones from the longest leg through the root
    to the head, so that no pose can shorten it. Bodies in centimetres of 1.1 m to
    5 m, and in CMU's unit of 1.2 m to 7 m, are told right; give the scale of
    smaller ones. A skeleton without size is taken to be in centimetres.
    """
    if scale != "auto":
        if isinstance(scale, str) or not 0 < scale < math.inf:
            raise ValueError(
                f'scale must be "auto" or metres per unit, above 0, not {scale!r}'
            )
        return float(scale)
    height = size(names, parents, offsets, up)
    if height <= 0:
        return 0.01
    return min(UNITS, key=lambda unit: abs(math.log(height * unit / _HEIGHT)))


def size(
    names: Sequence[str], parents: Sequence[int], offsets: np.ndarray, up: str
) -> float:
    """Length along the bones from a foot through the root to the head, file units."""
    lengths = np.linalg.norm(offsets, axis=1)
    path, place = np.zeros(len(parents)), np.zeros((len(parents), 3))
    for j in range(1, len(parents)):
        path[j] = path[parents[j]] + lengths[j]
        place[j] = place[parents[j]] + offsets[j]
    twins = infer_mirror(names, parents)
    if twins is None:
        vertical = "xyz".index(up)
        low, high = np.argmin(place[:, vertical]), np.argmax(place[:, vertical])
        return float(path[low] + path[high]) if low != high else 0.0
    # Legs are the sided limbs that leave the midline nearest to the root.
    starts: dict[int, int] = {}
    for j, twin in enumerate(twins):
        if twin != j:
            starts[j] = starts.get(parents[j], parents[j])
    hip = min(starts.values(), key=lambda j: path[j])
    leg = max(path[j] for j, start in starts.items() if start == hip)
    midline = [path[j] for j, twin in enumerate(twins) if twin == j and j not in starts]
    return float(leg + max(midline, default=0.0))


def _spine(parents, offsets, twins) -> np.ndarray:
    """Sum [3] of the offsets of the longest chain of midline joints from the root."""
    place, path = np.zeros((len(parents), 3)), np.zeros(len(parents))
    for j in range(1, len(parents)):
        up = parents[j]
        if twins[j] == j and twins[up] == up:
            place[j] = place[up] + offsets[j]
            path[j] = path[up] + np.linalg.norm(offsets[j])
    return place[int(np.argmax(path))]


def _is_left(name: str, twin: str) -> bool:
    """Whether a name is the left one of a pair: they first differ in L and R."""
    return next((a for a, b in zip(name, twin, strict=False) if a != b), "") in "lL"
