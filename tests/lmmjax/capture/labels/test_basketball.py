"""Laws of NBA data: one frame per moment, metres, outcomes on the time of tracks."""

import json
from collections import Counter

import numpy as np
import pytest

from lmmjax.capture import CaptureError, labels
from lmmjax.capture.labels import play_by_play

START = 1_445_990_000_000
PLAYERS = {201: ("Al", "Horford", "15"), 202: ("Kyle", "Korver", "26")}


def moment(frame, clock, rows=None, shot=24.0, period=1):
    """A moment of the 25 Hz recording; the ball is not the first row."""
    if rows is None:
        rows = [
            [10, 201, 47.0, 25.0, 0.0],
            [-1, -1, 10.0, 20.0, 6.5 + frame],
            [10, 202, 1.0 + frame, 2.0, 0.0],
        ]
    return [period, START + 40 * frame, clock, shot, None, rows]


def game(*events):
    team = [
        {"firstname": f, "lastname": s, "playerid": p, "jersey": j, "position": "F"}
        for p, (f, s, j) in PLAYERS.items()
    ]
    home = {"name": "Atlanta Hawks", "teamid": 10, "abbreviation": "ATL"}
    return {
        "gameid": "0021500001",
        "gamedate": "2015-10-27",
        "events": [
            {
                "eventId": str(n),
                "visitor": {"name": "Detroit Pistons", "teamid": 11, "players": []},
                "home": {**home, "players": team},
                "moments": list(moments),
            }
            for n, moments in events
        ],
    }


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_a_game_is_in_metres_and_seconds(tmp_path):
    raw = game((1, [moment(0, 720.0), moment(1, 719.96, shot=None)]))
    tracks = labels.read_tracks(write(tmp_path / "a.json", raw))
    assert tracks.names == ("Al Horford", "Kyle Korver")
    assert tracks.teams == ("Atlanta Hawks",) * 2
    assert (tracks.numbers, tracks.name) == (("15", "26"), "0021500001")
    np.testing.assert_allclose(tracks.times, [0, 0.04])
    np.testing.assert_allclose(tracks.of("Al Horford")[0], [14.3256, 7.62], rtol=1e-6)
    np.testing.assert_allclose(tracks.ball[0], [3.048, 6.096, 1.9812], rtol=1e-6)
    np.testing.assert_array_equal(tracks.frames["clock_s"], [720.0, 719.96])
    np.testing.assert_array_equal(tracks.frames["shot_clock_s"], [24.0, np.nan])


def test_a_moment_of_several_events_is_one_frame_with_everyone(tmp_path):
    ball, korver = [-1, -1, 5.0, 5.0, 5.0], [10, 202, 9.0, 9.0, 0.0]
    raw = game(
        (1, [moment(0, 700.0, [ball]), moment(1, 699.96, [ball])]),
        (2, []),
        (3, [moment(1, 699.96, [korver, ball]), moment(30, 690.0, [korver])]),
    )
    tracks = labels.read_tracks(write(tmp_path / "a.json", raw))
    np.testing.assert_allclose(tracks.times, [0, 0.04, 1.2])
    seen = np.isfinite(tracks.of("Kyle Korver")).all(1)
    assert seen.tolist() == [False, True, True]
    assert np.isfinite(tracks.ball).all(1).tolist() == [True, True, False]
    assert tracks.spans == {"1": (0.0, 0.04), "3": (0.04, 1.2)}


def test_the_clock_may_go_back_and_time_does_not(tmp_path):
    clocks = [600.0, 599.0, 601.0, 600.5]
    raw = game((1, [moment(k, clock) for k, clock in enumerate(clocks)][::-1]))
    tracks = labels.read_tracks(write(tmp_path / "a.json", raw))
    assert (np.diff(tracks.times) > 0).all()
    np.testing.assert_array_equal(tracks.frames["clock_s"], clocks)


