"""The figures of one segment of a take."""

import numpy as np

from lmmjax.capture.quality.statistics import (
    bone_sums,
    bones,
    limbs,
    mean,
    there,
    variation,
)
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.synthetic.places import places


def of_slice(take: Take, frames: slice) -> dict[str, float]:
    """Figures of a part of a take.

    Args:
      take: one person over a block.
      frames: of the take, counted from 0 at its start.

    Returns:
      ``reprojection_px``, the mean error of the observations that agree;
      ``coverage``, the share of points that are triangulated, over all joints and
      frames; ``agreeing_cameras``, how many make a point on average;
      ``bone_variation``, the mean over arms and legs of the standard deviation of a
      bone's length over its mean; ``body_residual_mm``, the root mean square distance
      of the cleaned points from the fitted body. NaN where there is nothing to tell.
    """
    raw = take.raw[frames]
    seen = there(raw)
    agrees = np.asarray(take.agrees)[:, frames]
    error = np.asarray(take.error_px)[:, frames][agrees]
    rigid = bones(raw.names)
    lengths = variation(bone_sums(raw, rigid))
    return {
        "reprojection_px": mean(error),
        "coverage": mean(seen.astype(float)),
        "agreeing_cameras": mean(agrees.sum(0)[seen].astype(float)),
        "bone_variation": mean(lengths[limbs(rigid)]),
        "body_residual_mm": 1000 * _distance(take, frames),
    }


def _distance(take: Take, frames: slice) -> float:
    """Metres from points to the fitted body, root mean square."""
    points = take.points[frames]
    if not len(points):
        return float("nan")
    body, on_body, _ = places(take.motion[frames])
    shared = [name for name in points.names if name in body.landmarks]
    mine = np.asarray(points.select(shared).positions, float)
    off = mine - on_body[:, [body.landmarks.index(name) for name in shared]]
    return mean((off**2).sum(-1)) ** 0.5
