"""WorldPose and FIFA's skeletal tracking challenge: npz of a broadcast camera.

``K`` [F, 3, 3] and ``k`` [F, 5] (k1, k2, p1, p2, k3) for each frame; ``R`` and ``t``,
world to camera in metres, either for each frame or for the first alone. The origin is
the centre of the pitch and z is up.

Such a camera pans and zooms, and a `Calibration` stands still: what can be read is a
camera that does not move, or one frame of one that does.

Source: data.md of the challenge's starter kit.
"""

import pathlib

import numpy as np

from kinematics.formats.arrays import read_arrays
from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

# Relative change over a sequence that passes for none: rounding of float32.
_STILL = 1e-5


def read(
    path: values.Path, *, scale: float | None = None, frame: int | None = None
) -> Calibration:
    """Read the camera of a sequence; it goes by the name of its file.

    Args:
      path: the file.
      scale: metres per unit of length; by default 1.
      frame: which frame to take, from 0; by default the camera must stand still.

    Raises:
      CaptureError: the camera moves, or its pose at that frame is not in the file.
      FormatError: the file is no archive of arrays.
    """
    unit = values.metres(scale, 1.0)
    path = pathlib.Path(path)
    where = values.about(path, path.stem)
    arrays = read_arrays(path, ("K", "k", "R", "t"))
    lacking = [key for key in ("K", "R", "t") if key not in arrays]
    if lacking:
        raise CaptureError(f"{where}: {', '.join(lacking)} is not in the archive")
    frames = len(arrays["K"]) if arrays["K"].ndim == 3 else 1
    parts = {}
    for key, shape in (("K", (3, 3)), ("k", (5,)), ("R", (3, 3)), ("t", (3,))):
        if key not in arrays:
            parts[key] = np.zeros(shape)
            continue
        given = len(arrays[key]) if arrays[key].ndim > len(shape) else 1
        every = values.array(where, key, arrays[key], given, *shape)
        if given not in (1, frames):
            raise CaptureError(f"{where}: {key} has {given} frames and K has {frames}")
        if frame is None:
            change = np.abs(every - every[0]).max()
            if given < frames or change > _STILL * np.abs(every).max():
                raise CaptureError(
                    f"{where}: {key} is "
                    + ("of the first frame only" if given < frames else "changing")
                    + ", so the camera may move; read one frame of it with "
                    "worldpose.read(path, frame=0)"
                )
        if not 0 <= (frame or 0) < given:
            raise CaptureError(
                f"{where}: {key} of frame {frame} is not in the file; it has {given}"
            )
        parts[key] = every[frame or 0]
    camera = values.camera(where, parts["K"], parts["R"], unit * parts["t"], parts["k"])
    return values.collect(path, {path.stem: camera}, {path.stem: None})
