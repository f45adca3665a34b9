"""NBA play-by-play: what happened in a game, who did it, and how it ended.

A CSV of stats.nba.com with a row per event: ``EVENTNUM`` (the ``eventId`` of SportVU),
``EVENTMSGTYPE``, ``PERIOD``, ``PCTIMESTRING`` (minutes and seconds left in the
period), descriptions, score and up to three players.
"""

import os
import re
from collections.abc import Mapping, Sequence

import numpy as np

from lmmjax.capture.errors import CaptureError
from lmmjax.capture.labels.events import Event, ordered
from lmmjax.capture.labels.tracks import Tracks
from lmmjax.capture.monocular.documents import problem, read_table

# By EVENTMSGTYPE.
LABELS = {
    1: "field goal",
    2: "field goal",
    3: "free throw",
    4: "rebound",
    5: "turnover",
    6: "foul",
    7: "violation",
    8: "substitution",
    9: "timeout",
    10: "jump ball",
    11: "ejection",
    12: "period start",
    13: "period end",
    18: "replay",
}
_MADE, _MISSED, _FREE_THROW = 1, 2, 3
# Quarters and overtimes, seconds: rules of the NBA.
_QUARTER, _OVERTIME = 720.0, 300.0
_NEEDED = ("EVENTNUM", "EVENTMSGTYPE", "PERIOD", "PCTIMESTRING")
_DESCRIPTIONS = ("HOMEDESCRIPTION", "NEUTRALDESCRIPTION", "VISITORDESCRIPTION")
# The clock of an event is given in whole seconds, so a frame may be this far off.
_CLOCK_S = 1.0


def read(path: str | os.PathLike, *, tracks: Tracks | None = None) -> list[Event]:
    """Read a game.

    Args:
      path: the .csv.
      tracks: the same game as `sportvu.read` has it: times become those of the
        tracks; see `on_tracks`.

    Returns:
      Events in the order of the game. Without tracks a time is seconds of play since
      the game began. ``who`` is the first player, or the team where it is one's;
      ``outcome`` of field goals and free throws ``made`` or ``missed``. ``extra`` has
      ``event_id``, ``period``, ``clock_s`` (left in the period), ``description``,
      and where they are known ``points``, ``score`` (visitor - home), ``team`` and
      ``others``.

    Raises:
      CaptureError: the table is another one, a row has no clock, or none of it is
        in the tracks.
      OSError: it cannot be read.
    """
    header, rows = read_table(path)
    missing = [column for column in _NEEDED if column not in header]
    if missing:
        raise problem(path, f"it has no column {missing[0]}", "give a play-by-play")
    events = []
    games = [dict(zip(header, row, strict=True)) for row in rows]
    teams = _teams(games)
    for n, cells in enumerate(games, 1):
        try:
            events.append(_event(cells, teams))
        except ValueError as error:
            raise problem(
                path, f"row {n} has no type, period or clock ({error})", "get it anew"
            ) from error
    return ordered(events) if tracks is None else on_tracks(events, tracks)


def is_play_by_play(header: Sequence[str]) -> bool:
    """Whether a table is a play-by-play."""
    return set(_NEEDED) <= set(header)


def on_tracks(events: Sequence[Event], tracks: Tracks) -> list[Event]:
    """Events with the times of the tracks of the same game.

    The time of an event is the first frame at which the clock of its period shows
    its second: among the frames of its ``event_id`` or, where the clock does not
    show it there, among those of the period. While the clock stands, as before free
    throws, that is when it stopped. Scorers log a median 0.6 s late, which stays.

    Returns:
      The events that the tracks have, in time; those while nothing was tracked are
      left out.

    Raises:
      CaptureError: none is in the tracks, as if they were of another game.
    """
    if not {"period", "clock_s"} <= set(tracks.frames):
        raise CaptureError(f"{tracks.name}: its frames have no clock; give SportVU's")
    period, clock = tracks.frames["period"], tracks.frames["clock_s"]
    placed = []
    for event in events:
        frames = np.flatnonzero(period == event.extra["period"])
        start, end = tracks.spans.get(str(event.extra["event_id"]), (np.inf, -np.inf))
        times = tracks.times[frames]
        inside = frames[(times >= start) & (times <= end)]
        for among in (inside, frames):
            shown = among[np.abs(clock[among] - event.extra["clock_s"]) < _CLOCK_S]
            if len(shown):
                # As the scoreboard shows it: 11:41 until 11:40.99.
                exact = shown[np.floor(clock[shown]) == event.extra["clock_s"]]
                at = (exact if len(exact) else shown)[0]
                placed.append(event.replace(time_s=float(tracks.times[at])))
                break
    if events and not placed:
        raise CaptureError(
            f"{tracks.name}: none of {len(events)} events is in the tracks; give those "
            "of the same game"
        )
    return ordered(placed)


def _teams(rows: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Names of the teams by their number, from the rows that have a player."""
    teams = {}
    for cells in rows:
        city, nickname = (
            cells.get(f"PLAYER1_TEAM_{key}", "") for key in ("CITY", "NICKNAME")
        )
        # The number of a team is written as 1610612737.0.
        number = cells.get("PLAYER1_TEAM_ID", "").partition(".")[0]
        if number and city:
            teams[number] = f"{city} {nickname}".strip()
    return teams


def _event(cells: Mapping[str, str], teams: Mapping[str, str]) -> Event:
    kind, period = int(cells["EVENTMSGTYPE"]), int(cells["PERIOD"])
    minutes, _, seconds = cells["PCTIMESTRING"].partition(":")
    clock = int(minutes) * 60 + float(seconds)
    description = "; ".join(filter(None, (cells.get(key) for key in _DESCRIPTIONS)))
    outcome = {_MADE: "made", _MISSED: "missed"}.get(kind, "")
    if kind == _FREE_THROW:
        outcome = "missed" if re.search(r"\bMISS\b", description) else "made"
    extra = {
        "event_id": cells["EVENTNUM"],
        "period": period,
        "clock_s": clock,
        "description": description,
    }
    if outcome == "made" and kind == _MADE:
        extra["points"] = 3 if re.search(r"\b3PT\b", description) else 2
    elif outcome == "made":
        extra["points"] = 1
    # A rebound or timeout of a team has the team's number in place of a player's.
    number = cells.get("PLAYER1_TEAM_ID", "") or cells.get("PLAYER1_ID", "")
    team = teams.get(number.partition(".")[0], "")
    others = [cells.get(f"PLAYER{k}_NAME", "") for k in (2, 3)]
    for key, value in (
        ("score", cells.get("SCORE", "")),
        ("team", team),
        ("others", tuple(filter(None, others))),
    ):
        if value:
            extra[key] = value
    return Event(
        _elapsed(period, clock),
        LABELS.get(kind, f"type {kind}"),
        outcome=outcome,
        who=cells.get("PLAYER1_NAME", "") or team,
        source="play_by_play",
        extra=extra,
    )


def _elapsed(period: int, clock_s: float) -> float:
    """Seconds of play since the game began; periods above 4 are overtimes."""
    length = _QUARTER if period <= 4 else _OVERTIME
    before = min(period - 1, 4) * _QUARTER + max(period - 5, 0) * _OVERTIME
    return before + length - clock_s
