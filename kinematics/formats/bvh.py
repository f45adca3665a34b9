"""BVH (Biovision hierarchy): read it from anywhere, write it for anywhere.

A joint's rotation channels multiply in the order in which they are listed, the
first the outermost. As many of them as there are make the joint: none ``fixed``,
one ``hinge``, two ``universal``, three ``ball``. An End Site becomes a fixed leaf
called ``<parent>_end``.
"""

import dataclasses
import os
import pathlib

import numpy as np

from kinematics import motion as motions
from kinematics.formats import axes, euler
from kinematics.formats.bvh_text import BvhText, parse
from kinematics.formats.bvh_write import write
from kinematics.formats.errors import problem
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton, SkeletonError, bone_frames, make_skeleton

__all__ = ["read", "write"]

_KINDS = ("fixed", "hinge", "universal", "ball")
# How far, in metres, an inner joint's position may stray from its offset.
_STRETCH = 0.01
# Frames whose rotations are computed at once, to bound the memory.
_BLOCK = 4096


def read(
    path: str | os.PathLike, *, up: str = "y", scale: float | str = "auto"
) -> Motion:
    """Read a BVH file.

    Args:
      path: the file.
      up: the vertical axis of the file's world, ``"y"`` or ``"z"``.
      scale: metres per unit of length (0.01 for centimetres), or ``"auto"`` to
        guess it from the size of the body, see `axes.metres_per_unit`.

    Returns:
      The motion in canonical axes and metres, `name` the file's stem; the first
      frame is kept even where it is an artificial pose, as in the CMU files.

    Raises:
      FormatError: one sentence with file and line, what is wrong, what to do.
      OSError: the file cannot be read.
    """
    world = axes.world_axes(up)
    source = _without_reference(parse(path))
    nodes = source.nodes
    names = [node.name for node in nodes]
    parents = [node.parent for node in nodes]
    offsets, places = _offsets(source)
    unit = axes.metres_per_unit(scale, names, parents, offsets, up)
    _check_stretch(path, source, offsets, places, unit)
    world, body, mirror = axes.canonical(names, parents, offsets, up)
    order, angles, counts = _rotations(source, body)
    try:
        skeleton = build(
            names,
            parents,
            unit * offsets @ body.T,
            ["free"] + [_KINDS[n] for n in counts[1:]],
            {j: np.eye(3)[list(order[j, : counts[j]])] for j in range(1, len(nodes))},
            mirror,
        )
    except SkeletonError as error:
        raise problem(
            path, None, f"the skeleton is no body: {error}", "correct it"
        ) from error
    matrices = np.zeros((*angles.shape[:2], 3, 3), np.float32)
    for start in range(0, len(angles), _BLOCK):
        block = euler.product(order, angles[start : start + _BLOCK])
        # The root turns the body's axes into the world's.
        block[:, 0] = world @ body.T @ block[:, 0]
        matrices[start : start + _BLOCK] = block
    root = places[0] @ world.T * unit
    name = pathlib.Path(path).stem
    return motions.from_rotations(skeleton, root, matrices, source.fps, name=name)


def build(
    names: list[str],
    parents: list[int],
    offsets: np.ndarray,
    kinds: list[str],
    turns: dict[int, np.ndarray],
    mirror: tuple[int, ...] | None,
) -> Skeleton:
    """A skeleton from canonical offsets and the axes of its hinges.

    Args:
      names: J joint names.
      parents: index of each joint's parent.
      offsets: [J, 3] metres; that of the root is not used.
      kinds: kind of each joint.
      turns: by joint the axes [n, 3] of its n coordinates, outermost first; used
        for hinge and universal joints.
      mirror: twin of each joint; dropped where twins are not built alike.
    """
    offsets = np.array(offsets, np.float32)
    offsets[0] = 0.0

    def make(mirror):
        frames = bone_frames(parents, offsets, mirror)
        for j, kind in enumerate(kinds):
            if kind in ("hinge", "universal"):
                first = turns[j][0]
                # Any perpendicular axis completes the frame of a hinge.
                second = turns[j][1] if kind == "universal" else _across(first)
                frames[j] = np.stack([first, second, np.cross(first, second)], axis=1)
        return make_skeleton(names, parents, offsets, kinds, frames, mirror=mirror)

    try:
        return make(mirror)
    except SkeletonError:
        if mirror is None:
            raise
        return make(None)


