"""Triangulation as Pose2Sim does it, to compare with and to move over from.

The direct linear method with rows weighted by confidence, in float64; while the mean
reprojection error stays above a threshold one more camera is left out, whichever
leaves the least (Pagnon, Domalain and Reveret, Sensors 2021; Pose2Sim 0.10,
``triangulation_from_best_cameras``). Lenses are ignored, as they are there by default.
"""

import itertools
from collections.abc import Sequence

import numpy as np

from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D


def triangulate(
    views: Sequence[Keypoints2D],
    calibration: Calibration,
    error_px: float = 15.0,
    likelihood: float = 0.3,
    min_cameras: int = 2,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the keypoints of each person.

    Args:
      views: one per camera, of the same frames, people and names.
      calibration: of these cameras.
      error_px: largest mean reprojection error.
      likelihood: least confidence of an observation.
      min_cameras: fewest cameras for a point.

    Returns:
      Positions [P, T, K, 3] in metres, float64, NaN where none was found, and the
      mean reprojection errors [P, T, K] in pixels.

    Raises:
      CaptureError: more cameras than subsets of them can be tried (12).
    """
    if len(views) > 12:
        raise CaptureError(
            f"leaving cameras out in every way is not feasible with {len(views)}; use "
            "`triangulate`"
        )
    projections = np.stack(
        [
            c.matrix @ np.column_stack([c.rotation, c.translation])
            for c in (calibration[view.camera] for view in views)
        ]
    )
    xy = np.stack([np.moveaxis(v.xy, 1, 0) for v in views]).astype(float)
    weight = np.stack([np.moveaxis(v.confidence, 1, 0) for v in views]).astype(float)
    shape = weight.shape[1:]
    usable = np.where(weight >= likelihood, weight, 0).reshape(len(views), -1)
    flat = np.nan_to_num(xy.reshape(len(views), -1, 2))
    points = np.full((usable.shape[1], 3), np.nan)
    errors = np.full(usable.shape[1], np.inf)
    for off in range(len(views) - min_cameras + 1):
        poor = np.flatnonzero(errors > error_px)
        for out in itertools.combinations(range(len(views)), off):
            share = usable[:, poor].copy()
            share[list(out)] = 0
            # Leaving out what is missing anyway is no new subset.
            fresh = (usable[list(out)][:, poor] > 0).all(0) & (
                (share > 0).sum(0) >= min_cameras
            )
            at = poor[fresh]
            found = _linear(projections, flat[:, at], share[:, fresh])
            error = _error(projections, flat[:, at], share[:, fresh] > 0, found)
            better = error < errors[at]
            points[at[better]], errors[at[better]] = found[better], error[better]
    failed = errors > error_px
    points[failed], errors[failed] = np.nan, np.nan
    return points.reshape(*shape, 3), errors.reshape(shape)


def _linear(projections, xy, weight) -> np.ndarray:
    """Weighted direct linear solutions [N, 3] of pixels [V, N, 2]."""
    rows = weight[..., None, None] * (
        projections[:, None, :2] - xy[..., None] * projections[:, None, 2:]
    )
    rows = np.moveaxis(rows, 0, 1).reshape(xy.shape[1], 2 * len(xy), 4)
    null = np.linalg.svd(rows)[2][:, -1]
    return null[:, :3] / null[:, 3:]


def _error(projections, xy, used, points) -> np.ndarray:
    """Mean distance [N] in pixels of the images from the observations used."""
    seen = np.einsum("vij,nj->vni", projections[..., :3], points)
    seen = seen + projections[:, None, :, 3]
    distance = np.linalg.norm(seen[..., :2] / seen[..., 2:] - xy, axis=-1)
    return np.where(used, distance, 0).sum(0) / np.maximum(used.sum(0), 1)
