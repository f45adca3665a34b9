"""Rigs of cameras: where they stand, where they look, and what lenses they have."""

from collections.abc import Sequence

import numpy as np

from kinematics.camera import Camera, make_camera
from lmmjax.capture.cameras import Calibration, make_calibration
from lmmjax.capture.errors import CaptureError

# Lenses of action and sports cameras; the range of k1 is that of the benchmark set.
# With k2 above 0.45 k1^2 the radial function r + k1 r^3 + k2 r^5 has no turning point,
# as its derivative 1 + 3 k1 r^2 + 5 k2 r^4 has no zero: no place outside of the
# picture folds back into it. The factor above that and the others are choices.
_K1 = (-0.28, -0.12)
_K2_OVER_SQUARE = (0.5, 0.9)
_TANGENTIAL = 5e-4
# Choices: how far the principal point is from the middle of the picture, in pixels,
# how much the focal lengths differ, and how far from even the cameras stand.
_OFF_CENTER_PX = 10.0
_ASPECT = 0.002
_UNEVEN = 0.15
# A choice for stands: margin behind the lines and height, as shares of the short side
# of the field: 4.5 m each for basketball, 20 m for football.
_STANDS = 0.3


def ring(
    count: int = 8,
    radius_m: float = 7.0,
    height_m: tuple[float, float] = (1.2, 3.0),
    look_at: Sequence[float] = (0.0, 0.0, 1.0),
    size: tuple[int, int] = (1920, 1080),
    focal_px: tuple[float, float] = (1100.0, 1400.0),
    seed: int = 0,
) -> Calibration:
    """Cameras around a place, as in a laboratory, called ``cam_01`` and so on.

    Args:
      count: how many.
      radius_m: horizontal distance from the place.
      height_m: least and greatest height above the floor.
      look_at: [3] metres, the place.
      size: width and height of the pictures in pixels.
      focal_px: least and greatest focal length in pixels.
      seed: equal seeds give equal rigs.

    Raises:
      CaptureError: there is no camera, or no distance.
    """
    if not 0 < radius_m < np.inf:
        raise CaptureError(f"radius_m must be above 0, not {radius_m}")
    rng = np.random.default_rng(seed)
    share = np.arange(count) + rng.uniform(-_UNEVEN, _UNEVEN, count)
    angle = 2 * np.pi * share / max(count, 1)
    target = np.asarray(look_at, float)
    flat = target[:2] + radius_m * np.stack([np.cos(angle), np.sin(angle)], -1)
    centers = np.concatenate([flat, rng.uniform(*height_m, (count, 1))], -1)
    return _rig(rng, centers, np.broadcast_to(target, (count, 3)), size, focal_px)


def courtside(
    count: int = 8,
    field_m: tuple[float, float] = (28.0, 15.0),
    size: tuple[int, int] = (1920, 1080),
    focal_px: tuple[float, float] = (1100.0, 1400.0),
    seed: int = 0,
) -> Calibration:
    """Cameras on the stands around a field, called ``cam_01`` and so on.

    They stand evenly along a rectangle around the lines and look at the field near
    the middle, each at another place.

    Args:
      count: how many.
      field_m: length (x) and width (y) of the field around the origin: 28 x 15 m of
        basketball (rules of FIBA, article 2.1), 105 x 68 m of football at
        international matches (a size within the Laws of the Game, law 1).
      size: width and height of the pictures in pixels.
      focal_px: least and greatest focal length in pixels. With the default a person
        is about 100 px tall across a basketball court, 35 px across a football pitch.
      seed: equal seeds give equal rigs.

    Raises:
      CaptureError: there is no camera, or no field.
    """
    if not 0 < min(field_m) <= max(field_m) < np.inf:
        raise CaptureError(f"a field has a length and a width, not {field_m}")
    rng = np.random.default_rng(seed)
    away = _STANDS * min(field_m)
    length, width = np.asarray(field_m, float) + 2 * away
    share = np.arange(count) + rng.uniform(-_UNEVEN, _UNEVEN, count)
    along = (0.5 + share) / max(count, 1) * 2 * (length + width)
    corners = np.cumsum([0, length, width, length, width])
    x = np.array([-0.5, 0.5, 0.5, -0.5, -0.5]) * length
    y = np.array([-0.5, -0.5, 0.5, 0.5, -0.5]) * width
    period = corners[-1]
    flat = [np.interp(along, corners, side, period=period) for side in (x, y)]
    height = away * rng.uniform(0.8, 1.2, count)
    aims = rng.uniform(-0.1, 0.1, (count, 2)) * np.asarray(field_m)
    targets = np.concatenate([aims, np.ones((count, 1))], -1)
    return _rig(rng, np.stack([*flat, height], -1), targets, size, focal_px)


def _rig(rng, centers, targets, size, focal_px) -> Calibration:
    names = [f"cam_{v + 1:02d}" for v in range(len(centers))]
    cameras = [
        _camera(rng, center, target, size, focal_px)
        for center, target in zip(centers, targets, strict=True)
    ]
    return make_calibration(names, cameras, [size] * len(names))


def _camera(rng, center, target, size, focal_px) -> Camera:
    focal = rng.uniform(*focal_px)
    middle = (np.asarray(size) - 1) / 2 + rng.uniform(-1, 1, 2) * _OFF_CENTER_PX
    matrix = np.array(
        [
            [focal, 0, middle[0]],
            [0, focal * (1 + rng.uniform(-_ASPECT, _ASPECT)), middle[1]],
            [0, 0, 1],
        ]
    )
    k1 = rng.uniform(*_K1)
    k2 = k1 * k1 * rng.uniform(*_K2_OVER_SQUARE)
    lens = np.array([k1, k2, *rng.normal(0, _TANGENTIAL, 2)])
    rotation = _facing(target - center)
    return make_camera(matrix, rotation, -rotation @ center, lens, dtype=np.float64)


def _facing(forward: np.ndarray) -> np.ndarray:
    """Rotation world to camera, level, of a camera that looks in a direction."""
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(forward, right), forward])
