"""Left and right that a detector has mixed up, in a whole body or in a part of it."""

import numpy as np

from lmmjax.capture.associate.geometry import Rig
from lmmjax.capture.associate.landmarks import PARTS, Landmarks
from lmmjax.capture.associate.matching import distances

# A part is taken for mirrored if that brings its keypoints nearer to where they
# should be by this much in the mean, metres, and to this share of the distance: well
# above what detectors err by (a choice; 11 px of the recordings that we know are 3 cm).
_MARGIN = 0.06
_SHARE = 0.5
_HEAD = PARTS.index("head")


def mirrored(
    landmarks: Landmarks,
    rig: Rig,
    places: np.ndarray,
    points: np.ndarray,
    weights: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """Which parts of detections fit better with left and right exchanged.

    Args:
      landmarks: the K keypoints.
      rig: V cameras.
      places: [..., K, 3] metres, where they should be.
      points: [..., V, K, 2] ideal image points.
      weights: [..., V, K], 0 where missing.
      known: [..., K] which places are known.

    Returns:
      [..., V, parts]; a head is only mirrored together with the whole body.
    """
    twin = landmarks.twins
    paired = twin != np.arange(len(twin))
    seen = (weights > 0) & known[..., None, :] & paired
    plain = distances(rig, places, points, seen)
    crossed = distances(
        rig, places[..., twin, :], points, seen & known[..., None, twin]
    )
    seen = seen & known[..., None, twin]
    plain = np.where(seen, plain, 0)
    parts = landmarks.parts.T.astype(float)
    count = seen @ parts
    plain, crossed = plain @ parts, crossed @ parts
    whole = _better(plain.sum(-1), crossed.sum(-1), count.sum(-1))
    each = _better(plain, crossed, count)
    each[..., _HEAD] = False
    return each | whole[..., None]


def _better(plain: np.ndarray, crossed: np.ndarray, count: np.ndarray) -> np.ndarray:
    return (plain - crossed > _MARGIN * np.maximum(count, 1)) & (
        crossed < _SHARE * plain
    )


def exchange(
    values: np.ndarray, twins: np.ndarray, parts: np.ndarray, which: np.ndarray
) -> np.ndarray:
    """Values by keypoint with some parts mirrored.

    Args:
      values: [..., K] or [..., K, n] of each keypoint.
      twins: [K] index of each keypoint's twin.
      parts: [parts, K] which keypoints belong to which part.
      which: [..., parts] the parts to mirror.
    """
    swap = (which[..., None] & parts).any(-2)
    if values.ndim > swap.ndim:
        return np.where(swap[..., None], values[..., twins, :], values)
    return np.where(swap, values[..., twins], values)
