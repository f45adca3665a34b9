"""The fixed set of observations on which triangulation is measured.

Eight cameras stand at 7 m around a subject who moves all joints at once within 1.5 m,
at 60 frames per second. Observations have Gaussian noise of 1 px per axis; 10 % are
displaced by 15 to 300 px (log-uniform, in any direction) and 10 % are missing. Nobody
is hidden: errors are independent, so that methods are compared and not detectors.

A linear solution (DLT) from the true inliers, the best that it can do, measured on the
sets of seed 0 over points with two inliers or more: mean error 4.78 mm, median 4.51,
99th percentile 11.2 (8 cameras, 17 joints); with 16 cameras 3.38, 3.22 and 7.5.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from kinematics import bodies
from kinematics.bodies.conversion import convert
from kinematics.bodies.joint_sets import joint_set
from kinematics.motion import Motion
from kinematics.skeleton import Skeleton
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D, make_keypoints
from lmmjax.capture.synthetic.detector import displacements
from lmmjax.capture.synthetic.optics import see
from lmmjax.capture.synthetic.places import places
from lmmjax.capture.synthetic.rig import ring

FPS = 60.0
NOISE_PX = 1.0
OUTLIERS = 0.1
MISSING = 0.1
# Confidence is weakly informative, a choice: Beta distributions with means 0.75 for
# inliers and 0.5 for outliers, which overlap. A method that trusts it gains a little.
_INLIER_BETA, _OUTLIER_BETA = (6.0, 2.0), (3.0, 3.0)
# Choices for the movement: the share of each joint's range that it uses, how many
# waves make it up, and their frequencies.
_RANGE_USED = 0.5
_WAVES = 6
_RATE_HZ = (0.1, 1.5)
# The root stays within this far of the middle along x and y, and this much higher and
# lower; a subject of 1.75 m.
_REACH_M = (0.75, 0.75, 0.1)


def benchmark_set(
    frames: int = 5000, joints: int = 17, cameras: int = 8, seed: int = 0
) -> tuple[tuple[Keypoints2D, ...], Calibration, np.ndarray, np.ndarray]:
    """Make the set.

    Args:
      frames: T, how many.
      joints: K, 17 (COCO) or 25 (BODY_25).
      cameras: V, how many; 8 and 16 are those of the published figures.
      seed: equal seeds give equal sets.

    Returns:
      Keypoints of the V cameras, one person each; the calibration; the truth
      [T, K, 3] in metres; and whether an observation is an inlier [V, T, K], that is,
      neither displaced nor missing.

    Raises:
      CaptureError: no such joints.
    """
    makers = {17: (bodies.coco17, "coco17"), 25: (bodies.body25, "body25")}
    if joints not in makers:
        raise CaptureError(f"the benchmark has 17 or 25 joints, not {joints}")
    make, name = makers[joints]
    points, body = joint_set(name), make()
    rng = np.random.default_rng([seed, 1])
    seen, moved, _ = places(_dance(rng, body, frames))
    truth = np.asarray(convert(moved, seen, points).points)
    calibration = ring(cameras, 7.0, seed=seed)
    views, inliers = [], []
    for camera, size, called in zip(
        calibration.cameras, calibration.sizes, calibration, strict=True
    ):
        xy, _ = see(camera, truth)
        xy += NOISE_PX * rng.standard_normal(xy.shape)
        displaced = rng.random(xy.shape[:-1]) < OUTLIERS
        missing = rng.random(xy.shape[:-1]) < MISSING
        xy[displaced] += displacements(rng, int(displaced.sum()))
        trust = np.where(
            displaced,
            rng.beta(*_OUTLIER_BETA, displaced.shape),
            rng.beta(*_INLIER_BETA, displaced.shape),
        )
        xy[missing], trust[missing] = np.nan, 0.0
        views.append(
            make_keypoints(
                called, points.landmarks, xy[:, None], trust[:, None], FPS, size
            )
        )
        inliers.append(~displaced & ~missing)
    return tuple(views), calibration, truth, np.stack(inliers)


def _dance(rng: np.random.Generator, body: Skeleton, frames: int) -> Motion:
    """Smooth movement of everything at once, within the ranges of the joints."""
    low, high = np.asarray(body.lower), np.asarray(body.upper)
    curves = _curves(rng, frames, len(low) + 6)
    middle, half = (low + high) / 2, (high - low) / 2
    joints = middle + _RANGE_USED * half * curves[:, 6:]
    rise = np.array([0.0, 0.0, 0.95])
    # It turns up to half a turn to either side, and leans.
    turns = Rotation.from_rotvec(curves[:, 3:6] * [0.2, 0.2, np.pi])
    return Motion(
        body,
        (rise + curves[:, :3] * _REACH_M).astype(np.float32),
        turns.as_quat(scalar_first=True).astype(np.float32),
        joints.astype(np.float32),
        FPS,
    )


def _curves(rng: np.random.Generator, frames: int, count: int) -> np.ndarray:
    """[T, count] sums of waves from -1 to 1."""
    rate = rng.uniform(*_RATE_HZ, (_WAVES, count))
    # Slow waves are the larger ones, so that all have about the same speed.
    weight = rng.uniform(0.5, 1, rate.shape) / rate
    phase = rng.uniform(0, 2 * np.pi, rate.shape)
    time = np.arange(frames)[:, None, None] / FPS
    waves = weight * np.sin(2 * np.pi * rate * time + phase)
    return waves.sum(1) / weight.sum(0)
