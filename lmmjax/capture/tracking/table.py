"""Tracks of one's own: a CSV with a row per person and frame.

Columns ``id`` (or ``player``, ``player_id``, ``track_id``, ``name``), ``x`` and ``y``
(or ``x_m``, ``y_m``) in metres, y to the left of x, and ``time`` (or ``time_s``,
``timestamp``, ``t``) in seconds or ``frame`` (or ``frame_id``) are needed; ``z`` (or
``z_m``), ``team``, ``role`` and ``number`` (or ``jersey``) may be there. Rows come in
any order. An id, team or role ``ball`` is the ball. Without an x and y, as without a
row, somebody is not there.

Wide exports, such as Metrica's with two columns per player, are brought to this by a
row for each player; Metrica's places are shares of the pitch with y pointing down.
"""

import contextlib
import os
from collections.abc import Mapping, Sequence

import numpy as np

from lmmjax.capture.labels.tracks import Tracks, blank, make_tracks
from lmmjax.capture.monocular.documents import problem, read_table
from lmmjax.capture.names import natural_key

_MAX_BYTES = 2**29
_FPS = 25.0
_COLUMNS = {
    "time": ("time", "time_s", "timestamp", "t"),
    "frame": ("frame", "frame_id"),
    "id": ("id", "player", "player_id", "track_id", "name"),
    "x": ("x", "x_m"),
    "y": ("y", "y_m"),
    "z": ("z", "z_m"),
    "team": ("team",),
    "role": ("role",),
    "number": ("number", "jersey"),
}
_BALL = "ball"


def read(path: str | os.PathLike, fps: float | None = None) -> Tracks:
    """Read a table.

    Args:
      path: the .csv.
      fps: frames per second, where there are frames and no times; 25 by default.

    Returns:
      Tracks by id, NaN where somebody is not there; times are as written, or count
      from the first frame.

    Raises:
      CaptureError: a column is missing, a cell is no finite number, somebody is twice
        in a frame, or places are shares of the pitch; the message names the row.
      OSError: the file cannot be read.
    """
    if (size := os.path.getsize(path)) > _MAX_BYTES:
        raise problem(path, f"it has {size >> 20} MiB", "split the recording")
    header, rows = read_table(path)
    at = _columns(path, header)
    if not rows:
        raise problem(path, "it has no row", "export it again")
    clock = "time" if "time" in at else "frame"
    when = _numbers(path, rows, at[clock], clock)
    there = np.array([bool(row[at["x"]] and row[at["y"]]) for row in rows])
    place = np.stack(
        [
            _numbers(path, rows, at[axis], axis, "xy".find(axis) < 0 or ~there)
            for axis in ("x", "y", "z")
            if axis in at
        ],
        axis=-1,
    )
    names = [row[at["id"]] for row in rows]
    if "" in names:
        raise _broken(path, names.index(""), "it has no id")
    labels = {
        key: [row[at[key]] for row in rows] if key in at else [""] * len(rows)
        for key in ("team", "role", "number")
    }
    times, frame = np.unique(when, return_inverse=True)
    known = dict(zip(names, zip(*labels.values(), strict=True), strict=True))
    balls = {name for name, told in known.items() if _is_ball(name, told)}
    if len(balls) > 1:
        raise problem(path, f"there are {len(balls)} balls", "keep one")
    people = sorted(known.keys() - balls, key=natural_key)
    slot = {name: n for n, name in enumerate([*people, *balls])}
    who = np.array([slot[name] for name in names])
    _once(path, frame.ravel(), who, names)
    places = blank(path, len(times), len(slot), place.shape[-1])
    places[frame.ravel(), who] = place
    _no_shares(path, places[:, : len(people), :2])
    if clock == "frame":
        times = (times - times[0]) / (fps or _FPS)
    teams, roles, numbers = zip(*(known[n] for n in people), strict=True) or ((),) * 3
    return make_tracks(
        people,
        times,
        places[:, : len(people), :2],
        teams=teams,
        roles=roles,
        numbers=numbers,
        ball=places[:, -1] if balls else None,
        name=os.path.splitext(os.path.basename(path))[0],
    )


def _columns(path: str | os.PathLike, header: Sequence[str]) -> Mapping[str, int]:
    """Number of each column by what it tells."""
    lower = [column.lower() for column in header]
    at = {}
    for key, names in _COLUMNS.items():
        found = [lower.index(name) for name in names if name in lower]
        if found:
            at[key] = found[0]
    missing = [key for key in ("id", "x", "y") if key not in at]
    if "time" not in at and "frame" not in at:
        missing.append("time or frame")
    if missing:
        raise problem(
            path,
            f"it has no column {missing[0]}, only {', '.join(header) or 'none'}",
            "name columns time or frame, id, x, y and, if you have it, team",
        )
    return at


def _numbers(
    path: str | os.PathLike,
    rows: Sequence[Sequence[str]],
    column: int,
    name: str,
    gap: np.ndarray | bool = False,
) -> np.ndarray:
    """A column of finite numbers, NaN where a cell may be empty and is not counted."""
    may = np.broadcast_to(gap, len(rows))
    found = np.full(len(rows), np.nan)
    for n, row in enumerate(rows):
        cell = row[column]
        if may[n] and not cell:
            continue
        with contextlib.suppress(ValueError):
            found[n] = float(cell)
        if not np.isfinite(found[n]):
            raise _broken(path, n, f"{name} {cell[:40]!r} is no finite number")
    return found


def _once(
    path: str | os.PathLike, frame: np.ndarray, who: np.ndarray, names: Sequence[str]
) -> None:
    """Nobody is twice in a frame."""
    pairs = frame.astype(np.int64) * (who.max() + 1) + who
    _, first, count = np.unique(pairs, return_index=True, return_counts=True)
    if (count > 1).any():
        pair = pairs[first[np.argmax(count > 1)]]
        row = int(np.flatnonzero(pairs == pair)[1])
        raise _broken(path, row, f"{names[row]!r} is in this frame already")


def _no_shares(path: str | os.PathLike, places: np.ndarray) -> None:
    """Places of several people, all within the first metre, are shares of a pitch."""
    known = places[np.isfinite(places).all(axis=-1)]
    several = places.shape[1] >= 4
    if several and len(known) and known.min() >= 0 and known.max() <= 1:
        raise problem(
            path,
            "all places are from 0 to 1",
            "multiply them by the length and the width of the pitch, in metres",
        )


def _is_ball(name: str, told: Sequence[str]) -> bool:
    team, role, _ = told
    return _BALL in (name.lower(), team.lower(), role.lower())


def _broken(path: str | os.PathLike, row: int, wrong: str):
    return problem(path, f"row {row + 1}: {wrong}", "mend the row")
