"""EasyMocap: ``intri.yml`` and ``extri.yml`` in a folder, written by OpenCV.

For each of ``names``: ``K_<name>``, ``dist_<name>`` (``D_<name>`` in some files), where
known ``H_<name>`` and ``W_<name>``; ``Rot_<name>`` (matrix) or ``R_<name>``
(Rodrigues vector) and ``T_<name>``, world to camera, metres.

Source: camera_utils.py of EasyMocap.
"""

import pathlib

import numpy as np

from lmmjax.capture.calibration import opencv_yaml, values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

INTRINSICS, EXTRINSICS = "intri.yml", "extri.yml"


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read a calibration.

    Args:
      path: the folder, or one of the two files in it.
      scale: metres per unit of length; by default 1.

    Raises:
      CaptureError: names the camera and what is missing or wrong.
      FormatError: a file is damaged.
    """
    unit = values.metres(scale, 1.0)
    folder = pathlib.Path(path)
    folder = folder if folder.is_dir() else folder.parent
    for file in (INTRINSICS, EXTRINSICS):
        if not (folder / file).is_file():
            raise CaptureError(
                f"{folder}: {file} is missing; EasyMocap writes {INTRINSICS} and "
                f"{EXTRINSICS} side by side"
            )
    intrinsics = opencv_yaml.read(folder / INTRINSICS)
    extrinsics = opencv_yaml.read(folder / EXTRINSICS)
    names = extrinsics.get("names", intrinsics.get("names"))
    if not isinstance(names, list):
        names = [key[2:] for key in intrinsics if key.startswith("K_")]
    cameras, sizes = {}, {}
    for name in names:
        where = values.about(folder / INTRINSICS, name)
        outside = values.about(folder / EXTRINSICS, name)
        turn = extrinsics.get(f"Rot_{name}", extrinsics.get(f"R_{name}"))
        shift = values.array(outside, "T", extrinsics.get(f"T_{name}"), 3)
        bend = intrinsics.get(f"dist_{name}", intrinsics.get(f"D_{name}", np.zeros(0)))
        cameras[name] = values.camera(
            where,
            values.array(where, "K", intrinsics.get(f"K_{name}"), 3, 3),
            values.rotation(outside, turn),
            unit * shift,
            bend,
        )
        width, height = intrinsics.get(f"W_{name}"), intrinsics.get(f"H_{name}")
        known = width is not None and height is not None
        sizes[name] = values.size(where, [width, height]) if known else None
    return values.collect(folder, cameras, sizes)
