"""Cameras from pictures of a checkerboard: the lens from many, the pose from one.

Lenses are fitted after Zhang (2000) and poses after Collins and Bartoli (2014), both
through OpenCV.
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from lmmjax.capture.calibration import values
from lmmjax.capture.calibration.corners import Picture, find_corners, read_gray
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

# Choices. Zhang's method needs two views of the board; a third one shows mistakes.
_LEAST_PICTURES = 3
# A picture that fits so much worse than the others was blurred or misread.
_WORSE, _WORSE_PX = 3.0, 0.5
# Corners are found to some tenths of a pixel; beyond this the board is another one.
_FAR_PX = 5.0


@dataclasses.dataclass(frozen=True)
class Intrinsics:
    """What pictures of a board say about a lens.

    Attributes:
      matrix: [3, 3] pixels.
      distortion: k1, k2, p1, p2 [4]; of a fisheye its k1 to k4.
      size: width and height of the pictures.
      fisheye: which of the two it is.
      rms_px: root of the mean squared distance between corners and model.
      used: the pictures that were used, by file name or number.
      refused: why each of the others was not, by file name or number.
    """

    matrix: np.ndarray
    distortion: np.ndarray
    size: values.Size
    fisheye: bool
    rms_px: float
    used: tuple[str, ...]
    refused: dict[str, str]


def intrinsics(
    pictures: Sequence[Picture],
    inner_corners: tuple[int, int],
    square_m: float,
    size: values.Size | None = None,
    fisheye: bool = False,
) -> Intrinsics:
    """Calibrate a lens.

    Args:
      pictures: files, or arrays [H, W] or [H, W, 3]. Ten to twenty, with the board
        tilted and in every part of the picture.
      inner_corners: rows and columns of corners where four squares meet.
      square_m: side of a square in metres.
      size: width and height that pictures must have; by default that of the first.
      fisheye: whether to fit OpenCV's fisheye model.

    Raises:
      CaptureError: the board is found in fewer than 3 pictures.
      OSError: a file cannot be read.
    """
    board = _board(inner_corners, square_m)
    found: dict[str, np.ndarray] = {}
    refused = {}
    for n, picture in enumerate(pictures):
        name = str(n) if isinstance(picture, np.ndarray) else os.path.basename(picture)
        gray = read_gray(picture)
        own = (gray.shape[1], gray.shape[0])
        size = size or own
        corners = find_corners(gray, inner_corners) if own == size else None
        if corners is not None:
            found[name] = corners
        elif own == size:
            refused[name] = "no board found"
        else:
            refused[name] = f"it is {own[0]} x {own[1]} and not {size[0]} x {size[1]}"
    if size is None or len(found) < _LEAST_PICTURES:
        raise CaptureError(
            f"a board of {inner_corners[0]} x {inner_corners[1]} inner corners was "
            f"found in {len(found)} of {len(pictures)} pictures and needs "
            f"{_LEAST_PICTURES}; count the corners where four squares meet, and show "
            f"the whole board with a white rim" + _reasons(refused)
        )
    matrix, bend, errors = _fit(board, list(found.values()), size, fisheye)
    limit = max(_WORSE * float(np.median(errors)), _WORSE_PX)
    worse = [name for name, e in zip(found, errors, strict=True) if e > limit]
    if worse and len(found) - len(worse) >= _LEAST_PICTURES:
        for name in worse:
            del found[name]
            refused[name] = f"its corners do not fit the others to {limit:.1f} px"
        matrix, bend, errors = _fit(board, list(found.values()), size, fisheye)
    rms = float(np.sqrt((errors**2).mean()))
    return Intrinsics(matrix, bend, size, fisheye, rms, tuple(found), refused)


def extrinsics(
    pictures: Mapping[str, Picture],
    lenses: Mapping[str, Intrinsics],
    inner_corners: tuple[int, int],
    square_m: float,
) -> Calibration:
    """Find where cameras stand from one board on the floor that all of them see.

    The origin is the inner corner beside the black square of a corner of the board; x
    runs along its rows, z is up.

    Args:
      pictures: one for each camera, by name; the board must not move in between.
      lenses: of the same cameras, by name, at the size of these pictures.
      inner_corners: rows and columns; one of them even and the other odd, or else the
        board looks the same from the other side.
      square_m: side of a square in metres.

    Raises:
      CaptureError: names the camera that does not see the board, or fits it badly.
    """
    rows, columns = inner_corners
    if (rows + columns) % 2 == 0:
        raise CaptureError(
            f"a board of {rows} x {columns} inner corners looks the same when turned "
            f"by 180 degrees; use one with an even and an odd number"
        )
    board = _board(inner_corners, square_m)
    cameras, sizes = {}, {}
    for name, picture in pictures.items():
        if name not in lenses:
            raise CaptureError(f"camera {name!r}: its lens is not calibrated")
        lens, gray = lenses[name], read_gray(picture)
        own = (gray.shape[1], gray.shape[0])
        if own != lens.size:
            raise CaptureError(
                f"camera {name!r}: the picture is {own[0]} x {own[1]}, its lens was "
                f"calibrated at {lens.size[0]} x {lens.size[1]}; use the same"
            )
        corners = find_corners(gray, inner_corners)
        if corners is None:
            raise CaptureError(
                f"camera {name!r}: no board of {rows} x {columns} inner corners found; "
                f"move it closer, or light it evenly"
            )
        turn, shift, error = _pose(board, corners, lens)
        if error > _FAR_PX:
            raise CaptureError(
                f"camera {name!r}: the board fits to {error:.1f} px only; see whether "
                f"its lens and the number of corners are right"
            )
        cameras[name] = values.camera(
            f"camera {name!r}", lens.matrix, turn, shift, lens.distortion, lens.fisheye
        )
        sizes[name] = lens.size
    return values.collect("checkerboard", cameras, sizes)


def _board(inner_corners: tuple[int, int], square_m: float) -> np.ndarray:
    """[rows * columns, 3] metres: x along rows, z towards who looks at it."""
    rows, columns = inner_corners
    if rows < 2 or columns < 2 or not 0 < square_m < np.inf:
        raise ValueError(
            f"a board has at least 2 x 2 inner corners and squares of some size, not "
            f"{rows} x {columns} of {square_m} m"
        )
    y, x = np.mgrid[:rows, :columns]
    return square_m * np.stack([x, -y, np.zeros_like(x)], -1).reshape(-1, 3).astype(
        float
    )


def _fit(
    board: np.ndarray, corners: list[np.ndarray], size: values.Size, fisheye: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrix, distortion and the error of each picture in pixels."""
    if fisheye:
        flags = cv2.CALIB_RECOMPUTE_EXTRINSIC | cv2.CALIB_FIX_SKEW
        model = [board[None]] * len(corners)
        seen = [c[None] for c in corners]
        _, matrix, bend, turns, shifts = cv2.fisheye.calibrate(
            model, seen, size, np.eye(3), np.zeros(4), flags=flags
        )
    else:
        model = [board.astype(np.float32)] * len(corners)
        seen = [c.astype(np.float32) for c in corners]
        # A third radial coefficient needs more corners at the rim than most have.
        _, matrix, bend, turns, shifts = cv2.calibrateCamera(
            model, seen, size, None, None, flags=cv2.CALIB_FIX_K3
        )
    project = cv2.fisheye.projectPoints if fisheye else cv2.projectPoints
    errors = []
    for own, turn, shift in zip(corners, turns, shifts, strict=True):
        placed = project(board[:, None], turn, shift, matrix, bend)[0].reshape(-1, 2)
        errors.append(np.sqrt(((placed - own) ** 2).sum(-1).mean()))
    return matrix, bend.ravel()[:4], np.array(errors)


