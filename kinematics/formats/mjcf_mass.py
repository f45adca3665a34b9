"""Masses of the bodies of an MJCF file: as given, or those of their geoms.

Moments of solids: any text on mechanics; a capsule is a cylinder and two half
spheres, whose centres of mass are 3/8 of the radius from their flat side.
"""

from typing import NamedTuple

import numpy as np

from kinematics.formats.mjcf_text import Source, from_z
from kinematics.formats.xml_tree import Element

_DENSITY = 1000.0
_NO_MASS = ("plane", "hfield")
# Numbers of `size` that each type of geom has, and that it has with `fromto`.
_SIZES = {
    "sphere": (1, None),
    "capsule": (2, 1),
    "cylinder": (2, 1),
    "ellipsoid": (3, 1),
    "box": (3, 1),
}


class Mass(NamedTuple):
    """A rigid body: mass kg, center [3] m, tensor [3, 3] kg m^2 about the centre."""

    mass: float
    center: np.ndarray
    tensor: np.ndarray


def total(parts: list[Mass]) -> Mass:
    """Several rigid bodies as one, by the theorem of parallel axes."""
    mass = sum(part.mass for part in parts)
    if mass <= 0:
        return Mass(0.0, np.zeros(3), np.zeros((3, 3)))
    center = np.sum([part.mass * part.center for part in parts], axis=0) / mass
    tensor = np.zeros((3, 3))
    for part in parts:
        d = part.center - center
        tensor += part.tensor + part.mass * (d @ d * np.eye(3) - np.outer(d, d))
    return Mass(mass, center, tensor)


def moved(part: Mass, place: np.ndarray, turn: np.ndarray) -> Mass:
    """The same body in the axes in which it stands at a place, turned."""
    return Mass(part.mass, place + turn @ part.center, turn @ part.tensor @ turn.T)


def inertial(source: Source, element: Element) -> Mass:
    """The mass that an inertial element gives, in the axes of the body."""
    mass = float(element.numbers("mass", 1)[0])
    if "fullinertia" in element.attributes:
        xx, yy, zz, xy, xz, yz = element.numbers("fullinertia", 6)
        tensor = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    else:
        tensor = np.diag(element.numbers("diaginertia", 3))
    part = Mass(mass, np.zeros(3), tensor)
    return moved(part, element.numbers("pos", 3, [0, 0, 0]), source.turn(element))


def geom(source: Source, element: Element) -> Mass | None:
    """The mass of a geom in the axes of the body, or None where it is not told.

    A mesh's is not: it would have to be read.
    """
    kind = element.attributes.get("type", "sphere")
    groups = source.compiler.get("inertiagrouprange", "0 5").split()
    group = element.attributes.get("group", "0")
    weightless = element.attributes.get("mass") is not None and not element.numbers(
        "mass", 1
    )
    if kind in _NO_MASS or weightless or not groups[0] <= group <= groups[-1]:
        return Mass(0.0, np.zeros(3), np.zeros((3, 3)))
    shell = element.attributes.get("shellinertia") == "true"
    if kind not in _SIZES or shell or "mesh" in element.attributes:
        return None
    if "fromto" in element.attributes:
        place, turn, size = _fromto(element, kind)
    else:
        place, turn = element.numbers("pos", 3, [0, 0, 0]), source.turn(element)
        size = _size(element, _SIZES[kind][0])
    solid = _solid(kind, size)
    if "mass" in element.attributes:
        factor = float(element.numbers("mass", 1)[0]) / max(solid.mass, 1e-300)
    else:
        factor = float(element.numbers("density", 1, [_DENSITY])[0])
    return moved(
        Mass(solid.mass * factor, solid.center, solid.tensor * factor), place, turn
    )


def _size(element: Element, count: int) -> np.ndarray:
    """The first numbers of size: a class may give more than a type needs."""
    given = len(element.word("size").split())
    size = element.numbers("size", given)[:count]
    if len(size) < count or (size <= 0).any():
        raise element.error(
            f"'size' of <geom> is {element.attributes['size'][:60]!r}",
            f"give {count} numbers above 0",
        )
    return size


def _fromto(element: Element, kind: str):
    ends = element.numbers("fromto", 6).reshape(2, 3)
    count = _SIZES[kind][1]
    length = np.linalg.norm(ends[0] - ends[1])
    if count is None or length < 1e-10:
        raise element.error(
            f"a {kind} cannot lie from {spelled(ends[0])} to {spelled(ends[1])}",
            "give it a pos, or ends that are apart",
        )
    size = _size(element, count)
    half = [length / 2]
    size = np.concatenate(
        [size, size, half] if kind in ("box", "ellipsoid") else [size, half]
    )
    return ends.mean(axis=0), from_z((ends[0] - ends[1]) / length), size


def spelled(point: np.ndarray) -> str:
    """A point for a message."""
    return "(" + ", ".join(f"{x:.6g}" for x in point) + ")"


def _solid(kind: str, size: np.ndarray) -> Mass:
    """A solid of density 1 about its middle, its axis along z."""
    if kind == "sphere":
        size = np.repeat(size, 3)
    if kind in ("sphere", "ellipsoid"):
        mass, share = 4 / 3 * np.pi * size.prod(), 1 / 5
        moments = mass * share * ((size**2).sum() - size**2)
    elif kind == "box":
        mass = 8 * size.prod()
        moments = mass / 3 * ((size**2).sum() - size**2)
    else:
        r, h = size
        mass = np.pi * r**2 * 2 * h
        across = mass * (3 * r**2 + 4 * h**2) / 12
        along = mass * r**2 / 2
        if kind == "capsule":
            caps = 4 / 3 * np.pi * r**3
            across += caps * (2 / 5 * r**2 + h**2 + 3 / 4 * r * h)
            along += caps * 2 / 5 * r**2
            mass += caps
        moments = np.array([across, across, along])
    return Mass(float(mass), np.zeros(3), np.diag(moments))
