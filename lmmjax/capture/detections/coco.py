"""COCO's annotations and results, and what looks like them.

Results (HRNet, MMPose 0.x, AlphaPose's ``alphapose-results.json``) are a list of
people with ``image_id`` and ``keypoints``, flat x, y, score. Annotations (COCO, COCO-
WholeBody, Halpe) have ``images``, ``annotations`` and ``categories``, and the third
number is a visibility: 0 not labelled, 1 labelled but hidden, 2 visible. Format:
https://cocodataset.org/#format-data and #format-results. COCO-WholeBody keeps feet,
face and hands in lists of their own (https://github.com/jin-s13/COCO-WholeBody).

The frame is the last number in the name of the picture, or else the number of the
picture.
"""

import itertools
import pathlib
import re
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from lmmjax.capture.detections import scale
from lmmjax.capture.detections.frame_files import last_integer
from lmmjax.capture.detections.layouts import Layout, by_count, by_names
from lmmjax.capture.detections.source import Source, frame_numbers, table_source
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.names import natural_order

MODELS = {
    14: "crowdpose14",
    15: "mpi15",
    16: "mpii16",
    17: "coco17",
    18: "coco18",
    25: "body25",
    26: "halpe26",
    133: "coco133",
    136: "halpe136",
}
# Confidence of a keypoint that somebody labelled without seeing it (a choice).
_HIDDEN = 0.5
# In the order of ``coco133``.
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_WHOLE_BODY = ("keypoints", "foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")


def source(
    path: pathlib.Path,
    document: Any,
    camera: str,
    fps: float,
    size: tuple[int, int] | None,
    parts: Collection[str],
    problems: list[str],
) -> Source:
    """Keypoints of a document; arguments as of `open_keypoints`.

    Raises:
      CaptureError: there are none, or as many as no known layout has.
    """
    if isinstance(document, dict) and "annotations" in document:
        return _annotations(path, document, camera, fps, size, parts, problems)
    if not isinstance(document, list):
        raise CaptureError(
            f"{path}: this is neither a list of results nor annotations of COCO"
        )
    entries = [record for record in document if isinstance(record, dict)]
    records = [r for r in entries if r.get("keypoints")]
    if not records:
        only = ", only boxes" if any("bbox" in r for r in entries) else ""
        raise CaptureError(f"{path}: there are no keypoints in it{only}")
    lists = [record["keypoints"] for record in records]
    values, kept = stack(path, lists, problems)
    records = [records[k] for k in kept]
    missing = [r for r in records if not isinstance(r.get("image_id"), (int, str))]
    if missing:
        raise CaptureError(f"{path}: {len(missing)} people have no image_id")
    found = by_count(values.shape[1], MODELS, f"{path}: a person")
    numbers = picture_numbers([r["image_id"] for r in records], problems)
    return people_source(
        path, camera, found, numbers, values, fps, size, parts, problems
    )


def people_source(
    path: pathlib.Path,
    camera: str,
    found: Layout,
    numbers: np.ndarray,
    values: np.ndarray,
    fps: float,
    size: tuple[int, int] | None,
    parts: Collection[str],
    problems: list[str],
    start: int | None = None,
    frames: int | None = None,
) -> Source:
    """A source of people [N, K, 3] with the parts that are asked for, in pixels."""
    keep = found.select(parts)
    ends = scale.scaled_range(values)
    if ends is not None:
        if size is None:
            raise scale.need_size(str(path), ends)
        scale.to_pixels(values, ends, size)
    return table_source(
        camera,
        [found.landmarks[k] for k in keep],
        numbers,
        values[:, keep],
        fps=fps,
        size=size,
        problems=problems,
        start=start,
        frames=frames,
    )


