"""Read the movement of a skeleton from glTF 2.0."""

import os

import numpy as np

from kinematics import motion as motions
from kinematics.formats import axes, bvh, gltf_nodes, robot, robot_angles
from kinematics.formats.gltf_binary import Document
from kinematics.formats.gltf_nodes import Curve, Node
from kinematics.formats.gltf_write import EXTRAS
from kinematics.motion import Motion
from kinematics.skeleton import DOFS, SkeletonError, make_skeleton

# How far, in metres, an inner joint's position may stray from its offset.
_STRETCH = 0.01
# Rate of clips whose keys are not evenly spaced, or only one.
_FPS = 30.0
# No camera is faster: beyond, times are damaged.
_MAX_FPS = 1000.0
# Numbers of frames times joints that a file may make of few keys.
_MAX_POSES = 10_000_000


def read(
    path: str | os.PathLike,
    *,
    fps: float | None = None,
    animation: int | str = 0,
) -> Motion:
    """Read one animation of one skeleton.

    The body is the skin with the most joints, or without skins everything that hangs
    together and is animated. Its rest pose is that of the nodes; their names show
    left and right and with them the body's axes, see `axes.canonical`. A joint that
    is turned is a ball joint, others are fixed; files of `write` have their own kinds,
    axes and limits.

    Args:
      path: a ``.glb`` or ``.gltf`` file; data beside it must be in the same folder.
      fps: frames per second; by default those of the keys where they are evenly
        spaced, else the same number or 30, whichever is more.
      animation: its number in the file, or its name.

    Returns:
      The motion in canonical axes and metres, `name` the file's stem. Time starts at
      the first key.

    Raises:
      FormatError: one sentence that says what is wrong, and what to do.
      OSError: the file cannot be read.
    """
    if fps is not None and not 0 < fps < np.inf:
        raise ValueError(f"fps must be above 0, not {fps!r}")
    document = Document(path)
    required = document.entries(document.top, "extensionsRequired")
    if "EXT_meshopt_compression" in required:
        raise document.error("its data are compressed", "export without compression")
    curves = gltf_nodes.curves(document, _animation(document, animation))
    if not curves:
        raise document.error("the animation moves no node", "choose another one")
    parents = gltf_nodes.tree(document)
    order = gltf_nodes.joints(document, parents, {node for node, _ in curves})
    outer = gltf_nodes.above(document, parents, order[0])[1:]
    curves = {key: c for key, c in curves.items() if key[0] in {*order, *outer}}
    if not curves:
        raise document.error(
            "the animation does not move the skeleton", "choose another one"
        )
    start = min(curve.times[0] for curve in curves.values())
    end = max(curve.times[-1] for curve in curves.values())
    rate = float(fps) if fps is not None else _rate(list(curves.values()))
    count = int((end - start) * rate + 1e-3) + 1
    if count * len(order) > _MAX_POSES:
        raise document.error(
            f"it is {end - start:.0f} s long, {count} frames", "give a lower fps"
        )
    times = start + np.arange(count) / rate
    nodes = {k: gltf_nodes.rest(document, k) for k in [*order, *outer]}
    scales = {
        k: _scale(document, k, nodes[k], curves, times)
        for k in {*outer, *(parents[k] for k in order[1:])}
    }
    moves = {k: _moves(k, node, curves, times) for k, node in nodes.items()}
    return _motion(document, nodes, scales, moves, order, outer, parents, rate)


def _animation(document: Document, chosen: int | str) -> dict:
    animations = document.entries(document.top, "animations")
    if not animations:
        raise document.error("it has no animation", "export it with animation")
    names = [a.get("name") for a in animations if isinstance(a, dict)]
    if isinstance(chosen, str):
        if chosen not in names:
            raise document.error(
                f"it has no animation {chosen!r}", f"choose one of {names[:20]}"
            )
        chosen = names.index(chosen)
    if not 0 <= chosen < len(animations):
        raise document.error(
            f"it has no animation {chosen}", f"choose one of {len(animations)}"
        )
    return document.item("animations", chosen)


def _rate(curves: list[Curve]) -> float:
    """Frames per second of the densest curve, a whole number within 0.01 %."""
    spaced = [np.diff(curve.times) for curve in curves if len(curve.times) > 1]
    if not spaced:
        return _FPS
    steps = min(spaced, key=np.mean)
    rate = min(1 / float(np.mean(steps)), _MAX_FPS)
    if steps.max() > 1.5 * np.median(steps):
        return max(rate, _FPS)
    whole = round(rate)
    return float(whole) if whole and abs(rate / whole - 1) < 1e-4 else rate


