"""MediaPipe's world landmarks: 33 points in metres about the hips of each frame.

MediaPipe (BlazePose) has no file format of its own. Read are arrays (T, 33, 3) or
(T, 33, 4) with the visibility (.npy, .npz), and JSON: a list of frames, each a result
as the library gives it, with the key ``pose_world_landmarks``,
``poseWorldLandmarks`` or ``worldLandmarks``, that holds landmarks ``{"x", "y", "z",
"visibility"}`` of one person or lists of them, or a bare list of 33 landmarks.
"""

import os
import pathlib
from typing import Any

import numpy as np

from kinematics.bodies import joint_set
from kinematics.points import Points3D
from lmmjax.capture.monocular import world
from lmmjax.capture.monocular.documents import problem, read_json
from lmmjax.capture.monocular.people import Seen, points_of, required_rate
from lmmjax.capture.monocular.videopose3d import read_array

JOINTS = joint_set("blazepose33").landmarks
_KEYS = ("pose_world_landmarks", "poseWorldLandmarks", "worldLandmarks")


def read(
    path: str | os.PathLike,
    *,
    fps: float | None = None,
    min_visibility: float = 0.0,
) -> dict[str, Points3D]:
    """Read world landmarks.

    The origin of every frame is the middle of the hips, so where the body is, and
    how it moves as a whole, is unknown. The camera is taken to be level, and the
    lowest foot of the clip is put at z = 0.

    Args:
      path: a .npy, .npz or .json as above.
      fps: frames per second; the file does not have it.
      min_visibility: landmarks of a visibility below are missing. MediaPipe guesses
        those too, so by default none are.

    Returns:
      Points by the number of the person in the frame; where there are several,
      nothing says that the same number is the same person.

    Raises:
      CaptureError: the file holds something else, or nobody is in it.
      OSError: it cannot be read.
    """
    rate = required_rate(path, fps)
    if pathlib.Path(path).suffix.lower() == ".json":
        frames = _frames(path, read_json(path))
    else:
        joints = read_array(path)
        if joints.ndim != 3 or joints.shape[1:] not in ((33, 3), (33, 4)):
            raise problem(
                path,
                f"it has shape {joints.shape}, not (frames, 33, 3 or 4)",
                "export world landmarks",
            )
        frames = [[joint] for joint in joints.astype(float)]
    seen = [
        Seen(frame, str(n), _visible(person, min_visibility))
        for frame, people in enumerate(frames)
        for n, person in enumerate(people)
    ]
    found = points_of(path, seen, JOINTS, rate, range(max(len(frames), 1)))
    return {
        person: points.replace(
            positions=world.grounded(JOINTS, np.asarray(points.positions)).astype(
                np.float32
            )
        )
        for person, points in found.items()
    }


def is_landmarks(raw: Any) -> bool:
    """Whether JSON holds world landmarks."""
    first = next((f for f in raw if f), None) if isinstance(raw, list) else None
    if isinstance(first, dict):
        return any(key in first for key in _KEYS)
    if not isinstance(first, list):
        return False
    return len(first) == len(JOINTS) and _is_point(first[0])


def _visible(person: np.ndarray, least: float) -> np.ndarray:
    """Positions [33, 3] in the world; NaN where hardly visible or not finite."""
    places = world.turn(person[:, :3], world.CAMERA)
    if person.shape[1] == 4:
        # A NaN fails the comparison.
        places[~(person[:, 3] >= least)] = np.nan
    return places


def _frames(path, raw: Any) -> list[list[np.ndarray]]:
    """People [33, 4] of every frame."""
    if not isinstance(raw, list):
        raise problem(path, "it is no list of frames", "export a result per frame")
    frames = []
    for n, frame in enumerate(raw):
        try:
            frames.append([_person(person) for person in _people(frame)])
        except (KeyError, TypeError, ValueError) as error:
            raise problem(
                path,
                f"frame {n} (from 0) has no world landmarks ({error})",
                f"export {_KEYS[0]}",
            ) from error
    return frames


def _people(frame: Any) -> list[list[dict]]:
    """Lists of landmarks; an empty result is a frame with nobody."""
    if isinstance(frame, dict):
        present = [key for key in _KEYS if key in frame]
        if frame and not present:
            raise KeyError(_KEYS[0])
        frame = frame[present[0]] if present else None
    if isinstance(frame, dict):
        frame = frame["landmark"]
    if not frame:
        return []
    return [frame] if _is_point(frame[0]) else [person for person in frame if person]


def _person(landmarks: Any) -> np.ndarray:
    if isinstance(landmarks, dict):
        landmarks = landmarks["landmark"]
    if len(landmarks) != len(JOINTS):
        raise ValueError(f"{len(landmarks)} landmarks instead of {len(JOINTS)}")
    rows = [(p["x"], p["y"], p["z"], p.get("visibility", 1.0)) for p in landmarks]
    return np.array(rows, float)


def _is_point(value: Any) -> bool:
    return isinstance(value, dict) and {"x", "y", "z"} <= set(value)
