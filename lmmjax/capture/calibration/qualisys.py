"""Qualisys Track Manager: calibrations ``.qca.txt``, which are XML.

Lengths in millimetres, pixels in units of 1/64. ``transform`` holds the place of the
camera and the transpose of a rotation whose camera looks along -z with y up:

    R = diag(1, -1, -1) [[r11, r12, r13], [r21, ..], [r31, ..]]   world to camera
    t = -R (x, y, z) / 1000
    f = focalLength / 64,  c = centerPoint / 64 - (left, top of fov_video)

Distortion is dimensionless and taken as it stands. Pose2Sim divides it by 64 too,
which calibrations of the same cameras from pictures of a checkerboard contradict
(k1 -0.055 from pictures, -0.046 in the file, -0.0007 after the division).

Source: calibration.py of Pose2Sim 0.10, whose matrices and poses come out the same.
"""

import numpy as np

from kinematics.formats import xml_tree
from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

_SUBPIXELS = 64
# Other models see markers only.
_FILMING = ("video", "hybrid", "none")


def read(
    path: values.Path,
    *,
    scale: float | None = None,
    pose2sim_compatible: bool = False,
    binning: int = 1,
) -> Calibration:
    """Read the cameras that film; those that see markers only are left out.

    Args:
      path: the file.
      scale: metres per unit of length; by default 0.001.
      pose2sim_compatible: whether to divide distortion by 64 as Pose2Sim does, to
        reproduce its results; k3 is left out as there.
      binning: pixels of the sensor per pixel of the video; 2 for video at 540p.

    Raises:
      CaptureError: names the camera and what is wrong with it.
      FormatError: the file is no XML, or lacks a number.
    """
    unit = values.metres(scale, 0.001)
    root = xml_tree.parse(path)
    listed = root.first("cameras")
    cameras, sizes = {}, {}
    for element in listed.all("camera") if listed is not None else []:
        model = element.attributes.get("model", "none").lower()
        if not any(word in model for word in _FILMING):
            continue
        name = element.word("serial")
        where = values.about(path, name)
        parts = [element.first(tag) for tag in ("fov_video", "transform", "intrinsic")]
        fov, transform, lens = parts
        if fov is None or transform is None or lens is None:
            raise CaptureError(
                f"{where} lacks fov_video, transform or intrinsic; export it again"
            )
        left, top, right, bottom = (
            fov.numbers(side, 1)[0] for side in ("left", "top", "right", "bottom")
        )
        rows = [
            [transform.numbers(f"r{i}{j}", 1)[0] for j in (1, 2, 3)] for i in (1, 2, 3)
        ]
        turn = np.diag([1.0, -1.0, -1.0]) @ np.array(rows)
        place = unit * np.array([transform.numbers(axis, 1)[0] for axis in "xyz"])
        fx, fy, cx, cy = (
            lens.numbers(key, 1)[0] / _SUBPIXELS / binning
            for key in ("focalLengthU", "focalLengthV", "centerPointU", "centerPointV")
        )
        k1, k2, p1, p2, k3 = (
            lens.numbers(key, 1, [0.0])[0]
            for key in (
                *("radialDistortion1", "radialDistortion2"),
                *("tangentalDistortion1", "tangentalDistortion2"),
                "radialDistortion3",
            )
        )
        bend = np.array([k1, k2, p1, p2, k3])
        if pose2sim_compatible:
            bend = bend[:4] / _SUBPIXELS / binning
        if name in cameras:
            raise CaptureError(f"{where} stands there twice; rename one")
        matrix = values.pinhole(fx, fy, cx - left, cy - top)
        cameras[name] = values.camera(where, matrix, turn, -turn @ place, bend)
        sizes[name] = values.size(where, [right - left + 1, bottom - top + 1])
    return values.collect(path, cameras, sizes)