def test_who_is_not_on_the_roster_goes_by_number(tmp_path):
    raw = game((1, [moment(0, 1.0, [[10, 999, 1, 1, 0], [10, 201, 2, 2, 0]])]))
    tracks = labels.read_tracks(write(tmp_path / "a.json", raw))
    assert tracks.names == ("Al Horford", "player 999")
    assert tracks.ball is None


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (game((1, []), (2, [])), "all of its events are empty"),
        (game((4, [moment(0, 1.0), [1, START]])), r"moment 1 .* of event 4"),
        (game((4, [moment(0, 1.0, [[1, 2, 3]])])), r"moment 0 .* of event 4"),
        (game((4, [moment(0, None)])), "no period, time, clock or player"),
        (game((4, [moment(0, 1.0, [[1, 1e300, 0, 0, 0]])])), "clock or player"),
        (
            {"events": [{"moments": [moment(0, 1.0)], "home": {"players": [{}]}}]},
            "a roster is broken",
        ),
        (game((4, [moment(0, 1.0), moment(0, 720.0, period=2)])), "in two periods"),
    ],
)
def test_a_broken_game_is_named(tmp_path, raw, message):
    with pytest.raises(CaptureError, match=message):
        labels.read_tracks(write(tmp_path / "a.json", raw))


def test_real_games_have_the_outcomes_of_their_scores(shared_data):
    for path in sorted((shared_data / "capture/nba_playbyplay").glob("*.csv")):
        events = labels.read(path)
        counts = Counter((e.label, e.outcome) for e in events)
        assert counts["field goal", "made"] in (74, 75, 76)
        assert min(counts["field goal", "missed"], counts["rebound", ""]) > 90
        points: Counter = Counter()
        for event in events:
            points[event.extra.get("team")] += event.extra.get("points", 0)
        score = [e.extra["score"] for e in events if "score" in e.extra][-1]
        final = sorted(int(part) for part in score.split(" - "))
        assert sorted(n for n in points.values() if n) == final
        times = [e.time_s for e in events]
        assert times == sorted(times)
        assert (times[0], times[-1]) == (0, 2880)
        assert all(e.who for e in events if e.label in ("field goal", "rebound"))


HEADER = "EVENTNUM,EVENTMSGTYPE,PERIOD,PCTIMESTRING,HOMEDESCRIPTION,PLAYER1_NAME\n"


def test_free_throws_and_overtime(tmp_path):
    rows = "1,3,1,0:07,MISS Horford Free Throw 1 of 2,Al Horford\n"
    rows += "2,3,1,0:07,Horford Free Throw 2 of 2 (1 PTS),Al Horford\n"
    rows += "3,1,6,4:50,Korver 26' 3PT Jump Shot (3 PTS),Kyle Korver\n"
    rows += "4,99,6,4:49,,\n"
    events = labels.read(write(tmp_path / "a.csv", HEADER + rows))
    assert [e.outcome for e in events] == ["missed", "made", "made", ""]
    assert [e.time_s for e in events] == [713, 713, 3190, 3191]
    assert [e.extra.get("points") for e in events] == [None, 1, 3, None]
    assert events[3].label == "type 99"


def test_events_go_to_the_first_frame_that_shows_their_clock(tmp_path):
    first = [moment(k, 702.0 - 0.04 * k) for k in range(60)]
    # The clock stands at 690.3, and later the same seconds are played again.
    second = [moment(100 + k, 690.3) for k in range(50)]
    again = [moment(200 + k, 702.0 - 0.04 * k) for k in range(60)]
    raw = game((1, first), (2, second), (7, again))
    tracks = labels.read_tracks(write(tmp_path / "a.json", raw))
    rows = "1,1,1,11:41,shot,Al Horford\n2,3,1,11:30,throw,Al Horford\n"
    rows += "7,1,1,11:41,shot,Al Horford\n9,2,1,2:00,not tracked,Al Horford\n"
    path = write(tmp_path / "a.csv", HEADER + rows)
    events = labels.read(path, tracks=tracks)
    assert [e.extra["event_id"] for e in events] == ["1", "2", "7"]
    # 702 - 0.04 k is below 702 for the first time at k = 1.
    assert [e.time_s for e in events] == pytest.approx([0.04, 4.0, 8.04])
    other = write(tmp_path / "b.csv", HEADER + "1,1,3,11:41,shot,Al Horford\n")
    with pytest.raises(CaptureError, match="give those of the same game"):
        play_by_play.read(other, tracks=tracks)


@pytest.mark.parametrize("row", ["1,x,1,1:00,,", "1,1,,1:00,,", "1,1,1,now,,"])
def test_a_row_without_a_clock_is_named(tmp_path, row):
    with pytest.raises(CaptureError, match="row 1 has no type, period or clock"):
        labels.read(write(tmp_path / "a.csv", HEADER + row + "\n"))