def _scale(document, index: int, node: Node, curves, times: np.ndarray) -> float:
    """The scale of a node that bears others; it must not change."""
    curve = curves.get((index, "scale"))
    scales = node.scales if curve is None else curve.at(times, sphere=False)
    return gltf_nodes.one_scale(document, index, scales)


def _moves(index: int, node: Node, curves, times: np.ndarray):
    """Places [T, 3] and turns [T, 4] of a node, T = 1 where it has no curve."""
    place, turn = node.place[None], node.turn[None]
    if (index, "translation") in curves:
        place = curves[index, "translation"].at(times, sphere=False)
    if (index, "rotation") in curves:
        turn = curves[index, "rotation"].at(times, sphere=True)
    return place, turn


def _motion(document, nodes, scales, moves, order, outer, parents, rate) -> Motion:
    count = max(len(x) for move in moves.values() for x in move)
    # Where the root's parent stands: at rest and over time.
    still, scale = np.eye(3), 1.0
    place, turn = np.zeros((1, 3)), np.eye(3)[None]
    for index in reversed(outer):
        moved_place, moved_turn = moves[index]
        place = place + scale * (turn @ moved_place[..., None])[..., 0]
        turn = turn @ robot_angles.matrix(moved_turn)
        still = still @ robot_angles.matrix(nodes[index].turn)
        scale *= scales[index]
    root = order[0]
    place = place + scale * (turn @ moves[root][0][..., None])[..., 0]
    turn = turn @ robot_angles.matrix(moves[root][1])
    stands = {root: still @ robot_angles.matrix(nodes[root].turn)}
    sizes = {root: scale * scales.get(root, 1.0)}
    offsets = np.zeros((len(order), 3))
    for n, index in enumerate(order[1:], 1):
        up = parents[index]
        bone = sizes[up] * moves[index][0]
        middle = np.median(bone, axis=0)
        stray = np.linalg.norm(bone - middle, axis=1).max()
        if stray > _STRETCH:
            raise document.error(
                f"node {nodes[index].name or index} moves by {100 * stray:.1f} cm "
                "against its parent",
                "export rotations only, for a body of fixed bones",
            )
        offsets[n] = stands[up] @ middle
        stands[index] = stands[up] @ robot_angles.matrix(nodes[index].turn)
        sizes[index] = sizes[up] * scales.get(index, 1.0)
    names = robot.unique([nodes[k].name or f"node_{k}" for k in order])
    links = [-1] + [order.index(parents[k]) for k in order[1:]]
    turned = [len(moves[k][1]) > 1 for k in order]
    skeleton, world, body = _skeleton(
        document, names, links, offsets, turned, [nodes[k] for k in order]
    )
    matrices = np.zeros((count, len(order), 3, 3), np.float32)
    matrices[:, 0] = world @ turn @ stands[root].T @ body.T
    for n, index in enumerate(order[1:], 1):
        ours = body @ stands[parents[index]]
        local = robot_angles.matrix(moves[index][1])
        matrices[:, n] = ours @ local @ stands[index].T @ body.T
    path = np.broadcast_to(place @ world.T, (count, 3))
    return motions.from_rotations(
        skeleton, path, matrices, rate, name=document.path.stem
    )


def _skeleton(document, names, parents, offsets, turned, nodes: list[Node]):
    """The body, and the rotations of the file's world and body into ours."""
    try:
        told = [_told(node) for node in nodes]
        if all(told):
            world = axes.world_axes("y")
            kinds, frames, lower, upper = zip(*told, strict=True)
            skeleton = make_skeleton(
                names,
                parents,
                offsets @ world.T,
                kinds,
                np.stack(frames),
                np.concatenate(lower),
                np.concatenate(upper),
            )
            return skeleton, world, world
        world, body, mirror = axes.canonical(names, parents, offsets, "y")
        plain = ["free"] + ["ball" if t else "fixed" for t in turned[1:]]
        skeleton = bvh.build(names, parents, offsets @ body.T, plain, {}, mirror)
    except SkeletonError as error:
        raise document.error(f"the nodes are no body: {error}", "correct it") from error
    return skeleton, world, body


def _told(node: Node):
    """Kind, frame and limits that `write` kept in a node, or None."""
    told = node.extras.get(EXTRAS)
    if not isinstance(told, dict) or str(told.get("kind")) not in DOFS:
        return None
    try:
        frame = np.array(told["frame"], float).reshape(3, 3)
        lower, upper = (np.array(told[key], float) for key in ("lower", "upper"))
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    if not lower.shape == upper.shape == (DOFS[told["kind"]],):
        return None
    return told["kind"], frame, lower, upper
