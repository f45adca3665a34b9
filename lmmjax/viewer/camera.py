"""Where to stand so that a whole movement is in the picture."""

from typing import NamedTuple

import numpy as np

# Vertical field of view, and the aspect that pages and notebooks have at least.
FOV_RAD = np.deg2rad(40.0)
_ASPECT = 1.4
_ELEVATION_RAD = np.deg2rad(16.0)
_TURN_RAD = np.deg2rad(25.0)


class Camera(NamedTuple):
    """A camera at `position` [3] that looks at `target` [3], metres, z up."""

    position: np.ndarray
    target: np.ndarray


def frame(points: np.ndarray, facing: np.ndarray) -> Camera:
    """A camera that sees all points.

    It looks across the direction in which they spread most, a little turned for
    depth: a walk is seen from its side, a row of people from the front.

    Args:
      points: [N, 3] metres.
      facing: [3] where the people look; the camera stands on that side.
    """
    flat = points[:, :2] - points[:, :2].mean(axis=0)
    _, axes = np.linalg.eigh(flat.T @ flat)
    across = axes[:, 0] if axes[:, 0] @ facing[:2] >= 0 else -axes[:, 0]
    azimuth = np.arctan2(across[1], across[0])
    ahead = np.arctan2(facing[1], facing[0]) - azimuth
    azimuth += _TURN_RAD * (1 if np.sin(ahead) >= 0 else -1)
    level, rise = np.cos(_ELEVATION_RAD), np.sin(_ELEVATION_RAD)
    back = np.array([level * np.cos(azimuth), level * np.sin(azimuth), rise])
    right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
    up = np.cross(back, right)
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    rest = points - target
    # The middle of the picture, not of the box: nearer points take more room.
    tall = np.tan(FOV_RAD / 2)
    depth = rest @ back
    distance = max(
        (np.abs(rest @ up) / tall + depth).max(),
        (np.abs(rest @ right) / (tall * _ASPECT) + depth).max(),
        0.5,
    )
    return Camera(target + 1.15 * distance * back, target)
