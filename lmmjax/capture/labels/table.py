"""One's own labels: a CSV with a row per event.

Columns ``time_s`` (or ``time``) and ``label`` are needed; ``end_s`` (or ``end``),
``outcome``, ``who``, ``x_m``, ``y_m`` and ``z_m`` may be there. All others are kept in
``extra``. Times are seconds of the recording, or ``h:mm:ss``.
"""

import os
from collections.abc import Mapping, Sequence

from lmmjax.capture.errors import CaptureError
from lmmjax.capture.labels.events import Event, ordered
from lmmjax.capture.monocular.documents import problem, read_table

_TIMES, _ENDS = ("time_s", "time"), ("end_s", "end")
_WHERE = ("x_m", "y_m", "z_m")
_KNOWN = {*_TIMES, *_ENDS, *_WHERE, "label", "outcome", "who"}


def read(path: str | os.PathLike) -> list[Event]:
    """Read labels.

    Returns:
      Events in time.

    Raises:
      CaptureError: a column is missing, or a row has no time or label.
      OSError: the file cannot be read.
    """
    header, rows = read_table(path)
    lower = [column.lower() for column in header]
    time = _either(lower, _TIMES)
    if time is None or "label" not in lower:
        raise problem(
            path,
            f"it has no column {'label' if time else 'time_s'}, only "
            f"{', '.join(header) or 'none'}",
            "name columns time_s, label and, if you have them, end_s, outcome, who",
        )
    end = _either(lower, _ENDS)
    events = []
    for n, row in enumerate(rows, 1):
        cells = dict(zip(lower, row, strict=True))
        try:
            events.append(_event(cells, time, end))
        except (ValueError, CaptureError) as error:
            raise problem(path, f"row {n}: {error}", "mend the row") from error
    return ordered(events)


def is_labels(header: Sequence[str]) -> bool:
    """Whether a table is one of labels."""
    lower = [column.lower() for column in header]
    return "label" in lower and _either(lower, _TIMES) is not None


def _either(header: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in header), None)


def _event(cells: Mapping[str, str], time: str, end: str | None) -> Event:
    if not cells["label"]:
        raise ValueError("it has no label")
    place = tuple(float(cells[key]) for key in _WHERE if cells.get(key))
    return Event(
        _seconds(cells[time]),
        cells["label"],
        _seconds(cells[end]) if end and cells[end] else None,
        cells.get("outcome", ""),
        cells.get("who", ""),
        place if len(place) >= 2 else None,
        "table",
        {key: value for key, value in cells.items() if key not in _KNOWN and value},
    )


def _seconds(text: str) -> float:
    """Seconds, or hours, minutes and seconds between colons."""
    try:
        parts = [float(part) for part in text.split(":")]
    except ValueError:
        parts = []
    if not 1 <= len(parts) <= 3 or any(not abs(part) < 1e9 for part in parts):
        raise ValueError(f"{text[:40]!r} is no time")
    seconds = 0.0
    for part in parts:
        seconds = 60 * seconds + part
    return seconds
