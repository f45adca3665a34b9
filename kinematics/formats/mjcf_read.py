"""Read the body of an MJCF file."""

import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kinematics.dynamics.inertia import Inertia
from kinematics.formats import mjcf_mass, robot
from kinematics.formats.errors import problem
from kinematics.formats.mjcf_mass import Mass
from kinematics.formats.mjcf_qpos import Layout, Step
from kinematics.formats.mjcf_text import Source, load
from kinematics.formats.mjcf_write import CUSTOM
from kinematics.formats.robot import MAX_LINKS, Link
from kinematics.formats.xml_tree import Element
from kinematics.skeleton import Skeleton

# Elements that make bodies by rules instead of naming them.
_MADE = ("attach", "composite", "flexcomp", "replicate")


class Model(NamedTuple):
    """A body read from an MJCF file.

    Attributes:
      skeleton: joints named after the bodies of the file; see `read`.
      inertia: masses of its parts, or None where the file does not tell them.
      layout: how the file lays out qpos.
    """

    skeleton: Skeleton
    inertia: Inertia | None
    layout: Layout


class _Item(NamedTuple):
    """An element of a body, with the frames it is in resolved."""

    element: Element
    place: np.ndarray
    turn: np.ndarray
    childclass: str


def read(path: str | os.PathLike, *, forward: str = "x", merge: bool = True) -> Model:
    """Read the body of an MJCF file.

    Every body of the file is a joint, at the place about which the body turns. Two
    or three hinges that meet at right angles in one point are one universal or ball
    joint. Of a ball joint made of three hinges the limits become the smallest swing
    ellipse and twist that hold those of the hinges. Other hinges of one body follow
    one another, each a joint of its own that is named after the hinge. The rest pose
    is that of the file; the body's axes are those of the world at rest.

    Tendons, actuators, contacts and sensors are not looked at: they are forces, not
    coordinates. Bodies that have no joint in them, beside one that has, are scenery.

    Args:
      path: the file; it may include files of the same folder and of those below.
      forward: where the body faces at rest: ``"x"``, ``"-x"``, ``"y"`` or ``"-y"``.
      merge: whether to merge hinges; without, each is a joint with exact limits.

    Raises:
      FormatError: one sentence with file and line, what is wrong, what to do; also
        where the file has what a skeleton cannot do: several moving bodies, sliding
        joints but at the root, equality constraints.
      OSError: the file cannot be read.
    """
    source = load(path)
    robot.facing(forward)
    for section in source.root.all("equality"):
        for element in section.children:
            if element.attributes.get("active") != "false":
                raise element.error(
                    f"<{element.tag}> ties joints or bodies to one another",
                    "remove it: a skeleton is a tree of independent joints",
                )
    base = _root(path, source)
    given = _custom(source, robot.facing(forward))
    links, steps, complete = _links(source, base, given)
    scale = float(source.compiler.get("settotalmass", "-1") or -1)
    weight = sum(link.mass for link in links)
    if complete and scale > 0 and weight > 0:
        for link in links:
            link.mass *= scale / weight
            link.tensor = link.tensor * (scale / weight)
    tree = robot.assemble(path, links, forward, merge)
    place = base.place + base.turn @ base.element.numbers("pos", 3, [0, 0, 0])
    layout = Layout(tree.spellings, tree.rest, place, links[0].turn, steps)
    return Model(tree.skeleton, tree.inertia if complete else None, layout)


def _items(source: Source, body: Element, childclass: str) -> Iterator[_Item]:
    """The elements of a body in their order, those in frames too."""
    todo = [
        _Item(child, np.zeros(3), np.eye(3), childclass)
        for child in reversed(body.children)
    ]
    while todo:
        item = todo.pop()
        if item.element.tag != "frame":
            yield item
            continue
        frame = item.element
        place = item.place + item.turn @ frame.numbers("pos", 3, [0, 0, 0])
        turn = item.turn @ source.turn(frame)
        inner = frame.attributes.get("childclass", item.childclass)
        todo += [_Item(c, place, turn, inner) for c in reversed(frame.children)]


def _root(path, source: Source) -> _Item:
    """The one top body that moves."""
    bodies = [
        item
        for world in source.root.all("worldbody")
        for item in _items(source, world, world.attributes.get("childclass", "main"))
        if item.element.tag == "body"
    ]
    moving = [item for item in bodies if _moves(item.element)] or bodies
    if not moving:
        raise problem(path, None, "the worldbody has no body", "give a model of one")
    if len(moving) > 1:
        raise moving[1].element.error(
            f"there are several bodies: {moving[0].element.attributes.get('name')!r} "
            f"and {moving[1].element.attributes.get('name')!r}",
            "give each a file of its own",
        )
    return moving[0]


def _moves(body: Element) -> bool:
    todo = [body]
    while todo:
        element = todo.pop()
        if element.tag in ("joint", "freejoint"):
            return True
        todo += [c for c in element.children if c.tag not in ("inertial", "geom")]
    return False


def _custom(source: Source, ours: np.ndarray) -> dict[str, tuple]:
    """Frame [3, 3] and limits [2, 3] of the ball joints that `write` wrote."""
    found = {}
    for section in source.root.all("custom"):
        for element in section.all("numeric"):
            name = element.attributes.get("name", "")
            if name.startswith(CUSTOM):
                data = element.numbers("data", 15)
                frame = ours @ data[:9].reshape(3, 3)
                found[name[len(CUSTOM) :]] = frame, data[9:].reshape(2, 3)
    return found


