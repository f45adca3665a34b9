"""Read the body of a URDF file."""

import os
from typing import NamedTuple

import numpy as np

from kinematics.dynamics.inertia import Inertia
from kinematics.formats import robot, robot_angles, xml_tree
from kinematics.formats.errors import problem
from kinematics.formats.robot import MAX_LINKS, Link, Spelling
from kinematics.formats.xml_tree import Element
from kinematics.skeleton import Skeleton

_KINDS = {"revolute": "hinge", "continuous": "hinge", "fixed": "fixed"}


class Model(NamedTuple):
    """A body read from a URDF file.

    Attributes:
      skeleton: joints named after the links of the file; see `read`.
      inertia: masses of its parts, or None where the file has none.
      spellings: the file's joints that make each joint of the skeleton.
      rest: [3, 3] axes of the file's base link in canonical ones.
    """

    skeleton: Skeleton
    inertia: Inertia | None
    spellings: tuple[Spelling, ...]
    rest: np.ndarray


def read(path: str | os.PathLike, *, forward: str = "x", merge: bool = True) -> Model:
    """Read the body of a URDF file.

    Every link is a joint of the skeleton at the link's origin, the base link its
    root; a base link that only holds another by a floating joint is left out. The
    rest pose is all joints at 0. Revolute joints that follow one another at one place,
    about axes at right angles and with no mass or branch in between, are one universal
    or ball joint of the last link's name. Of a ball joint the limits become the
    smallest swing ellipse and twist that hold those of its hinges.

    Args:
      path: the file.
      forward: where the body faces at rest: ``"x"``, ``"-x"``, ``"y"`` or ``"-y"``.
      merge: whether to merge joints; without, each is a hinge with exact limits.

    Raises:
      FormatError: one sentence with file and line, what is wrong, what to do; also
        where the file has what a skeleton cannot do: joints that slide, float inside
        of the body or mimic others.
      OSError: the file cannot be read.
    """
    top = xml_tree.parse(path)
    if top.tag != "robot":
        raise top.error(
            f"a URDF file starts with <robot>, not <{top.tag}>",
            "check that this is one",
        )
    for element in top.children:
        if element.tag.startswith("xacro:"):
            raise element.error("this is a xacro file", "expand it with xacro first")
    links = _links(path, top)
    tree = robot.assemble(path, links, forward, merge)
    return Model(*tree)


def _links(path, top: Element) -> list[Link]:
    """All links, the base first, parents before children."""
    parts = _named(top.all("link"))
    joints = _named(top.all("joint"))
    holding: dict[str, Element] = {}
    below: dict[str, list[Element]] = {name: [] for name in parts}
    for joint in joints.values():
        parent, child = (_end(joint, word, parts) for word in ("parent", "child"))
        if child in holding:
            raise joint.error(
                f"link {child!r} hangs on two joints, the other on line "
                f"{holding[child].line}",
                "remove one: a skeleton is a tree",
            )
        holding[child] = joint
        below[parent].append(joint)
    bases = [name for name in parts if name not in holding]
    if len(bases) != 1:
        raise problem(
            path,
            None,
            f"{len(bases)} links hang on no joint",
            "connect all links into one tree",
        )
    base, spare = bases[0], 0
    if len(below[base]) == 1 and below[base][0].attributes.get("type") == "floating":
        base, spare = _end(below[base][0], "child", parts), 1
    links = [_mass(parts[base], Link(base, -1, np.zeros(3), np.eye(3)))]
    todo = [(joint, 0) for joint in reversed(below[base])]
    while todo:
        joint, index = todo.pop()
        child = _end(joint, "child", parts)
        links.append(_mass(parts[child], _hung(joint, child, index)))
        if len(links) > MAX_LINKS:
            raise joint.error(f"more than {MAX_LINKS} links", "give a single body")
        todo += [(other, len(links) - 1) for other in reversed(below[child])]
    if len(links) + spare < len(parts):
        reached = {bases[0], *(link.name for link in links)}
        lost = next(name for name in parts if name not in reached)
        raise parts[lost].error(
            f"link {lost!r} hangs on itself", "connect all links into one tree"
        )
    return links


def _named(elements: list[Element]) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in elements:
        name = element.word("name")
        if name in found:
            raise element.error(
                f"{element.tag} {name!r} appears twice, first on line "
                f"{found[name].line}",
                "rename one of them",
            )
        found[name] = element
    return found


def _end(joint: Element, word: str, parts: dict[str, Element]) -> str:
    """The link at one end of a joint."""
    end = joint.first(word)
    if end is None:
        raise joint.error(f"the joint has no <{word}>", "add it")
    name = end.word("link")
    if name not in parts:
        raise end.error(f"there is no link {name!r}", "add it or correct the name")
    return name


def _hung(joint: Element, name: str, parent: int) -> Link:
    """A link as its joint holds it, without its mass."""
    kind = joint.word("type")
    if kind not in _KINDS or joint.first("mimic") is not None:
        what = "mimics another" if joint.first("mimic") is not None else f"is {kind!r}"
        raise joint.error(
            f"joint {joint.attributes['name']!r} {what[:60]}",
            "make it revolute, continuous or fixed: a skeleton has no other joints",
        )
    place, turn = _origin(joint)
    link = Link(name, parent, place, turn, _KINDS[kind])
    link.joint, link.line, link.merges = joint.attributes["name"], joint.line, True
    if link.kind == "hinge":
        axis = joint.first("axis")
        vector = axis.numbers("xyz", 3) if axis is not None else np.array([1.0, 0, 0])
        length = np.linalg.norm(vector)
        if length < 1e-10:
            raise joint.error("the axis of this joint has no direction", "correct it")
        link.axis = vector / length
    limit = joint.first("limit")
    if kind == "revolute":
        if limit is None:
            raise joint.error(
                "a revolute joint has no <limit>", "add it or make it continuous"
            )
        # Both are optional and 0 in the format, which leaves no motion.
        link.lower = float(limit.numbers("lower", 1, [0.0])[0])
        link.upper = float(limit.numbers("upper", 1, [0.0])[0])
    return link


def _origin(element: Element) -> tuple[np.ndarray, np.ndarray]:
    """Place [3] and axes [3, 3] of an element's origin.

    Its angles are roll, pitch and yaw about the fixed axes x, y and z.
    """
    origin = element.first("origin")
    if origin is None:
        return np.zeros(3), np.eye(3)
    angles = origin.numbers("rpy", 3, [0, 0, 0])[::-1]
    turn = robot_angles.chain(np.eye(3)[::-1], angles)
    return origin.numbers("xyz", 3, [0, 0, 0]), turn


def _mass(part: Element, link: Link) -> Link:
    """The link with the mass of its element."""
    inertial = part.first("inertial")
    if inertial is None:
        return link
    mass, inertia = inertial.first("mass"), inertial.first("inertia")
    if mass is None or inertia is None:
        raise inertial.error("<mass> or <inertia> is missing", "add it")
    place, turn = _origin(inertial)
    xx, xy, xz, yy, yz, zz = (
        float(inertia.numbers(key, 1)[0])
        for key in ("ixx", "ixy", "ixz", "iyy", "iyz", "izz")
    )
    tensor = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    link.mass, link.center = float(mass.numbers("value", 1)[0]), place
    link.tensor = turn @ tensor @ turn.T
    return link
