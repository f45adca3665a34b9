"""Motions are moved over the floor to where a scene has them."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics import Motion, rotations


def placed(
    motion: Motion,
    place: Sequence[float] | None,
    facing: float | None,
    frame: int = -1,
) -> Motion:
    """A motion that is at a place in one frame, facing a way; None stays as it is.

    Args:
      motion: any.
      place: x and y, metres.
      facing: degrees about the vertical from x.
      frame: its last by default.
    """
    position = np.asarray(motion.root_position)
    rotation = np.asarray(motion.root_rotation)
    end = position[frame]
    now = rotations.heading(rotation[frame])
    turn = rotations.about_z(0 * now if facing is None else np.radians(facing) - now)
    goal = end if place is None else np.array([*place, end[2]], np.float32)
    moved = goal + np.asarray(rotations.quaternion_rotate(turn, position - end))
    turned = np.asarray(rotations.quaternion_multiply(turn, rotation))
    return dataclasses.replace(motion, root_position=moved, root_rotation=turned)
