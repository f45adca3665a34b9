"""People who move, and cameras by hand."""

import functools

import numpy as np

from kinematics.bodies.human import coordinate, hanging_arms, human
from kinematics.motion import Motion
from lmmjax.capture.synthetic import ring

CLEAN = {"noise_px": 0, "missing": 0, "false_people": 0, "occlusion": False}


@functools.cache
def walker(frames=31, fps=30.0, at=(0.0, 0.0), **labels) -> Motion:
    """Someone who walks forward along x from a place, arms and legs swinging."""
    body = human(1.75)
    time = np.arange(frames) / fps
    joints = np.tile(hanging_arms(body), (frames, 1))
    for side, sign in (("left", 1), ("right", -1)):
        swing = sign * np.sin(2 * np.pi * time)
        joints[:, coordinate(body, f"{side}_hip_flexion")] = 0.4 * swing
        joints[:, coordinate(body, f"{side}_knee_flexion")] = 0.3 - 0.3 * swing
        joints[:, coordinate(body, f"{side}_elbow_flexion")] = 0.5
    root = np.zeros((frames, 3), np.float32)
    root[:, :2] = at
    root[:, 0] += 0.8 * time
    root[:, 2] = 0.93
    upright = np.tile(np.float32([1, 0, 0, 0]), (frames, 1))
    return Motion(body, root, upright, joints.astype(np.float32), fps, **labels)


@functools.cache
def rig(count=4):
    return ring(count, seed=5)


def project(camera, points):
    """Brown's model with k1, k2, p1, p2 by OpenCV's documentation, [..., 3]."""
    k1, k2, p1, p2 = camera.distortion[:4]
    x, y, z = np.moveaxis((camera.rotation @ points[..., None])[..., 0], -1, 0) + (
        camera.translation.reshape(3, *(1,) * (points.ndim - 1))
    )
    x, y = x / z, y / z
    r2 = x**2 + y**2
    bend = 1 + k1 * r2 + k2 * r2**2
    u = x * bend + 2 * p1 * x * y + p2 * (r2 + 2 * x**2)
    v = y * bend + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y
    fx, fy = camera.matrix[0, 0], camera.matrix[1, 1]
    cx, cy = camera.matrix[0, 2], camera.matrix[1, 2]
    return np.stack([fx * u + cx, fy * v + cy], -1)