def picture_numbers(ids: Sequence[int | str], problems: list[str]) -> np.ndarray:
    """Frames [N] of pictures known by number or by file name.

    Names without a number, or of which two have the same, are counted in their
    natural order.
    """
    names = {str(one) for one in ids}
    found = {n: int(n) if _INTEGER.fullmatch(n) else last_integer(n) for n in names}
    known = {number for number in found.values() if number is not None}
    if len(known) < len(names):
        found = {name: k for k, name in enumerate(natural_order(names))}
        problems.append(
            "the names of the pictures do not number frames, so the pictures are "
            "counted in their order"
        )
    return frame_numbers([found[str(one)] or 0 for one in ids], problems)


def _annotations(
    path: pathlib.Path,
    document: dict,
    camera: str,
    fps: float,
    size: tuple[int, int] | None,
    parts: Collection[str],
    problems: list[str],
) -> Source:
    """Annotations, with all pictures, those without people included."""
    try:
        images = {image["id"]: image for image in document.get("images") or []}
        records = [
            record
            for record in document["annotations"]
            if record.get("keypoints") and any(record["keypoints"][2::3])
        ]
        owners = [record["image_id"] for record in records]
        # Pictures without people are frames, too; some people have no picture here.
        pictures = [
            str(images.get(key, {}).get("file_name", key)) for key in (*images, *owners)
        ]
        sizes = {(im["width"], im["height"]) for im in images.values() if "width" in im}
        names = (document.get("categories") or [{}])[0].get("keypoints")
    except (AttributeError, LookupError, TypeError) as error:
        raise CaptureError(
            f"{path}: this is no annotation file of COCO ({error!r} is missing or "
            "of another kind)"
        ) from error
    if not records:
        raise CaptureError(f"{path}: nobody in it has a keypoint that is labelled")
    if len(sizes) == 1 and size is None:
        size = scale.check_size(sizes.pop())
    whole = all(all(key in record for key in _WHOLE_BODY) for record in records)
    if whole:
        lists = [[*map(record.get, _WHOLE_BODY)] for record in records]
    else:
        lists = [record["keypoints"] for record in records]
    values, kept = stack(path, lists, problems)
    visibility = values[..., 2]
    visibility[visibility == 1] = _HIDDEN
    count = values.shape[1]
    if not whole and isinstance(names, list) and len(names) == count:
        found = by_names([str(name) for name in names])
    else:
        found = by_count(count, MODELS, f"{path}: a person")
    numbers = picture_numbers(pictures, problems)
    first, last = int(numbers.min()), int(numbers.max())
    numbers = numbers[len(images) :][kept]
    return people_source(
        path,
        camera,
        found,
        numbers,
        values,
        fps,
        size,
        parts,
        problems,
        first,
        last - first + 1,
    )


def stack(
    path: pathlib.Path, lists: Sequence[Any], problems: list[str]
) -> tuple[np.ndarray, list[int]]:
    """People [N, K, 3] that have the usual number of keypoints, and which they are.

    Args:
      path: the file.
      lists: for each person numbers x, y, score, in one list or in lists of lists.
      problems: where people that are left out are noted.

    Raises:
      CaptureError: nobody's keypoints are numbers.
    """
    people = [_row(one) for one in lists]
    lengths = [len(row) for row in people if row is not None]
    if not lengths:
        raise CaptureError(
            f"{path}: nobody's keypoints are a list of x, y and a score for each"
        )
    most = max(set(lengths), key=lengths.count)
    kept = [k for k, row in enumerate(people) if row is not None and len(row) == most]
    if len(kept) < len(lists):
        problems.append(
            f"{path}: {len(lists) - len(kept)} of {len(lists)} people were left out, "
            f"as they have not {most // 3} keypoints"
        )
    values = np.array([people[k] for k in kept])
    return values.reshape(len(kept), -1, 3), kept


def _row(numbers: Any) -> np.ndarray | None:
    """Flat numbers, a multiple of 3 of them; None where they are something else."""
    try:
        while isinstance(numbers[0], list):
            numbers = list(itertools.chain.from_iterable(numbers))
        row = np.array(numbers, np.float32)
    except (IndexError, KeyError, OverflowError, TypeError, ValueError):
        return None
    return row if row.ndim == 1 and len(row) and len(row) % 3 == 0 else None
