"""OpenPose: the folder of ``--write_json``, and Pose2Sim's, which look alike.

Each file has ``people``, each with flat lists of x, y and confidence: the body in
``pose_keypoints_2d``, and ``hand_left_keypoints_2d``, ``hand_right_keypoints_2d`` and
``face_keypoints_2d``, which are empty where they were not looked for. Format:
https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/02_output.md.
The body's model is told by the number of its keypoints; BODY_25 and BODY_25B both
have 25 and differ in order, which is told from where they are.

What Pose2Sim has associated holds ``{}`` for a person that a camera does not see.
Such a person keeps its place, and its keypoints are missing.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections.frame_folder import FrameFormat, Rows
from lmmjax.capture.detections.layouts import (
    Layout,
    by_count,
    check_parts,
    face70,
    hand21,
    layout,
)
from lmmjax.capture.errors import CaptureError

MODELS = {15: "mpi15", 18: "coco18", 19: "body19", 25: "body25", 135: "body135"}

# Keys of the body; before version 1.1 they had no ending.
_BODY = ("pose_keypoints_2d", "pose_keypoints")
_OTHERS = (
    ("hands", "hand_left_keypoints", 21),
    ("hands", "hand_right_keypoints", 21),
    ("face", "face_keypoints", 70),
)
# Links that are short in the right order of 25 keypoints, and not in the wrong one.
_SHORT = (
    ("nose", "{}_eye"),
    ("{}_eye", "{}_ear"),
    ("{}_shoulder", "{}_elbow"),
    ("{}_elbow", "{}_wrist"),
    ("{}_hip", "{}_knee"),
    ("{}_knee", "{}_ankle"),
    ("{}_ankle", "{}_heel"),
)


def people(document: Any) -> list[dict]:
    """The people of a file."""
    return document["people"]


def rows(sample: list[dict], parts: Collection[str], where: str) -> Rows:
    """How people become rows, from some people of a recording.

    Raises:
      CaptureError: their number of keypoints is not known, or nobody has a part.
    """
    check_parts(parts)
    body = _body(sample, where)
    within = set(body.parts)
    inside = [part for part in parts if part in within]
    keep = body.select(inside) if inside else []
    names = [body.landmarks[k] for k in keep]
    keys = [(_BODY, 3 * len(body))]
    count = len(body)
    marks = (hand21("left"), hand21("right"), face70())
    for (part, key, length), landmarks in zip(_OTHERS, marks, strict=True):
        if part not in parts or part in within:
            continue
        alternatives = (f"{key}_2d", key)
        if sample and not any(_get(person, alternatives) for person in sample):
            raise CaptureError(
                f"{where}: nobody has {alternatives[0]}; run OpenPose with "
                f"--{part.removesuffix('s')}, or leave {part!r} out of parts"
            )
        keys.append((alternatives, 3 * length))
        names += landmarks
        keep += range(count, count + length)
        count += length
    if len(keys) == 1:
        return Rows(tuple(names), 3 * count, _body_row, keep)

    def row(person: dict) -> Sequence[float] | None:
        if not person:
            return None
        values: list[float] = []
        for alternatives, width in keys:
            found = _get(person, alternatives) or [0.0] * width
            if len(found) != width:
                raise ValueError(
                    f"{len(found) / 3:g} keypoints in {alternatives[0]}, not "
                    f"{width // 3}"
                )
            values += found
        return values

    return Rows(tuple(names), 3 * count, row, keep)


def _body_row(person: dict) -> Sequence[float] | None:
    return _get(person, _BODY) or None


def _get(person: dict, keys: tuple[str, str]) -> list[float] | None:
    return person.get(keys[0]) or person.get(keys[1])


def _body(sample: list[dict], where: str) -> Layout:
    """The layout of the body, by the number of keypoints that most people have."""
    bodies = [b for b in (_get(person, _BODY) for person in sample) if b]
    if not bodies:
        return layout("body25")
    lengths = [len(b) for b in bodies]
    most = max(set(lengths), key=lengths.count)
    if most % 3:
        raise CaptureError(f"{where}: {most} numbers are no list of x, y, confidence")
    found = by_count(most // 3, MODELS, f"{where}: the body")
    if found.name == "body25":
        values = np.array([b for b in bodies if len(b) == most], float)
        if _has_order_of_25b(values.reshape(-1, 25, 3)):
            return layout("body25b")
    return found


def _has_order_of_25b(bodies: np.ndarray) -> bool:
    """Whether people [N, 25, 3] are in the order of BODY_25B, not of BODY_25.

    In the wrong order, links go all over the body. Measured on the 601 people of
    Pose2Sim's demonstration in both orders: the mean link is the shorter one in the
    right order for all of them, and for at least 97 % in each camera when hips and
    legs are hidden. The people vote.
    """
    lengths = [_mean_link(bodies, name) for name in ("body25", "body25b")]
    return bool(np.sign(lengths[0] - lengths[1]).sum() > 0)


def _mean_link(bodies: np.ndarray, name: str) -> np.ndarray:
    """[N] mean length of the links that are there, 0 where none is."""
    index = joint_set(name).landmarks.index
    ends = np.array(
        [
            [index(end.format(side)) for end in link]
            for link in _SHORT
            for side in ("left", "right")
        ]
    )
    one, other = bodies[:, ends[:, 0]], bodies[:, ends[:, 1]]
    there = (one[..., 2] > 0) & (other[..., 2] > 0)
    lengths = np.where(there, np.hypot(*np.moveaxis((one - other)[..., :2], -1, 0)), 0)
    return lengths.sum(-1) / np.maximum(there.sum(-1), 1)


FORMAT = FrameFormat(people, rows)
