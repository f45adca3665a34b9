"""Files of movement: each format has a module with a `read`, a `write` or both.

=====================  =========================================================
what a file holds      modules
=====================  =========================================================
motions                `bvh`, `asf_amc`, `amass`, `deepmimic`, `gltf`, `npz`
points, tables         `trc`, `c3d`, `table` (CSV)
bodies                 `mjcf`, `urdf`, `smpl` (SMPL, SMPL-H and SMPL-X models)
=====================  =========================================================

`read`, `read_points` and `write` pick the module by the file's suffix.
"""

import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from kinematics.formats import (
    amass,
    asf_amc,
    bvh,
    c3d,
    deepmimic,
    gltf,
    mjcf,
    npz,
    smpl,
    table,
    trc,
    urdf,
)
from kinematics.formats.arrays import read_arrays
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion
from kinematics.points import Points3D


def _read_npz(path: str | os.PathLike, **options: Any) -> Motion:
    """A motion of ours or, where the archive is none, of AMASS."""
    native = "about" in read_arrays(path, ("about",))
    return npz.read(path) if native else amass.read(path, **options)


_READERS: dict[str, Callable[..., Motion]] = {
    ".bvh": bvh.read,
    ".amc": asf_amc.read_amc,
    ".npz": _read_npz,
    ".glb": gltf.read,
    ".gltf": gltf.read,
}
_POINT_READERS: dict[str, Callable[..., Points3D]] = {
    ".trc": trc.read,
    ".c3d": c3d.read,
    ".csv": table.read,
}
_WRITERS: dict[str, Callable[..., None]] = {
    ".bvh": bvh.write,
    ".npz": npz.write,
    ".glb": gltf.write,
    ".gltf": gltf.write,
    ".csv": table.write,
}
_POINT_WRITERS: dict[str, Callable[..., None]] = {
    ".trc": trc.write,
    ".c3d": c3d.write,
    ".csv": table.write,
}
SUFFIXES = tuple(_READERS)

__all__ = [
    "SUFFIXES",
    "FormatError",
    "amass",
    "asf_amc",
    "bvh",
    "c3d",
    "deepmimic",
    "gltf",
    "mjcf",
    "npz",
    "read",
    "read_points",
    "smpl",
    "table",
    "trc",
    "urdf",
    "write",
]


def read(path: str | os.PathLike, **options: Any) -> Motion:
    """Read a motion from a file of any format in `SUFFIXES`.

    Args:
      path: the file; its suffix, in any case, names the format.
      **options: passed on to the format's ``read``.

    Returns:
      The motion in canonical axes and metres. Its `name` is the file's stem;
      `subject` and `action` are left "" for whoever knows them.

    Raises:
      FormatError: one sentence that says where and what is wrong, and what to do.
      OSError: the file cannot be read.
    """
    return _pick(_READERS, path)(path, **options)


def read_points(path: str | os.PathLike, **options: Any) -> Points3D:
    """Read points from a TRC, C3D or CSV file; see `read`."""
    return _pick(_POINT_READERS, path)(path, **options)


def write(
    path: str | os.PathLike, recording: Motion | Points3D, **options: Any
) -> None:
    """Write a motion or points in the format that the file's suffix names.

    Args:
      path: the file.
      recording: one clip: a motion as BVH, npz, glTF or CSV, or points as TRC, C3D
        or CSV.
      **options: passed on to the format's ``write``.

    Raises:
      FormatError: this kind of file is not known, or cannot hold the recording.
      OSError: the file cannot be written.
    """
    points = isinstance(recording, Points3D)
    writers = _POINT_WRITERS if points else _WRITERS
    _pick(writers, path)(path, recording, **options)


def _pick(by_suffix: Mapping[str, Callable], path: str | os.PathLike) -> Callable:
    """The function for a file's suffix."""
    found = by_suffix.get(pathlib.Path(path).suffix.lower())
    if found is None:
        raise FormatError(
            f"{os.fspath(path)}: this kind of file is not known; give one that ends "
            f"in {' or '.join(by_suffix)}"
        )
    return found
