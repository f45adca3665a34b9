"""Other people's triangulation, as their documentation says to use it."""

import itertools
import os
from collections.abc import Callable

import cv2
import numpy as np

from lmmjax.capture.cameras import Calibration

Method = Callable[[np.ndarray, np.ndarray], np.ndarray]


def opencv_pair(calibration: Calibration) -> Method:
    """`cv2.triangulatePoints` of the two most trusted cameras of each point."""
    poses = [np.column_stack([c.rotation, c.translation]) for c in calibration.cameras]

    def method(pixels: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        ideal = undistorted(calibration, pixels)
        best = np.sort(np.argsort(-confidence, axis=0)[:2], axis=0)
        points = np.full((pixels.shape[1], 3), np.nan)
        for a, b in itertools.combinations(range(len(poses)), 2):
            at = np.flatnonzero((best[0] == a) & (best[1] == b))
            at = at[(confidence[[a, b]][:, at] > 0).all(0)]
            if len(at):
                found = cv2.triangulatePoints(
                    poses[a], poses[b], ideal[a, at].T, ideal[b, at].T
                )
                points[at] = (found[:3] / found[3]).T
        return points

    return method


def undistorted(calibration: Calibration, pixels: np.ndarray) -> np.ndarray:
    """Ideal image points [V, N, 2] by OpenCV."""
    return np.stack(
        [
            cv2.undistortPoints(
                pixels[v][:, None].astype(float),
                np.asarray(camera.matrix),
                np.asarray(camera.distortion)[:5],
            )[:, 0]
            for v, camera in enumerate(calibration.cameras)
        ]
    )


def linear(calibration: Calibration) -> Method:
    """The direct linear method in NumPy, for the oracle: it is told what to use."""
    poses = np.stack(
        [np.column_stack([c.rotation, c.translation]) for c in calibration.cameras]
    )

    def method(pixels: np.ndarray, use: np.ndarray) -> np.ndarray:
        ideal = undistorted(calibration, np.nan_to_num(pixels))
        rows = poses[:, None, :2] - ideal[..., None] * poses[:, None, 2:]
        rows = rows * use[..., None, None]
        rows = np.moveaxis(rows, 0, 1).reshape(use.shape[1], -1, 4)
        null = np.linalg.svd(rows)[2][:, -1]
        return null[:, :3] / null[:, 3:]

    return method


def anipose(calibration: Calibration, ransac: bool) -> Method:
    """`CameraGroup.triangulate` or `triangulate_ransac` of aniposelib."""
    # It turns on float64 for all of JAX where this is not set; in float32 it is faster.
    os.environ.setdefault("ANIPOSE_DISABLE_JAX_X64", "1")
    from aniposelib.cameras import Camera, CameraGroup

    group = CameraGroup(
        [
            Camera(
                matrix=camera.matrix,
                dist=camera.distortion[:5],
                size=size,
                rvec=cv2.Rodrigues(np.asarray(camera.rotation))[0].ravel(),
                tvec=camera.translation,
                name=name,
            )
            for name, camera, size in zip(
                calibration.names, calibration.cameras, calibration.sizes, strict=True
            )
        ]
    )
    solve = group.triangulate_ransac if ransac else group.triangulate

    def method(pixels: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        del confidence
        found = solve(pixels.astype(float), undistort=True)
        return np.asarray(found[0] if isinstance(found, tuple) else found)

    return method


def pose2sim(calibration: Calibration) -> Method:
    """`triangulation_from_best_cameras` of Pose2Sim with its default settings."""
    from Pose2Sim.triangulation import triangulation_from_best_cameras

    projections = [
        np.vstack(
            [c.matrix @ np.column_stack([c.rotation, c.translation]), [0, 0, 0, 1]]
        )
        for c in calibration.cameras
    ]
    settings = {
        "triangulation": {
            "reproj_error_threshold_triangulation": 15,
            "min_cameras_for_triangulation": 2,
            "handle_LR_swap": False,
            "undistort_points": False,
        }
    }

    def method(pixels: np.ndarray, confidence: np.ndarray) -> np.ndarray:
        points = np.full((pixels.shape[1], 3), np.nan)
        trust = np.where(confidence >= 0.3, confidence, np.nan)
        for n in range(pixels.shape[1]):
            seen = np.isfinite(trust[:, n])
            if seen.sum() < 2:
                continue
            xy = np.where(seen[:, None], pixels[:, n], np.nan).astype(float)
            given = (xy[:, 0], xy[:, 1], trust[:, n].astype(float))
            found = triangulation_from_best_cameras(
                settings, given, given, projections, {}
            )
            points[n] = found[0]
        return points

    return method
