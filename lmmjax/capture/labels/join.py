"""Segments and events brought together by time."""

import math
from collections.abc import Sequence

from lmmjax.capture.labels.events import Event


def join(
    spans: Sequence[tuple[float, float]],
    events: Sequence[Event],
    tolerance_s: float = 0.5,
    who: str | None = None,
) -> list[list[Event]]:
    """Give every event to one segment, or to none.

    An event belongs to the segment that has its time, of several to the one whose
    middle is nearest; else to the nearest segment that is no further away than the
    tolerance, of two as far to the earlier one. An event with an end belongs to the
    segment that it overlaps longest. The default tolerance is a choice: scorers log
    about half a second late, see `play_by_play.on_tracks`.

    Args:
      spans: N segments, from and to in seconds, in any order.
      events: the events; those without a time belong nowhere.
      tolerance_s: how far outside of a segment an event may be.
      who: whose segments they are: events of others belong nowhere, events of
        nobody in particular may. By default all events may.

    Returns:
      N lists of events, in the order of ``events``; [] for a segment without.

    Raises:
      ValueError: a segment ends before it begins, or the tolerance is below 0.
    """
    if not tolerance_s >= 0:
        raise ValueError(f"tolerance_s must not be below 0, but is {tolerance_s}")
    for span in spans:
        if not span[0] <= span[1]:
            raise ValueError(f"a segment goes from {span[0]} to {span[1]} s")
    joined: list[list[Event]] = [[] for _ in spans]
    for event in events:
        if who is not None and event.who not in ("", who):
            continue
        n = _segment(spans, event, tolerance_s)
        if n is not None:
            joined[n].append(event)
    return joined


def _segment(
    spans: Sequence[tuple[float, float]], event: Event, tolerance_s: float
) -> int | None:
    """The segment of one event."""
    if not event.timed or not spans:
        return None
    first = event.time_s
    last = first if event.end_s is None else event.end_s
    middle = (first + last) / 2

    def rank(n: int) -> tuple[float, float, float, float]:
        start, end = spans[n]
        apart = max(start - last, first - end, 0.0)
        shared = max(min(end, last) - max(start, first), 0.0)
        return apart, -shared, abs(middle - (start + end) / 2), start

    best = min(range(len(spans)), key=rank)
    apart = rank(best)[0]
    # Rounding must not decide what is exactly at the tolerance.
    inside = apart <= tolerance_s or math.isclose(apart, tolerance_s, rel_tol=1e-9)
    return best if inside else None
