"""TOML files of Pose2Sim, Anipose, FreeMoCap and Caliscope.

A table per camera with ``size``, ``matrix``, ``distortions``, ``rotation`` (Rodrigues
vector, or the matrix in older files of Caliscope) and ``translation``, both world to
camera. Pose2Sim and Caliscope write metres, FreeMoCap millimetres; Anipose writes the
unit of its board, which the file does not tell. Caliscope puts the tables under
``cameras`` and leaves out what it has not found yet.

Sources: calibration.py of Pose2Sim 0.10, cameras.py of aniposelib 0.8,
freemocap_anipose.py of FreeMoCap, camera_array.py of Caliscope.
"""

import pathlib
import tomllib
import warnings
from typing import Any

import numpy as np
import tomli_w
from scipy.spatial.transform import Rotation

from kinematics.formats.text import read_text, write_text
from lmmjax.capture.calibration import values
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

# Tables beside those of the cameras.
_OTHERS = ("metadata", "capture_volume", "charuco", "checkerboard")
_NEEDED = ("matrix", "rotation", "translation")


def read(path: values.Path, *, scale: float | None = None) -> Calibration:
    """Read a TOML calibration.

    A camera that the file itself says to ignore is left out, and with a warning one
    that lacks matrix, rotation or translation.

    Args:
      path: the file.
      scale: metres per unit of translation; by default 1, or 0.001 for FreeMoCap.

    Raises:
      CaptureError: names the camera and what is wrong with it.
      FormatError: the file is not text.
    """
    try:
        document = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise CaptureError(f"{path}: this is no TOML: {error}; correct it") from None
    tables = camera_tables(document)
    freemocap = any("world_position" in table for table in tables.values())
    unit = values.metres(scale, 0.001 if freemocap else 1.0)
    cameras, sizes = {}, {}
    for key, table in tables.items():
        name = str(table.get("name", table.get("cam_id", key)))
        where = values.about(path, name)
        if table.get("ignore") is True:
            continue
        lacking = [n for n in _NEEDED if np.size(table.get(n, ())) == 0]
        if lacking:
            warnings.warn(
                f"{where} has no {' and no '.join(lacking)} and is left out; finish "
                f"its calibration",
                stacklevel=2,
            )
            continue
        if name in cameras:
            raise CaptureError(f"{where} stands there twice; rename one")
        fisheye = table.get("fisheye", False) is True
        cameras[name] = values.camera(
            where,
            values.array(where, "matrix", table["matrix"], 3, 3),
            values.rotation(where, table["rotation"]),
            unit * values.array(where, "translation", table["translation"], 3),
            table.get("distortions", ()),
            fisheye,
        )
        sizes[name] = values.size(where, table.get("size"))
    return values.collect(path, cameras, sizes)


def camera_tables(document: dict[str, Any]) -> dict[str, dict]:
    """The tables that describe cameras, by their key."""
    tables = document.get("cameras", document)
    if not isinstance(tables, dict):
        return {}
    return {
        key: table
        for key, table in tables.items()
        if isinstance(table, dict)
        and key not in _OTHERS
        and ("matrix" in table or ("size" in table and "rotation_count" in table))
    }


def write(path: values.Path, calibration: Calibration) -> None:
    """Write TOML as Pose2Sim does, in metres.

    Numbers come back as they were, rotations to 1e-15. Where the size of a picture is
    not known it is left out; Pose2Sim needs it to undistort.

    Raises:
      ValueError: a camera has the name of another table of such files.
      OSError: the file cannot be written; nothing half-written is left behind.
    """
    document: dict[str, Any] = {}
    for name, camera, size in zip(
        calibration.names, calibration.cameras, calibration.sizes, strict=True
    ):
        if name in (*_OTHERS, "cameras"):
            raise ValueError(f"a camera cannot be named {name!r} in a TOML file")
        used = np.flatnonzero(camera.distortion)
        # Pose2Sim and OpenCV take 4, 5 or 8 coefficients.
        least = int(used[-1]) + 1 if used.size else 0
        count = next(n for n in (4, 5, 8) if n >= least)
        document[name] = {
            "name": name,
            **({} if size is None else {"size": [float(n) for n in size]}),
            "matrix": np.asarray(camera.matrix, np.float64).tolist(),
            "distortions": np.asarray(camera.distortion[:count], float).tolist(),
            "rotation": Rotation.from_matrix(camera.rotation).as_rotvec().tolist(),
            "translation": np.asarray(camera.translation, np.float64).tolist(),
            "fisheye": camera.fisheye,
        }
    document["metadata"] = {"adjusted": False, "error": 0.0}
    write_text(pathlib.Path(path), tomli_w.dumps(document))
