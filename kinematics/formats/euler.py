"""Euler angles in float64 NumPy: any axes, any order, no loss at gimbal lock."""

from collections.abc import Sequence

import numpy as np


def about(axes: Sequence[int] | np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Rotations about coordinate axes: angles [..., J] rad to [..., J, 3, 3].

    Args:
      axes: J numbers of axes: 0, 1 or 2 for x, y or z.
      angles: [..., J] radians.
    """
    axes = np.asarray(axes)
    out = np.zeros((*angles.shape, 3, 3))
    cos, sin = np.cos(angles), np.sin(angles)
    for k in range(3):
        at = np.flatnonzero(axes == k)
        i, j = (k + 1) % 3, (k + 2) % 3
        out[..., at, k, k] = 1.0
        out[..., at, i, i] = out[..., at, j, j] = cos[..., at]
        out[..., at, j, i] = sin[..., at]
        out[..., at, i, j] = -sin[..., at]
    return out


def product(axes: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Products of rotations about axes, the first the outermost.

    Args:
      axes: [J, n] numbers of axes.
      angles: [..., J, n] radians.

    Returns:
      [..., J, 3, 3]: R(axes[0]) R(axes[1]) ... for each of J joints.
    """
    total = about(axes[:, 0], angles[..., 0])
    for k in range(1, axes.shape[1]):
        total = total @ about(axes[:, k], angles[..., k])
    return total


def angles(matrices: np.ndarray, order: tuple[int, int, int]) -> np.ndarray:
    """Angles [..., 3] rad with R(i) R(j) R(k) = matrices [..., 3, 3].

    Only the first angle is read from the matrix; the others are read from what
    remains, so that they make up for whatever the first is near gimbal lock.
    """
    i, j, k = order
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    first = np.arctan2(-sign * matrices[..., j, k], matrices[..., k, k])
    rest = about([i], -first[..., None])[..., 0, :, :] @ matrices
    second = np.arctan2(sign * rest[..., i, k], rest[..., k, k])
    third = np.arctan2(sign * rest[..., j, i], rest[..., j, j])
    return np.stack([first, second, third], axis=-1)
