"""Laws of other labels: one's own tables, results of meetings, free throws."""

import json
import math

import pytest

from lmmjax.capture import CaptureError, labels
from lmmjax.capture.labels import Event
from lmmjax.capture.labels.events import ordered


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_a_table_of_ones_own_is_read_by_its_columns(tmp_path):
    text = "who,Label,time_s,end_s,outcome,x_m,y_m,coach\n"
    text += "ann,serve,61.5,62.5,in,1.0,-2,Bo\nbob,rally,1:01:00.5,,,,,\n"
    first, second = labels.read(write(tmp_path / "a.csv", text))
    assert first == Event(
        *(61.5, "serve", 62.5, "in", "ann", (1.0, -2.0), "table", {"coach": "Bo"})
    )
    assert (second.time_s, second.end_s, second.where) == (3660.5, None, None)
    assert second.extra == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_s,outcome\n1,in\n", "no column label, only time_s, outcome; name"),
        ("label\nserve\n", "no column time_s, only label"),
        ("time,label\nsoon,serve\n", "row 1: 'soon' is no time"),
        ("time,label\n1,a\n2,\n", "row 2: it has no label"),
        ("time,end,label\n2,1,serve\n", r"row 1: event 'serve' ends at 1\.0 s"),
        ("time,label\n1:2:3:4,a\n", "is no time"),
        ("time,label,label\n1,a,b\n", "column 'label' appears twice"),
        ("time,label\n1\n", r"a\.csv:2: 1 cells under 2 columns"),
        ("", "the file is empty"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, text, message):
    with pytest.raises(CaptureError, match=message) as error:
        labels.read(write(tmp_path / "a.csv", text))
    assert "\n" not in str(error.value)


def test_an_empty_table_has_no_events(tmp_path):
    assert labels.read(write(tmp_path / "a.csv", "time_s,label\n")) == []


def test_events_without_a_time_come_last():
    times = [math.nan, 2.0, 1.0]
    assert [e.time_s for e in ordered(Event(t, "x") for t in times)][:2] == [1.0, 2.0]
    assert hash(Event(1.0, "x", extra={"a": [1]})) == hash(Event(1.0, "x"))


def meeting(title, result, **race):
    return {
        "athletes": [{"id": 7, "firstName": "Ana", "lastName": "Peleteiro"}],
        "relayTeams": [],
        "venues": [],
        "units": [
            {
                "waEventId": 12,
                "title": title,
                "rounds": [
                    {
                        "type": "Final",
                        "races": [{"number": 1, "results": [result], **race}],
                    }
                ],
            }
        ],
    }


def test_long_jumps_have_an_event_per_attempt(tmp_path):
    detail = [
        {"result": "14.20", "wind": "+0.4"},
        {"result": "x", "wind": "-0.1"},
        {"result": "-", "wind": "NWI"},
        {"result": "r"},
    ]
    raw = meeting("Triple Jump", {"athleteId": 7, "result": "14.20", "detail": detail})
    events = labels.read(write(tmp_path / "a.json", raw))
    assert [e.outcome for e in events] == ["measured", "failed", "passed", "retired"]
    assert {e.who for e in events} == {"Ana Peleteiro"}
    assert [e.extra["attempt"] for e in events] == [1, 2, 3, 4]
    assert events[0].extra["distance_m"] == 14.2
    assert events[0].extra["wind"] == "+0.4"
    assert not any(e.timed for e in events)
    assert labels.join([(0.0, 1.0)], events) == [[]]


def test_high_jumps_have_an_event_per_trial_at_a_height(tmp_path):
    detail = [
        {"height": "1.85", "attempts": "xo"},
        {"height": "1.90", "attempts": "xx-"},
    ]
    raw = meeting("High Jump", {"athleteId": 7, "result": "1.85", "detail": detail})
    events = labels.read(write(tmp_path / "a.json", raw))
    marks = ["failed", "cleared", "failed", "failed", "passed"]
    assert [e.outcome for e in events] == marks
    assert [e.extra["height_m"] for e in events] == [1.85, 1.85, 1.9, 1.9, 1.9]


def test_races_have_their_result_and_relays_none(tmp_path):
    splits = [{"distance": "100.00", "result": "11.20"}]
    run = {"athleteId": 8, "result": "22.41", "detail": splits}
    raw = meeting("200 m", run, wind="+1.0")
    raw["units"][0]["rounds"][0]["races"][0]["results"].append({"relayTeamId": 1})
    (event,) = labels.read(write(tmp_path / "a.json", raw))
    assert (event.who, event.outcome) == ("athlete 8", "22.41")
    assert event.extra == {"round": "Final", "race": 1, "wind": "+1.0"}


def test_a_broken_meeting_is_named(tmp_path):
    for result in ({"athleteId": 7, "detail": [{"result": "y"}]}, "x"):
        path = write(tmp_path / "a.json", meeting("Shot", result))
        with pytest.raises(CaptureError, match="a result is not whole"):
            labels.read(path)


def test_a_free_throw_ends_as_it_says(tmp_path):
    frames = [{"frame": k, "time": 33 * k, "data": {"player": {}}} for k in range(31)]
    raw = {"participant_id": "P0001", "result": "missed", "entry_angle": 44}
    path = write(tmp_path / "a.json", {**raw, "tracking": frames})
    (event,) = labels.read(path)
    assert (event.outcome, event.who, event.end_s) == ("missed", "P0001", 0.99)
    assert event.extra == {"entry_angle": 44}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "{}", "what it holds is not known"),
        ("a.json", "[1]", "what it holds is not known"),
        ("a.mp4", "x", "what it holds is not known"),
    ],
)
def test_an_unknown_file_is_named(tmp_path, name, content, message):
    path = write(tmp_path / name, content)
    for read in (labels.read, labels.read_tracks):
        with pytest.raises(CaptureError, match=message):
            read(path)
    with pytest.raises(ValueError, match="no format 'xml'; there are soccernet"):
        labels.read(path, "xml")
