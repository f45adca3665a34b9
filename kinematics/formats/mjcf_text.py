"""What an MJCF file says, its includes, default classes and units resolved."""

import dataclasses
import os
import pathlib

import numpy as np

from kinematics.formats import robot_angles, xml_tree
from kinematics.formats.xml_tree import Element

_MAX_FILES = 100
# Attributes that turn a body, frame, geom or inertial, the one with most say first.
_TURNS = ("axisangle", "xyaxes", "zaxis", "euler", "quat")


@dataclasses.dataclass
class Source:
    """An MJCF file with its includes.

    Attributes:
      root: the mujoco element, everything that it includes put in place.
      compiler: all attributes of its compiler elements.
      defaults: for each class, for each element, its default attributes.
    """

    root: Element
    compiler: dict[str, str]
    defaults: dict[str, dict[str, dict[str, str]]]

    def resolved(self, element: Element, childclass: str) -> Element:
        """The element with the defaults of its class, or of ``childclass``."""
        name = element.attributes.get("class", childclass)
        if name not in self.defaults:
            raise element.error(
                f"there is no default class {name!r}", "define it or correct the name"
            )
        attributes = dict(self.defaults[name].get(element.tag, {}))
        # An orientation of the element's own stands for any that its class has.
        if any(key in element.attributes for key in _TURNS):
            attributes = {k: v for k, v in attributes.items() if k not in _TURNS}
        attributes.update(element.attributes)
        return dataclasses.replace(element, attributes=attributes)

    def flag(self, name: str, default: bool) -> bool:
        """A yes or no of the compiler."""
        return self.compiler.get(name, str(default).lower()) == "true"

    def radians(self, value):
        """An angle of the file in radians."""
        return value if self.compiler.get("angle") == "radian" else np.deg2rad(value)

    def turn(self, element: Element) -> np.ndarray:
        """[3, 3] axes of an element in those of its parent."""
        key = next((key for key in _TURNS if key in element.attributes), None)
        if key is None:
            return np.eye(3)
        values = element.numbers(
            key, {"quat": 4, "axisangle": 4, "xyaxes": 6}.get(key, 3)
        )
        if key == "euler":
            return self._euler(element, self.radians(values))
        if key == "quat":
            _unit(element, key, values)
            return robot_angles.matrix(values)
        if key == "axisangle":
            axis = _unit(element, key, values[:3])
            return robot_angles.about(axis, self.radians(values[3]))
        if key == "xyaxes":
            x = _unit(element, key, values[:3])
            y = _unit(element, key, values[3:] - x * (x @ values[3:]))
            return np.stack([x, y, np.cross(x, y)], axis=1)
        return from_z(_unit(element, key, values))

    def _euler(self, element: Element, angles: np.ndarray) -> np.ndarray:
        sequence = self.compiler.get("eulerseq", "xyz")
        if len(sequence) != 3 or set(sequence.lower()) - set("xyz"):
            raise element.error(f"eulerseq is {sequence!r}", "give three of xyzXYZ")
        turn = np.eye(3)
        for letter, angle in zip(sequence, angles, strict=True):
            one = robot_angles.about(np.eye(3)["xyz".index(letter.lower())], angle)
            # Small letters turn about the axes as turned so far, capitals about fixed
            # ones.
            turn = turn @ one if letter.islower() else one @ turn
        return turn


def load(path: str | os.PathLike) -> Source:
    """Read a file and what it includes; FormatError says what is wrong.

    Only files in the same folder or below are included.
    """
    root = xml_tree.parse(path)
    if root.tag != "mujoco":
        raise root.error(
            f"an MJCF file starts with <mujoco>, not <{root.tag}>",
            "check that this is one",
        )
    _include(pathlib.Path(path), root)
    compiler: dict[str, str] = {}
    for element in root.all("compiler"):
        compiler.update(element.attributes)
        if compiler.get("coordinate", "local") != "local":
            raise element.error(
                "global coordinates are of old versions of MuJoCo",
                "load and save the model with MuJoCo 2.3 or older",
            )
    return Source(root, compiler, _defaults(root))


def from_z(direction: np.ndarray) -> np.ndarray:
    """The smallest rotation [3, 3] that turns z into a unit vector [3]."""
    axis = np.cross([0.0, 0, 1], direction)
    size = np.linalg.norm(axis)
    if size < 1e-10:
        return np.eye(3) if direction[2] > 0 else np.diag([1.0, -1, -1])
    return robot_angles.about(axis / size, np.arctan2(size, direction[2]))


def _include(path: pathlib.Path, root: Element) -> None:
    """Put what is included in place of every include."""
    folder = path.parent.resolve()
    seen = {path.resolve()}
    todo = [root]
    while todo:
        element = todo.pop()
        while any(child.tag == "include" for child in element.children):
            children = []
            for child in element.children:
                if child.tag != "include":
                    children.append(child)
                    continue
                other = (folder / child.word("file")).resolve()
                if not other.is_relative_to(folder):
                    raise child.error(
                        f"{child.attributes['file'][:80]!r} is outside of the folder",
                        "copy it beside the model",
                    )
                if other in seen or len(seen) >= _MAX_FILES:
                    raise child.error(
                        f"{child.attributes['file'][:80]!r} is included twice, or too "
                        "many files are",
                        "include each once",
                    )
                seen.add(other)
                if not other.is_file():
                    raise child.error(
                        f"{child.attributes['file'][:80]!r} is not there",
                        "copy it beside the model or remove the line",
                    )
                children += xml_tree.parse(other).children
            element.children = children
        todo += element.children


def _defaults(root: Element) -> dict[str, dict[str, dict[str, str]]]:
    """Attributes by class and element; a class inside of another starts from it."""
    found: dict[str, dict[str, dict[str, str]]] = {"main": {}}
    todo = [(element, "main") for element in root.all("default")]
    while todo:
        element, parent = todo.pop(0)
        top = any(element is other for other in root.children)
        name = "main" if top else element.word("class")
        values = {tag: dict(pairs) for tag, pairs in found[parent].items()}
        for child in element.children:
            if child.tag == "default":
                todo.append((child, name))
            else:
                values.setdefault(child.tag, {}).update(child.attributes)
        found[name] = values
    return found


def _unit(element: Element, key: str, vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    if length < 1e-10:
        raise element.error(
            f"{key!r} of <{element.tag}> has no direction", "give it a length"
        )
    return vector / length
