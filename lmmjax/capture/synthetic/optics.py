"""Projection of many points in float64, without anything to compile.

The models are those of `kinematics.camera`, which serves gradients and accelerators
in float32; footage is made once, of any shape, and must be exact.
"""

import numpy as np

from kinematics.camera import Camera


def see(camera: Camera, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a camera sees points of the world.

    Args:
      camera: one camera.
      points: [..., 3] metres.

    Returns:
      Pixels [..., 2] in float64, and whether the lens can show the point [...]: it is
      in front of the camera, and not so far out that the polynomial of the lens turns
      back and shows it where it is not. Pixels of other points mean nothing.
    """
    local = points @ camera.rotation.T + camera.translation
    x, y, z = np.moveaxis(local, -1, 0)
    front = z > 0.01
    z = np.where(front, z, 1.0)
    x, y = x / z, y / z
    radius = np.hypot(x, y)
    ratio = _ratio(camera, radius)
    # Past the turning point a place further out lands nearer to the middle.
    outward = _ratio(camera, 1.01 * radius) * 1.01 > ratio
    p1, p2 = (0.0, 0.0) if camera.fisheye else camera.distortion[2:4]
    square = radius * radius
    u = x * ratio + 2 * p1 * x * y + p2 * (square + 2 * x * x)
    v = y * ratio + p1 * (square + 2 * y * y) + 2 * p2 * x * y
    flat = np.stack([u, v, np.ones_like(u)], -1)
    pixels = flat @ np.asarray(camera.matrix, float)[:2].T
    return pixels, front & (ratio > 0) & (outward | (radius == 0))


def _ratio(camera: Camera, radius: np.ndarray) -> np.ndarray:
    """Seen over ideal distance [...] from the axis, of an ideal distance [...]."""
    k1, k2, p1, p2, k3, k4, k5, k6 = np.asarray(camera.distortion, float)
    if camera.fisheye:
        safe = np.maximum(radius, 1e-9)
        angle = np.arctan(safe)
        t = angle * angle
        return angle * (1 + t * (k1 + t * (k2 + t * (p1 + t * p2)))) / safe
    t = radius * radius
    below = 1 + t * (k4 + t * (k5 + t * k6))
    return (1 + t * (k1 + t * (k2 + t * k3))) / below
