"""Laws of tables: what is written is read, and errors name line and column."""

import csv

import numpy as np
import pytest

from kinematics.formats import table
from kinematics.formats.errors import FormatError
from kinematics.motion import Motion
from kinematics.points import make_points
from tests.kinematics import reference

SMALL = "time_s,a_x_m,a_y_m,a_z_m,note_m\n0,1,2,3,9\n0.02,4,,6,9\n0.04,7,8,9,9\n"


def test_points_come_back_bit_for_bit(tmp_path):
    rng = np.random.default_rng(0)
    places = rng.normal(size=(50, 2, 3)).astype(np.float32)
    places[3, 1] = np.nan
    points = make_points(('the "hip", left', "b"), places, 59.94)
    table.write(tmp_path / "a.csv", points)
    back = table.read(tmp_path / "a.csv")
    assert (back.names, back.name) == (points.names, "a")
    assert back.fps == pytest.approx(59.94, rel=1e-7)
    np.testing.assert_array_equal(back.positions, points.positions)
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:2] == ["time_s", 'the "hip", left_x_m']
    assert rows[4][4:] == ["", "", ""]
    assert float(rows[2][0]) == pytest.approx(1 / 59.94)


def test_motions_come_back_bit_for_bit(tmp_path):
    body = reference.human()
    motion = Motion(body, *reference.poses(body, (7,)), 30.0)
    table.write(tmp_path / "a.csv", motion)
    back = table.read_motion(tmp_path / "a.csv", body)
    assert back.fps == 30
    for found, truth in zip(back.poses, motion.poses, strict=True):
        np.testing.assert_array_equal(found, truth)
    header = (tmp_path / "a.csv").read_text().split("\n")[0].split(",")
    assert header[:9] == [
        *("time_s", "root_x_m", "root_y_m", "root_z_m"),
        *("root_qw", "root_qx", "root_qy", "root_qz", "Spine_0_rad"),
    ]
    with pytest.raises(FormatError, match="csv:1: it has no column 'link1_0_rad'"):
        table.read_motion(tmp_path / "a.csv", reference.chain())


def test_other_columns_are_passed_over(tmp_path):
    (tmp_path / "a.csv").write_text(SMALL)
    found = table.read(tmp_path / "a.csv")
    assert (found.names, found.fps) == (("a",), 50)
    np.testing.assert_array_equal(found.missing[:, 0], [False, True, False])


def edit(old, new):
    assert old in SMALL
    return SMALL.replace(old, new, 1)


BAD = {
    "empty": ("", "the file is empty"),
    "time": (edit("time_s", "time"), "csv:1: no time_s"),
    "twice": (edit("a_y_m", "a_x_m"), "csv:1: column 'a_x_m' appears twice"),
    "points": (edit("a_y_m", "a_y"), "csv:1: no point has columns"),
    "word": (edit("7", "seven"), "csv:4: 'seven' is not a finite number"),
    "cells": (edit("7,8", "7"), "csv:4: 4 cells under 5 columns"),
    "uneven": (edit("0.04", "0.05"), "time_s does not go in even steps"),
    "backwards": (edit("0.04", "-0.04"), "time_s does not go in even steps"),
    "no times": (edit("0.02", ""), "time_s does not go in even steps"),
    "one frame": (SMALL[:42], "less than two frames"),
}


@pytest.mark.parametrize("case", BAD)
def test_errors_say_where_what_and_what_to_do(tmp_path, case):
    text, message = BAD[case]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(FormatError, match=message) as error:
        table.read(tmp_path / "a.csv")
    assert str(error.value).startswith(str(tmp_path / "a.csv"))


def test_one_clip_in_a_file(tmp_path):
    points = make_points("ab", np.zeros((2, 3, 2, 3)), 10)
    with pytest.raises(ValueError, match="one clip"):
        table.write(tmp_path / "a.csv", points)
