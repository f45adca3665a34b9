"""URDF, the robot description of ROS: write a body, read one, convert joint values.

URDF describes a robot and not its movement. `joint_values` gives the angle of each
of its joints over a motion and `motion` goes back; the pose of the base link, in
z up as in ours, is the motion's root position and rotation. Elements are those of
wiki.ros.org/urdf/XML.
"""

from collections.abc import Mapping

import numpy as np

from kinematics import motion as motions
from kinematics.formats import robot_angles, robot_parts, robot_values
from kinematics.formats.urdf_read import Model, read
from kinematics.formats.urdf_write import spellings, write
from kinematics.motion import Motion
from kinematics.skeleton import Array, Skeleton

__all__ = ["Model", "joint_values", "motion", "read", "write"]


def joint_values(motion: Motion, model: Model | None = None) -> dict[str, np.ndarray]:
    """Angle of each URDF joint over one clip.

    The three joints of a ball joint get the angles a, b, c of R(F0, a) R(F1, b)
    R(F2, c) with b within a quarter turn, unless others are within their limits. At b
    of a quarter turn a and c are not unique, so near it they may change much from one
    frame to the next.

    Args:
      motion: one clip, joints [T, D]; what is missing (NaN) stays so.
      model: what `read` gave, if the file was not made by `write` from this body.

    Returns:
      For each moving joint's name [T] radians, float64.
    """
    spelled = spellings(motion.skeleton) if model is None else model.spellings
    values = robot_values.values(motion, spelled)
    return {
        name: value[:, k]
        for spelling, value in zip(spelled, values, strict=True)
        for k, name in enumerate(spelling.names)
    }


def motion(
    skeleton: Skeleton,
    values: Mapping[str, Array],
    fps: float,
    *,
    root_position: Array | None = None,
    root_rotation: Array | None = None,
    model: Model | None = None,
    **labels: str,
) -> Motion:
    """The motion that angles of URDF joints are.

    Args:
      skeleton: the body that was written or read.
      values: for the name of each moving joint [T] radians; other names are not
        looked at.
      fps: frames per second.
      root_position: [T, 3] metres, of the base link; at the origin by default.
      root_rotation: [T, 4] unit quaternions w, x, y, z of the body: those of the base
        link where the file's x axis points forward. Upright by default.
      model: what `read` gave, if the file was not made by `write` from this body.
      **labels: name, subject, action.

    Raises:
      ValueError: a joint is missing, or arrays differ in length.
    """
    robot_parts.check_body(skeleton)
    spelled = spellings(skeleton) if model is None else model.spellings
    columns = []
    for spelling in spelled:
        for name in spelling.names:
            if name not in values:
                raise ValueError(f"values of joint {name!r} are missing")
            columns.append(np.asarray(values[name], float))
    given = [x for x in (root_position, root_rotation) if x is not None]
    lengths = {len(x) for x in [*columns, *given]}
    if len(lengths) > 1 or any(column.ndim != 1 for column in columns):
        raise ValueError(
            f"values must be [T] for every joint, with one T, not {sorted(lengths)}"
        )
    count = lengths.pop() if lengths else 1
    ends = np.cumsum([len(spelling.names) for spelling in spelled])
    table = np.stack(columns, axis=1) if columns else np.zeros((count, 0))
    matrices = robot_values.matrices(np.split(table, ends[:-1], axis=1), spelled)
    if root_rotation is not None:
        matrices[:, 0] = robot_angles.matrix(np.asarray(root_rotation))
    place = np.zeros((count, 3)) if root_position is None else root_position
    return motions.from_rotations(skeleton, place, matrices, fps, **labels)
