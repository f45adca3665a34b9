"""Write a motion as BVH."""

import os
import re

import jax
import numpy as np

from kinematics import forward, rotations
from kinematics import motion as motions
from kinematics.formats import axes, euler
from kinematics.formats.text import write_text
from kinematics.motion import Motion
from kinematics.skeleton import DOFS, Array, Skeleton

# Rotation channels of a ball joint and of the root, the customary ones.
_ORDER = (2, 0, 1)
_POSITION = "Xposition Yposition Zposition"
# 1e-6 degrees moves the end of a one metre bone by 2e-8 m.
_ANGLE_DECIMALS = 6


def write(
    path: str | os.PathLike,
    motion: Motion,
    *,
    units_per_metre: float = 100.0,
    up: str = "y",
) -> None:
    """Write one clip as a BVH file that `read` gives back within 1e-5 m.

    Fixed leaves called ``<parent>_end`` become End Sites. Hinges and universal
    joints whose axes lie along axes of the file get one and two channels; others
    get three, and come back as ball joints. Limits are not part of a BVH file.

    Args:
      path: the file; it is replaced whole or not at all.
      motion: one clip, joints [T, D].
      units_per_metre: 100 writes centimetres, which is customary and what
        ``read(scale="auto")`` tells from an adult's size.
      up: vertical axis of the file's world, ``"y"`` or ``"z"``.

    Raises:
      ValueError: the motion cannot be written as BVH.
      OSError: the file cannot be written; nothing half-written is left.
    """
    body, world = motion.skeleton, axes.world_axes(up)
    if np.ndim(motion.joints) != 2 or np.ndim(body.offsets) != 2 or not len(motion):
        raise ValueError("a BVH file holds one clip of one body: give joints [T, D]")
    if not 0 < units_per_metre < np.inf:
        raise ValueError(f"units_per_metre must be above 0, not {units_per_metre}")
    for name in body.names:
        if not name or name != " ".join(name.split()) or set(name) & set("{}"):
            raise ValueError(
                f"joint {name!r} cannot be named in a BVH file; rename it without "
                "braces and surplus blanks"
            )
    decimals = max(6, 7 - int(np.log10(units_per_metre)))
    offsets = np.asarray(body.offsets, float) @ world * units_per_metre
    root = np.asarray(motion.root_position, float) @ world * units_per_metre
    axes_of = _channel_axes(body, world)
    order, lines = _hierarchy(body, axes_of, np.round(offsets, decimals) + 0.0)
    angles = _angles(motion, axes_of, world)
    columns = [np.round(np.rad2deg(angles[j]), _ANGLE_DECIMALS) for j in order]
    # Adding 0 turns -0 into 0.
    rows = np.concatenate([np.round(root, decimals), *columns], axis=1) + 0.0
    shape = " ".join(
        [f"%.{decimals}f"] * 3 + [f"%.{_ANGLE_DECIMALS}f"] * (rows.shape[1] - 3)
    )
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1 / motion.fps:.10f}"]
    lines += [shape % tuple(row) for row in rows.tolist()]
    write_text(path, "\n".join(lines) + "\n")


def _channel_axes(body: Skeleton, world: np.ndarray) -> list[tuple[int, ...]]:
    """File axes of each joint's rotation channels, outermost first."""
    frames = world.T @ np.asarray(body.frames, float)
    found: list[tuple[int, ...]] = []
    for frame, kind in zip(frames, body.kinds, strict=True):
        turns = frame[:, : DOFS[kind]]
        aligned = np.abs(turns).max(axis=0, initial=0.0) > 1 - 1e-6
        if kind in ("hinge", "universal") and aligned.all():
            found.append(tuple(int(k) for k in np.abs(turns).argmax(axis=0)))
        else:
            found.append(() if kind == "fixed" else _ORDER)
    return found


def _hierarchy(
    body: Skeleton, axes_of: list[tuple[int, ...]], offsets: np.ndarray
) -> tuple[list[int], list[str]]:
    """The order in which joints are written, and the lines of the tree."""
    children: list[list[int]] = [[] for _ in body.names]
    for child, parent in enumerate(body.parents[1:], 1):
        children[parent].append(child)
    order, lines = [], ["HIERARCHY"]
    # A stack of depths and joints to write; None closes a brace.
    todo: list[tuple[int, int | None]] = [(0, 0)]
    while todo:
        depth, j = todo.pop()
        indent = "\t" * depth
        if j is None:
            lines.append(indent + "}")
            continue
        order.append(j)
        site = not children[j] and _is_end_site(body, j)
        word = "ROOT" if j == 0 else "JOINT"
        lines.append(f"{indent}End Site" if site else f"{indent}{word} {body.names[j]}")
        lines.append(indent + "{")
        x, y, z = offsets[j]
        lines.append(f"{indent}\tOFFSET {x:.9g} {y:.9g} {z:.9g}")
        if not site:
            listed = [_POSITION] if j == 0 else []
            listed += [f"{'XYZ'[k]}rotation" for k in axes_of[j]]
            number = len(axes_of[j]) + (3 if j == 0 else 0)
            lines.append(" ".join([f"{indent}\tCHANNELS {number}", *listed]))
        todo.append((depth, None))
        todo += [(depth + 1, child) for child in reversed(children[j])]
    return order, lines


def _is_end_site(body: Skeleton, j: int) -> bool:
    """Whether a leaf was read from an End Site, by its kind and its name."""
    if j == 0 or body.kinds[j] != "fixed":
        return False
    parent = body.names[body.parents[j]]
    return re.fullmatch(re.escape(parent) + r"_end(_\d+)?", body.names[j]) is not None


def _angles(
    motion: Motion, axes_of: list[tuple[int, ...]], world: np.ndarray
) -> list[np.ndarray]:
    """Angles [T, n] rad of each joint's n rotation channels."""
    body = motion.skeleton
    matrices = motions.in_blocks(
        _matrices, body, np.asarray(motion.root_rotation), np.asarray(motion.joints)
    )
    matrices = world.T @ np.asarray(matrices, float) @ world
    frames = world.T @ np.asarray(body.frames, float)
    found = []
    for j, listed in enumerate(axes_of):
        if listed == _ORDER:
            angles = euler.angles(matrices[:, j], _ORDER)
            found.append(np.unwrap(angles, axis=0))
        else:
            signs = [np.sign(frames[j, k, n]) for n, k in enumerate(listed)]
            at = body.coordinates(body.names[j])
            found.append(np.asarray(motion.joints, float)[:, at] * np.array(signs))
    return found


@jax.jit
def _matrices(body: Skeleton, root_rotation: Array, joints: Array) -> jax.Array:
    """Rotations [T, J, 3, 3] against the parent, the root's against the world."""
    local = forward.joint_rotations(body, joints)
    return local.at[..., 0, :, :].set(rotations.matrix_from_quaternion(root_rotation))
