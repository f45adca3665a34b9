"""BlazePose: landmarks of MediaPipe, which has no file format of its own.

MediaPipe gives x and y as fractions of width and height, which may leave the picture,
and a visibility from 0 to 1. Three ways of writing them down are read, all with the
33 landmarks in MediaPipe's order (`joint_set` ``blazepose33``):

- **JSON**: ``{"joint_set": "blazepose33", "fps": 30, "size": [1920, 1080], "frames":
  [...]}``. A frame is a list of people, a person a list of 33 landmarks, a landmark
  ``[x, y, z, visibility]`` or an object with these keys. ``fps`` and ``size`` may be
  left out.
- **npz**: ``landmarks`` [T, P, 33, 4] or [T, 33, 4], NaN for nobody; also ``size`` and
  ``fps``.
- **csv**: a row for each person and frame, columns ``frame``, ``person`` (which may be
  left out), and ``<landmark>_x``, ``_y`` and ``_visibility``, with MediaPipe's names in
  small letters (``left_foot_index_x``).

Depths are not read. Width and height are needed: in the file, or as ``size``.
"""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.detections import documents, scale
from lmmjax.capture.detections.layouts import layout
from lmmjax.capture.detections.source import Source, frame_numbers, rate, table_source
from lmmjax.capture.errors import CaptureError

_KEYS = ("x", "y", "z", "visibility")
_COUNT = 33


def pixels(fractions: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pixels [..., 2] from MediaPipe's fractions of the picture.

    Its drawing_utils.py takes pixel i for fractions from i / width on, so 0 is the
    border of the picture, half a pixel before the centre of its first pixel.
    """
    return np.asarray(fractions) * np.asarray(size, np.float32) - np.float32(0.5)


def from_json(
    path: pathlib.Path,
    document: Any,
    camera: str,
    fps: float | None,
    size: tuple[int, int] | None,
    problems: list[str],
) -> Source:
    """Landmarks of a JSON document; arguments as of `open_keypoints`."""
    rows, numbers = [], []
    frames = document.get("frames") if isinstance(document, dict) else None
    if not isinstance(frames, list):
        raise CaptureError(
            f"{path}: there is no list of frames in it; see "
            "lmmjax.capture.detections.blazepose"
        )
    for t, people in enumerate(frames):
        for person in people if isinstance(people, list) else []:
            try:
                rows.append(_person(person))
                numbers.append(t)
            except (LookupError, TypeError, ValueError, OverflowError) as error:
                problems.append(f"{path}: frame {t}: a person was left out ({error!r})")
    if not rows:
        raise CaptureError(f"{path}: there is nobody in any of its frames")
    return _source(
        path,
        camera,
        np.array(numbers),
        np.array(rows, np.float32),
        fps or document.get("fps"),
        size or document.get("size"),
        problems,
        len(frames),
    )


def from_arrays(
    path: pathlib.Path,
    arrays: Mapping[str, np.ndarray],
    camera: str,
    fps: float | None,
    size: tuple[int, int] | None,
    problems: list[str],
) -> Source:
    """Landmarks of an archive; arguments as of `open_keypoints`."""
    landmarks = np.asarray(arrays["landmarks"])
    if landmarks.ndim == 3:
        landmarks = landmarks[:, None]
    if landmarks.ndim != 4 or landmarks.shape[2:] != (_COUNT, 4) or not landmarks.size:
        raise CaptureError(
            f"{path}: landmarks are {list(landmarks.shape)}, not "
            f"[frames, people, {_COUNT}, 4] with x, y, z and visibility"
        )
    frames, people = landmarks.shape[:2]
    return _source(
        path,
        camera,
        np.repeat(np.arange(frames), people),
        landmarks.reshape(-1, _COUNT, 4)[..., (0, 1, 3)].astype(np.float32),
        fps or (float(arrays["fps"]) if "fps" in arrays else None),
        size or (tuple(arrays["size"].tolist()) if "size" in arrays else None),
        problems,
        frames,
    )


def from_csv(
    path: pathlib.Path,
    camera: str,
    fps: float | None,
    size: tuple[int, int] | None,
    problems: list[str],
) -> Source:
    """Landmarks of a table; arguments as of `open_keypoints`."""
    names = [name.lower() for name in joint_set("blazepose33").joints]
    columns = [f"{n}_{key}" for n in names for key in ("x", "y", "visibility")]
    table = documents.table(path)
    _, cells = next(table, (0, []))
    header = [cell.strip().lower() for cell in cells]
    lacking = [c for c in ("frame", *columns) if c not in header]
    if lacking:
        raise CaptureError(
            f"{path}: the table has no column {lacking[0]} (and lacks "
            f"{len(lacking)} in all); see lmmjax.capture.detections.blazepose"
        )
    frame, at = header.index("frame"), [header.index(c) for c in columns]
    rows, numbers = [], []
    for line, cells in table:
        try:
            row = np.array([cells[k].strip() or "nan" for k in at], np.float32)
            numbers.append(int(float(cells[frame])))
            rows.append(row)
        except (IndexError, ValueError, OverflowError) as error:
            if any(cells):
                problems.append(f"{path}:{line}: a row was left out ({error})")
    if not rows:
        raise CaptureError(f"{path}: the table has no rows")
    counted = frame_numbers(numbers, problems)
    values = np.array(rows).reshape(-1, _COUNT, 3)
    return _source(path, camera, counted, values, fps, size, problems, None)


def _source(
    path: pathlib.Path,
    camera: str,
    numbers: np.ndarray,
    values: np.ndarray,
    fps: float | None,
    size: Any,
    problems: list[str],
    frames: int | None,
) -> Source:
    """A source of x, y and visibility [N, 33, 3]."""
    size = scale.check_size(size)
    if size is None:
        raise scale.need_size(str(path), (0, 1))
    known = values[values[..., 2] > 0][:, :2]
    if known.size and np.nanmedian(np.abs(known)) > 2:
        raise CaptureError(
            f"{path}: x and y must be fractions of the picture as MediaPipe gives "
            "them; these are pixels"
        )
    values[..., :2] = pixels(values[..., :2], size)
    return table_source(
        camera,
        layout("blazepose33").landmarks,
        numbers,
        values,
        fps=rate(fps, problems),
        size=size,
        problems=problems,
        start=None if frames is None else 0,
        frames=frames,
    )


def _person(person: Any) -> list[list[float]]:
    """x, y and visibility of 33 landmarks."""
    if isinstance(person, dict):
        person = person["landmarks"]
    points = [
        [point[key] for key in _KEYS] if isinstance(point, dict) else point
        for point in person
    ]
    if len(points) != _COUNT or any(len(point) != 4 for point in points):
        raise ValueError(f"not {_COUNT} times x, y, z, visibility")
    return [[float(x), float(y), float(v)] for x, y, _, v in points]
