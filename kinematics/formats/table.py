"""CSV: a table with one header row, for spreadsheets and data frames.

Points have columns ``time_s`` and ``<name>_x_m``, ``_y_m``, ``_z_m``; a motion has
``time_s``, ``root_x_m`` ..., ``root_qw``, ``root_qx`` ... and, for each coordinate of
a joint, ``<joint>_<k>_rad`` with k from 0. World with z up. An empty cell is missing.
Numbers are spelled so that float32 comes back bit for bit.
"""

import csv
import io
import os
import pathlib
from collections.abc import Sequence

import numpy as np

from kinematics.formats.errors import problem
from kinematics.formats.text import number, read_text, write_text
from kinematics.motion import Motion
from kinematics.points import Points3D, make_points
from kinematics.skeleton import DOFS, Skeleton

_TIME = "time_s"
_ROOT = (
    *("root_x_m", "root_y_m", "root_z_m"),
    *("root_qw", "root_qx", "root_qy", "root_qz"),
)
_AXES = ("_x_m", "_y_m", "_z_m")
# Times may be rounded by this share of a frame.
_JITTER = 0.1


def write(path: str | os.PathLike, recording: Points3D | Motion) -> None:
    """Write points, or a motion.

    Args:
      path: the file.
      recording: one clip. Of a motion the coordinates are written; `points.of_joints`
        has the places of its joints.

    Raises:
      ValueError: there is more than one clip.
      OSError: the file cannot be written; nothing half-written is left behind.
    """
    if isinstance(recording, Motion):
        header = (*_ROOT, *_coordinate_columns(recording.skeleton))
        parts = [np.asarray(x) for x in recording.poses]
    else:
        header = tuple(name + axis for name in recording.names for axis in _AXES)
        places = np.asarray(recording.positions)
        parts = [places.reshape(*places.shape[:-2], 3 * len(recording.names))]
    if any(part.ndim != 2 for part in parts):
        raise ValueError("a table holds one clip; write them one by one")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow((_TIME, *header))
    cells = np.concatenate(parts, axis=1).astype(np.float32).astype(str)
    cells[cells == "nan"] = ""
    times = (f"{n / recording.fps:.9g}" for n in range(len(cells)))
    writer.writerows((time, *row) for time, row in zip(times, cells, strict=True))
    write_text(path, buffer.getvalue())


def read(path: str | os.PathLike) -> Points3D:
    """Read points.

    Columns that are no part of a point are passed over, and the columns of a point
    may be anywhere.

    Raises:
      FormatError: one sentence with file and line, what is wrong, what to do.
      OSError: the file cannot be read.
    """
    header, values, fps = _table(path)
    names = [
        column.removesuffix(_AXES[0])
        for column in header
        if column.endswith(_AXES[0])
        and all(column.removesuffix(_AXES[0]) + axis in header for axis in _AXES)
    ]
    if not names:
        raise problem(
            path, 1, "no point has columns <name>_x_m, _y_m and _z_m", "name them so"
        )
    columns = [header.index(name + axis) for name in names for axis in _AXES]
    places = values[:, columns].reshape(len(values), len(names), 3)
    return make_points(names, places, fps, name=pathlib.Path(path).stem)


def read_motion(path: str | os.PathLike, skeleton: Skeleton) -> Motion:
    """Read a motion of a known body.

    Raises:
      FormatError: a column of the body's coordinates is missing, or damage.
      OSError: the file cannot be read.
    """
    header, values, fps = _table(path)
    wanted = (*_ROOT, *_coordinate_columns(skeleton))
    missing = [column for column in wanted if column not in header]
    if missing:
        raise problem(
            path, 1, f"it has no column {missing[0]!r}", "give the body it is of"
        )
    rows = values[:, [header.index(column) for column in wanted]].astype(np.float32)
    return Motion(
        skeleton,
        rows[:, :3],
        rows[:, 3:7],
        rows[:, 7:],
        fps,
        name=pathlib.Path(path).stem,
    )


def _coordinate_columns(skeleton: Skeleton) -> Sequence[str]:
    return [
        f"{name}_{k}_rad"
        for name, kind in zip(skeleton.names, skeleton.kinds, strict=True)
        for k in range(DOFS[kind])
    ]


def _table(path: str | os.PathLike) -> tuple[list[str], np.ndarray, float]:
    """Header, values [T, C] (NaN where empty) and rate of the time column."""
    lines = csv.reader(io.StringIO(read_text(path)))
    rows: list[list[float]] = []
    try:
        header = [column.strip() for column in next(lines)]
        twice = {column for column in header if header.count(column) > 1}
        if twice or _TIME not in header:
            wrong = f"column {min(twice)!r} appears twice" if twice else f"no {_TIME}"
            raise problem(path, 1, wrong, "name every column once, and time_s")
        for cells in lines:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise problem(
                    path,
                    lines.line_num,
                    f"{len(cells)} cells under {len(header)} columns",
                    "export it again",
                )
            rows.append([_cell(path, lines.line_num, cell) for cell in cells])
    except csv.Error as error:
        raise problem(path, lines.line_num, str(error), "export it again") from error
    values = np.array(rows, float).reshape(len(rows), len(header))
    times = values[:, header.index(_TIME)]
    if len(times) < 2:
        raise problem(path, None, "it has less than two frames", "give its rate by two")
    step = (times[-1] - times[0]) / (len(times) - 1)
    even = times[0] + step * np.arange(len(times))
    # A NaN fails these comparisons as well.
    if not (step > 0 and (np.abs(times - even) < _JITTER * step).all()):
        raise problem(path, None, f"{_TIME} does not go in even steps", "resample it")
    rate = 1 / step
    whole = float(round(rate))
    return header, values, whole if whole and abs(rate / whole - 1) < 1e-6 else rate


def _cell(path, line: int, cell: str) -> float:
    text = cell.strip()
    if text.lower() in ("", "nan"):
        return float("nan")
    value = number(text)
    if value is None:
        raise problem(
            path, line, f"{text[:40]!r} is not a finite number", "export it again"
        )
    return value
