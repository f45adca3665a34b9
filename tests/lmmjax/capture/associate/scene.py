"""People on crossing paths in a ring of cameras, with what goes wrong there."""

import functools
from typing import NamedTuple

import jax
import numpy as np

from kinematics import camera as cameras
from kinematics import motion as motions
from kinematics.bodies.joint_sets import other_side
from kinematics.camera import make_camera
from lmmjax.capture import Calibration, Keypoints2D, make_calibration, make_keypoints
from lmmjax.data import primitives

FPS = 60.0
SIZE = (1920, 1080)
NAMES = tuple(
    f"{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
TWINS = [NAMES.index(other_side(name)) for name in NAMES]
LEGS = np.array(["knee" in name or "ankle" in name for name in NAMES])
pixels_of = jax.jit(cameras.project)


class Scene(NamedTuple):
    """Views, and the truth: [V, T, P, K, 2] pixels of each person, NaN where unseen."""

    views: list[Keypoints2D]
    truth: np.ndarray


@functools.cache
def ring(count: int = 8, radius: float = 7.0) -> Calibration:
    made = []
    for angle in 2 * np.pi * np.arange(count) / count + 0.3:
        center = np.array([radius * np.cos(angle), radius * np.sin(angle), 2.5])
        ahead = np.array([0, 0, 1.0]) - center
        ahead /= np.linalg.norm(ahead)
        right = np.cross(ahead, [0, 0, 1])
        right /= np.linalg.norm(right)
        rotation = np.stack([right, np.cross(ahead, right), ahead])
        matrix = [[1200, 0, 960], [0, 1200, 540], [0, 0, 1]]
        lens = [-0.2, 0.05, 0.001, -0.001]
        made.append(
            make_camera(matrix, rotation, -rotation @ center, lens, dtype=np.float64)
        )
    names = [f"c{v}" for v in range(count)]
    return make_calibration(names, made, [SIZE] * count)


@functools.cache
def crossing(people: int, frames: int) -> np.ndarray:
    """[T, P, K, 3] metres: all meet within an arm's length half way through."""
    walks = []
    for p in range(people):
        subject = primitives.random_subject(0, p)
        walk = primitives.walk(p, subject, FPS, seconds=3.0, speed=1.4)[:frames]
        at = [walk.skeleton.names.index(name) for name in NAMES]
        places = motions.positions(walk)[:, at].astype(float)
        heading = 2 * np.pi * p / people + 0.4 * p
        c, s = np.cos(heading), np.sin(heading)
        middle = places[frames // 2].mean(0) * [1, 1, 0]
        offset = 0.35 * np.array([np.cos(2 * p), np.sin(2 * p), 0])
        turned = (places - middle) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        walks.append(turned + offset)
    return np.stack(walks, axis=1)


def observe(
    places: np.ndarray,
    calibration: Calibration,
    seed: int = 0,
    noise: float = 2.0,
    missing: float = 0.1,
    false: float = 0.2,
    swaps: float = 0.0,
) -> Scene:
    """What detectors would say: people in any order, some missing, some false."""
    rng = np.random.default_rng(seed)
    frames, people = places.shape[:2]
    views, truth = [], []
    for name in calibration:
        pixels = np.array(pixels_of(calibration[name], places.astype(np.float32)))
        pixels += rng.normal(size=pixels.shape) * noise
        inside = ((pixels > 0) & (pixels < SIZE)).all(-1)
        seen = inside & (rng.random(inside.shape) > 0.05)
        seen &= (rng.random((frames, people)) > missing)[..., None]
        seen &= (seen.sum(-1) > 3)[..., None]
        pixels[~seen] = np.nan
        truth.append(pixels)
        told = pixels.copy()
        whole, legs = rng.random((2, frames, people)) < swaps / 2
        told[whole] = told[whole][:, TWINS]
        mixed = told[legs]
        mixed[:, LEGS] = mixed[:, TWINS][:, LEGS]
        told[legs] = mixed
        # Something like a person where there is none.
        ghost = np.roll(pixels[:, :1], frames // 3, axis=0)
        ghost = ghost + rng.uniform(-300, 300, (frames, 1, 1, 2))
        ghost[rng.random(frames) > false] = np.nan
        told = np.concatenate([told, ghost], axis=1)
        order = rng.permuted(np.tile(np.arange(people + 1), (frames, 1)), axis=1)
        told = np.take_along_axis(told, order[..., None, None], axis=1)
        views.append(make_keypoints(name, NAMES, told, None, FPS, SIZE))
    return Scene(views, np.stack(truth))


def shares(views: list[Keypoints2D], truth: np.ndarray) -> np.ndarray:
    """[P, Q] share of the true observations of each person that each slot has."""
    found = np.stack([view.xy for view in views])
    known = np.isfinite(truth).all(-1)
    rows = []
    for p in range(truth.shape[2]):
        same = (found == truth[:, :, p, None].astype(np.float32)).all(-1)
        right = (same | ~known[:, :, p, None]).all(-1) & known[:, :, p, None].any(-1)
        rows.append(right.sum((0, 1)) / max(known[:, :, p].any(-1).sum(), 1))
    return np.array(rows).reshape(truth.shape[2], -1)
