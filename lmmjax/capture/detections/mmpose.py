"""MMPose 1.x: JSON of its demos and of its inferencer.

A demo writes ``meta_info`` and ``instance_info``, a list of ``frame_id`` (from 1) and
``instances`` for a video, or of instances for a picture. The inferencer writes such a
list alone: of frames for a video, of instances for each picture of a folder. An
instance has ``keypoints`` [x, y], ``keypoint_scores``, and a ``bbox`` that
`split_instances` wraps once more, https://github.com/open-mmlab/mmpose, which does
not matter here: boxes are not read.
"""

import itertools
import pathlib
from collections.abc import Collection
from typing import Any

import numpy as np

from lmmjax.capture.detections.coco import MODELS, people_source, stack
from lmmjax.capture.detections.frame_folder import FrameFormat, Rows
from lmmjax.capture.detections.layouts import Layout, by_count, by_names
from lmmjax.capture.detections.source import Source, frame_numbers
from lmmjax.capture.errors import CaptureError


def source(
    path: pathlib.Path,
    document: Any,
    camera: str,
    fps: float,
    size: tuple[int, int] | None,
    parts: Collection[str],
    problems: list[str],
) -> Source:
    """Keypoints of a video or a picture; arguments as of `open_keypoints`.

    Raises:
      CaptureError: there are none, or as many as no known layout has.
    """
    try:
        frames = _frames(document)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CaptureError(
            f"{path}: this is no result of MMPose 1.x ({error!r}); expected "
            "instance_info, or a list of frames with instances"
        ) from error
    numbers: list[int] = []
    rows: list[list[float]] = []
    for number, instances in frames:
        for instance in instances:
            try:
                rows.append(_row(instance))
                numbers.append(number)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                problems.append(
                    f"{path}: frame {number}: a person was left out ({error})"
                )
    if not rows:
        raise CaptureError(
            f"{path}: there is nobody in any of its {len(frames)} frames"
        )
    values, same = stack(path, rows, problems)
    found = _layout(document, values.shape[1], str(path))
    # The demos count frames from 1; what has a frame 0 counts from there.
    every = frame_numbers([number for number, _ in frames], problems)
    base = int(min(every.min(), 1))
    index = dict(zip((number for number, _ in frames), every - base, strict=True))
    return people_source(
        path,
        camera,
        found,
        np.array([index[numbers[k]] for k in same]),
        values,
        fps,
        size,
        parts,
        problems,
        int(every.min()) - base,
        int(every.max() - every.min()) + 1,
    )


def people(document: Any) -> list[dict]:
    """The people of a picture."""
    (_, instances), *others = _frames(document)
    if others:
        raise ValueError("it has more than one frame")
    return instances


def rows(sample: list[dict], parts: Collection[str], where: str) -> Rows:
    """How people become rows; CaptureError where their keypoints are not known."""
    counts = [len(person["keypoints"]) for person in sample if "keypoints" in person]
    most = max(set(counts), key=counts.count, default=17)
    found = by_count(most, MODELS, f"{where}: a person")
    keep = found.select(parts)
    names = tuple(found.landmarks[k] for k in keep)
    return Rows(names, 3 * most, lambda one: _row(one) if one else None, keep)


def _frames(document: Any) -> list[tuple[int, list[dict]]]:
    """Number and people of each frame."""
    if isinstance(document, dict):
        document = document["instance_info"]
    if not isinstance(document, list):
        raise ValueError("it is no list")
    if document and "instances" in document[0]:
        # Frames without a number are counted.
        frames = [
            (int(frame.get("frame_id", k)), frame["instances"] or [])
            for k, frame in enumerate(document)
        ]
    else:
        frames = [(0, document)]
    if not all(isinstance(instances, list) for _, instances in frames):
        raise ValueError("its instances are no list")
    return frames


def _row(instance: dict) -> list[float]:
    """Flat x, y, score of an instance."""
    points, scores = instance["keypoints"], instance.get("keypoint_scores")
    if any(len(point) != 2 for point in points):
        raise ValueError("its keypoints are not pairs of x and y")
    scores = [1.0] * len(points) if scores is None else scores
    return list(
        itertools.chain.from_iterable(
            (x, y, score) for (x, y), score in zip(points, scores, strict=True)
        )
    )


def _layout(document: Any, count: int, where: str) -> Layout:
    """The layout by the names in the file, or else by the number of keypoints."""
    meta = document.get("meta_info") if isinstance(document, dict) else None
    names = meta.get("keypoint_id2name") if isinstance(meta, dict) else None
    keys = [str(k) for k in range(count)]
    if isinstance(names, dict) and set(names) == set(keys):
        return by_names([str(names[key]) for key in keys])
    return by_count(count, MODELS, f"{where}: a person")


FORMAT = FrameFormat(people, rows)
