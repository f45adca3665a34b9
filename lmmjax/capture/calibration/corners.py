"""Corners of a checkerboard in a picture, always in the same order.

They are found by the sector-based detector of Duda and Frese (2018) and, where it
fails, by OpenCV's older one with sub-pixel refinement.
"""

import os

import cv2
import numpy as np

from lmmjax.capture.errors import CaptureError

Picture = str | os.PathLike | np.ndarray


def read_gray(picture: Picture) -> np.ndarray:
    """A picture, in a file or as an array, as [H, W] uint8.

    Raises:
      CaptureError: the file is no picture.
      FileNotFoundError: there is none.
    """
    if isinstance(picture, np.ndarray):
        color = picture.ndim == 3
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if color else picture
    if not os.path.isfile(picture):
        raise FileNotFoundError(f"{os.fspath(picture)}: no such picture")
    gray = cv2.imread(os.fspath(picture), cv2.IMREAD_GRAYSCALE)
    if gray is None:
        raise CaptureError(
            f"{os.fspath(picture)}: this is no picture; convert it to PNG"
        )
    return gray


def find_corners(gray: np.ndarray, inner_corners: tuple[int, int]) -> np.ndarray | None:
    """Inner corners of a board in a picture, or None.

    Args:
      gray: [H, W] uint8.
      inner_corners: rows and columns.

    Returns:
      [rows * columns, 2] pixels, row by row as seen from the front, starting where
      the square inside of the first corner is black if only one end is like that.
    """
    rows, columns = inner_corners
    shape = (columns, rows)
    ok, corners = cv2.findChessboardCornersSB(gray, shape)
    if not ok:
        flags = cv2.CALIB_CB_ADAPTIVE_THRESH | cv2.CALIB_CB_NORMALIZE_IMAGE
        ok, corners = cv2.findChessboardCorners(gray, shape, flags=flags)
        if not ok:
            return None
        spacing = np.linalg.norm(
            np.diff(corners.reshape(rows, columns, 2), axis=1), axis=-1
        )
        # A window over a neighbouring corner would pull towards that one.
        reach = int(np.clip(spacing.min() / 2, 2, 11))
        until = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 30, 1e-3)
        corners = cv2.cornerSubPix(gray, corners, (reach, reach), (-1, -1), until)
    grid = np.asarray(corners, np.float64).reshape(rows, columns, 2)
    along, down = grid[0, -1] - grid[0, 0], grid[-1, 0] - grid[0, 0]
    if along[0] * down[1] - along[1] * down[0] < 0:
        grid = grid[:, ::-1]
    if (rows + columns) % 2 and _brightness(gray, grid) > _brightness(
        gray, grid[::-1, ::-1]
    ):
        grid = grid[::-1, ::-1]
    return grid.reshape(-1, 2)


def _brightness(gray: np.ndarray, grid: np.ndarray) -> float:
    """Of the middle of the square inside of the first corner."""
    x, y = np.rint(grid[:2, :2].mean((0, 1))).astype(int)
    return float(gray[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].mean())
