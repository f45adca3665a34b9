"""A session as a folder: what cameras and a detector would have left on a disk."""

import csv
import io
import os
import pathlib
from collections.abc import Iterable, Sequence

import numpy as np
import orjson
import tomli_w

from kinematics.bodies.joint_sets import joint_set
from kinematics.formats.text import write_text
from lmmjax.capture import calibration as calibrations
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.synthetic.film import Footage

# Of when until when, what, how it went and who; "" for what is not known.
Label = tuple[float, float, str, str, str]
LABEL_FIELDS = ("time_s", "end_s", "label", "outcome", "who")
# What OpenPose 1.3 writes beside the pose, empty when it looked for no more.
_EMPTY: dict[str, list] = {
    f"{part}_keypoints_{space}": []
    for space, parts in (
        ("2d", ("face", "hand_left", "hand_right")),
        ("3d", ("pose", "face", "hand_left", "hand_right")),
    )
    for part in parts
}


def write_session(
    folder: str | os.PathLike,
    footage: Footage,
    calibration: Calibration,
    *,
    labels: Sequence[Label] = (),
    truth: bool = True,
    name: str = "synthetic",
) -> pathlib.Path:
    """Write footage as a session.

    The folder holds ``session.toml``, ``calibration.toml`` as Pose2Sim has it, and for
    each camera ``pose/<camera>_json`` with a file per frame as OpenPose 1.3 writes it:
    BODY_25, people in order of their slots, what is missing as 0, 0, 0.

    Args:
      folder: made where it does not exist.
      footage: what to write; keypoints that BODY_25 does not have are left out.
      calibration: of the same cameras.
      labels: rows of ``labels.csv``: time_s, end_s, label, outcome, who.
      truth: whether to write ``truth.npz``: the points in space, and per camera
        who is in each slot, which keypoints are inliers and when each frame was.
      name: what the session is called.

    Returns:
      The folder.

    Raises:
      CaptureError: the folder is not empty, or the cameras are not the same.
    """
    folder = pathlib.Path(folder)
    names = [view.camera for view in footage.views]
    if names != list(calibration.names):
        raise CaptureError(f"footage of {names} with calibration of {[*calibration]}")
    for camera in names:
        if pathlib.PurePath(camera).name != camera or camera in ("", ".", ".."):
            raise CaptureError(f"camera {camera!r} cannot name a folder; rename it")
    if folder.exists() and any(folder.iterdir()):
        raise CaptureError(f"{folder} is not empty; write a session to a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    for view in footage.views:
        _write_keypoints(folder / _pose_folder(view.camera), view)
    session: dict = {
        "session": {
            "name": name,
            **_who(footage.people),
            "fps": float(footage.truth.fps),
            "calibration": "calibration.toml",
        },
        "cameras": {
            view.camera: {"keypoints": _pose_folder(view.camera), "fps": view.fps}
            for view in footage.views
        },
    }
    if len(footage.people) > 1:
        session["sightings"] = _sightings(footage)
    if labels:
        session["labels"] = {"path": "labels.csv"}
        write_text(folder / "labels.csv", _csv([LABEL_FIELDS, *labels]))
    calibrations.write(folder / "calibration.toml", calibration)
    if truth:
        np.savez_compressed(folder / "truth.npz", allow_pickle=False, **_truth(footage))
    # Last, so that a folder with a session.toml is a whole session.
    write_text(folder / "session.toml", tomli_w.dumps(session))
    return folder


def _who(people: Sequence[str]) -> dict:
    """The people of a session; where there is but one, its subject."""
    return {"people": list(people)} if len(people) > 1 else {"subject": people[0]}


def _sightings(footage: Footage) -> list[dict]:
    """Where everybody is half a second after the beginning."""
    frame = min(round(footage.truth.fps / 2), len(footage.truth) - 1)
    places = np.asarray(footage.truth.positions)[:, frame, :, :2]
    return [
        {
            "name": name,
            "time_s": frame / footage.truth.fps,
            "at_m": [round(float(x), 3) for x in np.nanmedian(place, axis=0)],
        }
        for name, place in zip(footage.people, places, strict=True)
        if np.isfinite(place).any()
    ]


def _pose_folder(camera: str) -> str:
    return f"pose/{camera}_json"


def _write_keypoints(folder: pathlib.Path, view: Keypoints2D) -> None:
    folder.mkdir(parents=True)
    body = view.select(joint_set("body25").landmarks)
    known = ~body.missing
    xy = np.where(known[..., None], body.xy, 0)
    rows = np.concatenate([xy, body.confidence[..., None]], axis=-1)
    rows = np.ascontiguousarray(rows.reshape(*rows.shape[:2], -1), np.float32)
    # Slots up to the last one that is filled; one before it may be all 0.
    filled = known.any(-1)
    counts = np.where(filled, np.arange(1, filled.shape[1] + 1), 0).max(1, initial=0)
    for t, count in enumerate(counts):
        people = [
            {"person_id": [-1], "pose_keypoints_2d": row, **_EMPTY}
            for row in rows[t, :count]
        ]
        data = orjson.dumps(
            {"version": 1.3, "people": people}, option=orjson.OPT_SERIALIZE_NUMPY
        )
        name = f"{view.camera}_{view.start + t:012d}_keypoints.json"
        (folder / name).write_bytes(data)


def _truth(footage: Footage) -> dict[str, np.ndarray]:
    arrays = {
        "names": np.array(footage.truth.names),
        "people": np.array(footage.people),
        "positions": np.asarray(footage.truth.positions),
        "fps": np.array(footage.truth.fps),
    }
    for view, person, inlier, clock in zip(
        footage.views, footage.identity, footage.inliers, footage.clocks, strict=True
    ):
        arrays[f"{view.camera}.identity"] = person
        arrays[f"{view.camera}.inliers"] = inlier
        arrays[f"{view.camera}.times_s"] = clock.times(len(view))
    return arrays


def _csv(rows: Iterable[Sequence]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
