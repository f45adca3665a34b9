"""What looks wrong with a calibration, in words, before hours are computed on it.

All limits are choices of ours, wide enough for a laboratory and for a stadium.
"""

import itertools

import numpy as np

from kinematics.camera import Camera
from lmmjax.capture.calibration.values import Size
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

# Around a stadium cameras are up to 200 m apart; in a room 1 m is 1000 mm.
_FARTHEST_M = 300.0
_SAME_PLACE_M = 0.01
# Degrees over the longer side of the picture: a long lens, and short of a fisheye.
_FIELD_OF_VIEW = (1.5, 140.0)
# Off the middle, as a share of the picture.
_OFF_CENTER, _CENTERED = 0.2, 0.1
# Optical axes within some 3 degrees of each other have no meeting point to speak of.
_PARALLEL = 1e-3


def check(calibration: Calibration) -> list[str]:
    """Look at a calibration.

    Returns:
      Warnings, a sentence each; none where all looks well.

    Raises:
      CaptureError: nothing can come of it: it is not in metres, or all cameras stand
        in one place.
    """
    found = _places(calibration)
    found += _directions(calibration)
    found += _upright(calibration)
    for name, camera, size in zip(
        calibration.names, calibration.cameras, calibration.sizes, strict=True
    ):
        found += [f"camera {name!r}: {what}" for what in _lens(camera, size)]
    return found


def _places(calibration: Calibration) -> list[str]:
    centers = calibration.centers
    if len(centers) == 1:
        return []
    apart = np.linalg.norm(centers[:, None] - centers, axis=-1)
    if apart.max() > _FARTHEST_M:
        raise CaptureError(
            f"cameras are up to {apart.max():.0f} m apart, so this is not in metres; "
            f"read it with scale=0.001 if it is in millimetres, 0.01 for centimetres"
        )
    if apart.max() < _SAME_PLACE_M:
        raise CaptureError(
            "all cameras stand in the same place; only their lenses are calibrated, or "
            "the unit is far too large: find their poses, or read it with another scale"
        )
    pairs = itertools.combinations(range(len(centers)), 2)
    return [
        f"cameras {calibration.names[a]!r} and {calibration.names[b]!r} stand in the "
        f"same place; see whether one is a copy of the other"
        for a, b in pairs
        if apart[a, b] < _SAME_PLACE_M
    ]


def _directions(calibration: Calibration) -> list[str]:
    """Cameras that have behind them what the others look at."""
    turns = np.array([camera.rotation for camera in calibration.cameras])
    centers = calibration.centers
    axes = turns[:, 2]
    shifts = np.array([camera.translation for camera in calibration.cameras])
    if _agreeing(centers, axes) < 0.5 and _agreeing(shifts, turns[:, :, 2]) == 1:
        return [
            "the cameras do not look at a common place, and would if their poses were "
            "camera to world; invert them"
        ]
    away = _looking_away(centers, axes)
    return [
        f"camera {name!r} looks away from what the others look at; see whether its "
        f"pose is that of another camera"
        for name, turned in zip(calibration.names, away, strict=True)
        if turned
    ]


def _agreeing(centers: np.ndarray, axes: np.ndarray) -> float:
    """Share of cameras that have the meeting point within 45 degrees of their axis."""
    point = _meeting_point(centers, axes)
    if point is None:
        return 0.0
    ahead = point - centers
    depth = (ahead * axes).sum(1)
    return float((depth > np.sqrt(0.5) * np.linalg.norm(ahead, axis=1)).mean())


