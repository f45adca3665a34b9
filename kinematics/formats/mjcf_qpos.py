"""Between motions and qpos, the table of a MuJoCo model's coordinates.

A body of the file stands as its joints move it one after another, the first listed
the outermost. A free joint holds the position and quaternion in the world, a ball
joint a quaternion in the axes of its body, a hinge an angle.
"""

from typing import NamedTuple

import numpy as np

from kinematics import motion as motions
from kinematics import rotations
from kinematics.formats import robot_angles, robot_parts, robot_values
from kinematics.formats.mjcf_write import spellings
from kinematics.formats.robot import Spelling
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton

_WIDTHS = {"free": 7, "ball": 4, "hinge": 1, "slide": 1}


class Step(NamedTuple):
    """One joint of the root body of a file.

    Attributes:
      kind: ``free``, ``slide``, ``hinge`` or ``ball``.
      axis: [3] of a slide or hinge, in the body's axes.
      place: [3] metres from the body's origin to the joint, in the body's axes.
      zero: value at rest of a slide or hinge.
    """

    kind: str
    axis: np.ndarray
    place: np.ndarray
    zero: float


class Layout(NamedTuple):
    """How the columns of qpos are laid out.

    Attributes:
      spellings: the joints of the file that make each joint of the skeleton.
      rest: [3, 3] axes of the file's root body in canonical ones.
      place: [3] metres, where the root body is in the world at rest.
      turn: [3, 3] its axes in the world at rest.
      steps: the joints of the root body; none where it stands still.
    """

    spellings: tuple[Spelling, ...]
    rest: np.ndarray
    place: np.ndarray
    turn: np.ndarray
    steps: tuple[Step, ...]


def layout(skeleton: Skeleton) -> Layout:
    """The layout of the file that `write` makes of a body."""
    free = Step("free", np.zeros(3), np.zeros(3), 0.0)
    eye = np.eye(3)
    return Layout(spellings(skeleton), eye, np.zeros(3), eye, (free,))


def qpos(motion: Motion, layout: Layout | None = None) -> np.ndarray:
    """MuJoCo's coordinates of one clip.

    Args:
      motion: one clip, joints [T, D]; what is missing (NaN) stays so.
      layout: of the model, if it was not made by `write` from this body.

    Returns:
      [T, nq] float64 in the order of the model. A model whose root stands still has
      no coordinates for the motion of the root.

    Raises:
      ValueError: the motion is no single clip or of another body than the layout,
        or the root of the model is not free to make it.
    """
    return np.concatenate(_blocks(motion, layout), axis=1)


def motion(
    skeleton: Skeleton,
    qpos: np.ndarray,
    fps: float,
    layout: Layout | None = None,
    **labels: str,
) -> Motion:
    """The motion that a table of MuJoCo's coordinates is.

    Args:
      skeleton: the body that was written, or read with the layout.
      qpos: [T, nq] in the order of the model.
      fps: rows per second.
      layout: of the model, if it was not made by `write` from this body.
      **labels: name, subject, action.

    Raises:
      ValueError: the table has not as many columns as the model coordinates.
    """
    robot_parts.check_body(skeleton)
    layout = layout or _layout(skeleton)
    order = depth_first(skeleton.parents)
    widths = [_WIDTHS[step.kind] for step in layout.steps]
    widths += [_width(skeleton, layout, j) for j in order[1:]]
    table = np.asarray(qpos, float)
    if table.ndim != 2 or table.shape[1] != sum(widths):
        raise ValueError(
            f"qpos must be [T, {sum(widths)}] for this body, not {list(table.shape)}"
        )
    blocks = np.split(table, np.cumsum(widths)[:-1], axis=1) if widths else []
    start = len(layout.steps)
    values = [np.zeros((len(table), 0))] * skeleton.num_joints
    for block, j in zip(blocks[start:], order[1:], strict=True):
        values[j] = block
    matrices = robot_values.matrices(values, layout.spellings)
    place, turn = _root(layout, blocks[:start], len(table))
    matrices[:, 0] = turn @ layout.rest.T
    return motions.from_rotations(skeleton, place, matrices, fps, **labels)