def _across(axis: np.ndarray) -> np.ndarray:
    """A unit vector [3] perpendicular to a unit vector [3]."""
    other = np.roll(np.eye(3)[int(np.argmax(np.abs(axis)))], 1)
    across = other - axis * (axis @ other)
    return across / np.linalg.norm(across)


def _without_reference(source: BvhText) -> BvhText:
    """The same motion without a root that rests while its only child travels.

    Some programs put such a ``Reference`` above the hips.
    """
    root, count = source.nodes[0], len(source.nodes[0].channels or ())
    children = [node for node in source.nodes if node.parent == 0]
    resting = np.ptp(source.values[:, :count], axis=0).max(initial=0) == 0
    if len(children) != 1 or not resting:
        return source
    place, values = np.array(root.offset), source.values[:, count:].copy()
    for channel, value in zip(root.channels or (), source.values[0], strict=False):
        if channel[1] == "p":
            place["xyz".index(channel[0])] = value
        elif value != 0:
            return source
    channels = children[0].channels or ()
    moving = [k for k, channel in enumerate(channels) if channel[1] == "p"]
    if len(moving) < 3 or np.ptp(values[:, moving], axis=0).max() == 0:
        return source
    for k in moving:
        values[:, k] += place["xyz".index(channels[k][0])]
    nodes = [
        dataclasses.replace(node, parent=node.parent - 1) for node in source.nodes[1:]
    ]
    return dataclasses.replace(source, nodes=nodes, values=values)


def _offsets(source: BvhText) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Offsets [J, 3] and, of nodes with position channels, places [T, 3].

    A constant place that is not 0 replaces the node's offset: some programs write
    the offset only there. All units are the file's.
    """
    offsets = np.array([node.offset for node in source.nodes], float)
    places = {0: np.tile(offsets[0], (len(source.values), 1))}
    column = 0
    for j, node in enumerate(source.nodes):
        for channel in node.channels or ():
            if channel[1] == "p":
                place = places.setdefault(
                    j, np.tile(offsets[j], (len(source.values), 1))
                )
                place[:, "xyz".index(channel[0])] = source.values[:, column]
            column += 1
    for j, place in places.items():
        if j and place.any() and np.ptp(place, axis=0).max() == 0:
            offsets[j] = place[0]
    return offsets, places


def _check_stretch(path, source, offsets, places, unit) -> None:
    """Raise where the position of an inner joint moves against its parent."""
    for j, place in places.items():
        # All 0 means that the places are relative to the offset.
        if j == 0 or not place.any():
            continue
        stray = np.linalg.norm(place - offsets[j], axis=1).max() * unit
        if stray > _STRETCH:
            node = source.nodes[j]
            raise problem(
                path,
                node.line,
                f"the position channels of {node.name!r} stretch its bone by "
                f"{100 * stray:.1f} cm",
                "export rotations only, for a body of fixed bones",
            )


def _rotations(source: BvhText, body: np.ndarray):
    """Rotation channels in canonical axes, up to three for each joint.

    A rotation about a file axis is one about a canonical axis, its sign changed
    where that axis points the other way.

    Returns:
      Axes [J, 3], angles [T, J, 3] rad (0 beyond a joint's channels) and the number
      [J] of channels.
    """
    values, count = source.values, len(source.nodes)
    angles = np.zeros((len(values), count, 3))
    order = np.zeros((count, 3), int)
    counts = np.zeros(count, int)
    column = 0
    for j, node in enumerate(source.nodes):
        for channel in node.channels or ():
            if channel[1] == "r":
                axis = body[:, "xyz".index(channel[0])]
                order[j, counts[j]] = k = int(np.argmax(np.abs(axis)))
                angles[:, j, counts[j]] = values[:, column] * np.deg2rad(axis[k])
                counts[j] += 1
            column += 1
    return order, angles, counts
