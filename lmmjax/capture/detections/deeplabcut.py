"""DeepLabCut: csv tables of predictions, and of labels.

Three header rows name ``scorer``, ``bodyparts`` and ``coords`` of each column; tables
of several animals or people have ``individuals`` before ``bodyparts``. The
coordinates are x, y and, in predictions, likelihood. A row is a frame, with its number
or its picture in front (https://deeplabcut.github.io/DeepLabCut). An empty cell is
missing. Body parts that are called like keypoints of a known joint set become its
landmarks; others, which are the user's own, keep their names.
"""

import itertools
import pathlib

import numpy as np

from lmmjax.capture.detections import documents
from lmmjax.capture.detections.coco import picture_numbers
from lmmjax.capture.detections.layouts import by_names
from lmmjax.capture.detections.source import Source, empty_span, table_source
from lmmjax.capture.errors import CaptureError

_HEADERS = ("scorer", "individuals", "bodyparts", "coords")
_COORDS = ("x", "y", "likelihood")


def source(
    path: pathlib.Path,
    camera: str,
    fps: float,
    size: tuple[int, int] | None,
    problems: list[str],
) -> Source:
    """Keypoints of a table; arguments as of `open_keypoints`.

    Raises:
      CaptureError: the table is none of DeepLabCut's, or has no rows.
    """
    table = documents.table(path)
    header: dict[str, list[str]] = {}
    for _, cells in itertools.islice(table, len(_HEADERS)):
        header[cells[0] if cells else ""] = cells
        if "coords" in header:
            break
    if not {"bodyparts", "coords"} <= header.keys():
        raise CaptureError(
            f"{path}: this is no table of DeepLabCut; expected the header rows "
            "scorer, bodyparts and coords"
        )
    coords = header["coords"]
    # Pictures of labels may be split over several columns, their heads empty.
    lead = next((k for k, c in enumerate(coords) if c in _COORDS), len(coords))
    rows, pictures = [], []
    for line, cells in table:
        try:
            numbers = [cell or "nan" for cell in cells[lead : len(coords)]]
            if len(numbers) != len(coords) - lead:
                raise ValueError("cells are missing")
            rows.append(np.array(numbers, np.float32))
            pictures.append("/".join(cells[:lead]).removesuffix(".0"))
        except ValueError as error:
            if any(cells):
                problems.append(f"{path}:{line}: a row was left out ({error})")
    if not rows or lead == len(coords):
        raise CaptureError(f"{path}: the table has no rows of coordinates")
    parts = header["bodyparts"][lead:]
    someone = header.get("individuals", [""] * len(coords))[lead:]
    if not len(parts) == len(someone) == len(coords) - lead:
        raise CaptureError(f"{path}: the header rows differ in length")
    people, names = list(dict.fromkeys(someone)), list(dict.fromkeys(parts))
    values = empty_span(camera, len(rows), len(people), len(names))
    values[..., 2] = "likelihood" not in coords
    columns = np.array(rows)
    for c, (person, part, what) in enumerate(
        zip(someone, parts, coords[lead:], strict=True)
    ):
        if what in _COORDS:
            at = people.index(person), names.index(part), _COORDS.index(what)
            values[:, *at] = columns[:, c]
    frames = picture_numbers(pictures, problems)
    return table_source(
        camera,
        by_names(names).landmarks,
        np.repeat(frames, len(people)),
        values.reshape(-1, len(names), 3),
        fps=fps,
        size=size,
        problems=problems,
        people=people if "individuals" in header else (),
        slots=np.tile(np.arange(len(people)), len(rows)),
    )
