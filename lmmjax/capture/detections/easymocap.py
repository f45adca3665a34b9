"""EasyMocap: ``annots/<camera>/000000.json``, a file for each frame.

Each has ``filename``, ``height``, ``width`` and ``annots``; a person has
``keypoints`` of [x, y, confidence] in the order of OpenPose's BODY_25, and, where
they were looked for, ``handl2d``, ``handr2d`` and ``face2d``. Layout as written by
easymocap/annotator/file_utils.py of https://github.com/zju3dv/EasyMocap. A list of
people without the rest is read as well. The ``personID`` of a detector only counts
the people of a frame, so it is not taken as an identity.
"""

import itertools
from collections.abc import Collection, Sequence
from typing import Any

from lmmjax.capture.detections.frame_folder import FrameFormat, Rows
from lmmjax.capture.detections.layouts import by_count, check_parts, face70, hand21
from lmmjax.capture.detections.scale import check_size
from lmmjax.capture.errors import CaptureError

_MODELS = {15: "mpi15", 17: "coco17", 25: "body25", 26: "halpe26", 133: "coco133"}
_OTHERS = (("hands", "handl2d"), ("hands", "handr2d"), ("face", "face2d"))


def people(document: Any) -> list[dict]:
    """The people of a file."""
    return document if isinstance(document, list) else document["annots"]


def size(document: Any) -> tuple[int, int] | None:
    """Width and height of the picture, or None where they make no sense."""
    if not isinstance(document, dict) or not document.get("width"):
        return None
    try:
        return check_size((document["width"], document.get("height")))
    except CaptureError:
        return None


def rows(sample: list[dict], parts: Collection[str], where: str) -> Rows:
    """How people become rows; errors as in `openpose.rows`."""
    check_parts(parts)
    counts = [len(person["keypoints"]) for person in sample if "keypoints" in person]
    most = max(set(counts), key=counts.count, default=25)
    body = by_count(most, _MODELS, f"{where}: the body")
    inside = [part for part in parts if part in body.parts]
    keep = body.select(inside) if inside else []
    names = [body.landmarks[k] for k in keep]
    keys = [("keypoints", most)]
    marks = (hand21("left"), hand21("right"), face70())
    for (part, key), landmarks in zip(_OTHERS, marks, strict=True):
        if part in parts and part not in body.parts:
            if sample and not any(person.get(key) for person in sample):
                raise CaptureError(
                    f"{where}: nobody has {key}; leave {part!r} out of parts"
                )
            total = sum(count for _, count in keys)
            keep += range(total, total + len(landmarks))
            names += landmarks
            keys.append((key, len(landmarks)))

    def row(person: dict) -> Sequence[float] | None:
        if not person:
            return None
        values: list[list[float]] = []
        for key, count in keys:
            found = person.get(key) or [[0.0, 0.0, 0.0]] * count
            if len(found) != count or any(len(point) != 3 for point in found):
                raise ValueError(f"{key} is not {count} times x, y, confidence")
            values += found
        return list(itertools.chain.from_iterable(values))

    width = 3 * sum(count for _, count in keys)
    return Rows(tuple(names), width, row, keep)


FORMAT = FrameFormat(people, rows, size)
