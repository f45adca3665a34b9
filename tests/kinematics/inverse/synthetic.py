"""Smooth movement of any body, and what noisy sensors would see of it."""

import numpy as np

from kinematics import motion as motions
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton


def clip(
    body: Skeleton,
    frames: int = 60,
    fps: float = 60.0,
    seed: int = 0,
    size: float = 0.5,
) -> Motion:
    """Sums of four waves below 0.7 Hz in the root and in every coordinate.

    Coordinates keep inside 90 % of their range, or about ``size`` rad where a joint
    turns freely. In hands and feet of a 24-joint body accelerations have a root mean
    square of 20 to 30 m/s^2, as in running and ball games captured at CMU.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(frames)[:, None, None] / fps

    def waves(count, amplitude):
        rate = rng.uniform(0.1, 0.7, (4, count))
        phase = rng.uniform(0, 2 * np.pi, (4, count))
        share = rng.normal(size=(4, count)) / 2 / (1 + rate)
        return amplitude * (share * np.sin(2 * np.pi * rate * time + phase)).sum(1)

    lower, upper = np.asarray(body.lower), np.asarray(body.upper)
    q = waves(body.num_coordinates, 2 * size)
    free = (lower <= -np.pi + 1e-3) & (upper >= np.pi - 1e-3)
    # Inside the largest circle of a swing's ellipse.
    half = 0.63 * (upper - lower) / 2
    q = np.where(free, q, (lower + upper) / 2 + half * np.tanh(q))
    place = waves(3, 0.6) + np.array([0, 0, 0.95])
    spin = waves(3, 1.0) * 0.4 + np.array([0, 0, 1.0]) * waves(1, 2.0)
    angle = np.linalg.norm(spin, axis=-1, keepdims=True)
    turn = np.concatenate(
        [np.cos(angle / 2), np.sinc(angle / 2 / np.pi) * spin / 2], axis=-1
    )
    arrays = (x.astype(np.float32) for x in (place, turn, q))
    return Motion(body, *arrays, fps)


def observe(
    motion: Motion, noise: float = 0.01, missing: float = 0.1, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Joints [T, J, 3] as they are, and with noise per axis and gaps (NaN)."""
    rng = np.random.default_rng(seed)
    x = motions.positions(motion)
    y = x + noise * rng.normal(size=x.shape)
    y[rng.random(x.shape[:2]) < missing] = np.nan
    return x, y.astype(np.float32)
