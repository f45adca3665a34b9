"""Cameras in a ring about a cloud of points, with an independent projection."""

import numpy as np

from kinematics.camera import make_camera
from lmmjax.capture import make_calibration, make_keypoints

JOINTS = ("nose", "left_knee", "right_knee", "left_wrist")
BROWN = (-0.2, 0.03, 1e-3, -5e-4)
FISHEYE = (0.03, -0.01, 0.002, 0.0)


def ring(count, lenses=(BROWN,), offset=(0.0, 0.0, 0.0)):
    """Cameras 6 m from ``offset``, their lenses taken in turn."""
    found = []
    for v in range(count):
        angle = 2 * np.pi * v / count
        away = np.array([np.cos(angle), np.sin(angle), 0.2 + 0.05 * v])
        ahead = -away / np.linalg.norm(away)
        right = np.cross(ahead, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(ahead, right), ahead])
        center = np.asarray(offset) + 6 * away
        matrix = np.array(
            [[1150.0 + 20 * v, 0, 955], [0, 1150.0 + 20 * v, 545], [0, 0, 1]]
        )
        lens = lenses[v % len(lenses)]
        found.append(
            make_camera(
                matrix, rotation, -rotation @ center, lens, lens is FISHEYE, np.float64
            )
        )
    return make_calibration([f"cam_{v}" for v in range(count)], found)


def image(camera, points):
    """Pixels [..., 2] in float64, by the documented equations."""
    x, y, z = np.moveaxis(points @ camera.rotation.T + camera.translation, -1, 0)
    x, y = x / z, y / z
    k1, k2, p1, p2 = camera.distortion[:4]
    r2 = x * x + y * y
    if camera.fisheye:
        t = np.arctan(np.sqrt(r2))
        scale = t * (1 + k1 * t**2 + k2 * t**4 + p1 * t**6 + p2 * t**8) / np.sqrt(r2)
        x, y = x * scale, y * scale
    else:
        radial = 1 + k1 * r2 + k2 * r2**2
        x, y = (
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
            y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
        )
    return np.stack([x, y, np.ones_like(x)], -1) @ camera.matrix[:2].T


def cloud(frames, seed=0, offset=(0.0, 0.0, 0.0)):
    """Points [T, 4, 3] within about a metre of ``offset``."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.8, 0.8, (frames, len(JOINTS), 3)) + np.asarray(offset)


def pictures(calibration, points):
    """Pixels [V, T, 4, 2]."""
    return np.stack([image(camera, points) for camera in calibration.cameras])


def views(calibration, pixels, confidence=None):
    """One person's keypoints of each camera."""
    return [
        make_keypoints(
            name,
            JOINTS,
            pixels[v][:, None],
            None if confidence is None else confidence[v][:, None],
            fps=60,
        )
        for v, name in enumerate(calibration)
    ]
