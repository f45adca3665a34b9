"""The floor of a capture made level, and put where feet stand on it.

The axes of a capture follow the frame that it was calibrated with, which rarely lies
quite flat: subjects 07 and 08 of CMU's library walk up a slope of 2 %, and the feet of
subject 01 stand 3 cm higher than those of others.
"""

from typing import NamedTuple

import jax
import numpy as np

from kinematics import Motion, rotations
from kinematics.bodies.segments import feet
from kinematics.dynamics.contact import contacts, find_ground
from kinematics.motion import positions

# Choices of this file. Metres at which the balls of the feet are when they stand, as
# the library's subjects have them (3 to 7 cm); the least seconds of contact, summed
# over ankles and balls, that tell a floor; and the most that is believed: slopes and
# metres beyond are equipment that is climbed or a foot that is captured wrongly.
BALL_M = 0.04
_CONTACT_S = 2.0
_STEEPEST = 0.03
_FARTHEST_M = 0.1
# Clips are padded to a multiple of so many frames, so that few programs are compiled.
_FRAMES = 512


class Floor(NamedTuple):
    """What was found of a clip's floor.

    Attributes:
      slope: [2] rise over run along x and y; 0 where it was not believed.
      height: metres of the floor at the origin.
    """

    slope: np.ndarray
    height: float


def level(motion: Motion) -> tuple[Motion, Floor | None]:
    """The motion on a level floor at height 0.

    Args:
      motion: [T] frames of a body with feet.

    Returns:
      The motion, and its floor as it was; a clip that does not tell where its floor
      is comes back as it was, with None.
    """
    if len(motion) < 2:
        return motion, None
    left, right = feet(motion.skeleton)
    points = positions(motion)[:, [*left[:2], *right[:2]]]
    missing = -len(points) % _FRAMES
    padded = np.pad(points, ((0, missing), (0, 0), (0, 0)), constant_values=np.nan)
    ground, touching = _ground(padded, fps=float(motion.fps))
    slope = np.asarray(ground.slope, float)
    believed = float(np.asarray(touching).sum()) >= _CONTACT_S * motion.fps
    if not believed or np.linalg.norm(slope) > _STEEPEST:
        return motion, None
    # The smallest turn that takes the floor's normal upright: about the way along it.
    turn = np.array([-slope[1], slope[0], 0.0])
    steep = np.linalg.norm(slope)
    turn *= np.arctan(steep) / max(steep, 1e-9)
    quaternion = np.asarray(rotations.quaternion_exp(turn.astype(np.float32)))
    matrix = np.asarray(rotations.matrix_from_quaternion(quaternion))
    heights = np.asarray(ground.heights, float)[[1, 3]] * matrix[2, 2]
    height = float(heights.mean()) - BALL_M
    if abs(height) > _FARTHEST_M:
        return motion, None
    place = np.asarray(motion.root_position) @ matrix.T - [0, 0, height]
    turned = rotations.quaternion_multiply(quaternion, motion.root_rotation)
    found = motion.replace(
        root_position=place.astype(np.float32), root_rotation=np.asarray(turned)
    )
    return found, Floor(slope, height)


def _find(points: jax.Array, fps: float):
    ground = find_ground(points, fps)
    return ground, contacts(points, fps, ground)


_ground = jax.jit(_find, static_argnames="fps")
