"""Triangulation of the keypoints of several cameras: the public face of the room."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinematics.points import Points3D
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.triangulate.locate import locate
from lmmjax.capture.triangulate.noise import find_noise


class Triangulated(NamedTuple):
    """Points in space and how well the cameras agree on them.

    Attributes:
      points: [P, T, K, 3] metres of P people, with covariances; NaN where fewer than
        two cameras agree.
      error_px: [V, P, T, K] pixels between each observation and the point's image;
        NaN where either is missing.
      agrees: [V, P, T, K] which observations made the point.
      noise_px: [P, V, K] standard deviation of an observation along one axis: people
        who are nearer are larger, and so are the errors of a detector.
    """

    points: Points3D
    error_px: np.ndarray
    agrees: np.ndarray
    noise_px: np.ndarray


def triangulate(
    views: Sequence[Keypoints2D],
    calibration: Calibration,
    noise_px: np.ndarray | float | None = None,
) -> Triangulated:
    """Find the keypoints of each person in space.

    Args:
      views: one per camera, of the same frames and people; see `associate`. Joints
        go by name, those of the first view in its order.
      calibration: of these cameras and maybe others.
      noise_px: one number, or [P, V, K] as a former result has it; where it is NaN,
        and by default, it is found in the data.

    Raises:
      CaptureError: fewer than two cameras, cameras without calibration, or views of
        different frames or people.
    """
    names = _check(views, calibration)
    aligned = [view.select(names) for view in views]
    # [V, P, T, K]: people first, as recordings are of people.
    pixels = np.stack([np.moveaxis(v.xy, 1, 0) for v in aligned])
    weight = np.stack([np.moveaxis(v.confidence, 1, 0) for v in aligned])
    cameras = [calibration[view.camera] for view in views]
    sigma = np.full((pixels.shape[1], len(views), len(names)), np.nan, np.float32)
    if noise_px is not None:
        sigma[:] = noise_px

    def look(pixels, weight, sigma):
        found = locate(cameras, pixels, weight, sigma)
        return found.error_px, found.typical, found.agrees

    for p in range(len(sigma)):
        if np.isnan(sigma[p]).any():
            sigma[p] = find_noise(pixels[:, p], weight[:, p], look)
    found = locate(cameras, pixels, weight, np.moveaxis(sigma, 0, 1)[:, :, None])
    known = found.agrees.sum(0) >= 2
    positions = np.where(known[..., None], found.positions, np.nan)
    covariances = np.where(known[..., None, None], found.covariances, np.nan)
    points = Points3D(names, positions, covariances, views[0].fps)
    error = np.where(known, found.error_px, np.nan)
    return Triangulated(points, error, found.agrees & known, sigma)


def _check(views, calibration) -> tuple[str, ...]:
    if len(views) < 2:
        raise CaptureError(
            f"triangulation needs two cameras or more, not {len(views)}; use `lift` "
            "for one"
        )
    for view in views:
        if view.camera not in calibration.names:
            raise CaptureError(
                f"camera {view.camera!r} is not calibrated; calibrated are "
                f"{', '.join(calibration.names)}"
            )
        if view.xy.shape[:2] != views[0].xy.shape[:2]:
            raise CaptureError(
                f"camera {view.camera!r} has {view.xy.shape[0]} frames of "
                f"{view.xy.shape[1]} people and {views[0].camera!r} "
                f"{views[0].xy.shape[0]} of {views[0].xy.shape[1]}; synchronise and "
                "associate them first"
            )
    return views[0].names
