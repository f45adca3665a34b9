"""Human3.6M cameras, as MMPose keeps them: by subject and camera, as JSON or pickle.

R turns camera axes into the world and T is where the camera stands, in metres:
``x_cam = R^T (X - T)``. With f, c, k (three) and p (two).

The lens differs from OpenCV's in its tangential part,

    x' = x (radial + p1 y + p2 x) + p2 r^2,    y' = y (radial + p1 y + p2 x) + p1 r^2,

where OpenCV has 2 p1 y + 2 p2 x. No coefficients of OpenCV give the same, so the
centre and the coefficients are fitted to it over the picture (`fitted_lens`). Over the
pictures of all 44 cameras the difference that remains was measured as 0.06 px on
average and 0.4 px at most; with p1 and p2 as they are it is 0.21 and 1.5 px.

Sources: cameras.py of Martinez et al. (2017), "A simple yet effective baseline for 3d
human pose estimation"; camera.py of VideoPose3D.
"""

import pathlib
from typing import Any

import numpy as np

from kinematics.formats import restricted_pickle
from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

# Points per side of the grid of the fit; more change the centre by < 0.01 px.
_GRID = 21


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read the cameras, named ``subject/camera``.

    Args:
      path: a JSON file with keys such as ``S1/54138969``, or a pickle with pairs.
      scale: metres per unit of length; by default 1.

    Raises:
      CaptureError: names the camera and what is wrong with it.
      FormatError: a pickle holds more than plain data.
    """
    unit = values.metres(scale, 1.0)
    cameras, sizes = {}, {}
    for key, entry in _entries(path).items():
        name = "/".join(map(str, key)) if isinstance(key, tuple) else str(key)
        where = values.about(path, name)
        if not isinstance(entry, dict):
            raise CaptureError(f"{where} is not a table")
        f = values.array(where, "f", entry.get("f"), 2)
        c = values.array(where, "c", entry.get("c"), 2)
        k = values.array(where, "k", entry.get("k"), 3)
        p = values.array(where, "p", entry.get("p"), 2)
        turn = values.array(where, "R", entry.get("R"), 3, 3).T
        place = unit * values.array(where, "T", entry.get("T"), 3)
        known = "w" in entry and "h" in entry
        # Those of the data set measure 1000 x 1000 or 1000 x 1002.
        size = values.size(where, [entry["w"], entry["h"]]) if known else None
        center, bend = fitted_lens(f, c, k, p, size or (1000, 1000))
        matrix = values.pinhole(f[0], f[1], center[0], center[1])
        cameras[name] = values.camera(where, matrix, turn, -turn @ place, bend)
        sizes[name] = size
    return values.collect(path, cameras, sizes)


def _entries(path: values.Path) -> dict[Any, Any]:
    if pathlib.Path(path).suffix.lower() not in (".pkl", ".pickle"):
        return values.table(path)
    content = restricted_pickle.load(path)
    if not isinstance(content, dict):
        raise CaptureError(f"{path}: the pickle holds no table of cameras")
    return content


def fitted_lens(
    f: np.ndarray, c: np.ndarray, k: np.ndarray, p: np.ndarray, size: values.Size
) -> tuple[np.ndarray, np.ndarray]:
    """The lens of OpenCV nearest to one of Human3.6M.

    Pixels are linear in centre and coefficients, so this is a least-squares solution
    over a grid of points that covers the picture.

    Args:
      f: [2] focal lengths, pixels.
      c: [2] principal point.
      k: [3] radial coefficients.
      p: [2] tangential coefficients.
      size: width and height of the picture.

    Returns:
      Principal point [2], and k1, k2, p1, p2, k3 [5].
    """
    u, v = np.meshgrid(*(np.linspace(0, n - 1, _GRID) for n in size))
    # Seen places serve as ideal ones: barrel distortion moves them by a few percent.
    x, y = (u.ravel() - c[0]) / f[0], (v.ravel() - c[1]) / f[1]
    square = x**2 + y**2
    both = k @ [square, square**2, square**3] + p[0] * y + p[1] * x
    bent = np.concatenate(
        [f[0] * (x * both + p[1] * square), f[1] * (y * both + p[0] * square)]
    )
    zero, one = np.zeros_like(x), np.ones_like(x)
    terms = [
        (one, zero),
        (zero, one),
        (f[0] * x * square, f[1] * y * square),
        (f[0] * x * square**2, f[1] * y * square**2),
        (2 * f[0] * x * y, f[1] * (square + 2 * y**2)),
        (f[0] * (square + 2 * x**2), 2 * f[1] * x * y),
        (f[0] * x * square**3, f[1] * y * square**3),
    ]
    columns = np.stack([np.concatenate(term) for term in terms], axis=1)
    found = np.linalg.lstsq(columns, bent, rcond=None)[0]
    return c + found[:2], found[2:]
