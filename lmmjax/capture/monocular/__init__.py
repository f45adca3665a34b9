"""3D results of single-camera systems and of others' triangulation, read as they are.

==============  ================================================================
what            formats of `read`
==============  ================================================================
points          ``videopose3d``, ``mediapipe``, ``easymocap_keypoints``,
                ``panoptic``, ``free_throw``, ``anipose``, ``caliscope``,
                ``points`` (TRC, C3D, CSV of `kinematics.formats`)
bodies          ``vibe`` and ``pare`` (videos), ``pare_pictures``,
                ``easymocap_smpl``, ``motion`` (AMASS, SMPL and SMPL-X npz, BVH,
                AMC and glTF of `kinematics.formats`)
==============  ================================================================

Nothing in a file is run; see `joblib_file`.
"""

import inspect
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import kinematics.formats
from kinematics.motion import Motion
from kinematics.points import Points3D
from lmmjax.capture.monocular import (
    easymocap,
    free_throw,
    joblib_file,
    mediapipe,
    panoptic,
    tables,
    vibe,
    videopose3d,
)
from lmmjax.capture.monocular.documents import (
    checked,
    frame_files,
    problem,
    read_json,
    read_table,
)
from lmmjax.capture.monocular.people import first_frame, renamed

__all__ = ["FORMATS", "first_frame", "read"]

Recordings = Mapping[str, Motion | Points3D]


def _motion(path: str | os.PathLike) -> dict[str, Motion]:
    return {pathlib.Path(path).stem: checked(kinematics.formats.read, path)}


def _points(path: str | os.PathLike) -> dict[str, Points3D]:
    return {pathlib.Path(path).stem: checked(kinematics.formats.read_points, path)}


_READERS: dict[str, Callable[..., Recordings]] = {
    "videopose3d": videopose3d.read,
    "mediapipe": mediapipe.read,
    "easymocap_keypoints": easymocap.read_keypoints,
    "panoptic": panoptic.read,
    "free_throw": free_throw.read,
    "anipose": tables.read_anipose,
    "caliscope": tables.read_caliscope,
    "points": _points,
    "vibe": vibe.read_video,
    "pare": vibe.read_video,
    "pare_pictures": vibe.read_pictures,
    "easymocap_smpl": easymocap.read_bodies,
    "motion": _motion,
}
FORMATS = tuple(_READERS)

_JSON: dict[str, Callable[[Any], bool]] = {
    "panoptic": panoptic.is_bodies,
    "free_throw": free_throw.is_trial,
    "easymocap_keypoints": easymocap.is_keypoints,
    "easymocap_smpl": easymocap.is_bodies,
    "mediapipe": mediapipe.is_landmarks,
}
# Axes of an array (frames, joints, 3 or 4) by the number of its joints.
_ARRAYS = {17: "videopose3d", 33: "mediapipe"}


def read(
    path: str | os.PathLike,
    format: str | None = None,
    *,
    fps: float | None = None,
    subject: str | None = None,
) -> dict[str, Motion | Points3D]:
    """Read everyone in a file or folder.

    Args:
      path: the file, or the folder with a file per frame.
      format: one of `FORMATS`; by default it is told from the content.
      fps: frames per second; many formats do not have it, and it takes the place
        of the rate of those that do.
      subject: a name for the one person in it.

    Returns:
      Motions or points by person: the names or numbers of the file. A person whose
      track breaks off has further motions at ``<person>/2`` and so on. The `name`
      of a recording ends in ``@`` and the number of its first frame, see
      `first_frame`.

    Raises:
      CaptureError: one sentence that says what is wrong and what to do.
      OSError: a file cannot be read.
    """
    kind = format or _detect(path)
    if kind not in _READERS:
        raise ValueError(f"no format {kind!r}; there are {', '.join(FORMATS)}")
    reader = _READERS[kind]
    if "fps" in inspect.signature(reader).parameters:
        found = reader(path, fps=fps)
    else:
        found = reader(path)
        if fps is not None:
            found = {key: value.replace(fps=float(fps)) for key, value in found.items()}
    if subject is None:
        return dict(found)
    return {
        key: value.replace(subject=subject) if isinstance(value, Motion) else value
        for key, value in renamed(path, found, subject).items()
    }


def _detect(path: str | os.PathLike) -> str:
    """The format of a file or folder, from what is in it."""
    place = pathlib.Path(path)
    if place.is_dir():
        kinds = [kind for kind in (".json", ".pkl") if any(place.glob(f"*{kind}"))]
        if kinds == [".pkl"]:
            return "pare_pictures"
        if kinds:
            # Frames with nobody in them tell nothing.
            for _, file in frame_files(path, ".json"):
                kind = _kind_of_json(read_json(file))
                if kind:
                    return kind
        raise problem(path, "no file in it is known", f"give format, one of {FORMATS}")
    suffix = place.suffix.lower()
    if suffix == ".json":
        kind = _kind_of_json(read_json(path))
    elif suffix in (".npy", ".npz"):
        kind = _kind_of_array(path, suffix)
    elif suffix in (".pkl", ".pickle", ".joblib"):
        raw = joblib_file.load(path)
        pictures = "pare_pictures" if vibe.is_picture(raw) else None
        kind = "vibe" if vibe.is_video(raw) else pictures
    elif suffix == ".csv":
        header, _ = read_table(path)
        anipose = {"fnum", "M_00"} & set(header)
        other = "anipose" if anipose else "points"
        kind = "caliscope" if "sync_index" in header else other
    elif suffix in (".trc", ".c3d"):
        kind = "points"
    else:
        kind = "motion" if suffix in kinematics.formats.SUFFIXES else None
    if kind is None:
        raise problem(
            path, "what it holds is not known", f"give format, one of {FORMATS}"
        )
    return kind


def _kind_of_json(raw: Any) -> str | None:
    return next((kind for kind, is_it in _JSON.items() if is_it(raw)), None)


def _kind_of_array(path: str | os.PathLike, suffix: str) -> str | None:
    """Archives with several arrays are motions."""
    if suffix == ".npz":
        arrays = checked(kinematics.formats.arrays.read_arrays, path)
        if len(arrays) != 1:
            return "motion"
    shape = videopose3d.read_array(path).shape
    return _ARRAYS.get(shape[1]) if len(shape) == 3 else None
