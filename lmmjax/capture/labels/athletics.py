"""Results of athletics meetings: how every jump and throw ended.

The competition model that World Athletics proposed to the OpenTrack community group of
the W3C (https://github.com/w3c/opentrack-cg, incubation/wa-competition-model): JSON
``{"athletes", "units": [{"title", "rounds": [{"races": [{"results": [...]}]}]}]}``.
Results have no times, so neither have these events; they come in the order of the
attempts, for segments that are in that order too.
"""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from lmmjax.capture.labels.events import Event
from lmmjax.capture.monocular.documents import problem, read_json

_UNKNOWN = float("nan")
# Marks of a trial that was not measured, by the vocabularies of the model.
_MARKS = {"o": "cleared", "x": "failed", "-": "passed", "r": "retired"}
_METRES = re.compile(r"\d{1,3}\.\d{2}")


def read(path: str | os.PathLike) -> list[Event]:
    """Read the results of a meeting.

    Returns:
      An event for each attempt, or for each result that has no attempts. ``outcome``
      is ``measured``, ``cleared``, ``failed``, ``passed`` or ``retired`` of an
      attempt, else the result as written, such as ``10.42`` or ``DNF``. ``extra`` has
      ``round``, ``race``, ``attempt`` (from 1), ``wind``, and ``distance_m`` or
      ``height_m`` where there is one.

    Raises:
      CaptureError: the file holds something else.
      OSError: it cannot be read.
    """
    raw = read_json(path)
    if not is_meeting(raw):
        raise problem(path, "it has no athletes and units", "give results of a meeting")
    try:
        return list(_events(raw))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise problem(
            path, f"a result is not whole ({error!r})", "export it again"
        ) from error


def is_meeting(raw: Any) -> bool:
    """Whether JSON holds the results of a meeting."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("units"), list)
        and isinstance(raw.get("athletes"), list)
    )


def _events(raw: Mapping[str, Any]) -> Iterator[Event]:
    names = {
        athlete["id"]: f"{athlete['firstName']} {athlete['lastName']}"
        for athlete in raw["athletes"]
    }
    for unit in raw["units"]:
        label = str(unit.get("title") or f"event {unit['waEventId']}")
        for n, stage in enumerate(unit["rounds"], 1):
            for race in stage.get("races", ()):
                where = {
                    "round": str(stage.get("type") or n),
                    "race": race.get("number", 1),
                }
                for result in race["results"]:
                    # Results of relays are of teams, and no movement of one person.
                    athlete = result.get("athleteId")
                    if athlete is not None:
                        who = names.get(athlete, f"athlete {athlete}")
                        wind = result.get("wind", race.get("wind"))
                        yield from _of_one(label, who, where, wind, result)


def _of_one(
    label: str,
    who: str,
    where: Mapping[str, Any],
    wind: Any,
    result: Mapping[str, Any],
) -> Iterator[Event]:
    """The attempts of one athlete, or the result alone."""
    detail = [d for d in result.get("detail") or () if "distance" not in d]
    attempt = 0
    for entry in detail:
        marks: list[tuple[str, float | None]]
        marks = [(mark, None) for mark in str(entry.get("attempts", ""))]
        height = float(entry["height"]) if "height" in entry else None
        for mark, metres in marks or [_mark(str(entry["result"]))]:
            attempt += 1
            extra = {**where, "attempt": attempt}
            blown = entry.get("wind", wind)
            if blown is not None:
                extra["wind"] = blown
            if metres is not None:
                extra["distance_m"] = metres
            if height is not None:
                extra["height_m"] = height
            yield Event(
                _UNKNOWN,
                label,
                outcome="measured" if metres is not None else _MARKS[mark],
                who=who,
                source="athletics",
                extra=extra,
            )
    if not detail and result.get("result"):
        extra = dict(where) if wind is None else {**where, "wind": wind}
        outcome = str(result["result"])
        yield Event(_UNKNOWN, label, None, outcome, who, None, "athletics", extra)


def _mark(text: str) -> tuple[str, float | None]:
    """A trial: its mark, or what was measured."""
    if _METRES.fullmatch(text):
        return "o", float(text)
    if text not in _MARKS:
        raise ValueError(f"a trial is {text!r}")
    return text, None
