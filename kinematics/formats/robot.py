"""From a robot's tree of links to the canonical body.

Robots' files hang links on one another by joints of one axis each. At rest (all
joints at 0) the axes of their links point anywhere; in the canonical body they are
parallel. So a turn ``Q`` of a joint in the axes of its link, which stand at ``B`` in
the world at rest, is ``B Q B^T`` here. Hinges that follow one another at one place,
about perpendicular axes, are one joint: two are a universal joint, three a ball.
"""

import dataclasses
import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinematics.dynamics.inertia import Inertia
from kinematics.formats import bvh, robot_angles
from kinematics.formats.errors import problem
from kinematics.skeleton import Skeleton, SkeletonError, infer_mirror, make_skeleton

MAX_LINKS = 1024
# Forward directions of a robot at rest that can be told; z is up.
FORWARD = {"x": (1, 0, 0), "-x": (-1, 0, 0), "y": (0, 1, 0), "-y": (0, -1, 0)}
# Axes that meet within this many metres, at right angles within this cosine, merge.
_MEET = 1e-6
_RIGHT = 1e-4


@dataclasses.dataclass
class Link:
    """A rigid part that hangs on its parent by at most one joint of the file.

    Attributes:
      name: of the link.
      parent: index of the parent, -1 for the root; parents come first.
      place: [3] metres, where its joint is in the axes of the parent.
      turn: [3, 3] its axes in those of the parent, joint at rest.
      kind: ``fixed``, ``hinge`` or ``ball``; that of the root is not looked at.
      joint: name of the joint in the file.
      line: where the joint stands in the file.
      axis: [3] of a hinge, a unit vector in the link's axes.
      lower: radians from rest; -pi where nothing limits it.
      upper: radians from rest; for a ball the largest turn.
      zero: value of the file's coordinate at rest.
      frame: [3, 3] canonical axes of a ball joint's coordinates, and
      limits: [2, 3] their limits, where the file tells them.
      merges: whether it may be one joint with its parent.
      mass: kilograms.
      center: [3] metres from the joint, own axes.
      tensor: [3, 3] kg m^2 about the centre, own axes.
    """

    name: str
    parent: int
    place: np.ndarray
    turn: np.ndarray
    kind: str = "fixed"
    joint: str = ""
    line: int | None = None
    axis: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(3))
    lower: float = -np.pi
    upper: float = np.pi
    zero: float = 0.0
    frame: np.ndarray | None = None
    limits: np.ndarray | None = None
    merges: bool = False
    mass: float = 0.0
    center: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(3))
    tensor: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros((3, 3)))


class Spelling(NamedTuple):
    """How a file spells one joint of a skeleton.

    Attributes:
      names: joints of the file: n hinges, the outermost first, or one ball.
      axes: [n, 3] of the hinges in canonical axes; [3, 3] of a ball, whose columns
        are the axes of the file's link.
      ranges: [2, n] lowest and highest turns of the hinges from rest, -pi and pi
        where a whole turn is free.
      zeros: [n] values of the file's coordinates at rest.
    """

    names: tuple[str, ...] = ()
    axes: np.ndarray = np.zeros((0, 3))
    ranges: np.ndarray = np.zeros((2, 0))
    zeros: np.ndarray = np.zeros(0)


class Tree(NamedTuple):
    """A body made of links, and how the file spells its joints.

    Attributes:
      skeleton: the body, its joints named after the links of the file.
      inertia: masses of its parts, or None where the file gives none.
      spellings: J of them.
      rest: [3, 3] axes of the root link in canonical ones, at rest.
    """

    skeleton: Skeleton
    inertia: Inertia | None
    spellings: tuple[Spelling, ...]
    rest: np.ndarray


def assemble(
    path: str | os.PathLike, links: Sequence[Link], forward: str, merge: bool
) -> Tree:
    """The canonical body of a tree of links.

    Args:
      path: the file, to be named in errors.
      links: the root first.
      forward: direction of the file that the body faces at rest, see `FORWARD`.
      merge: whether to merge hinges; a ball joint's limits are then the smallest
        swing ellipse and twist that hold those of its hinges.

    Raises:
      FormatError: the links are no body.
    """
    ours = facing(forward)
    turns = [ours @ links[0].turn]
    for link in links[1:]:
        turns.append(turns[link.parent] @ link.turn)
    groups = _groups(links, turns, merge)
    joint_of = {j: n for n, group in enumerate(groups) for j in group}
    parents, offsets = [-1], np.zeros((len(groups), 3))
    for n, group in enumerate(groups[1:], 1):
        first = links[group[0]]
        parents.append(joint_of[first.parent])
        offsets[n] = turns[first.parent] @ first.place
    names = unique([links[group[-1]].name for group in groups])
    spellings = [Spelling()] + [_spelling(links, turns, g) for g in groups[1:]]
    joints = [[links[j] for j in group] for group in groups]
    try:
        skeleton = _skeleton(path, names, parents, offsets, joints, spellings)
    except SkeletonError as error:
        raise problem(
            path, None, f"the links are no body: {error}", "correct it"
        ) from error
    inertia = _inertia(links, turns, [group[-1] for group in groups])
    return Tree(skeleton, inertia, tuple(spellings), turns[0])


