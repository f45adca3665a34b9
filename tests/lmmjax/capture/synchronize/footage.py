"""Synthetic footage: a body that moves, seen by cameras whose clocks differ."""

import functools

import jax
import numpy as np

from kinematics import camera as cameras
from kinematics import motion as motions
from lmmjax.capture import Calibration, make_calibration, make_keypoints
from lmmjax.data import primitives

NAMES = (
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
    *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee"),
    *("right_knee", "left_ankle", "right_ankle", "head"),
)


# Places are projected in blocks of this many, which share one compiled program.
_BLOCK = 1 << 13
_project = jax.jit(cameras.project)


def project(camera, where: np.ndarray) -> np.ndarray:
    """Pixels [..., 2] of places [..., 3]."""
    flat = where.reshape(-1, 3)
    padded = np.pad(flat, [(0, -len(flat) % _BLOCK), (0, 0)])
    parts = [
        np.asarray(_project(camera, padded[at : at + _BLOCK]), np.float64)
        for at in range(0, len(padded), _BLOCK)
    ]
    return np.concatenate(parts)[: len(flat)].reshape(*where.shape[:-1], 2)


def ring(count: int, distance: float = 6.0, height: float = 1.6) -> Calibration:
    """Cameras around the origin that look at it, with somewhat bent lenses."""
    made = []
    for v in range(count):
        angle = 2 * np.pi * (v + 0.3) / count
        high = height + 0.5 * (v % 3)
        center = np.array([distance * np.cos(angle), distance * np.sin(angle), high])
        forward = np.array([0, 0, 1.0]) - center
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        turn = np.stack([right, np.cross(forward, right), forward])
        focal = 1100 + 40 * v
        matrix = np.array([[focal, 0, 960], [0, focal, 540], [0, 0, 1.0]])
        lens = np.array([-0.12 - 0.01 * v, 0.05, 0.0005, -0.0005])
        made.append(
            cameras.make_camera(matrix, turn, -turn @ center, lens, dtype=np.float64)
        )
    names = [f"cam{v}" for v in range(count)]
    return make_calibration(names, made, [(1920, 1080)] * count)


def places(motion) -> np.ndarray:
    """[T, K, 3] metres of `NAMES` in a motion, its middle above the origin."""
    where = np.asarray(motions.positions(motion), np.float64)
    at = [motion.skeleton.names.index(name) for name in NAMES]
    middle = 0.5 * (where[..., :2].min((0, 1)) + where[..., :2].max((0, 1)))
    where = where[:, at]
    where[..., :2] -= middle
    return where


@functools.cache
def clip(action: str, seed: int = 0, fps: float = 120.0, **params) -> np.ndarray:
    """[T, K, 3] metres of one primitive, at `fps`."""
    return places(primitives.PRIMITIVES[action](seed, fps=fps, **params))


def film(
    where: np.ndarray,
    fps: float,
    calibration: Calibration,
    offsets,
    rates=None,
    camera_fps=60.0,
    noise: float = 1.0,
    missing: float = 0.1,
    outliers: float = 0.05,
    seed: int = 0,
    begin: float = 0.0,
    end: float | None = None,
):
    """Keypoints of places [T, P, K, 3] at `fps`, frame n of v at offset + rate n/fps.

    Scene time runs from `begin` s at the first place; a camera films as long as its
    scene lasts, up to `end`.
    """
    if where.ndim == 3:
        where = where[:, None]
    rng = np.random.default_rng(seed)
    count = len(calibration)
    rates = np.ones(count) if rates is None else rates
    many = np.broadcast_to(camera_fps, count)
    stop = begin + (len(where) - 1) / fps if end is None else end
    views = []
    for v, name in enumerate(calibration):
        first = max(0, int(np.ceil((begin - offsets[v]) / rates[v] * many[v])))
        last = int(np.floor((stop - offsets[v]) / rates[v] * many[v]))
        n = np.arange(first, last + 1)
        at = (offsets[v] + rates[v] * n / many[v] - begin) * fps
        low = np.clip(np.floor(at).astype(int), 0, len(where) - 2)
        share = (at - low)[:, None, None, None]
        moment = where[low] * (1 - share) + where[low + 1] * share
        xy = project(calibration[name], moment)
        xy += rng.normal(0, noise, xy.shape)
        wild = rng.random(xy.shape[:-1]) < outliers
        angle = rng.uniform(0, 2 * np.pi, xy.shape[:-1])
        length = np.exp(rng.uniform(np.log(15), np.log(300), xy.shape[:-1])) * wild
        xy += np.stack([np.cos(angle), np.sin(angle)], -1) * length[..., None]
        xy[rng.random(xy.shape[:-1]) < missing] = np.nan
        xy[((xy < 0) | (xy > [1919, 1079])).any(-1)] = np.nan
        views.append(
            make_keypoints(name, NAMES, xy, fps=many[v], size=(1920, 1080), start=first)
        )
    return views
