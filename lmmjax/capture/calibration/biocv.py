"""BioCV: ``.calib`` text files, one per camera.

Lines of numbers: width, height, three rows of the camera matrix, three or four rows
of [R, t] (world to camera, millimetres), and the distortion, whose first four numbers
count. Blank lines lie between.

Source: calibration.py of Pose2Sim 0.10.
"""

import pathlib

import numpy as np

from kinematics.formats.errors import problem
from kinematics.formats.text import number, read_text
from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.names import natural_key


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read a file, or every ``.calib`` in a folder.

    A camera goes by the name of its file up to the first dot (``00.mp4.calib``: 00).

    Args:
      path: the file or folder.
      scale: metres per unit of length; by default 0.001.

    Raises:
      CaptureError: the numbers make no camera.
      FormatError: names the file and line that is not as above.
    """
    unit = values.metres(scale, 0.001)
    path = pathlib.Path(path)
    files = [path]
    if path.is_dir():
        files = sorted(path.glob("*.calib"), key=natural_key)
    cameras, sizes = {}, {}
    for file in files:
        name = file.name.split(".")[0]
        where = values.about(file, name)
        rows = _rows(file)
        matrix, pose = np.array(rows[2:5]), np.array(rows[5:8])
        cameras[name] = values.camera(
            where, matrix, pose[:, :3], unit * pose[:, 3], rows[-1][:4]
        )
        sizes[name] = values.size(where, [rows[0][0], rows[1][0]])
    return values.collect(path, cameras, sizes)


def _rows(path: pathlib.Path) -> list[list[float]]:
    """The lines with numbers, checked for how many there are in each."""
    rows: list[list[float]] = []
    widths = (1, 1, 3, 3, 3, 4, 4, 4)
    for n, line in enumerate(read_text(path).split("\n"), 1):
        words = line.replace(",", " ").split()
        if not words:
            continue
        found = [number(word) for word in words]
        row = [value for value in found if value is not None]
        wanted = widths[len(rows)] if len(rows) < len(widths) else len(words)
        if len(row) != len(words) or len(row) != wanted:
            raise problem(
                path, n, f"{line[:40]!r} is not {wanted} numbers", "export it again"
            )
        rows.append(row)
    # The fourth row of the pose is no distortion, however alike they look.
    if len(rows) < 9 or len(rows[-1]) < 4 or rows[-1] == [0, 0, 0, 1]:
        raise problem(
            path, None, "it ends before the distortion", "copy or download it again"
        )
    return rows
