"""The text of an ASF skeleton, checked."""

import dataclasses
import math
import os
from collections.abc import Callable

import numpy as np

from kinematics.formats.bvh_tree import MAX_JOINTS
from kinematics.formats.errors import problem
from kinematics.formats.text import number, read_text

ROTATIONS = ("rx", "ry", "rz")
_ROOT_CHANNELS = ("tx", "ty", "tz", *ROTATIONS)


@dataclasses.dataclass
class Bone:
    """A bone as written; the root is one without length.

    Attributes:
      name: its name.
      line: where it starts.
      end: [3] from its start to its end, file axes and unit.
      axis: three angles of its own axes, in `radian`, about the axes in `order`.
      order: three of 0, 1, 2: the axes of all its rotations, applied in this order.
      dofs: its values in the motion, ``rx``, ``ry``, ``rz``, for the root also
        ``tx``, ``ty``, ``tz``.
      limits: [n, 2] range of each of its dofs, or None.
    """

    name: str
    line: int
    direction: list[float] = dataclasses.field(default_factory=lambda: [0.0, 0.0, 0.0])
    length: float = 0.0
    axis: list[float] = dataclasses.field(default_factory=lambda: [0.0, 0.0, 0.0])
    order: tuple[int, ...] = (0, 1, 2)
    dofs: tuple[str, ...] = ()
    limits: list[list[float]] = dataclasses.field(default_factory=list)

    @property
    def end(self) -> np.ndarray:
        """[3] from the start of the bone to its end, file axes and unit."""
        length = float(np.linalg.norm(self.direction))
        return np.array(self.direction) * (self.length / length if length else 0.0)


@dataclasses.dataclass
class Asf:
    """What an ASF file says.

    Attributes:
      bones: by name; the first is ``root``.
      parents: name of the parent of each bone but the root.
      position: [3] start of the root.
      metre: metres per unit of length.
      radian: radians per unit of angle.
    """

    bones: dict[str, Bone]
    parents: dict[str, str]
    position: list[float]
    metre: float
    radian: float


def parse_asf(path: str | os.PathLike) -> Asf:
    """Read and check a skeleton; FormatError says what is wrong."""
    asf = Asf({"root": Bone("root", 1)}, {}, [0.0, 0.0, 0.0], 1.0, math.radians(1))
    asf.metre = 0.0254
    readers: dict[str, Callable] = {
        ":units": _units,
        ":root": _root,
        ":bonedata": _bonedata,
        ":hierarchy": _hierarchy,
    }
    seen = set()
    section = ""
    bone: list[Bone | None] = [None]
    for line, row in enumerate(read_text(path).split("\n"), 1):
        words = row.split("#")[0].split()
        if words and words[0].startswith(":"):
            section = words[0].lower()
            seen.add(section)
        elif words and section in readers:
            try:
                readers[section](asf, bone, line, [*words])
            except _Wrong as error:
                raise problem(path, line, str(error), "correct the line") from None
    for section in (":root", ":bonedata", ":hierarchy"):
        if section not in seen:
            raise problem(
                path, None, f"the section {section} is missing", "get the whole file"
            )
    for bone_name in list(asf.bones)[1:]:
        if bone_name not in asf.parents:
            raise problem(
                path,
                asf.bones[bone_name].line,
                f"bone {bone_name!r} is not in the hierarchy",
                "add it under its parent",
            )
        _check_bone(path, asf.bones[bone_name])
    if len(asf.bones) > MAX_JOINTS:
        raise problem(path, None, f"more than {MAX_JOINTS} bones", "remove some")
    return asf


class _Wrong(Exception):
    """What is wrong with a line."""


def _numbers(words: list[str], count: int) -> list[float]:
    found = [number(word) for word in words[:count]]
    values = [x for x in found if x is not None]
    if len(values) < count:
        raise _Wrong(f"{' '.join(words)[:60]!r} is not {count} finite numbers")
    return values


def _axes(word: str) -> tuple[int, ...]:
    if sorted(word.lower()) != ["x", "y", "z"]:
        raise _Wrong(f"{word[:40]!r} is not an order of X, Y and Z")
    return tuple("xyz".index(letter) for letter in word.lower())


