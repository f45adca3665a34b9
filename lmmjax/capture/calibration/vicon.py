"""Vicon: calibrations ``.xcp``, which are XML.

Each camera has a ``KeyFrame`` with POSITION (of the camera, millimetres), ORIENTATION
(quaternion x, y, z, w, world to camera), FOCAL_LENGTH and PRINCIPAL_POINT (pixels) and
VICON_RADIAL2 (a word, the centre, k1, k2, k3) or, in older files, VICON_RADIAL (k1,
k2). Distortion is taken as OpenCV's, as the sources do; no file with a known truth was
there to confirm it.

Sources: calibration.py of Pose2Sim 0.10; the converters of OpenCap's validation.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from kinematics.formats import xml_tree
from kinematics.formats.text import number
from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read all calibrated cameras, those that see markers only among them.

    Cameras without a ``KeyFrame`` took no part in the calibration and are left out.
    `Calibration.select` picks those that film.

    Args:
      path: the file.
      scale: metres per unit of length; by default 0.001.

    Raises:
      CaptureError: names the camera and what is wrong with it.
      FormatError: the file is no XML, or lacks a number.
    """
    unit = values.metres(scale, 0.001)
    cameras, sizes = {}, {}
    for element in xml_tree.parse(path).all("Camera"):
        frames = element.first("KeyFrames")
        frame = frames.first("KeyFrame") if frames is not None else None
        if frame is None:
            continue
        name = element.word("DEVICEID")
        where = values.about(path, name)
        fx = frame.numbers("FOCAL_LENGTH", 1)[0]
        fy = fx / element.numbers("PIXEL_ASPECT_RATIO", 1, [1.0])[0]
        cx, cy = frame.numbers("PRINCIPAL_POINT", 2)
        orientation = frame.numbers("ORIENTATION", 4)
        if not orientation.any():
            raise CaptureError(f"{where}: ORIENTATION is no rotation; calibrate again")
        turn = Rotation.from_quat(orientation).as_matrix()
        place = unit * frame.numbers("POSITION", 3)
        if name in cameras:
            raise CaptureError(f"{where} stands there twice; rename one")
        cameras[name] = values.camera(
            where,
            values.pinhole(fx, fy, cx, cy),
            turn,
            -turn @ place,
            _distortion(where, frame),
        )
        sizes[name] = values.size(where, element.numbers("SENSOR_SIZE", 2))
    return values.collect(path, cameras, sizes)


def _distortion(where: str, frame: xml_tree.Element) -> np.ndarray:
    """k1, k2, p1, p2, k3."""
    words = frame.attributes.get("VICON_RADIAL2", "").split()[3:6]
    words = words or frame.attributes.get("VICON_RADIAL", "").split()[:2]
    found = [number(word) for word in words]
    k1, k2, k3 = values.array(where, "distortion", found + [0.0] * (3 - len(found)), 3)
    return np.array([k1, k2, 0.0, 0.0, k3])
