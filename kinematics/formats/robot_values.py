"""Values of a robot's joints from joint coordinates, and back."""

from collections.abc import Sequence

import jax
import numpy as np

from kinematics import forward, rotations
from kinematics import motion as motions
from kinematics.formats import robot, robot_angles, robot_parts
from kinematics.formats.robot import Spelling
from kinematics.motion import Motion
from kinematics.skeleton import Array, Skeleton


def check_clip(motion: Motion) -> None:
    """Raise ValueError where a motion is not one clip of one body."""
    robot_parts.check_body(motion.skeleton)
    if np.ndim(motion.joints) != 2:
        raise ValueError(
            "give one clip of one body, joints [T, D], not "
            f"{list(np.shape(motion.joints))}"
        )


def values(motion: Motion, spellings: Sequence[Spelling]) -> list[np.ndarray]:
    """Values [T, n] of each joint's hinges, and quaternions [T, 4] of balls.

    Three hinges in place of a ball joint get the angles whose second is within a
    quarter turn, unless others are within their ranges. Those that have no range go
    on without jumps.
    """
    check_clip(motion)
    body, joints = motion.skeleton, np.asarray(motion.joints, np.float32)
    if len(spellings) != body.num_joints:
        raise ValueError(
            f"the layout is of {len(spellings)} joints, the body has {body.num_joints}"
        )
    matrices, quaternions = motions.in_blocks(_rotations, body, joints)
    found = []
    for j, spelling in enumerate(spellings):
        at = body.coordinates(body.names[j])
        if at.stop - at.start == len(spelling.names):
            if body.kinds[j] == "ball":
                angles = _angles(np.asarray(matrices[:, j], float), spelling)
            else:
                angles = np.asarray(joints[:, at], float)
            found.append(angles + spelling.zeros)
        elif len(spelling.names) == 1 and body.kinds[j] == "ball":
            q = motions.continuous_quaternions(quaternions[:, j]).astype(float)
            # Turned into the file's axes, the vector part is all that changes.
            q[:, 1:] = q[:, 1:] @ spelling.axes
            found.append(q)
        else:
            raise ValueError(
                f"joint {body.names[j]!r} is of kind {body.kinds[j]!r}, the layout "
                f"spells it with {len(spelling.names)} joints; give the layout of "
                "this body"
            )
    return found


def matrices(values: Sequence[np.ndarray], spellings: Sequence[Spelling]) -> np.ndarray:
    """Rotations [T, J, 3, 3] against the parent from `values`; the root's are 1."""
    found = []
    for value, spelling in zip(values, spellings, strict=True):
        if len(spelling.names) == 1 and value.shape[1] == 4:
            turned = robot_angles.matrix(value)
            found.append(spelling.axes @ turned @ spelling.axes.T)
        else:
            found.append(robot_angles.chain(spelling.axes, value - spelling.zeros))
    return np.stack(found, axis=1)


def _angles(matrices: np.ndarray, spelling: Spelling) -> np.ndarray:
    """Angles [T, 3] of three hinges, such that they keep within their ranges.

    Of the two triples of angles that make a rotation the second is taken only where
    it is less out of range. Angles without a range go on without jumps.
    """
    low, high = spelling.ranges
    free = robot.is_free(low, high)
    first = robot_angles.chain_angles(spelling.axes, matrices)
    second = first + np.pi
    second[:, 1] = np.pi - first[:, 1]
    triples, misses = [], []
    for angles in (first, second):
        turns = np.round(((low + high) / 2 - angles) / (2 * np.pi))
        angles = angles + 2 * np.pi * turns
        over = np.maximum(angles - high, low - angles)
        triples.append(angles)
        misses.append(np.where(free, 0.0, np.maximum(over, 0.0)).sum(axis=1))
    angles = np.where((misses[1] < misses[0] - 1e-6)[:, None], triples[1], triples[0])
    known = np.isfinite(angles).all(axis=1)
    for k in np.flatnonzero(free):
        angles[known, k] = np.unwrap(angles[known, k])
    return angles


@jax.jit
def _rotations(body: Skeleton, joints: Array) -> tuple[jax.Array, jax.Array]:
    turned = forward.joint_rotations(body, joints)
    return turned, rotations.quaternion_from_matrix(turned)
