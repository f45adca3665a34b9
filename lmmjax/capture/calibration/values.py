"""From what a file says to checked cameras, with errors that name file and camera."""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from scipy.spatial.transform import Rotation

from kinematics.camera import Camera, make_camera
from lmmjax.capture.cameras import Calibration, make_calibration
from lmmjax.capture.errors import CaptureError

Path = str | os.PathLike
Size = tuple[int, int]

# World of a file (its vertical axis pointing down along y) to ours.
Y_DOWN = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])


def about(path: Path, name: str) -> str:
    """How errors call a camera of a file."""
    return f"{os.fspath(path)}: camera {name!r}"


def array(where: str, key: str, value: Any, *shape: int) -> np.ndarray:
    """Finite numbers of a shape, however the file nests them; float64.

    Raises:
      CaptureError: there are none, or another number of them.
    """
    try:
        numbers = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        numbers = np.zeros(0)
    if numbers.size != np.prod(shape) or not np.isfinite(numbers).all():
        raise CaptureError(
            f"{where}: {key} is {str(value)[:60]!r}; it must be "
            f"{' x '.join(map(str, shape))} finite numbers"
        )
    return numbers.reshape(shape)


def distortion(where: str, value: Any, fisheye: bool = False) -> np.ndarray:
    """Coefficients of a lens [n], n at most 8, or 4 of a fisheye.

    Zeros at the end count for nothing: files pad a fisheye to 5 and others to 14.

    Raises:
      CaptureError: they are no numbers, or there are more of them.
    """
    try:
        size = np.size(np.asarray(value, np.float64))
    except (TypeError, ValueError):
        size = 1
    numbers = np.trim_zeros(array(where, "distortion", value, size), "b")
    most = 4 if fisheye else 8
    if len(numbers) > most:
        raise CaptureError(
            f"{where}: {len(numbers)} distortion coefficients; calibrate it again with "
            f"at most {most}, without thin prisms or tilted sensors"
        )
    return numbers


def size(where: str, value: Any) -> Size | None:
    """Width and height; None where the file has none."""
    if value is None or np.size(value) == 0:
        return None
    width, height = array(where, "size", value, 2)
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise CaptureError(f"{where}: no picture has the size {width:g} x {height:g}")
    return round(float(width)), round(float(height))


def rotation(where: str, value: Any) -> np.ndarray:
    """[3, 3] rotation given as a Rodrigues vector or as a matrix."""
    if np.size(value) == 3:
        vector = array(where, "rotation", value, 3)
        return Rotation.from_rotvec(vector).as_matrix()
    return array(where, "rotation", value, 3, 3)


def pinhole(fx: float, fy: float, cx: float, cy: float) -> np.ndarray:
    """[3, 3] camera matrix without skew."""
    return np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])


def camera(
    where: str,
    matrix: np.ndarray,
    turn: np.ndarray,
    translation: np.ndarray,
    coefficients: Any = (),
    fisheye: bool = False,
    world: np.ndarray | None = None,
) -> Camera:
    """A camera in float64.

    Args:
      where: how errors call it.
      matrix: [3, 3] pixels.
      turn: [3, 3] world to camera. Files round it to as few as 6 digits; the camera
        gets the nearest rotation.
      translation: [3] metres, world to camera.
      coefficients: of the lens, see `distortion`.
      fisheye: whether they are those of a fisheye.
      world: [3, 3] world of the file to ours, where they differ.

    Raises:
      CaptureError: the numbers make no camera.
    """
    coefficients = distortion(where, coefficients, fisheye)
    try:
        checked = make_camera(
            matrix, turn, translation, coefficients, fisheye, np.float64
        )
    except ValueError as error:
        raise CaptureError(f"{where}: {error}; correct or calibrate it again") from None
    left, _, right = np.linalg.svd(checked.rotation)
    nearest = left @ right if world is None else left @ right @ world.T
    return Camera(
        checked.matrix, nearest, checked.translation, checked.distortion, fisheye
    )


def collect(
    path: Path, cameras: Mapping[str, Camera], sizes: Mapping[str, Size | None]
) -> Calibration:
    """The calibration that a file holds, in its order.

    Raises:
      CaptureError: it holds no camera.
    """
    if not cameras:
        raise CaptureError(f"{os.fspath(path)}: no calibrated camera is in it")
    try:
        return make_calibration(
            tuple(cameras), tuple(cameras.values()), [sizes[name] for name in cameras]
        )
    except CaptureError as error:
        raise CaptureError(f"{os.fspath(path)}: {error}") from None


def table(path: Path) -> dict:
    """The table that a JSON file holds.

    Raises:
      CaptureError: it holds something else.
    """
    try:
        content = orjson.loads(pathlib.Path(path).read_bytes())
    except orjson.JSONDecodeError as error:
        raise CaptureError(
            f"{os.fspath(path)}: this is no JSON: {error}; copy or download it again"
        ) from None
    if not isinstance(content, dict):
        raise CaptureError(f"{os.fspath(path)}: this JSON is no table of cameras")
    return content


def metres(scale: float | None, default: float) -> float:
    """Metres per unit: what the caller says, or else what the format does.

    Raises:
      ValueError: the caller's is not above 0.
    """
    if scale is None:
        return default
    if not 0 < scale < np.inf:
        raise ValueError(f"scale must be metres per unit, above 0, not {scale!r}")
    return float(scale)