def _looking_away(centers: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """[V] whether the meeting point of the other cameras' axes is behind a camera."""
    away = np.zeros(len(centers), bool)
    for v in range(len(centers)):
        # Of two cameras neither has others to be compared with but both.
        others = np.arange(len(centers)) != v if len(centers) > 2 else slice(None)
        point = _meeting_point(centers[others], axes[others])
        away[v] = point is not None and axes[v] @ (point - centers[v]) < 0
    return away


def _meeting_point(centers: np.ndarray, axes: np.ndarray) -> np.ndarray | None:
    """[3] nearest to all lines, or None where they are parallel."""
    across = np.eye(3) - axes[:, :, None] * axes[:, None, :]
    normal = across.sum(0)
    if np.linalg.eigvalsh(normal)[0] < _PARALLEL * len(axes):
        return None
    return np.linalg.solve(normal, (across @ centers[:, :, None]).sum(0))[:, 0]


def _upright(calibration: Calibration) -> list[str]:
    """Cameras upside down, and a world whose z is not up."""
    down = np.array([camera.rotation[1] for camera in calibration.cameras])
    middle = np.median(down, axis=0)
    if np.linalg.norm(middle) < 0.5:
        return []
    found = [
        f"camera {name!r} is upside down against the others; see whether its video is"
        for name, own in zip(calibration.names, down, strict=True)
        if own @ middle < -0.3
    ]
    axis = int(np.argmax(np.abs(middle)))
    if axis != 2 or middle[2] > 0:
        sign = "+" if middle[axis] > 0 else "-"
        found.append(
            f"down in the pictures is {sign}{'xyz'[axis]} of the world, where our "
            f"conventions have -z; turn the world before heights and floors count"
        )
    return found


def _lens(camera: Camera, size: Size | None) -> list[str]:
    fx, fy = camera.matrix[0, 0], camera.matrix[1, 1]
    cx, cy = center = np.asarray(camera.matrix)[:2, 2]
    found = []
    if not 0.8 < fx / fy < 1.25:
        found.append(
            f"focal lengths {fx:.0f} and {fy:.0f} px differ; see whether fx is right"
        )
    if size is None:
        size = (round(2 * cx), round(2 * cy))
        if min(size) <= 0:
            return [
                *found,
                f"the principal point {cx:.0f}, {cy:.0f} is not in a picture",
            ]
    elif _off(center, size) > _OFF_CENTER and _off(center, size[::-1]) < _CENTERED:
        found.append(
            f"the picture is {size[0]} x {size[1]} but the principal point {cx:.0f}, "
            f"{cy:.0f} fits one of {size[1]} x {size[0]}; swap width and height, or "
            f"see whether the video was turned"
        )
    elif _off(center, size) > 0.5:
        found.append(
            f"the principal point {cx:.0f}, {cy:.0f} is outside of the picture of "
            f"{size[0]} x {size[1]}; see whether that is the size it was calibrated at"
        )
    view = 2 * np.degrees(np.arctan(max(size) / 2 / max(fx, fy)))
    if not camera.fisheye and not _FIELD_OF_VIEW[0] < view < _FIELD_OF_VIEW[1]:
        found.append(
            f"a focal length of {fx:.0f} px over {max(size)} px is a field of view of "
            f"{view:.1f} degrees; see whether it is in pixels of this picture"
        )
    edge, corner = folding_radius(camera), _corner(camera, size)
    if edge < corner:
        found.append(
            f"its distortion folds the picture beyond {edge * fx:.0f} px from the "
            f"principal point (the corner is at {corner * fx:.0f}); calibrate with "
            f"fewer coefficients or more pictures of the edges"
        )
    return found


def _off(center: np.ndarray, size: tuple[int, ...]) -> float:
    return float(np.abs(center / size - 0.5).max())


def _corner(camera: Camera, size: Size) -> float:
    """Radius of the farthest corner in the plane z = 1, as seen."""
    corners = np.array(list(itertools.product((0, size[0] - 1), (0, size[1] - 1))))
    focal = np.diag(camera.matrix)[:2]
    away = (corners - camera.matrix[:2, 2]) / focal
    return float(np.linalg.norm(away, axis=1).max())


def folding_radius(camera: Camera) -> float:
    """Largest seen radius, in the plane z = 1, up to which a lens is one to one.

    Beyond it the radial function of the lens falls, and two directions meet in one
    pixel. Infinite where it never falls.
    """
    k1, k2, p1, p2, k3, k4, k5, k6 = camera.distortion
    if camera.fisheye:
        angle = np.linspace(0, np.pi, 2001)
        t = angle**2
        seen = angle * (1 + t * (k1 + t * (k2 + t * (p1 + t * p2))))
    else:
        # Ideal radii up to 80 degrees off the axis; dense near the middle.
        radius = np.tan(np.linspace(0, np.radians(80), 2001))
        s = radius**2
        above = 1 + s * (k1 + s * (k2 + s * k3))
        seen = radius * above / (1 + s * (k4 + s * (k5 + s * k6)))
    falls = np.flatnonzero(np.diff(seen) <= 0)
    return float(seen[falls[0]]) if falls.size else np.inf
