"""YAML of OpenCV's calibration samples: a camera per file.

``camera_matrix`` and ``distortion_coefficients`` with ``image_width`` and
``image_height``; the pose, world to camera, as ``rotation`` or ``R`` (matrix or
Rodrigues vector) and ``translation`` or ``T``, which such files often lack: the
samples calibrate lenses and not rooms.
"""

import pathlib

import numpy as np

from lmmjax.capture.calibration import opencv_yaml, values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.names import natural_key

_KEYS = {
    "matrix": ("camera_matrix", "K", "intrinsicMatrix"),
    "distortion": ("distortion_coefficients", "D", "distortionCoefficients"),
    "rotation": ("rotation", "R", "rvec"),
    "translation": ("translation", "T", "tvec"),
}


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read a file, or every ``.yml`` and ``.yaml`` in a folder.

    A camera goes by the name of its file.

    Args:
      path: the file or folder.
      scale: metres per unit of translation; by default 1.

    Raises:
      CaptureError: names the camera and what is missing or wrong.
      FormatError: a file is damaged.
    """
    unit = values.metres(scale, 1.0)
    path = pathlib.Path(path)
    files = [path]
    if path.is_dir():
        listed = [*path.glob("*.yml"), *path.glob("*.yaml")]
        files = sorted(listed, key=natural_key)
    cameras, sizes = {}, {}
    for file in files:
        where = values.about(file, file.stem)
        content = opencv_yaml.read(file)
        parts = {
            part: next((content[key] for key in keys if key in content), None)
            for part, keys in _KEYS.items()
        }
        if parts["rotation"] is None or parts["translation"] is None:
            raise CaptureError(
                f"{where}: the file tells the lens but not where the camera stands; "
                f"find that with checkerboard.extrinsics"
            )
        bend = parts["distortion"]
        cameras[file.stem] = values.camera(
            where,
            values.array(where, "camera_matrix", parts["matrix"], 3, 3),
            values.rotation(where, parts["rotation"]),
            unit * values.array(where, "translation", parts["translation"], 3),
            np.zeros(0) if bend is None else bend,
        )
        width, height = (content.get(f"image_{key}") for key in ("width", "height"))
        known = width is not None and height is not None
        sizes[file.stem] = values.size(where, [width, height]) if known else None
    return values.collect(path, cameras, sizes)
