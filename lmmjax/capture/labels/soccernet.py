"""SoccerNet's annotations of broadcasts: actions, ball actions and camera cuts.

Deliège et al., "SoccerNet-v2" (CVPRW 2021), https://www.soccer-net.org. Files are
``Labels-v2.json`` (17 actions), ``Labels.json`` (v1: goals, cards, substitutions),
``Labels-ball.json`` (12 actions with the ball) and ``Labels-cameras.json`` (shot
boundaries), all of the form ``{"annotations": [{"gameTime": "1 - 00:31", "label",
"position": "31500", "team", ...}]}``. Each half of a game is a video of its own.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from lmmjax.capture.labels.events import Event, ordered
from lmmjax.capture.monocular.documents import problem, read_json

_TIME = re.compile(r"\s*(\d+)\s*-\s*(\d+):(\d+(?:\.\d+)?)\s*")
# What a label says about how an action ended.
_OUTCOMES = {
    "Goal": "goal",
    "GOAL": "goal",
    "Shots on target": "on target",
    "Shots off target": "off target",
    "PLAYER SUCCESSFUL TACKLE": "successful",
}
_NOBODY = ("", "not applicable", "none")
_READ = ("gameTime", "label", "position", "team")


def read(path: str | os.PathLike, *, half: int | None = None) -> list[Event]:
    """Read the annotations of a game.

    Args:
      path: the .json.
      half: 1 or 2 for one half alone: times are seconds from the start of the half,
        which is that of its video, so only events of one half compare.

    Returns:
      Events in time within their half. ``who`` is the team, ``home`` or ``away``;
      ``extra`` has ``half`` and what else is noted, such as ``visibility``.

    Raises:
      CaptureError: the file holds something else, or an annotation has no time.
      OSError: it cannot be read.
    """
    raw = read_json(path)
    if not is_annotations(raw):
        raise problem(path, "it has no annotations", "give a label file of SoccerNet")
    events = []
    for n, annotation in enumerate(raw["annotations"]):
        try:
            event = _event(annotation)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise problem(
                path,
                f"annotation {n} (from 0) has no label with gameTime ({error})",
                "download it again",
            ) from error
        if half in (None, event.extra["half"]):
            events.append(event)
    return ordered(events)


def is_annotations(raw: Any) -> bool:
    """Whether JSON holds annotations of this form."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("annotations"), list)
        and all(isinstance(a, dict) and "gameTime" in a for a in raw["annotations"])
    )


def _event(annotation: Mapping[str, Any]) -> Event:
    match = _TIME.fullmatch(annotation["gameTime"])
    if match is None:
        raise ValueError(f"gameTime is {annotation['gameTime']!r}")
    # The position is in milliseconds; v1 has none, and gameTime whole seconds.
    seconds = int(match[2]) * 60 + float(match[3])
    if annotation.get("position") not in (None, ""):
        seconds = float(annotation["position"]) / 1000
    label = str(annotation["label"])
    team = str(annotation.get("team") or "")
    extra = {key: value for key, value in annotation.items() if key not in _READ}
    return Event(
        seconds,
        label,
        outcome=_OUTCOMES.get(label, ""),
        who="" if team in _NOBODY else team,
        source="soccernet",
        extra={"half": int(match[1]), **extra},
    )