def _links(
    source: Source, base: _Item, given: dict[str, tuple]
) -> tuple[list[Link], tuple[Step, ...], bool]:
    """Links of the tree, joints of the root, and whether all masses are told."""
    links: list[Link] = []
    steps: list[Step] = []
    complete = True
    # Bodies with the index of the parent's link, and the place in the parent's body
    # at which that link turns.
    todo = [(base, -1, np.zeros(3))]
    while todo:
        item, parent, away = todo.pop()
        body = item.element
        name = body.attributes.get("name") or f"body_{len(links)}"
        inner = body.attributes.get("childclass", item.childclass)
        place = item.place + item.turn @ body.numbers("pos", 3, [0, 0, 0]) - away
        turn = item.turn @ source.turn(body)
        items = list(_items(source, body, inner))
        for part in items:
            if part.element.tag in _MADE:
                raise part.element.error(
                    f"<{part.element.tag}> makes bodies that the file does not name",
                    "load and save the model with MuJoCo to have them written out",
                )
        joints = [
            _joint(source, part)
            for part in items
            if part.element.tag in ("joint", "freejoint")
        ]
        if parent < 0:
            links.append(Link(name, parent, np.zeros(3), turn))
            steps = [step for _, step in joints]
            shift = np.zeros(3)
        else:
            shift = _hang(links, source, name, parent, place, turn, joints, given)
        if len(links) > MAX_LINKS:
            raise body.error(f"more than {MAX_LINKS} joints", "give a single body")
        told = _mass(source, items)
        complete = complete and told is not None
        if told is not None:
            links[-1].mass, links[-1].tensor = told.mass, told.tensor
            links[-1].center = told.center - shift
        index = len(links) - 1
        todo += [
            (part, index, shift)
            for part in reversed(items)
            if part.element.tag == "body"
        ]
    return links, tuple(steps), complete


def _joint(source: Source, item: _Item) -> tuple[Element, Step]:
    """A joint, with its defaults, in the axes of its body."""
    element = item.element
    if element.tag == "freejoint":
        return element, Step("free", np.zeros(3), np.zeros(3), 0.0)
    element = source.resolved(element, item.childclass)
    kind = element.attributes.get("type", "hinge")
    if kind not in ("free", "ball", "slide", "hinge"):
        raise element.error(
            f"a joint of type {kind[:40]!r}", "make it free, ball, slide or hinge"
        )
    axis = item.turn @ element.numbers("axis", 3, [0, 0, 1])
    length = np.linalg.norm(axis)
    if length < 1e-10:
        raise element.error("the axis of this joint has no direction", "correct it")
    place = item.place + item.turn @ element.numbers("pos", 3, [0, 0, 0])
    zero = float(element.numbers("ref", 1, [0])[0])
    zero = float(source.radians(zero)) if kind == "hinge" else zero
    return element, Step(kind, axis / length, place, zero)


def _hang(links, source, name, parent, place, turn, joints, given) -> np.ndarray:
    """Append the links of a body that hangs on another.

    Returns:
      [3] where its last link turns, in the body's axes from its origin.
    """
    if not joints:
        links.append(Link(name, parent, place, turn))
        return np.zeros(3)
    at = np.zeros(3)
    for k, (element, step) in enumerate(joints):
        if step.kind in ("free", "slide"):
            raise element.error(
                f"a {step.kind} joint inside of the body",
                "remove it: bones do not change their length",
            )
        last = k == len(joints) - 1
        joint = element.attributes.get("name") or f"{name}_joint_{k + 1}"
        lower, upper = _range(source, element, step)
        link = Link(
            name if last else joint,
            parent if k == 0 else len(links) - 1,
            place + turn @ step.place if k == 0 else step.place - at,
            turn if k == 0 else np.eye(3),
            kind=step.kind,
            joint=joint,
            line=element.line,
            axis=step.axis,
            lower=lower,
            upper=upper,
            zero=step.zero,
            merges=k > 0,
        )
        if step.kind == "ball" and name in given:
            link.frame, link.limits = given[name]
        links.append(link)
        at = step.place
    return at


def _range(source: Source, element: Element, step: Step) -> tuple[float, float]:
    """Limits of a hinge from rest, or of a ball: minus and plus its largest turn."""
    limited = element.attributes.get("limited", "auto")
    known = "range" in element.attributes and source.flag("autolimits", True)
    if limited == "false" or (limited != "true" and not known):
        return -np.pi, np.pi
    low, high = source.radians(element.numbers("range", 2))
    if step.kind == "ball":
        return -min(high, np.pi), min(high, np.pi)
    return float(low - step.zero), float(high - step.zero)


def _mass(source: Source, items: list[_Item]) -> Mass | None:
    """Mass of a body in its axes, or None where it is not told."""
    use = source.compiler.get("inertiafromgeom", "auto")
    given = [item for item in items if item.element.tag == "inertial"]
    if given and use != "true":
        item = given[0]
        part = mjcf_mass.inertial(source, item.element)
        return mjcf_mass.moved(part, item.place, item.turn)
    parts = []
    if use != "false":
        for item in items:
            if item.element.tag == "geom":
                element = source.resolved(item.element, item.childclass)
                solid = mjcf_mass.geom(source, element)
                if solid is None:
                    return None
                parts.append(mjcf_mass.moved(solid, item.place, item.turn))
    return mjcf_mass.total(parts)
