"""From the axes of a camera or of a data set to a world with z up.

A single camera does not know how it is held, so these results take it to be level:
its optical axis becomes x (forward), its left becomes y, and up becomes z.
"""

import numpy as np

# Rows: x, y and z of the world in axes of a camera (x right, y down, z forward).
CAMERA = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])
# The world of CMU Panoptic has y down; as VoxelPose turns it (x, z, -y).
PANOPTIC = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
# The international foot.
FOOT = 0.3048

_FEET = ("ankle", "heel", "toe")


def turn(positions: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Positions [..., 3] in a world whose axes are the rows of ``axes`` [3, 3]."""
    return positions @ axes.T


def grounded(names: tuple[str, ...], positions: np.ndarray) -> np.ndarray:
    """Positions [..., T, J, 3] moved so that the lowest foot of the clip is at z = 0.

    Feet are ankles, heels and toes; where there are none, any point is one.
    """
    feet = [k for k, name in enumerate(names) if any(foot in name for foot in _FEET)]
    heights = positions[..., feet or range(len(names)), 2]
    known = heights[np.isfinite(heights)]
    lowest = known.min() if known.size else 0.0
    return positions - np.array([0.0, 0.0, lowest])
