"""Laws of tables of tracks: what was written is read, and nonsense is named."""

import csv

import numpy as np
import pytest

from lmmjax.capture import tracking
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.tracking import table

FPS = 25.0


def ways(count=3, frames=50):
    """Ways [T, N, 2] of people who walk in curves, and times [T]."""
    time = np.arange(frames) / FPS
    turn = time[:, None] * np.linspace(0.3, 0.9, count) + np.arange(count)
    return np.stack([30 + 8 * np.cos(turn), 20 + 5 * np.sin(turn)], axis=-1), time


def write(path, rows, header="frame,id,x,y,team"):
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(header.split(","))
        out.writerows(rows)
    return path


def written(tmp_path, places, clock, header="frame,id,x,y,team"):
    rows = [
        (clock[t], f"p{n}", *map(float, places[t, n]), "red" if n else "blue")
        for t in range(len(places))
        for n in range(places.shape[1])
    ]
    np.random.default_rng(0).shuffle(rows)
    return write(tmp_path / "match.csv", rows, header)


def test_what_was_written_is_read_in_any_order(tmp_path):
    places, time = ways()
    found = tracking.read(written(tmp_path, places, range(100, 150)))
    assert found.names == ("p0", "p1", "p2")
    assert found.teams == ("blue", "red", "red")
    assert found.ball is None
    np.testing.assert_allclose(found.positions, places, atol=1e-5)
    np.testing.assert_allclose(found.times, time, atol=1e-9)


def test_times_and_other_rates_are_heeded(tmp_path):
    places, time = ways()
    path = written(tmp_path, places, time, "Time,player_id,x_m,y_m,team")
    np.testing.assert_allclose(tracking.read(path).times, time)
    path = written(tmp_path, places, range(50))
    np.testing.assert_allclose(table.read(path, fps=50).times, time / 2)


def test_a_ball_is_told_apart_and_gaps_are_gaps(tmp_path):
    rows = [
        (0, "a", 1.0, 2.0, "", "player"),
        (0, "7", 5.0, 6.0, 0.5, "ball"),
        (1, "a", "", "", "", "player"),
        (2, "a", 3.0, 2.0, "", "player"),
        (2, "7", 9.0, 6.0, 1.5, "ball"),
    ]
    found = tracking.read(write(tmp_path / "x.csv", rows, "frame,id,x,y,z,role"))
    assert (found.names, found.roles) == (("a",), ("player",))
    np.testing.assert_array_equal(found.of("a"), [[1, 2], [np.nan] * 2, [3, 2]])
    np.testing.assert_array_equal(found.ball, [[5, 6, 0.5], [np.nan] * 3, [9, 6, 1.5]])


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        ([], "frame,id,x,y", "no row"),
        ([(0, "a", 1)], "frame,id,x", "no column y"),
        ([("a", 1, 2)], "id,x,y", "no column time or frame"),
        ([(0, "a", 1, 2), (1, "a", "nan", 2)], "frame,id,x,y", "row 2: x 'nan'"),
        ([(0, "a", 1, 2), ("inf", "a", 1, 2)], "frame,id,x,y", "row 2: frame 'inf'"),
        ([(0, "a", "far", 2)], "frame,id,x,y", "row 1: x 'far' is no finite number"),
        ([(0, "", 1, 2)], "frame,id,x,y", "row 1: it has no id"),
        ([(0, "a", 1, 2)] * 2, "frame,id,x,y", "row 2: 'a' is in this frame already"),
        ([(0, "a", 1e5, 2)], "frame,id,x,y", "a is 1e.05 m away in frame 0"),
        (
            [(0, "ball", 1, 2), (0, "Ball", 3, 4)],
            "frame,id,x,y",
            "there are 2 balls",
        ),
        (
            [(0, f"p{n}", n / 5, 0.5) for n in range(5)],
            "frame,id,x,y",
            "all places are from 0 to 1; multiply",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_file_and_the_row(tmp_path, rows, header, told):
    with pytest.raises(CaptureError, match=told) as error:
        tracking.read(write(tmp_path / "wrong.csv", rows, header))
    assert "wrong.csv" in str(error.value)


def test_a_file_that_is_too_large_is_not_opened(tmp_path, monkeypatch):
    places, _ = ways()
    monkeypatch.setattr(table, "_MAX_BYTES", 100)
    with pytest.raises(CaptureError, match="split the recording"):
        tracking.read(written(tmp_path, places, range(50)))
