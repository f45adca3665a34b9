"""Shelf and Campus: ``calibration_shelf.json``, as MMPose and VoxelPose write it.

A table per camera with R, T, fx, fy, cx, cy, k (three) and p (two). T is where the
camera stands, in millimetres: ``x_cam = R (X - T)``. Pictures are 1032 x 776 (Shelf)
and 360 x 288 (Campus), which the file does not say.

The direction was checked on detections of Shelf: pairs of views meet to 1-4 px with
it and to 30-500 px with ``R X + T``.
"""

import numpy as np

from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

_INTRINSICS = ("fx", "fy", "cx", "cy")


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read the cameras of a scene.

    Args:
      path: the file.
      scale: metres per unit of length; by default 0.001.

    Raises:
      CaptureError: names the camera and what is wrong with it.
    """
    unit = values.metres(scale, 0.001)
    cameras = {}
    for name, entry in values.table(path).items():
        where = values.about(path, name)
        if not isinstance(entry, dict):
            raise CaptureError(f"{where} is not a table")
        fx, fy, cx, cy = values.array(
            where, "fx, fy, cx, cy", [entry.get(key) for key in _INTRINSICS], 4
        )
        turn = values.array(where, "R", entry.get("R"), 3, 3)
        place = unit * values.array(where, "T", entry.get("T"), 3)
        k1, k2, k3 = values.array(where, "k", entry.get("k", (0, 0, 0)), 3)
        p1, p2 = values.array(where, "p", entry.get("p", (0, 0)), 2)
        bend = np.array([k1, k2, p1, p2, k3])
        cameras[name] = values.camera(
            where, values.pinhole(fx, fy, cx, cy), turn, -turn @ place, bend
        )
    return values.collect(path, cameras, dict.fromkeys(cameras))
