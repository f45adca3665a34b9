"""What happened, and where people were: annotations of sports and of one's own.

==========================  ========================================================
what                        formats
==========================  ========================================================
events (`read`)             ``soccernet``, ``play_by_play``, ``athletics``,
                            ``free_throw``, ``opentrack_jumps``, ``table``
tracks (`read_tracks`)      ``game_state``, ``sportvu``
boxes (`mot.read`)          MOTChallenge, SoccerNet tracking
sensors (`imu.read`)        OpenTrack
==========================  ========================================================

`join` gives events to segments of a movement by time.
"""

import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lmmjax.capture.labels import (
    athletics,
    free_throw,
    game_state,
    imu,
    mot,
    play_by_play,
    soccernet,
    sportvu,
    table,
)
from lmmjax.capture.labels.events import Event
from lmmjax.capture.labels.imu import Imu
from lmmjax.capture.labels.join import join
from lmmjax.capture.labels.tracks import Boxes, Tracks, make_tracks
from lmmjax.capture.monocular.documents import problem, read_json, read_table

__all__ = [
    "FORMATS",
    "TRACKS",
    "Boxes",
    "Event",
    "Imu",
    "Tracks",
    "imu",
    "join",
    "make_tracks",
    "mot",
    "read",
    "read_tracks",
]

_READERS: dict[str, Callable[..., list[Event]]] = {
    "soccernet": soccernet.read,
    "play_by_play": play_by_play.read,
    "athletics": athletics.read,
    "free_throw": free_throw.read,
    "opentrack_jumps": imu.read_jumps,
    "table": table.read,
}
_TRACK_READERS: dict[str, Callable[..., Tracks]] = {
    "game_state": game_state.read,
    "sportvu": sportvu.read,
}
FORMATS, TRACKS = tuple(_READERS), tuple(_TRACK_READERS)

_JSON: Mapping[str, Callable[[Any], bool]] = {
    "game_state": game_state.is_game_state,
    "sportvu": sportvu.is_game,
    "soccernet": soccernet.is_annotations,
    "athletics": athletics.is_meeting,
    "free_throw": free_throw.is_trial,
}
_TABLES: Mapping[str, Callable[[list[str]], bool]] = {
    "play_by_play": play_by_play.is_play_by_play,
    "opentrack_jumps": imu.is_processed,
    "table": table.is_labels,
}


def read(
    path: str | os.PathLike, format: str | None = None, **options: Any
) -> list[Event]:
    """Read the events of a file.

    Args:
      path: the .json or .csv.
      format: one of `FORMATS`; by default it is told from the content.
      **options: passed on to the reader of the format.

    Returns:
      Events in time; see the format's reader for what their times count from.

    Raises:
      CaptureError: one sentence that says what is wrong and what to do.
      OSError: the file cannot be read.
    """
    return _pick(path, format, _READERS, "read_tracks")(path, **options)


def read_tracks(
    path: str | os.PathLike, format: str | None = None, **options: Any
) -> Tracks:
    """Read where people were, in metres; see `read`. ``format`` is of `TRACKS`."""
    return _pick(path, format, _TRACK_READERS, "read")(path, **options)


def _pick(
    path: str | os.PathLike,
    format: str | None,
    readers: Mapping[str, Callable],
    other: str,
) -> Callable:
    """The reader of a file."""
    if format is not None and format not in readers:
        raise ValueError(f"no format {format!r}; there are {', '.join(readers)}")
    kind = format or _detect(path, tuple(readers))
    if kind not in readers:
        raise problem(path, f"this is {kind}", f"give it to labels.{other}")
    return readers[kind]


def _detect(path: str | os.PathLike, formats: Sequence[str]) -> str:
    """The format of a file, from what is in it."""
    kind = None
    suffix = pathlib.Path(path).suffix.lower()
    if suffix == ".json":
        raw = read_json(path)
        kind = next((kind for kind, is_it in _JSON.items() if is_it(raw)), None)
    elif suffix == ".csv":
        header, _ = read_table(path)
        kind = next((kind for kind, is_it in _TABLES.items() if is_it(header)), None)
        if kind is None and "table" in formats:
            # Most likely someone's own labels: say which column is missing.
            kind = "table"
    if kind is None:
        raise problem(
            path, "what it holds is not known", f"give format, one of {formats}"
        )
    return kind
