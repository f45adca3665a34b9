"""Where cameras stand, from nothing but the people in their pictures.

Two cameras are placed by their essential matrix (Nister 2004), the others one by one
by the points that those before them make (Hartley and Zisserman 2004, chapter 18). How
large the world is comes from the person's stature, and which way is up from the legs.
It is a beginning, for `bundle.adjust`.
"""

import itertools
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from kinematics.camera import Camera, make_camera
from lmmjax.capture.calibration.checkerboard import Intrinsics
from lmmjax.capture.calibration.observations import gather, meeting_points, straight
from lmmjax.capture.cameras import Calibration, make_calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D

# Choices: detectors miss by some pixels, and fewer points than this prove nothing.
_INLIER_PX, _LEAST_POINTS = 6.0, 50
# Thigh and shank as shares of stature, and the height of the ankle (Drillis and
# Contini 1966, as in Winter 2009, fig. 4.1).
_THIGH, _SHANK, _ANKLE = 0.245, 0.246, 0.039
_SIDES = ("left", "right")


def initial(
    views: Sequence[Keypoints2D], lenses: Mapping[str, Intrinsics], stature_m: float
) -> Calibration:
    """Place cameras whose lenses are known.

    Frame t of all views is one instant, and slot 0 of the people one person, who
    mostly stands, walks or runs, and moves through the space.

    Args:
      views: keypoints, with ``left_hip``, ``left_knee``, ``left_ankle`` and the right.
      lenses: by camera.
      stature_m: height of the person in metres; 2 % of error are 2 % of the world.

    Returns:
      The cameras of the views; z is up, the floor at 0 below where the person was,
      and x where the first camera looks.

    Raises:
      CaptureError: a camera has no lens, or shares too little with the others.
    """
    unknown = [view.camera for view in views if view.camera not in lenses]
    if unknown:
        raise CaptureError(f"camera {unknown[0]!r}: its lens is not calibrated")
    names, joints, pixels, weights = gather(views)
    lacking = [f"{s}_{j}" for s in _SIDES for j in ("hip", "knee", "ankle")]
    lacking = [name for name in lacking if name not in joints]
    if lacking:
        raise CaptureError(f"the views have no {lacking[0]}; the legs give the scale")
    own = [_at(lenses[name], np.eye(3), np.zeros(3)) for name in names]
    plane = np.array([straight(c, xy) for c, xy in zip(own, pixels, strict=True)])
    found = _first_pair(names, own, plane, weights > 0)
    while len(found) < len(names):
        some = sorted(found)
        points, good = meeting_points(
            [found[v] for v in some], pixels[some], weights[some]
        )
        good &= (weights[some] > 0).sum(0) > 1
        rest = [v for v in range(len(names)) if v not in found]
        shared = {v: good & (weights[v] > 0) for v in rest}
        v = max(rest, key=lambda v: shared[v].sum())
        found[v] = _resection(
            names[v], lenses[names[v]], points[shared[v]], plane[v, shared[v]]
        )
    cameras = [found[v] for v in range(len(names))]
    points, good = meeting_points(cameras, pixels, weights)
    good &= (weights > 0).sum(0) > 1
    body = np.where(good[:, None], points, np.nan).reshape(-1, len(joints), 3)
    places = {name: body[:, k] for k, name in enumerate(joints)}
    return _to_world(names, cameras, [lenses[n].size for n in names], places, stature_m)


def _at(lens: Intrinsics, turn: np.ndarray, shift: np.ndarray) -> Camera:
    return make_camera(
        lens.matrix, turn, shift, lens.distortion, lens.fisheye, np.float64
    )


