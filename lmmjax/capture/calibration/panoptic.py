"""CMU Panoptic Studio: ``calibration_<sequence>.json``.

A list of cameras of the types vga, hd and kinect-color with K, distCoef (OpenCV's
order), R and t, world to camera, centimetres. The y axis of that world points down;
ours is turned about x so that z is up.

Sources: panoptic-toolbox of CMU; panoptic.py of VoxelPose (the turn).
"""

from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError


def read(
    path: values.Path, *, scale: float | None = None, kinds: tuple[str, ...] = ()
) -> Calibration:
    """Read the cameras of a sequence.

    Args:
      path: the file.
      scale: metres per unit of length; by default 0.01.
      kinds: types to take, such as ``("hd",)``; all by default, several hundred.

    Raises:
      CaptureError: names the camera and what is wrong with it.
    """
    unit = values.metres(scale, 0.01)
    cameras, sizes = {}, {}
    for n, entry in enumerate(values.table(path).get("cameras", ())):
        if not isinstance(entry, dict):
            raise CaptureError(f"{values.about(path, str(n))} is not a table")
        if kinds and entry.get("type") not in kinds:
            continue
        name = str(entry.get("name", n))
        where = values.about(path, name)
        if name in cameras:
            raise CaptureError(f"{where} stands there twice; rename one")
        cameras[name] = values.camera(
            where,
            values.array(where, "K", entry.get("K"), 3, 3),
            values.array(where, "R", entry.get("R"), 3, 3),
            unit * values.array(where, "t", entry.get("t"), 3),
            entry.get("distCoef", ()),
            world=values.Y_DOWN,
        )
        sizes[name] = values.size(where, entry.get("resolution"))
    return values.collect(path, cameras, sizes)
