"""EasyMocap: keypoints and SMPL bodies of several people, a JSON file per frame.

https://github.com/zju3dv/EasyMocap. ``keypoints3d/000000.json`` is a list of people
``{"id", "keypoints3d": [[x, y, z, confidence], ...]}``, ``smpl/000000.json`` one of
``{"id", "Rh", "Th", "poses", "shapes"}``. The world is that of its calibration: metres,
taken to have z up as its chessboard on the floor makes it.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from kinematics.bodies import joint_set
from kinematics.motion import Motion
from kinematics.points import Points3D
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.monocular import smpl_motion
from lmmjax.capture.monocular.documents import frame_files, problem, read_json
from lmmjax.capture.monocular.people import (
    Seen,
    known,
    points_of,
    required_rate,
)
from lmmjax.capture.names import natural_key

# Landmarks by how many points there are, of the usual body types of its
# dataset/config.py: body15 is the first 15 of body25, and hands and face of the larger
# ones stand behind the 25 and are passed over. Rarer types have as many points.
_BODY25 = joint_set("body25").landmarks
_TYPES = {15: _BODY25[:15], 17: joint_set("coco17").landmarks, 25: _BODY25}

# The pelvis of SMPL's mean shape in metres, in the axes of its file, to the
# millimetre as several public projects print it; shapes move it by centimetres.
_REST_PELVIS = np.array([-0.002, -0.241, 0.029])
# Lengths of ``poses``: SMPL with its root and without; SMPL-H and SMPL-X, whose 21
# body joints are those of SMPL without the hands.
_ROOTED, _BODY = (72, 78, 87), 63


def read_keypoints(
    path: str | os.PathLike, *, fps: float | None = None, joints: str | None = None
) -> dict[str, Points3D]:
    """Read ``keypoints3d``: the folder, or one file of it.

    Args:
      path: the folder or file.
      fps: frames per second; the files do not have it.
      joints: name of the joint set that the points begin with, such as
        ``panoptic19``; by default body15, coco or body25 by their number.

    Returns:
      Points by ``id``, missing (NaN) where the confidence is 0.

    Raises:
      CaptureError: a file holds something else, or nobody is in any.
      OSError: a file cannot be read.
    """
    rate = required_rate(path, fps)
    seen: list[Seen] = []
    counts: set[int] = set()
    files = _files(path)
    for frame, file in files:
        for n, person in enumerate(_people(file)):
            try:
                values = np.array(person["keypoints3d"], float)
                places = known(values, values.shape[-1])
                seen.append(Seen(frame, str(person.get("id", n)), places))
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise _damaged(file, n, error) from error
            counts.add(len(places))
    if len(counts) > 1:
        raise problem(
            path, f"people have {sorted(counts)} points", "keep one body type"
        )
    if not counts:
        raise problem(path, "it has nobody in it", "run the detector on another clip")
    (count,) = counts
    names = joint_set(joints).landmarks if joints else _TYPES.get(min(count, 25))
    if names is None or len(names) > count:
        raise problem(
            path,
            f"people have {count} points",
            "give joints, the name of a joint set with as many",
        )
    cut = [Seen(frame, who, places[: len(names)]) for frame, who, places in seen]
    return points_of(path, cut, names, rate, [frame for frame, _ in files])


def read_bodies(
    path: str | os.PathLike, *, fps: float | None = None
) -> dict[str, Motion]:
    """Read ``smpl``: the folder, or one file of it.

    The model of EasyMocap turns about the origin of its vertices, not about the
    pelvis: the pelvis is at R(Rh) J + Th, where J is that of SMPL's mean shape.
    Hands and faces of SMPL-H and SMPL-X are passed over.

    Args:
      path: the folder or file.
      fps: frames per second; the files do not have it.

    Returns:
      Motions by ``id``; see `smpl_motion.runs` for people who come and go.

    Raises:
      CaptureError: a file holds something else, or nobody is in any.
      OSError: a file cannot be read.
    """
    rate = required_rate(path, fps)
    tracks: dict[str, list[tuple[int, np.ndarray, np.ndarray]]] = {}
    for frame, file in _files(path):
        for n, person in enumerate(_people(file)):
            try:
                vectors, place = _body(person)
            except (KeyError, TypeError, ValueError) as error:
                raise _damaged(file, n, error) from error
            who = str(person.get("id", n))
            tracks.setdefault(who, []).append((frame, vectors, place))
    if not tracks:
        raise problem(path, "it has nobody in it", "run the detector on another clip")
    found: dict[str, Motion] = {}
    for who in sorted(tracks, key=natural_key):
        frames, poses, shifts = zip(*tracks[who], strict=True)
        turns = smpl_motion.matrices(np.stack(poses))
        # In the world as it is: Rh turns the model, y up, into z up.
        turns[:, 0] = smpl_motion.in_world(turns[:, 0], np.eye(3))
        pelvis = _pelvis(np.stack([pose[:3] for pose in poses]))
        places = np.stack(shifts) + pelvis
        stem = pathlib.Path(path).stem
        found |= smpl_motion.runs(frames, turns, places, rate, who, stem, False)
    return found


def is_keypoints(raw: Any) -> bool:
    """Whether JSON is a frame of ``keypoints3d``."""
    return any("keypoints3d" in person for person in _dicts(_list(raw)))


def is_bodies(raw: Any) -> bool:
    """Whether JSON is a frame of ``smpl``."""
    return any("Rh" in person for person in _dicts(_list(raw)))


def _list(raw: Any) -> Any:
    """The people of a frame; newer versions put them under "annots"."""
    return raw.get("annots") if isinstance(raw, dict) else raw


def _dicts(raw: Any) -> list[dict]:
    people = raw if isinstance(raw, list) else []
    return [person for person in people if isinstance(person, dict)]


def _files(path: str | os.PathLike) -> list[tuple[int, str]]:
    if pathlib.Path(path).is_dir():
        return frame_files(path, ".json")
    return [(0, os.fspath(path))]


def _people(file: str) -> list[Mapping[str, Any]]:
    people = _list(read_json(file))
    if not isinstance(people, list) or len(_dicts(people)) != len(people):
        raise problem(file, "it is no list of people", "give results of EasyMocap")
    return people


def _body(person: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Rotation vectors [72] with Rh as the root's, and Th [3]."""
    turn = np.array(person["Rh"], float).reshape(3)
    shift = np.array(person["Th"], float).reshape(3)
    pose = np.array(person["poses"], float).ravel()
    if len(pose) not in (*_ROOTED, 69):
        raise ValueError(f"poses of {len(pose)} numbers")
    if len(pose) in _ROOTED:
        if pose[:3].any():
            raise ValueError("a root rotation in poses besides Rh")
        pose = pose[3:]
    joints = np.zeros(69)
    count = 69 if len(pose) == 69 else _BODY
    joints[:count] = pose[:count]
    return np.concatenate([turn, joints]), shift


def _pelvis(vectors: np.ndarray) -> np.ndarray:
    """The rest pelvis [T, 3] turned by rotation vectors [T, 3] (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=1, keepdims=True)
    axis = np.divide(vectors, angle, out=np.zeros_like(vectors), where=angle > 0)
    rest = np.broadcast_to(_REST_PELVIS, vectors.shape)
    along = np.sum(axis * rest, axis=1, keepdims=True) * axis
    return along + np.cos(angle) * (rest - along) + np.sin(angle) * np.cross(axis, rest)


def _damaged(file: str, n: int, error: Exception) -> CaptureError:
    reason = f"no {error}" if isinstance(error, KeyError) else str(error)
    return problem(file, f"person {n} (from 0) has {reason}", "export it again")
