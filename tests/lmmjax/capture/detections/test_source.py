"""Laws of sources: any span is the same part of the whole."""

import numpy as np
import pytest

from lmmjax.capture.detections import source as sources
from lmmjax.capture.detections.source import frame_numbers, rate, table_source
from lmmjax.capture.errors import CaptureError

NUMBERS = np.array([7, 5, 7, 11, 5, 7])


def table(**options):
    values = np.random.default_rng(0).uniform(1, 9, (6, 2, 3)).astype(np.float32)
    settings = {"fps": 50.0, "size": (640, 480), "problems": []} | options
    return values, table_source("left", ("a", "b"), NUMBERS, values, **settings)


def test_rows_become_people_of_their_frame_in_order():
    values, source = table()
    assert (len(source), source.start) == (7, 5)
    found = source.read()
    assert found.xy.shape == (7, 3, 2, 2)
    for t, rows in {0: (1, 4), 2: (0, 2, 5), 6: (3,)}.items():
        for p, row in enumerate(rows):
            np.testing.assert_array_equal(found.xy[t, p], values[row, :, :2])
        assert found.missing[t, len(rows) :].all()
    assert found.missing[[1, 3, 4, 5]].all()
    assert (found.fps, found.size, found.camera) == (50.0, (640, 480), "left")


@pytest.mark.parametrize("span", [(0, 7), (0, 2), (1, 3), (2, 3), (3, 6), (6, 7)])
def test_spans_are_parts_of_the_whole(span):
    _, source = table()
    whole, part = source.read()[slice(*span)], source.read(*span)
    people = part.xy.shape[1]
    np.testing.assert_array_equal(part.xy, whole.xy[:, :people])
    assert whole.missing[:, people:].all()
    assert part.start == whole.start == 5 + span[0]


def test_named_people_keep_their_places():
    values, source = table(people=("u", "v", "w"), slots=np.array([2, 0, 1, 0, 2, 0]))
    found = source.read()
    assert found.people == ("u", "v", "w")
    np.testing.assert_array_equal(found.xy[2, 2], values[0, :, :2])
    np.testing.assert_array_equal(found.xy[0, 2], values[4, :, :2])
    assert found.missing[0, 1].all()
    assert source.read(3, 6).xy.shape == (3, 3, 2, 2)


@pytest.mark.parametrize("span", [(-1, 2), (0, 8), (3, 2)])
def test_spans_outside_are_an_error(span):
    with pytest.raises(CaptureError, match="are asked of a recording of 7"):
        table()[1].read(*span)


def test_memory_is_not_exhausted(monkeypatch):
    _, source = table()
    monkeypatch.setattr(sources, "_MAX_BYTES", 12 * 2 * 3 * 3)
    source.read(0, 3)
    with pytest.raises(CaptureError, match="read fewer frames at a time"):
        source.read(0, 4)


def test_a_rate_that_is_not_known_is_noted():
    problems = []
    assert rate(60, problems) == 60.0
    assert not problems
    assert rate(None, problems) == sources.DEFAULT_FPS
    assert "no frame rate is given" in problems[0]
    with pytest.raises(CaptureError, match="fps must be a number above 0, not 0"):
        rate(0, problems)


def test_time_stamps_are_not_frames():
    problems = []
    assert frame_numbers([4, 2, 19], problems).tolist() == [4, 2, 19]
    assert not problems
    assert frame_numbers([1000, 34, 67, 67], problems).tolist() == [2, 0, 1, 1]
    assert "the numbers 34 to 1000 of 3 pictures do not count frames" in problems[0]
    assert frame_numbers([], problems).tolist() == []
