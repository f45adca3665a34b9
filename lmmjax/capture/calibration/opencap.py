"""OpenCap: a pickle ``cameraIntrinsicsExtrinsics.pickle`` in the folder of each camera.

Lengths in millimetres, world to camera. The world is that of the checkerboard, which
stands upright: x to the side, y down, z into the board. Ours is turned as Pose2Sim
turns it, -90 degrees about x and then 180 about z.

Sources: utils.py of opencap-core; calibration.py of Pose2Sim 0.10.
"""

import pathlib

import numpy as np

from kinematics.formats import restricted_pickle
from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.names import natural_key

FILE = "cameraIntrinsicsExtrinsics.pickle"
WORLD = np.array([[-1.0, 0, 0], [0, 0, -1], [0, -1, 0]])


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read the calibration of a session, or of one camera.

    Args:
      path: a pickle, or a folder in which the folders of cameras are, directly or
        under ``Videos``. A camera goes by the name of its folder.
      scale: metres per unit of length; by default 0.001.

    Raises:
      CaptureError: names the camera and what is wrong with it.
      FormatError: a file is no pickle of plain data.
    """
    unit = values.metres(scale, 0.001)
    cameras, sizes = {}, {}
    for file in found(path):
        name = file.resolve().parent.name
        where = values.about(file, name)
        content = restricted_pickle.load(file)
        if not isinstance(content, dict):
            raise CaptureError(f"{where}: the pickle holds no table of a camera")
        cameras[name] = values.camera(
            where,
            values.array(where, "intrinsicMat", content.get("intrinsicMat"), 3, 3),
            values.array(where, "rotation", content.get("rotation"), 3, 3),
            unit * values.array(where, "translation", content.get("translation"), 3),
            content.get("distortion", ()),
            world=WORLD,
        )
        size = values.size(where, content.get("imageSize"))
        # Rows come before columns there.
        sizes[name] = None if size is None else size[::-1]
    return values.collect(path, cameras, sizes)


def found(path: values.Path) -> list[pathlib.Path]:
    """The files of a session, cameras in natural order; none where there are none."""
    path = pathlib.Path(path)
    if not path.is_dir():
        return [path]
    files = [*path.glob(f"*/{FILE}"), *path.glob(f"Videos/*/{FILE}")]
    return sorted(files or path.glob(FILE), key=natural_key)