def qvel(motion: Motion, layout: Layout | None = None) -> np.ndarray:
    """MuJoCo's velocities of one clip, from each frame to the next.

    Args:
      motion: one clip of T frames.
      layout: of the model, if it was not made by `write` from this body.

    Returns:
      [T - 1, nv] float64: the constant velocities that take each frame's qpos to the
      next one's in 1 / fps seconds. MuJoCo's are in the world for the position of
      the root and in the axes of the body for turns of the root and of balls.
    """
    columns = []
    for n, block in enumerate(_blocks(motion, layout)):
        if n == 0 and block.shape[1]:
            columns.append(np.diff(block[:, :3], axis=0))
            block = block[:, 3:]
        step = _turns(block) if block.shape[1] == 4 else np.diff(block, axis=0)
        columns.append(step)
    return np.concatenate(columns, axis=1) * motion.fps


def depth_first(parents: tuple[int, ...]) -> list[int]:
    """Joints in the order of a file that nests them, children in their own order."""
    children: list[list[int]] = [[] for _ in parents]
    for child, parent in enumerate(parents[1:], 1):
        children[parent].append(child)
    order, todo = [], [0]
    while todo:
        order.append(todo.pop())
        todo += reversed(children[order[-1]])
    return order


def _blocks(motion: Motion, layout: Layout | None) -> list[np.ndarray]:
    """Columns of qpos by joint, those of the root first, then depth first."""
    robot_values.check_clip(motion)
    layout = layout or _layout(motion.skeleton)
    values = robot_values.values(motion, layout.spellings)
    kinds = [step.kind for step in layout.steps]
    if kinds and kinds != ["free"]:
        raise ValueError(
            f"the root of this model has {kinds[0]} joints, so it cannot make every "
            "motion; give it a free joint"
        )
    rotation = np.asarray(motion.root_rotation, float)
    if not np.array_equal(layout.rest, np.eye(3)):
        rest = rotations.quaternion_from_matrix(layout.rest.astype(np.float32))
        rotation = np.asarray(rotations.quaternion_multiply(rotation, rest), float)
    root = np.concatenate([np.asarray(motion.root_position, float), rotation], axis=1)
    root = root[:, : 7 * len(kinds)]
    return [root, *(values[j] for j in depth_first(motion.skeleton.parents)[1:])]


def _width(skeleton: Skeleton, layout: Layout, j: int) -> int:
    count = len(layout.spellings[j].names)
    return 4 if count == 1 and skeleton.kinds[j] == "ball" else count


def _root(
    layout: Layout, blocks: list[np.ndarray], count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions [T, 3] and axes [T, 3, 3] in the world of the root body."""
    place = np.tile(layout.place, (count, 1))
    turn = np.tile(layout.turn, (count, 1, 1))
    for step, value in zip(layout.steps, blocks, strict=True):
        if step.kind == "free":
            place, turn = value[:, :3], robot_angles.matrix(value[:, 3:])
        elif step.kind == "slide":
            place = place + (turn @ step.axis) * (value - step.zero)
        else:
            anchor = place + turn @ step.place
            if step.kind == "ball":
                turn = turn @ robot_angles.matrix(value)
            else:
                turn = turn @ robot_angles.about(step.axis, value[:, 0] - step.zero)
            place = anchor - turn @ step.place
    return place, turn


def _turns(quaternions: np.ndarray) -> np.ndarray:
    """Rotation vectors [T - 1, 3] from each quaternion [T, 4] to the next."""
    a, b = quaternions[:-1], quaternions[1:]
    w = np.sum(a * b, axis=1, keepdims=True)
    v = a[:, :1] * b[:, 1:] - b[:, :1] * a[:, 1:] - np.cross(a[:, 1:], b[:, 1:])
    v = np.where(w < 0, -v, v)
    size = np.linalg.norm(v, axis=1, keepdims=True)
    angle = 2 * np.arctan2(size, np.abs(w))
    return v * np.where(size > 1e-12, angle / np.maximum(size, 1e-12), 2.0)


# Functions here have parameters called layout.
_layout = layout
