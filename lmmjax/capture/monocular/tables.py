"""Points in tables: the CSV files of Anipose and of Caliscope."""

import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from kinematics.bodies import joint_set
from kinematics.bodies.joint_sets import landmark
from kinematics.points import Points3D, make_points
from lmmjax.capture.monocular.documents import problem, read_table
from lmmjax.capture.monocular.people import Seen, points_of, required_rate

METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}
# Lengths of a person between which a table is believed, metres: a choice.
_EXTENT = (0.2, 3.0)
# Joint sets of Caliscope's trackers by their highest keypoint_id.
_SETS = ((16, "coco17"), (25, "halpe26"), (32, "blazepose33"))
_CALISCOPE = (
    *("sync_index", "object_id", "keypoint_id"),
    *("x_coord", "y_coord", "z_coord"),
)


def read_anipose(
    path: str | os.PathLike,
    *,
    fps: float | None = None,
    unit: str = "mm",
    person: str = "0",
) -> dict[str, Points3D]:
    """Read a 3D table of Anipose: ``<part>_x``, ``_y``, ``_z``, ``_error`` and so on.

    Its coordinates are those of the alignment in Anipose's settings, taken to have z
    up; ``M_00`` ... ``center_2`` undo it and are not applied.

    Args:
      path: the .csv.
      fps: frames per second; the file does not have it.
      unit: of length: the one of the calibration board, ``m``, ``cm`` or ``mm``.
      person: the key of the result.

    Raises:
      CaptureError: the table is another one, or its unit cannot be right.
      OSError: it cannot be read.
    """
    if unit not in METRES:
        raise ValueError(f"unit must be one of {', '.join(METRES)}, not {unit!r}")
    header, rows = read_table(path)
    parts = [
        column[:-2]
        for column in header
        if column.endswith("_x")
        and {column[:-2] + a for a in ("_y", "_z")} <= {*header}
    ]
    if not parts or not rows:
        raise problem(path, "no part has _x, _y and _z, or no row", "triangulate again")
    columns = [
        header.index(part + axis) for part in parts for axis in ("_x", "_y", "_z")
    ]
    values = numbers(path, header, rows, columns)
    places = values.reshape(len(rows), len(parts), 3) * METRES[unit]
    low, high = _EXTENT
    extent = _extent(places)
    if not np.isnan(extent) and not low < extent < high:
        raise problem(
            path,
            f"its points spread over {extent:.3g} m if it is in {unit}",
            f"give the unit, one of {', '.join(METRES)}",
        )
    start = 0
    if "fnum" in header:
        frames = numbers(path, header, rows, [header.index("fnum")])[:, 0]
        if (np.diff(frames) != 1).any():
            raise problem(path, "fnum does not go up by 1", "export all frames")
        start = int(frames[0])
    names = [landmark(part, {}) for part in parts]
    name = f"{pathlib.Path(path).stem}/{person}@{start}"
    rate = required_rate(path, fps)
    return {person: make_points(names, places, rate, name=name)}


def read_caliscope(
    path: str | os.PathLike,
    *,
    fps: float | None = None,
    joints: str | Mapping[int, str] | None = None,
) -> dict[str, Points3D]:
    """Read an xyz table of Caliscope: a row per point, metres, z up.

    Args:
      path: the .csv with ``sync_index``, ``object_id``, ``keypoint_id``, ``x_coord``,
        ``y_coord``, ``z_coord`` and ``frame_time``.
      fps: frames per second; by default what ``frame_time`` says.
      joints: name of the joint set of the tracker, or landmarks by keypoint_id. By
        default coco17, halpe26 or blazepose33, the smallest that has all ids.

    Returns:
      Points by ``object_id``; points that ``joints`` lacks are left out.

    Raises:
      CaptureError: the table is another one, or its joints are not known.
      OSError: it cannot be read.
    """
    header, rows = read_table(path)
    missing = [column for column in _CALISCOPE if column not in header]
    if missing or not rows:
        what = f"no column {missing[0]}" if missing else "no row"
        raise problem(path, f"it has {what}", "give an xyz table of Caliscope")
    columns = [header.index(column) for column in _CALISCOPE]
    values = numbers(path, header, rows, columns)
    index = values[:, :3]
    if not np.isfinite(index).all():
        raise problem(path, "an index is missing", "export it again")
    sync, who, point = index.astype(int).T
    names = _names(path, joints, int(point.max()))
    at = {point_id: k for k, point_id in enumerate(names)}
    people: dict[tuple[int, int], np.ndarray] = {}
    for frame, person, p, place in zip(sync, who, point, values[:, 3:], strict=True):
        places = people.setdefault(
            (int(frame), int(person)), np.full((len(names), 3), np.nan)
        )
        if int(p) in at:
            places[at[int(p)]] = place
    seen = [Seen(f, str(p), places) for (f, p), places in sorted(people.items())]
    rate = fps
    if rate is None and "frame_time" in header:
        times = numbers(path, header, rows, [header.index("frame_time")])[:, 0]
        rate = _rate(sync, times)
    return points_of(
        path,
        seen,
        list(names.values()),
        required_rate(path, rate),
        [int(frame) for frame in np.unique(sync)],
    )


def numbers(
    path, header: Sequence[str], rows: Sequence[Sequence[str]], columns: Sequence[int]
) -> np.ndarray:
    """Cells [T, C] as numbers, NaN where empty; CaptureError names the cell."""
    try:
        return np.array(
            [[float(row[c]) if row[c] else np.nan for c in columns] for row in rows]
        ).reshape(len(rows), len(columns))
    except ValueError:
        for n, row in enumerate(rows, 1):
            for c in columns:
                try:
                    float(row[c] or "nan")
                except ValueError as error:
                    raise problem(
                        path,
                        f"{row[c][:40]!r} in row {n} of column {header[c]!r} is no "
                        "number",
                        "export it again",
                    ) from error
        raise


def _names(
    path, joints: str | Mapping[int, str] | None, highest: int
) -> dict[int, str]:
    if isinstance(joints, Mapping):
        return dict(joints)
    if joints is None:
        joints = next((name for last, name in _SETS if highest <= last), None)
    if joints is None:
        raise problem(
            path,
            f"keypoint_id goes up to {highest}, which no known tracker has",
            "give joints: landmarks by keypoint_id",
        )
    return dict(enumerate(joint_set(joints).landmarks))


def _rate(sync: np.ndarray, times: np.ndarray) -> float | None:
    """Frames per second from the first to the last frame that has a time."""
    timed = np.isfinite(times)
    if not timed.any():
        return None
    order = np.argsort(sync[timed], kind="stable")
    frames, seconds = sync[timed][order], times[timed][order]
    span = seconds[-1] - seconds[0]
    return float(round((frames[-1] - frames[0]) / span, 3)) if span > 0 else None


def _extent(places: np.ndarray) -> float:
    """Median over frames of the longest side of the box around all points."""
    whole = np.isfinite(places).all(-1)
    frames = [
        p[known] for p, known in zip(places, whole, strict=True) if known.sum() > 1
    ]
    sides = [np.ptp(points, axis=0).max() for points in frames]
    return float(np.median(sides)) if sides else float("nan")