def _first_pair(names, cameras, plane, known) -> dict[int, Camera]:
    """The two cameras that tie each other best, the first of them in the origin."""
    best, pair, least = 0.0, None, None
    for a, b in itertools.combinations(range(len(cameras)), 2):
        both = known[a] & known[b]
        least = max(least or 0, int(both.sum()))
        if both.sum() < _LEAST_POINTS:
            continue
        x, y = plane[a, both], plane[b, both]
        near = _INLIER_PX / np.sqrt(cameras[a].matrix[0, 0] * cameras[b].matrix[0, 0])
        matrix, _ = cv2.findEssentialMat(x, y, np.eye(3), cv2.RANSAC, 0.999, near)
        if matrix is None or matrix.shape != (3, 3):
            continue
        count, turn, shift, _ = cv2.recoverPose(matrix, x, y, np.eye(3))
        rays = [np.append(p, np.ones((len(p), 1)), 1) for p in (x, y)]
        rays = [r / np.linalg.norm(r, axis=1, keepdims=True) for r in rays]
        cosine = (rays[0] @ turn.T * rays[1]).sum(1)
        # Rays that meet at a right angle fix a point best, parallel ones not at all.
        score = count * float(np.median(np.sqrt(np.maximum(1 - cosine**2, 0))))
        if score > best:
            best, pair = score, (a, b, turn, shift.ravel())
    if pair is None:
        raise CaptureError(
            f"no two of {list(names)} share {_LEAST_POINTS} keypoints that fit "
            f"together (the most is {least or 0}); give more frames or synchronise"
        )
    a, b, turn, shift = pair
    moved = Camera(
        cameras[b].matrix, turn, shift, cameras[b].distortion, cameras[b].fisheye
    )
    return {a: cameras[a], b: moved}


def _resection(name, lens, points, plane) -> Camera:
    """A camera from points in space [M, 3] and where it sees them [M, 2]."""
    if len(points) >= _LEAST_POINTS:
        near = _INLIER_PX / lens.matrix[0, 0]
        ok, turn, shift, inliers = cv2.solvePnPRansac(
            points,
            plane,
            np.eye(3),
            np.zeros(4),
            iterationsCount=500,
            reprojectionError=near,
            flags=cv2.SOLVEPNP_SQPNP,
        )
        if ok and inliers is not None and len(inliers) >= _LEAST_POINTS:
            return _at(lens, cv2.Rodrigues(turn)[0], shift.ravel())
    raise CaptureError(
        f"camera {name!r} shares fewer than {_LEAST_POINTS} good points with the "
        f"others; give frames in which they see the same person, or synchronise them"
    )


def _to_world(names, cameras, sizes, places, stature_m) -> Calibration:
    """Cameras in metres with z up, from the legs of the person [T, 3] by joint."""
    legs = []
    for side in _SIDES:
        hip, knee, ankle = (places[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
        thigh = np.linalg.norm(hip - knee, axis=1)
        legs.append(thigh + np.linalg.norm(knee - ankle, axis=1))
    if not np.isfinite(legs).any():
        raise CaptureError(
            "no whole leg was seen by two cameras; the legs give the scale"
        )
    scale = (_THIGH + _SHANK) * stature_m / np.nanmedian(legs)
    ankles = np.concatenate([places[f"{side}_ankle"] for side in _SIDES])
    hips = np.concatenate([places[f"{side}_hip"] for side in _SIDES])
    # Median and not mean: of a few wild points none shall count.
    up = np.nanmedian(hips - ankles, axis=0)
    up /= np.linalg.norm(up)
    ahead = cameras[0].rotation[2] - cameras[0].rotation[2] @ up * up
    ahead /= np.linalg.norm(ahead)
    world = np.array([ahead, np.cross(up, ahead), up])
    # The lower ankle is near the ground most of the time.
    ground = np.nanpercentile(scale * ankles @ up, 10) - _ANKLE * stature_m
    middle = scale * world @ np.nanmedian(ankles, axis=0)
    middle[2] = ground
    result = []
    for camera in cameras:
        turn = camera.rotation @ world.T
        shift = scale * camera.translation + turn @ middle
        result.append(
            Camera(camera.matrix, turn, shift, camera.distortion, camera.fisheye)
        )
    return make_calibration(names, result, sizes)