def facing(forward: str) -> np.ndarray:
    """[3, 3] rotation that brings a direction of `FORWARD` to x, with z kept."""
    if forward not in FORWARD:
        raise ValueError(f"forward must be one of {list(FORWARD)}, not {forward!r}")
    ahead, up = np.array(FORWARD[forward], float), np.array([0.0, 0, 1])
    return np.stack([ahead, np.cross(up, ahead), up])


def _groups(links, turns, merge) -> list[list[int]]:
    """Links by the joint of the skeleton that they become, in the links' order."""
    children = np.bincount([link.parent for link in links[1:]], minlength=len(links))
    groups: list[list[int]] = []
    of: dict[int, list[int]] = {}
    for j, link in enumerate(links):
        group = of.get(link.parent, [])
        joins = (
            merge
            and link.merges
            and 0 < len(group) < 3
            and links[group[0]].parent >= 0
            and links[group[0]].kind == link.kind == "hinge"
            and children[link.parent] == 1
            and links[link.parent].mass == 0
            and np.linalg.norm(link.place) < _MEET
        )
        if joins:
            axis = turns[j] @ link.axis
            joins = all(abs(axis @ turns[k] @ links[k].axis) < _RIGHT for k in group)
        if joins:
            group.append(j)
        else:
            group = [j]
            groups.append(group)
        of[j] = group
    return groups


def _spelling(links, turns, group) -> Spelling:
    first = links[group[0]]
    if first.kind == "fixed":
        return Spelling()
    axes = turns[group[0]]
    if first.kind == "hinge":
        axes = np.stack([turns[j] @ links[j].axis for j in group])
    chain = [links[j] for j in group]
    ranges = np.array([[link.lower, link.upper] for link in chain]).T
    zeros = np.array([link.zero for link in chain])
    return Spelling(tuple(link.joint for link in chain), axes, ranges, zeros)


def is_free(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Whether coordinates of limits [n] may make a whole turn, [n]."""
    # To the digits of a file, and of float32.
    return (lower <= 1e-6 - np.pi) & (upper >= np.pi - 1e-6)


def _skeleton(path, names, parents, offsets, joints, spellings) -> Skeleton:
    """The skeleton of joints, each a list of links, with frames and limits."""
    kinds = ["free"]
    for links in joints[1:]:
        hinges = ("hinge", "universal", "ball")[len(links) - 1]
        kinds.append(hinges if links[0].kind == "hinge" else links[0].kind)
    axes = {j: spelling.axes for j, spelling in enumerate(spellings)}
    twins = infer_mirror(names, parents)
    plain = bvh.build(names, parents, offsets, kinds, axes, twins)
    frames = np.array(plain.frames)
    bounds: list[np.ndarray] = [np.zeros((2, 0))]
    for j, (kind, links) in enumerate(zip(kinds, joints, strict=True)):
        if kind in ("free", "fixed"):
            continue
        for link in links:
            if not link.lower < link.upper:
                raise problem(
                    path,
                    link.line,
                    f"joint {link.joint!r} ranges from {link.lower:.6g} to "
                    f"{link.upper:.6g} rad",
                    "give a lower end below the upper one, or make it a fixed joint",
                )
        ranges = np.array([[link.lower, link.upper] for link in links]).T
        if len(links) == 3:
            frames[j] = _ball_frame(axes[j], frames[j, :, 2])
            ranges = np.stack(robot_angles.ball_ranges(frames[j], axes[j], *ranges))
        elif kind == "ball":
            frames[j] = frames[j] if links[0].frame is None else links[0].frame
            ranges = np.repeat(ranges, 3, axis=1)
            ranges = ranges if links[0].limits is None else links[0].limits
        bounds.append(ranges)
    lower, upper = np.concatenate(bounds, axis=1)
    return make_skeleton(
        names, parents, offsets, kinds, frames, lower, upper, plain.mirror
    )


def _ball_frame(axes: np.ndarray, bone: np.ndarray) -> np.ndarray:
    """Frame of a ball joint from its hinges' axes [3, 3], in rows.

    The twist is about the axis nearest to the bone, the last one if several are;
    the others follow in their order.
    """
    nearness = np.round(np.abs(axes @ bone), 4) + np.array([0, 0, 1e-5])
    twist = int(np.argmax(nearness))
    first, second = (axes[k] for k in range(3) if k != twist)
    third = axes[twist] * np.sign(np.cross(first, second) @ axes[twist])
    return np.stack([first, second, third], axis=1)


def _inertia(links, turns, last) -> Inertia | None:
    """Masses by joint, in canonical axes; None where there are none."""
    if not any(link.mass for link in links):
        return None
    chosen = [(links[j], turns[j]) for j in last]
    return Inertia(
        np.array([link.mass for link, _ in chosen], np.float32),
        np.array([turn @ link.center for link, turn in chosen], np.float32),
        np.array([turn @ link.tensor @ turn.T for link, turn in chosen], np.float32),
    )


def unique(names: list[str]) -> list[str]:
    """The names with ``_2``, ``_3``... after those that came before."""
    taken: set[str] = set()
    found = []
    for name in names:
        other, n = name, 2
        while other in taken:
            other, n = f"{name}_{n}", n + 1
        taken.add(other)
        found.append(other)
    return found
