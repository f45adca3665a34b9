"""Rays, projections and linear triangulation for many points at once, in NumPy.

All image points here are ideal ones, on the plane z = 1 behind the lens. A row of
the inhomogeneous direct linear transform (Hartley and Zisserman, "Multiple View
Geometry", 2nd edition, section 12.2) is then the sideways distance between ray and
point in metres at the depth of the point: equal pixels count less for someone near,
as they should, and every tolerance of this package is in metres.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np

from kinematics.camera import Camera, undistort
from lmmjax.capture.cameras import Calibration

# Least depth in metres at which something can be seen.
_NEAR = 0.05
# Points are undistorted in pieces of this size, so that one program fits them all.
_PIECE = 1 << 15
# Added to normal equations so that points without rays have a solution.
_RIDGE = 1e-9
_undistort = jax.jit(undistort)


class Rig(NamedTuple):
    """Where V cameras stand; leading axes are batch.

    Attributes:
      rotation: [..., V, 3, 3] world to camera.
      translation: [..., V, 3] metres.
      centers: [..., V, 3] metres.
    """

    rotation: np.ndarray
    translation: np.ndarray
    centers: np.ndarray

    def at(self, index: np.ndarray | slice) -> "Rig":
        """Some of the cameras; an array of several axes makes leading axes."""
        return Rig(self.rotation[index], self.translation[index], self.centers[index])


def make_rig(calibration: Calibration, names: Sequence[str]) -> Rig:
    """The cameras of some views, in their order."""
    chosen = calibration.select(names)
    rotation = np.array([c.rotation for c in chosen.cameras], float)
    translation = np.array([c.translation for c in chosen.cameras], float)
    return Rig(rotation, translation, chosen.centers)


def ideal_points(camera: Camera, pixels: np.ndarray) -> np.ndarray:
    """Ideal image points [..., 2] of pixels [..., 2]; 0 for those that are NaN."""
    flat = pixels.reshape(-1, 2)
    at = np.flatnonzero(np.isfinite(flat).all(-1))
    result = np.zeros(flat.shape, np.float32)
    for start in range(0, len(at), _PIECE):
        some = at[start : start + _PIECE]
        piece = np.zeros((_PIECE, 2), np.float32)
        piece[: len(some)] = flat[some]
        result[some] = np.asarray(_undistort(camera, piece))[: len(some)]
    return result.reshape(pixels.shape)


def project(rig: Rig, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ideal image points [..., V, K, 2] and depths [..., V, K] of places [..., K, 3].

    What is behind a camera has a depth of 0 or less and means nothing there.
    """
    turned = places[..., None, :, :] @ rig.rotation.swapaxes(-1, -2)
    turned += rig.translation[..., None, :]
    depth = turned[..., 2]
    return turned[..., :2] / np.maximum(depth, _NEAR)[..., None], depth


def triangulate(
    rig: Rig,
    points: np.ndarray,
    weights: np.ndarray,
    prior: np.ndarray | None = None,
    stiffness: np.ndarray | float = 0.0,
    *,
    scale: float,
) -> np.ndarray:
    """Where rays meet, by weighted least squares and robust reweighting.

    Args:
      rig: V cameras.
      points: [..., V, K, 2] ideal image points.
      weights: [..., V, K], 0 where there is no ray.
      prior: [..., K, 3] where the points were expected.
      stiffness: [..., K, 1] weight of the prior against that of a ray; it decides
        only what the rays leave open, such as depth from a single view.
      scale: metres from which a ray is taken for wrong, by weights of Geman and
        McClure (1987).

    Returns:
      [..., K, 3] metres; without rays the prior, or 0.
    """
    rotation, shift = rig.rotation[..., None, :, :], rig.translation[..., None, :]
    rows = rotation[..., :2, :] - points[..., None] * rotation[..., 2:, :]
    right = points * shift[..., 2:] - shift[..., :2]
    # [..., V, K, 2, n] to [..., K, 2 V, n]: one small matrix product per point.
    rows, right = _by_point(rows), _by_point(right[..., None])
    weights = np.repeat(np.moveaxis(weights, -2, -1), 2, axis=-1)
    places = _solve(rows, right, weights, prior, stiffness) if prior is None else prior
    # A prediction may be further off than a good ray ever is.
    for width in (scale,) if prior is None else (3 * scale, scale):
        off = (rows @ places[..., None] - right)[..., 0]
        square = (off.reshape(*off.shape[:-1], off.shape[-1] // 2, 2) ** 2).sum(-1)
        robust = (width**2 / (width**2 + square)) ** 2
        now = weights * np.repeat(robust, 2, axis=-1)
        places = _solve(rows, right, now, prior, stiffness)
    return places


def _by_point(values: np.ndarray) -> np.ndarray:
    moved = np.moveaxis(values, -4, -3)
    return moved.reshape(*moved.shape[:-3], 2 * moved.shape[-3], moved.shape[-1])


def _solve(rows, right, weights, prior, stiffness) -> np.ndarray:
    """The normal equations, solved by cofactors: LAPACK is slow on tiny matrices."""
    weighted = (rows * weights[..., None]).swapaxes(-1, -2)
    normal = weighted @ rows
    total = (weighted @ right)[..., 0]
    if prior is not None:
        total = total + (stiffness + _RIDGE) * prior
    normal[..., [0, 1, 2], [0, 1, 2]] += stiffness + _RIDGE
    a, b, c = normal[..., 0, :], normal[..., 1, :], normal[..., 2, :]
    bc, ca, ab = _cross(b, c), _cross(c, a), _cross(a, b)
    determinant = (a * bc).sum(-1)
    # The matrix is symmetric, so its inverse has these as rows as well as columns.
    solved = bc * total[..., :1] + ca * total[..., 1:2] + ab * total[..., 2:]
    return solved / determinant[..., None]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`numpy.cross` of vectors [..., 3], four times as fast on few of them."""
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    u, v, w = b[..., 0], b[..., 1], b[..., 2]
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=-1)


def ray_distances(rig: Rig, points: np.ndarray, view: np.ndarray) -> np.ndarray:
    """How far rays of U detections pass each other, [U, U, K] metres.

    Rays that meet behind a camera are infinitely far apart; those that are nearly
    parallel, which say nothing of depth, are too.

    Args:
      rig: V cameras.
      points: [U, K, 2] ideal image points.
      view: [U] which camera saw each.
    """
    local = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1)
    rays = local @ rig.rotation[view]
    rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
    apart = rig.centers[view][None] - rig.centers[view][:, None]
    first, second = rays[:, None], rays[None]
    across = _cross(first, second)
    square = (across**2).sum(-1)
    base = apart[:, :, None]
    ahead = (_cross(base, second) * across).sum(-1)
    theirs = (_cross(base, first) * across).sum(-1)
    # 1e-4: the square of the sine of about half a degree.
    good = (square > 1e-4) & (ahead > 0) & (theirs > 0)
    distance = np.abs((base * across).sum(-1)) / np.sqrt(np.maximum(square, 1e-12))
    return np.where(good, distance, np.inf)
