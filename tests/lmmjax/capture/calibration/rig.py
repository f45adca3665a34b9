"""Cameras around a person, by equations written out here, to compare with."""

import dataclasses

import numpy as np
from scipy.spatial.transform import Rotation

from kinematics.camera import make_camera
from lmmjax.capture.cameras import make_calibration
from lmmjax.capture.keypoints import make_keypoints

SIZE = (1920, 1080)
LENS = (-0.18, 0.05, 0.001, -0.001)


def looking_at(center, target=(0.0, 0.0, 1.0)):
    """[3, 3] world to camera, upright, of a camera at ``center``."""
    forward = np.asarray(target) - center
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    return np.array([right, np.cross(forward, right), forward])


def ring(count=4, names=None, spread=None):
    """A calibration of cameras in a ring of 6 m, looking inwards."""
    cameras = []
    for v in range(count):
        angle = (spread or 2 * np.pi / max(count, 5)) * v
        center = np.array([6 * np.cos(angle), 6 * np.sin(angle), 2.2 + 0.1 * v])
        turn = looking_at(center)
        matrix = [[1250.0, 0, 960], [0, 1250, 540], [0, 0, 1]]
        cameras.append(
            make_camera(matrix, turn, -turn @ center, LENS, dtype=np.float64)
        )
    names = names or [f"cam_{v + 1:02d}" for v in range(count)]
    return make_calibration(names, cameras, [SIZE] * count)


def brown(x, y, k):
    """OpenCV's lens with k1, k2, p1, p2, k3."""
    k1, k2, p1, p2, k3 = (*k, *[0.0] * (5 - len(k)))
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    return (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2),
        y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y,
    )


def pixels(matrix, rotation, translation, lens, points):
    """Pixels [..., 2] of world points [..., 3] in float64."""
    place = points @ np.asarray(rotation).T + np.ravel(translation)
    x, y = brown(
        place[..., 0] / place[..., 2], place[..., 1] / place[..., 2], np.ravel(lens)
    )
    return (np.stack([x, y, np.ones_like(x)], -1) @ np.asarray(matrix).T)[..., :2]


def seen(camera, points):
    """Pixels of world points in a camera of the library."""
    pose = camera.rotation, camera.translation
    if not camera.fisheye:
        return pixels(camera.matrix, *pose, camera.distortion[:5], points)
    place = points @ camera.rotation.T + camera.translation
    radius = np.linalg.norm(place[..., :2], axis=-1, keepdims=True)
    angle = np.arctan2(radius, place[..., 2:])
    k1, k2, k3, k4 = camera.distortion[:4]
    bent = angle * (1 + k1 * angle**2 + k2 * angle**4 + k3 * angle**6 + k4 * angle**8)
    flat = np.append(place[..., :2] / radius * bent, np.ones_like(bent), -1)
    return (flat @ camera.matrix.T)[..., :2]


def points_before(camera, count=50, seed=0):
    """[count, 3] world points some metres before a camera."""
    rng = np.random.default_rng(seed)
    own = rng.uniform([-1, -1, 3], [1, 1, 6], (count, 3))
    return (own - camera.translation) @ camera.rotation


def shaken(calibration, degrees, metres, seed=1):
    """Each camera turned and moved by so much in a random direction."""
    rng = np.random.default_rng(seed)
    cameras = []
    for camera in calibration.cameras:
        axis, aside = (v / np.linalg.norm(v) for v in rng.normal(size=(2, 3)))
        turn = Rotation.from_rotvec(np.radians(degrees) * axis).as_matrix()
        center = -camera.rotation.T @ camera.translation + metres * aside
        turn = turn @ camera.rotation
        cameras.append(
            dataclasses.replace(camera, rotation=turn, translation=-turn @ center)
        )
    return make_calibration(calibration.names, cameras, calibration.sizes)


def walk(frames=100, joints=8, seed=2):
    """[T, K, 3] places of somebody who walks about and moves the limbs."""
    rng = np.random.default_rng(seed)
    t = np.arange(frames) / 15
    root = np.stack([1.2 * np.sin(t), 1.2 * np.cos(0.7 * t), np.full(frames, 1.0)], -1)
    own = rng.uniform([-0.4, -0.4, -0.9], [0.4, 0.4, 0.8], (joints, 3))
    return root[:, None] + own + 0.2 * np.sin(3 * t[:, None, None] + 9 * own)


def watched(calibration, places, noise_px=1.0, outliers=0.1, missing=0.1, seed=3):
    """Keypoints of one person in every camera, some displaced by 15 to 300 px."""
    rng = np.random.default_rng(seed)
    views, shape = [], places.shape[:2]
    for name, camera in zip(calibration.names, calibration.cameras, strict=True):
        xy = seen(camera, places) + noise_px * rng.normal(size=(*shape, 2))
        aside = rng.normal(size=(*shape, 2))
        aside /= np.linalg.norm(aside, axis=-1, keepdims=True)
        far = np.exp(rng.uniform(np.log(15), np.log(300), shape))
        xy += ((rng.random(shape) < outliers) * far)[..., None] * aside
        sure = rng.uniform(0.5, 1, shape) * (rng.random(shape) >= missing)
        names = [f"joint_{k}" for k in range(shape[1])]
        views.append(
            make_keypoints(name, names, xy[:, None], sure[:, None], 30.0, SIZE)
        )
    return views


def distances(truth, found):
    """Metres [V] and degrees [V] between cameras after a similarity of the worlds."""
    a, b = truth.centers, found.centers
    middle, own = a.mean(0), b.mean(0)
    left, size, right = np.linalg.svd((a - middle).T @ (b - own))
    sign = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    turn = (left * sign) @ right
    scale = (size * sign).sum() / ((b - own) ** 2).sum()
    metres = np.linalg.norm(a - middle - scale * (b - own) @ turn.T, axis=1)
    degrees = [
        np.degrees(Rotation.from_matrix(x.rotation @ turn @ y.rotation.T).magnitude())
        for x, y in zip(truth.cameras, found.cameras, strict=True)
    ]
    return metres, np.array(degrees)
