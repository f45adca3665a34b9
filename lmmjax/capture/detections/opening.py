"""Opening keypoints of any format."""

import os
import pathlib
from collections.abc import Collection
from typing import Any

import numpy as np

from kinematics.formats.arrays import read_arrays
from kinematics.formats.errors import FormatError
from lmmjax.capture.detections import (
    blazepose,
    coco,
    deeplabcut,
    documents,
    easymocap,
    mmpose,
    openpose,
    scale,
    videopose,
)
from lmmjax.capture.detections.finding import camera_name, format_of
from lmmjax.capture.detections.frame_folder import FrameFormat, folder_source
from lmmjax.capture.detections.layouts import check_parts
from lmmjax.capture.detections.source import Source, rate
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D

_FRAMES: dict[str, FrameFormat] = {
    "openpose": openpose.FORMAT,
    "easymocap": easymocap.FORMAT,
    "mmpose": mmpose.FORMAT,
}
FORMATS = (
    "alphapose",
    "blazepose",
    "coco",
    "deeplabcut",
    "detectron",
    "easymocap",
    "halpe",
    "mmpose",
    "openpose",
    "videopose3d",
)
# Formats that are read alike.
_SAME = {"alphapose": "coco", "halpe": "coco"}


def open_keypoints(
    path: str | os.PathLike,
    format: str | None = None,
    *,
    camera: str | None = None,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    parts: Collection[str] = ("body",),
) -> Source:
    """Open the keypoints of one camera.

    Args:
      path: a file, or a folder with a file for each frame.
      format: one of `FORMATS`; by default told from the content.
      camera: name of the camera, by default after the file or folder. In an archive
        of several recordings it also says which one is meant.
      fps: frames per second, which few formats know; by default 30, noted among the
        problems.
      size: width and height of the picture in pixels. Needed where keypoints are
        fractions of it.
      parts: some of ``body``, ``hands`` and ``face``.

    Returns:
      The source, whose `Source.problems` say what was left out or assumed.

    Raises:
      CaptureError: one sentence that names the file, what is wrong and what to do.
      OSError: the file or folder cannot be read.
    """
    where = pathlib.Path(path)
    if format is not None and format not in FORMATS:
        raise CaptureError(f"no format {format!r}; there are {', '.join(FORMATS)}")
    if not where.exists():
        raise FileNotFoundError(f"no file or folder {where}")
    check_parts(parts)
    size = scale.check_size(size)
    problems: list[str] = []
    kind = _SAME.get(format or "", format) or format_of(where)
    name = camera or camera_name(where)
    if kind is None:
        raise CaptureError(
            f"{where}: its format is not known; pass format as one of "
            f"{', '.join(FORMATS)}"
        )
    if where.is_dir():
        if kind not in _FRAMES:
            raise CaptureError(
                f"{where}: {kind} has one file for a recording; give that file"
            )
        form, hertz = _FRAMES[kind], rate(fps, problems)
        with np.errstate(over="ignore", invalid="ignore"):
            return folder_source(where, form, name, hertz, size, parts, problems)
    if set(parts) != {"body"} and kind not in ("coco", "mmpose", *_FRAMES):
        raise CaptureError(f"{where}: {kind} has no hands and no face; leave them out")
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return _open_file(where, kind, camera, name, fps, size, parts, problems)
    except FormatError as error:
        raise CaptureError(str(error)) from error


def read_keypoints(
    path: str | os.PathLike,
    format: str | None = None,
    *,
    camera: str | None = None,
    fps: float | None = None,
    size: tuple[int, int] | None = None,
    parts: Collection[str] = ("body",),
) -> Keypoints2D:
    """Read all keypoints of one camera at once; see `open_keypoints`."""
    return open_keypoints(
        path, format, camera=camera, fps=fps, size=size, parts=parts
    ).read()


def _open_file(
    path: pathlib.Path,
    kind: str,
    camera: str | None,
    name: str,
    fps: float | None,
    size: tuple[int, int] | None,
    parts: Collection[str],
    problems: list[str],
) -> Source:
    ending = path.suffix.lower()
    if kind == "blazepose":
        if ending == ".csv":
            return blazepose.from_csv(path, name, fps, size, problems)
        if ending == ".npz":
            arrays = _arrays(path, ("landmarks", "size", "fps"))
            return blazepose.from_arrays(path, arrays, name, fps, size, problems)
        document = documents.load(path)
        return blazepose.from_json(path, document, name, fps, size, problems)
    hertz = rate(fps, problems)
    if kind == "deeplabcut":
        if ending in (".h5", ".hdf5"):
            raise CaptureError(
                f"{path}: HDF5 is not read; DeepLabCut writes the same as csv with "
                "save_as_csv=True"
            )
        return deeplabcut.source(path, name, hertz, size, problems)
    if kind == "detectron":
        arrays = _arrays(path, ("keypoints", "metadata"))
        return videopose.from_detectron(path, arrays, name, hertz, size, problems)
    if kind == "videopose3d":
        arrays = _arrays(path, ("positions_2d", "metadata"))
        return videopose.from_positions(
            path, arrays, camera, name, hertz, size, problems
        )
    if kind in ("openpose", "easymocap"):
        raise CaptureError(
            f"{path}: {kind} has a file for each frame; give the folder {path.parent}"
        )
    opened = mmpose.source if kind == "mmpose" else coco.source
    document = documents.load(path)
    return opened(path, document, name, hertz, size, parts, problems)


def _arrays(path: pathlib.Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """Arrays of an archive; CaptureError where it lacks the first."""
    arrays = read_arrays(path, keys)
    if keys[0] not in arrays:
        raise CaptureError(f"{path}: this archive has no {keys[0]}")
    return arrays