def _units(asf: Asf, bone: list, line: int, words: list[str]) -> None:
    key = words[0].lower()
    if key == "length":
        (length,) = _numbers(words[1:], 1)
        if length <= 0:
            raise _Wrong(f"the unit of length is {length}")
        # Acclaim lengths are inches times the unit.
        asf.metre = 0.0254 / length
    elif key == "angle":
        if len(words) < 2 or words[1].lower()[:3] not in ("deg", "rad"):
            raise _Wrong("the unit of angle is neither deg nor rad")
        asf.radian = 1.0 if words[1].lower().startswith("rad") else math.radians(1)


def _root(asf: Asf, bone: list, line: int, words: list[str]) -> None:
    key, root = words[0].lower(), asf.bones["root"]
    root.line = line
    if key == "order":
        dofs = tuple(word.lower() for word in words[1:])
        if any(d not in _ROOT_CHANNELS or dofs.count(d) > 1 for d in dofs):
            raise _Wrong(f"the root's order is {' '.join(dofs)[:60]!r}")
        root.dofs = dofs
    elif key == "axis":
        root.order = _axes(words[1] if len(words) > 1 else "")
    elif key == "position":
        asf.position = _numbers(words[1:], 3)
    elif key == "orientation":
        root.axis = _numbers(words[1:], 3)


def _bonedata(asf: Asf, state: list, line: int, words: list[str]) -> None:
    key = words[0].lower()
    if key == "begin":
        state[0] = Bone("", line)
        return
    bone = state[0]
    if bone is None:
        raise _Wrong(f"{words[0][:40]!r} stands outside of begin and end")
    if key == "end":
        if not bone.name:
            raise _Wrong("the bone has no name")
        if bone.name in asf.bones:
            raise _Wrong(f"bone {bone.name!r} appears twice")
        asf.bones[bone.name] = bone
        state[0] = None
    elif key == "name":
        bone.name = " ".join(words[1:])
    elif key == "direction":
        bone.direction = _numbers(words[1:], 3)
    elif key == "length":
        (bone.length,) = _numbers(words[1:], 1)
    elif key == "axis":
        bone.axis = _numbers(words[1:], 3)
        bone.order = _axes(words[4] if len(words) > 4 else "xyz")
    elif key == "dof":
        bone.dofs = tuple(word.lower() for word in words[1:])
    elif key == "limits" or key.startswith("("):
        text = " ".join(words).lower().removeprefix("limits")
        for pair in text.replace("(", " ").split(")"):
            if pair.strip():
                bone.limits.append(_range(pair.replace(",", " ").split()))


def _range(words: list[str]) -> list[float]:
    """A range, its ends numbers or ``-inf`` and ``inf``."""
    ends = {"-inf": -math.inf, "inf": math.inf}
    found = [ends[word] if word in ends else number(word) for word in words]
    values = [x for x in found if x is not None]
    if len(found) != 2 or len(values) != 2 or values[0] > values[1]:
        raise _Wrong(f"({' '.join(words)[:40]}) is not a range of two numbers")
    return values


def _hierarchy(asf: Asf, bone: list, line: int, words: list[str]) -> None:
    if words[0].lower() in ("begin", "end") and len(words) == 1:
        return
    parent = words[0]
    for name in words:
        if name not in asf.bones:
            raise _Wrong(f"bone {name!r} is not in the bone data")
    for name in words[1:]:
        if name in asf.parents or name == "root":
            raise _Wrong(f"bone {name!r} has two parents")
        above = parent
        while above in asf.parents:
            above = asf.parents[above]
        if above == name:
            raise _Wrong(f"bone {name!r} is its own ancestor")
        asf.parents[name] = parent


def _check_bone(path, bone: Bone) -> None:
    for d in bone.dofs:
        if d not in ROTATIONS or bone.dofs.count(d) > 1:
            raise problem(
                path,
                bone.line,
                f"bone {bone.name!r} has the degree of freedom {d!r}",
                "give it only rx, ry and rz: bones do not stretch",
            )
    if bone.limits and len(bone.limits) != len(bone.dofs):
        raise problem(
            path,
            bone.line,
            f"bone {bone.name!r} has {len(bone.dofs)} degrees of freedom but "
            f"{len(bone.limits)} limits",
            "give a range for each",
        )