def _pose(
    board: np.ndarray, corners: np.ndarray, lens: Intrinsics
) -> tuple[np.ndarray, np.ndarray, float]:
    """Rotation [3, 3], translation [3] and error in pixels."""
    undistort = cv2.fisheye.undistortPoints if lens.fisheye else cv2.undistortPoints
    ideal = undistort(corners[:, None], lens.matrix, lens.distortion).reshape(-1, 2)
    plane, none = np.eye(3), np.zeros(4)
    # A plane has two poses that fit; IPPE gives both, the better one first.
    _, turns, shifts, _ = cv2.solvePnPGeneric(
        board, ideal, plane, none, flags=cv2.SOLVEPNP_IPPE
    )
    turn, shift = cv2.solvePnPRefineLM(board, ideal, plane, none, turns[0], shifts[0])
    matrix = cv2.Rodrigues(turn)[0]
    place = board @ matrix.T + shift.ravel()
    apart = place[:, :2] / place[:, 2:] - ideal
    error = float(np.sqrt((apart**2).sum(-1).mean()) * lens.matrix[0, 0])
    return matrix, shift.ravel(), error


def _reasons(refused: dict[str, str]) -> str:
    first = [f"{name}: {why}" for name, why in list(refused.items())[:3]]
    return f" ({'; '.join(first)})" if first else ""
