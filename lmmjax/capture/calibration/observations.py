"""What several cameras saw of one person, to fit a calibration to."""

import dataclasses
from collections.abc import Sequence

import cv2
import numpy as np

from kinematics.camera import Camera
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D

# Below this confidence Pose2Sim leaves an observation out (likelihood_threshold).
_CONFIDENT = 0.3
# Choices: cells in which points crowd, and what little can still hold a camera of six
# unknowns against outliers.
_CELL_M = 0.25
_LEAST_POINTS, _LEAST_PER_CAMERA = 50, 25
# Choice: points whose rays miss each other by so many times the median are left out.
_MOST_OFF = 3.0


@dataclasses.dataclass(frozen=True)
class Observations:
    """N places of a body, each seen by at least two of V cameras.

    Attributes:
      names: V cameras.
      pixels: [V, N, 2] float64; 0 where not seen.
      weights: [V, N] confidence from 0 to 1; 0 where not seen.
      points: [N, 3] metres, roughly, by the calibration as given.
    """

    names: tuple[str, ...]
    pixels: np.ndarray
    weights: np.ndarray
    points: np.ndarray


def choose(
    views: Sequence[Keypoints2D], calibration: Calibration, most: int
) -> Observations:
    """Take points that are spread well over space.

    Frame t of all views is one instant, and slot 0 of the people one person.

    Args:
      views: one per camera; those without calibration are not used.
      calibration: of the cameras, however roughly.
      most: of points to take.

    Raises:
      CaptureError: fewer than two views have a calibration, their lengths differ, or
        too few points are shared; says by which camera.
    """
    used = [view for view in views if view.camera in calibration.names]
    names, _, xy, weight = gather(used)
    cameras = [calibration[name] for name in names]
    known = weight > 0
    points, good = meeting_points(cameras, xy, weight)
    good &= known.sum(0) > 1
    chosen = _spread(points, np.flatnonzero(good), most)
    result = Observations(names, xy[:, chosen], weight[:, chosen], points[chosen])
    _enough(result)
    return result


def gather(
    views: Sequence[Keypoints2D],
) -> tuple[tuple[str, ...], tuple[str, ...], np.ndarray, np.ndarray]:
    """What views saw of the person in slot 0, by place of the body.

    Returns:
      V cameras, K joints, pixels [V, T * K, 2], and confidence [V, T * K], both 0
      where it is too low to be used.

    Raises:
      CaptureError: fewer than two cameras, nobody in one, or lengths differ.
    """
    lengths = {view.camera: len(view) for view in views}
    if len(views) < 2 or len(lengths) < len(views):
        raise CaptureError(
            f"views of two calibrated cameras or more are needed, one of each; there "
            f"are {[view.camera for view in views]}"
        )
    if len(set(lengths.values())) > 1:
        raise CaptureError(f"views differ in length ({lengths}); cut them to one time")
    joints = sorted(set.union(*(set(view.names) for view in views)))
    pixels, weights = [], []
    for view in views:
        own = view.select(joints)
        if own.xy.shape[1] == 0:
            raise CaptureError(f"camera {view.camera!r}: nobody is in its keypoints")
        weights.append(own.confidence[:, 0].ravel().astype(np.float64))
        pixels.append(own.xy[:, 0].reshape(-1, 2).astype(np.float64))
    weight = np.array(weights)
    weight[weight <= _CONFIDENT] = 0.0
    xy = np.where(weight[..., None] > 0, pixels, 0.0)
    return tuple(lengths), tuple(joints), xy, weight


def meeting_points(
    cameras: Sequence[Camera], pixels: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Points [M, 3] nearest to their rays, and which of them are worth to use [M].

    Args:
      cameras: V cameras.
      pixels: [V, M, 2].
      weights: [V, M], 0 where not seen.
    """
    normal = np.zeros((pixels.shape[1], 3, 3))
    right = np.zeros((pixels.shape[1], 3))
    rays = []
    for camera, seen, weight in zip(cameras, pixels, weights, strict=True):
        plane = straight(camera, seen)
        ray = np.concatenate([plane, np.ones_like(plane[:, :1])], 1) @ camera.rotation
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        center = -camera.rotation.T @ camera.translation
        across = weight[:, None, None] * (np.eye(3) - ray[:, :, None] * ray[:, None])
        normal += across
        right += across @ center
        rays.append((center, ray, weight))
    # Rays within about 3 degrees of each other say too little about depth.
    good = np.linalg.eigvalsh(normal)[:, 0] > 1e-3
    points = np.linalg.solve(
        np.where(good[:, None, None], normal, np.eye(3)), right[..., None]
    )[..., 0]
    miss = np.zeros(len(points))
    for center, ray, weight in rays:
        ahead = points - center
        depth = np.maximum((ahead * ray).sum(1), 1e-9)
        off = np.linalg.norm(ahead - depth[:, None] * ray, axis=1) / depth
        miss = np.maximum(miss, np.where(weight > 0, off, 0.0))
    # Outliers make lonely points, which spreading over space would prefer.
    if good.any():
        good &= miss < _MOST_OFF * np.median(miss[good])
    return points, good


def straight(camera: Camera, pixels: np.ndarray) -> np.ndarray:
    """Pixels [M, 2] on the plane z = 1 before the lens."""
    undistort = cv2.fisheye.undistortPoints if camera.fisheye else cv2.undistortPoints
    matrix = np.array(camera.matrix, np.float64)
    bend = np.array(camera.distortion, np.float64)[: 4 if camera.fisheye else 8]
    return undistort(pixels[:, None], matrix, bend)[:, 0]


def _spread(points: np.ndarray, candidates: np.ndarray, most: int) -> np.ndarray:
    """Some of the candidates: first one of every cell in space, then a second one."""
    order = np.random.default_rng(0).permutation(candidates)
    cells = np.floor(points[order] / _CELL_M).astype(np.int64)
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    by_cell = np.argsort(cell.ravel(), kind="stable")
    grouped = cell.ravel()[by_cell]
    first = np.searchsorted(grouped, grouped)
    turn = np.empty(len(order), int)
    turn[by_cell] = np.arange(len(order)) - first
    return order[np.argsort(turn, kind="stable")[:most]]


def _enough(found: Observations) -> None:
    """CaptureError unless every camera hangs on the others by enough points."""
    count = found.weights.shape[1]
    if count < _LEAST_POINTS:
        raise CaptureError(
            f"only {count} points are seen by two cameras with confidence above "
            f"{_CONFIDENT}; {_LEAST_POINTS} are needed: give more frames, or see "
            f"whether the views are synchronised and show the same person"
        )
    seen = found.weights > 0
    shared = (seen[:, None] & seen).sum(-1)
    reached = np.arange(len(seen)) == 0
    for _ in seen:
        reached |= shared[:, reached].max(1) >= _LEAST_PER_CAMERA
    if not reached.all():
        v = int(np.argmin(reached))
        raise CaptureError(
            f"camera {found.names[v]!r} shares fewer than {_LEAST_PER_CAMERA} points "
            f"with {found.names[0]!r} and the cameras tied to it; give frames in which "
            f"they see the same person"
        )
