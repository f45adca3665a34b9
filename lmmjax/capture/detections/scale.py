"""Pixels from coordinates that are fractions of the picture."""

from typing import Any

import numpy as np

from lmmjax.capture.errors import CaptureError

# Sides of pictures are shorter than this.
_MAX_SIDE = 2**20


def check_size(size: Any) -> tuple[int, int] | None:
    """Width and height as given or None; CaptureError where they make no sense."""
    if size is None:
        return None
    try:
        width, height = map(int, size)
    except (OverflowError, TypeError, ValueError):
        width = height = 0
    if not (0 < width < _MAX_SIDE and 0 < height < _MAX_SIDE):
        raise CaptureError(f"size must be width and height in pixels, not {size!r}")
    return width, height


def scaled_range(values: np.ndarray) -> tuple[float, float] | None:
    """The range that coordinates fill if it is not that of pixels.

    OpenPose's ``--keypoint_scale`` 3 and 4 write [0, 1] and [-1, 1]. A person of
    less than a pixel does not exist, so coordinates that are all this small are no
    pixels.

    Args:
      values: [..., 3] x, y and confidence.

    Returns:
      Lower and upper end, or None for pixels, or where there is no keypoint.
    """
    known = values[values[..., 2] > 0][:, :2]
    known = known[np.isfinite(known).all(-1)]
    # One keypoint at the corner of the picture says nothing.
    if not known.size or np.abs(known).max() > 1 or not known.any():
        return None
    return (0.0, 1.0) if known.min() >= 0 else (-1.0, 1.0)


def to_pixels(
    values: np.ndarray, ends: tuple[float, float], size: tuple[int, int]
) -> None:
    """Scale x and y of ``values`` [..., 3] in place.

    OpenPose puts the ends of the range at the centres of the first and last pixel
    (getScaleAndOffset in keypointScaler.cpp divides by width - 1).
    """
    low, high = ends
    extent = np.subtract(size, 1).astype(np.float32)
    values[..., :2] = (values[..., :2] - low) / (high - low) * extent


def need_size(where: str, ends: tuple[float, float]) -> CaptureError:
    """The error where fractions are found and the picture's size is not known."""
    return CaptureError(
        f"{where}: coordinates are fractions from {ends[0]:g} to {ends[1]:g} of the "
        "picture, not pixels; pass size=(width, height)"
    )
