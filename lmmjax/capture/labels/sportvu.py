"""NBA SportVU: ten players and the ball at 25 Hz, as STATS published 2015-16.

A game is ``{"gameid", "gamedate", "events": [{"eventId", "visitor", "home",
"moments"}]}`` and a moment ``[period, unix_ms, game_clock_s, shot_clock_s or null,
null, [[team_id, player_id, x, y, z], ...]]``, in feet from a corner of the 94 x 50 ft
court. What the files are like, and what is done about it:

- Events overlap: the same moment stands in several. Moments of one period and time
  are one frame, with everyone whom any of them has.
- Events may be empty, a row be missing or the ball not come first: rows go by who
  they are of.
- The game clock stops, jumps and goes back: time is that of the computer, unix_ms,
  and the clock is only noted.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lmmjax.capture.errors import CaptureError
from lmmjax.capture.labels.tracks import Tracks, blank, make_tracks
from lmmjax.capture.monocular import world
from lmmjax.capture.monocular.documents import problem, read_json

_BALL = -1


def read(path: str | os.PathLike) -> Tracks:
    """Read a game.

    Returns:
      Players by name over all frames in which anything was tracked, times in
      seconds from the first. Positions [T, N, 2] are metres from the corner of the
      court; whether y runs to the left or the right of x is not documented, and the
      axes are kept. The ball is [T, 3] with its height. ``frames`` has ``period``,
      ``clock_s`` (left in the period) and ``shot_clock_s`` (NaN where off),
      ``spans`` the time of every event by ``eventId``.

    Raises:
      CaptureError: the file holds something else, or no moment at all.
      OSError: it cannot be read.
    """
    raw = read_json(path)
    if not is_game(raw):
        raise problem(path, "it has no events with moments", "give a game of SportVU")
    moments: list[Sequence[Any]] = []
    events: list[int] = []
    for n, event in enumerate(raw["events"]):
        moments += event["moments"]
        events += [n] * len(event["moments"])
    if not moments:
        raise problem(path, "all of its events are empty", "get another copy")
    try:
        heads = np.array([m[:4] for m in moments], float)
        counts = [len(m[5]) for m in moments]
        rows = np.array([row for m in moments for row in m[5]], float).reshape(-1, 5)
    except (TypeError, ValueError, IndexError) as error:
        raise _broken(path, raw, error) from error
    # A NaN fails the comparisons; larger numbers are no whole ones.
    numbered = np.abs(heads[:, :3]) < 2**53, np.abs(rows[:, :2]) < 2**53
    if not all(part.all() for part in numbered):
        raise problem(
            path, "a moment has no period, time, clock or player", "get another copy"
        )
    # Time decides the order; the period tells apart moments of one time.
    keys, first, frame = np.unique(
        heads[:, [1, 0]], axis=0, return_index=True, return_inverse=True
    )
    # Two periods cannot share a time: the clock of the computer goes on.
    same = np.flatnonzero(np.diff(keys[:, 0]) == 0)
    if len(same):
        raise problem(
            path, f"time {keys[same[0], 0]:.0f} is in two periods", "get another copy"
        )
    frame = frame.ravel()
    frame_of_row = np.repeat(frame, counts)
    players, who = np.unique(rows[:, 1].astype(int), return_inverse=True)
    feet = blank(path, len(keys), len(players), 3)
    # Backwards, so that of two rows of one player in a frame the first counts.
    feet[frame_of_row[::-1], who[::-1]] = rows[::-1, 2:]
    metres = feet * world.FOOT
    on_court = players != _BALL
    try:
        names, teams, numbers = _roster(raw["events"], players[on_court])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise problem(
            path, f"a roster is broken ({error!r})", "get another copy"
        ) from error
    times = (keys[:, 0] - keys[0, 0]) / 1000
    in_event = np.asarray(events)
    spans = {}
    for n in np.unique(in_event):
        within = times[frame[in_event == n]]
        spans[str(raw["events"][n].get("eventId"))] = (
            float(within.min()),
            float(within.max()),
        )
    clocks = heads[first]
    return make_tracks(
        names,
        times,
        metres[:, on_court, :2],
        teams=teams,
        roles=["player"] * len(names),
        numbers=numbers,
        ball=metres[:, ~on_court][:, 0] if not on_court.all() else None,
        frames={
            "period": clocks[:, 0].astype(int),
            "clock_s": clocks[:, 2],
            "shot_clock_s": clocks[:, 3],
        },
        spans=spans,
        name=str(raw.get("gameid", "")),
    )


def is_game(raw: Any) -> bool:
    """Whether JSON is a game."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("events"), list)
        and len(raw["events"]) > 0
        and all(
            isinstance(event, dict) and isinstance(event.get("moments"), list)
            for event in raw["events"]
        )
    )


def _roster(
    events: Sequence[Mapping[str, Any]], players: np.ndarray
) -> tuple[list[str], list[str], list[str]]:
    """Names, teams and jerseys of players by their number."""
    known: dict[int, tuple[str, str, str]] = {}
    for event in events:
        for side in ("visitor", "home"):
            team = event.get(side) or {}
            for player in team.get("players", ()):
                name = f"{player.get('firstname', '')} {player.get('lastname', '')}"
                known.setdefault(
                    int(player["playerid"]),
                    (
                        name.strip(),
                        str(team.get("name", "")),
                        str(player.get("jersey", "")),
                    ),
                )
    found = [known.get(int(p), (f"player {p}", "", "")) for p in players]
    names = [name for name, _, _ in found]
    unique = [
        name if names.count(name) == 1 else f"{name} {player}"
        for name, player in zip(names, players, strict=True)
    ]
    return unique, [team for _, team, _ in found], [number for _, _, number in found]


def _broken(path, raw: Mapping[str, Any], error: Exception) -> CaptureError:
    """The error about the first moment that is no moment."""
    for event in raw["events"]:
        for n, moment in enumerate(event["moments"]):
            try:
                np.array(moment[:4], float).reshape(4)
                np.array(moment[5], float).reshape(-1, 5)
            except (TypeError, ValueError, IndexError) as reason:
                return problem(
                    path,
                    f"moment {n} (from 0) of event {event.get('eventId')} is broken "
                    f"({reason})",
                    "get another copy",
                )
    return problem(path, f"its moments are broken ({error})", "get another copy")
