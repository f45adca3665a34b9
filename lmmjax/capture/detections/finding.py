"""Finding keypoints: what a file or folder holds, and of which camera.

Formats are told from the content, as all end in ``.json``; only the beginning of a
file is looked at.
"""

import os
import pathlib
import re
import zipfile

from lmmjax.capture.detections.frame_files import list_frames
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.names import natural_order

# Keys of JSON documents, the more particular ones first.
_KEYS = (
    (b'"instance_info"', "mmpose"),
    (b'"meta_info"', "mmpose"),
    (b'"keypoint_scores"', "mmpose"),
    (b'"instances"', "mmpose"),
    (b'"people"', "openpose"),
    (b'"annots"', "easymocap"),
    (b'"personID"', "easymocap"),
    (b'"image_id"', "coco"),
    (b'"annotations"', "coco"),
    (b'"blazepose33"', "blazepose"),
)
_ARCHIVES = (
    ("positions_2d.npy", "videopose3d"),
    ("keypoints.npy", "detectron"),
    ("landmarks.npy", "blazepose"),
)
_HDF5 = (".h5", ".hdf5")
_ENDINGS = (".json", ".csv", ".npz", *_HDF5)
# Bytes that tell the format of a file, and files of a folder that are asked.
_HEAD, _ASKED = 2**16, 64
# Folders between that of a session and those of its cameras.
_DEPTH = 2
# What tools add to the name of a camera.
_BEFORE = re.compile(r"^results_")
_AFTER = re.compile(
    r"([._-]?(json|keypoints|annots|results|detections|mp4|avi|mov|mkv))+$", re.I
)


def format_of(path: pathlib.Path) -> str | None:
    """The format of a file or of a folder of frames by its content, or None.

    Raises:
      CaptureError: the folder has no JSON files.
      OSError: it cannot be read.
    """
    if path.is_dir():
        names = list_frames(path, []).names[:_ASKED]
        kinds = (_format_of_frame(path / name) for name in names)
        return next((kind for kind in kinds if kind), None)
    ending = path.suffix.lower()
    if ending in _HDF5:
        return "deeplabcut"
    if ending == ".npz":
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except zipfile.BadZipFile as error:
            raise CaptureError(
                f"{path}: this is no NumPy archive, or a cut one; get it again"
            ) from error
        return next((kind for name, kind in _ARCHIVES if name in names), None)
    head = _head(path)
    if ending == ".csv":
        first = head.removeprefix(b"\xef\xbb\xbf").lower()
        if first.startswith(b"scorer"):
            return "deeplabcut"
        return "blazepose" if b"nose_x" in first else None
    return next((kind for key, kind in _KEYS if key in head), None)


def _format_of_frame(path: pathlib.Path) -> str | None:
    """The format of a file of one frame, or None."""
    kind = format_of(path)
    if kind in ("openpose", "easymocap"):
        return kind
    # The inferencer writes the people of a picture as a list; a video has frames.
    head = _head(path)
    one = head.lstrip().startswith(b"[") and b'"instances"' not in head
    return kind if kind == "mmpose" and one else None


def _head(path: pathlib.Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(_HEAD)


def camera_name(path: pathlib.Path) -> str:
    """The camera that a file or folder is called after.

    ``cam01_json``, ``results_cam01.json`` and ``cam01/alphapose-results.json`` are all
    of camera ``cam01``.
    """
    path = path.absolute()
    for name in (path.name if path.is_dir() else path.stem, path.parent.name):
        name = _AFTER.sub("", _BEFORE.sub("", name))
        if name and name not in ("alphapose", "annotations", "predictions", "pose"):
            return name
    return path.stem


def camera_folders(folder: str | os.PathLike) -> dict[str, pathlib.Path]:
    """The keypoints of a session by camera, for `open_keypoints`.

    They are folders with a file for each frame (``cam01_json/``, ``cam01/``) or files
    (``cam_1.json``, ``cam_1.csv``), at most two folders deep. Where there is a folder
    ``pose``, as in a project of Pose2Sim, only that is looked into: its neighbours
    hold the same people sorted, or in 3D.

    Args:
      folder: the session.

    Returns:
      Paths by name of the camera, in natural order: ``cam_2`` before ``cam_10``.

    Raises:
      CaptureError: there are none, or two of one camera.
      OSError: a folder cannot be read.
    """
    base = pathlib.Path(folder)
    if not base.is_dir():
        raise FileNotFoundError(f"no folder {base}")
    if (base / "pose").is_dir():
        base = base / "pose"
    found: dict[str, pathlib.Path] = {}
    for path in _inputs(base, _DEPTH):
        name = camera_name(path)
        if name in found:
            raise CaptureError(
                f"{base}: camera {name!r} is there twice, in {found[name]} and {path}; "
                "give the folder of one of them, or rename it"
            )
        found[name] = path
    if not found:
        raise CaptureError(
            f"{base}: there are no keypoints; looked for a folder of JSON files for "
            f"each camera, such as cam01_json, or a file ({', '.join(_ENDINGS)})"
        )
    return {name: found[name] for name in natural_order(found)}


def _inputs(folder: pathlib.Path, depth: int) -> list[pathlib.Path]:
    """Files and folders of frames in a folder, which may be one itself."""
    entries = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    jsons = [p for p in entries if p.suffix.lower() == ".json" and p.is_file()]
    # A folder is one of frames if its first files are.
    if any(_format_of_frame(path) for path in jsons[:_ASKED]):
        return [folder]
    found = [
        p
        for p in entries
        if p.suffix.lower() in _ENDINGS and p.is_file() and _is_keypoints(p)
    ]
    for path in entries:
        if path.is_dir() and depth:
            found += _inputs(path, depth - 1)
    return found


def _is_keypoints(path: pathlib.Path) -> bool:
    try:
        return format_of(path) is not None
    except CaptureError:
        return False
