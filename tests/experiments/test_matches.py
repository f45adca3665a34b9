"""Matches of files: who is moved, what he is called, and how the ball goes."""

import numpy as np
import pytest

from experiments import matches
from experiments.settings import SettingError
from kinematics.motion import positions
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.tracking import Stretch
from tests.lmmjax import tiny
from tests.lmmjax.capture.tracking.test_table import ways, write


@pytest.fixture
def table(tmp_path):
    def table(count):
        places, _ = ways(count, 50)
        rows = [
            (t, f"No. {n}/{n}", *map(float, places[t, n]))
            for t in range(50)
            for n in range(count)
        ]
        return write(tmp_path / "match.csv", rows, "frame,id,x,y")

    return table


def test_everybody_of_a_file_is_moved_under_a_name_that_a_file_can_have(table):
    found = matches.read(table(2), None, 1.0, tiny.FPS)
    assert (found.names, found.places.shape) == (("No. 0/0", "No. 1/1"), (2, 31, 2))
    model, prompts = tiny.lively_model(), {"walk": tiny.motion(0)}
    options = {"commit": 3, "steps": 1, "churn": 0.0, "inertia": 0.5}
    moved = matches.play(model, found, prompts, seed=0, **options)
    assert [motion.name for motion in moved] == ["No_0_0", "No_1_1"]
    assert {len(motion) for motion in moved} == {31}


def test_names_stay_apart_whatever_they_are():
    names = "../a", "a", "A", "é", "", "x" * 300
    found = matches.file_names(names)
    assert found == ["a", "a_2", "A_3", "player", "player_2", "x" * 60]


def test_more_people_than_two_teams_have_are_said(table):
    with pytest.raises(
        SettingError, match="65 people from 0 s on are more than the 64"
    ):
        matches.read(table(65), None, 1.0, tiny.FPS)


def test_a_stretch_that_is_not_in_the_file_is_said(table):
    with pytest.raises(CaptureError, match=r"match lasts from 0 to 1\.96 s"):
        matches.read(table(2), 1.5, 1.0, tiny.FPS)


def test_the_ball_is_shown_where_and_when_it_is_seen():
    ball = np.full((9, 3), np.nan, np.float32)
    ball[2:5] = np.arange(9).reshape(3, 3)
    ball[7] = 1
    stretch = Stretch(("a",), ("",), np.zeros((1, 9, 2)), ball, 30.0)
    (track,) = matches.ball(stretch)
    assert track.start_seconds == pytest.approx(2 / 30)
    np.testing.assert_allclose(positions(track.motion)[:, 0], ball[2:5])
    assert matches.ball(Stretch(("a",), ("",), stretch.places, None, 30.0)) == []
