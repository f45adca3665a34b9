"""Calibrations in files: finds which format it is, and reads it."""

import pathlib
import tomllib
from collections.abc import Callable

from kinematics.formats.errors import FormatError
from kinematics.formats.text import read_text
from lmmjax.capture.calibration import (
    biocv,
    easymocap,
    human36m,
    opencap,
    opencv,
    panoptic,
    pose2sim,
    qualisys,
    shelf,
    values,
    vicon,
    worldpose,
)
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError

READERS: dict[str, Callable[..., Calibration]] = {
    "pose2sim": pose2sim.read,
    "qualisys": qualisys.read,
    "vicon": vicon.read,
    "opencap": opencap.read,
    "easymocap": easymocap.read,
    "opencv": opencv.read,
    "biocv": biocv.read,
    "panoptic": panoptic.read,
    "shelf": shelf.read,
    "human36m": human36m.read,
    "worldpose": worldpose.read,
}
_ENDINGS = {
    ".qca.txt": "qualisys",
    ".xcp": "vicon",
    ".calib": "biocv",
    ".npz": "worldpose",
    ".yml": "opencv",
    ".yaml": "opencv",
}
# In a folder, only files whose names have one of these are opened to look inside:
# JSON of keypoints lies there by the thousand.
_TELLING = ("calib", "camera", "config")


def read(
    path: values.Path,
    format: str | None = None,
    *,
    scale: float | None = None,
    pose2sim_compatible: bool = False,
) -> Calibration:
    """Read the calibration of a session: float64, metres, world to camera.

    The world is as in the file, but for those known to have y down, which are turned
    so that z is up (OpenCap, Panoptic).

    Args:
      path: a file, or a folder with one calibration in it.
      format: one of `READERS`; by default it is found out. ``pose2sim`` reads the
        TOML of Anipose, FreeMoCap and Caliscope too.
      scale: metres per unit of length; by default that of the format. TOML of Anipose
        is in the unit of its board: 0.001 where that was measured in millimetres.
      pose2sim_compatible: for Qualisys, whether to take distortion as Pose2Sim does.

    Raises:
      CaptureError: says which file and camera, what is wrong and what to do.
      OSError: the file cannot be read.
    """
    path = pathlib.Path(path)
    if format is not None and format not in READERS:
        raise ValueError(f"format must be one of {', '.join(READERS)}, not {format!r}")
    options = {"pose2sim_compatible": True} if pose2sim_compatible else {}
    try:
        if format is None:
            path, format = detect(path)
        if options and format != "qualisys":
            raise ValueError("pose2sim_compatible is for calibrations of Qualisys")
        return READERS[format](path, scale=scale, **options)
    except FormatError as error:
        raise CaptureError(str(error)) from error


def detect(path: values.Path) -> tuple[pathlib.Path, str]:
    """What to read, and as which format.

    Raises:
      CaptureError: there is no calibration, or there are several.
    """
    path = pathlib.Path(path)
    if not path.is_dir():
        found = _of_file(path)
        if found is None:
            raise CaptureError(
                f"{path}: no calibration of a known format; name one of "
                f"{', '.join(READERS)} as format if it is"
            )
        return path, found
    candidates = _of_folder(path)
    if not candidates:
        raise CaptureError(f"{path}: no calibration is in this folder; name the file")
    if len(candidates) > 1:
        listed = ", ".join(sorted(file.name for file, _ in candidates))
        raise CaptureError(f"{path}: several calibrations ({listed}); name one of them")
    return candidates[0]


def _of_folder(folder: pathlib.Path) -> list[tuple[pathlib.Path, str]]:
    """Each calibration in a folder; one of a file per camera counts once."""
    if (folder / easymocap.INTRINSICS).is_file():
        return [(folder, "easymocap")]
    if opencap.found(folder):
        return [(folder, "opencap")]
    kinds: dict[str, list[pathlib.Path]] = {}
    for file in sorted(folder.iterdir()):
        name = file.name.lower()
        sure = name.endswith((".qca.txt", ".xcp", ".calib"))
        if file.is_file() and (sure or any(word in name for word in _TELLING)):
            kind = _of_file(file)
            if kind is not None:
                kinds.setdefault(kind, []).append(file)
    found = []
    for kind, files in kinds.items():
        together = kind in ("biocv", "opencv") and len(files) > 1
        found += [(folder, kind)] if together else [(file, kind) for file in files]
    return found


def _of_file(path: pathlib.Path) -> str | None:
    name = path.name.lower()
    if name in (easymocap.INTRINSICS, easymocap.EXTRINSICS):
        return "easymocap"
    for ending, kind in _ENDINGS.items():
        if name.endswith(ending):
            return kind
    if name.endswith((".pkl", ".pickle")):
        return "opencap" if name == opencap.FILE.lower() else "human36m"
    if name.endswith(".toml"):
        try:
            document = tomllib.loads(read_text(path))
        except tomllib.TOMLDecodeError:
            # Its reader says where the fault is.
            return "pose2sim"
        return "pose2sim" if pose2sim.camera_tables(document) else None
    if name.endswith(".json"):
        return _of_table(values.table(path))
    return None


def _of_table(content: dict) -> str | None:
    """Which of the formats in JSON, by the keys."""
    if isinstance(content.get("cameras"), list):
        return "panoptic"
    entry = next(iter(content.values()), None)
    if isinstance(entry, dict) and {"R", "T"} <= set(entry):
        return "shelf" if "fx" in entry else "human36m"
    return None
