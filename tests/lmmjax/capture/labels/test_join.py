"""Laws of joining: every event to one segment at most, and to none too far away."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmjax.capture import CaptureError
from lmmjax.capture.labels import Event, join

SECONDS = st.integers(-100, 1000).map(lambda k: k / 10)
SPANS = st.lists(
    st.tuples(SECONDS, st.integers(0, 100).map(lambda k: k / 10)).map(
        lambda pair: (pair[0], pair[0] + pair[1])
    ),
    max_size=6,
)
EVENTS = st.lists(
    st.builds(Event, SECONDS | st.just(float("nan")), st.just("x")), max_size=8
)
TOLERANCE = st.integers(0, 30).map(lambda k: k / 10)


def distance(span, event):
    return max(span[0] - event.time_s, event.time_s - span[1], 0.0)


@given(SPANS, EVENTS, TOLERANCE)
def test_an_event_is_in_one_segment_at_most_and_in_order(spans, events, tolerance):
    joined = join(spans, events, tolerance)
    assert len(joined) == len(spans)
    places = [[id(event) for event in some] for some in joined]
    flat = [i for some in places for i in some]
    assert len(flat) == len(set(flat))
    order = [id(event) for event in events]
    for some in places:
        assert some == [i for i in order if i in some]


@given(SPANS, EVENTS, TOLERANCE)
def test_an_event_is_in_the_nearest_segment_or_none_is_near(spans, events, tolerance):
    joined = join(spans, events, tolerance)
    for event in events:
        homes = [n for n, some in enumerate(joined) if any(e is event for e in some)]
        apart = [distance(span, event) for span in spans]
        if not homes:
            assert not event.timed or not spans or min(apart) > tolerance - 1e-9
        else:
            assert apart[homes[0]] == pytest.approx(min(apart))
            assert apart[homes[0]] <= tolerance + 1e-9


@given(SPANS, EVENTS, TOLERANCE, SECONDS)
def test_only_differences_of_time_count(spans, events, tolerance, shift):
    moved = [(start + shift, end + shift) for start, end in spans]
    later = [event.replace(time_s=event.time_s + shift) for event in events]
    counts = [[len(some) for some in join(spans, events, tolerance)]]
    counts.append([len(some) for some in join(moved, later, tolerance)])
    assert sum(counts[0]) == sum(counts[1])


@given(SPANS, EVENTS)
def test_more_tolerance_loses_no_event(spans, events):
    counts = [sum(map(len, join(spans, events, t))) for t in (0.0, 0.5, 1.0, 1000.0)]
    assert counts == sorted(counts)
    if spans:
        assert counts[-1] == sum(event.timed for event in events)


def test_the_edges_are_inside_and_the_tolerance_is():
    spans = [(0.0, 1.0), (2.0, 3.0)]
    events = [Event(t, "x") for t in (0.0, 1.0, 1.4, 1.6, 3.5, 3.51)]
    assert [[e.time_s for e in some] for some in join(spans, events)] == [
        [0.0, 1.0, 1.4],
        [1.6, 3.5],
    ]


def test_of_overlapping_segments_the_one_about_the_event_has_it():
    joined = join([(0.0, 10.0), (4.0, 5.0)], [Event(4.4, "a"), Event(1.0, "b")])
    assert [[event.label for event in some] for some in joined] == [["b"], ["a"]]


def test_a_long_event_belongs_where_most_of_it_is():
    joined = join([(0.0, 2.0), (2.0, 9.0)], [Event(1.0, "rally", 6.0)])
    assert [len(some) for some in joined] == [0, 1]


def test_events_of_others_do_not_count():
    events = [Event(0.5, "x", who=who) for who in ("ann", "bob", "")]
    (mine,) = join([(0.0, 1.0)], events, who="ann")
    assert [event.who for event in mine] == ["ann", ""]
    (all_of_them,) = join([(0.0, 1.0)], events)
    assert len(all_of_them) == 3


def test_what_is_no_segment_or_event_is_refused():
    with pytest.raises(ValueError, match=r"from 2\.0 to 1\.0 s"):
        join([(2.0, 1.0)], [])
    with pytest.raises(ValueError, match="tolerance_s"):
        join([], [], -0.1)
    with pytest.raises(CaptureError, match="before it begins"):
        Event(2.0, "x", 1.0)
    with pytest.raises(CaptureError, match="time is inf"):
        Event(np.inf, "x")
    assert join([], [Event(0.0, "x")]) == []
