"""The benchmark of reaching, at a small size."""

import dataclasses

import numpy as np

from benchmarks.control import reaching
from kinematics.motion import positions
from lmmjax.generation import Stream
from tests.lmmjax import tiny

CLIPS = [tiny.motion(n) for n in range(3)]


def cells(row):
    return [x.strip() for x in row.strip("|").split("|")]


def test_rows_stand_beside_the_same_movement_without_a_wish():
    stream = Stream(tiny.lively_model(), commit=2, steps=2, churn=0.0)
    rows = reaching.rows(CLIPS, "Head", stream, 0.2, 6, calls=3, seed=0)
    assert {row.count("|") for row in (*reaching.HEADER, *rows)} == {10}
    free, guided = map(cells, rows)
    assert (free[0], guided[0]) == ("Head, unguided", "Head, guided")
    assert free[4] == "1.00 [1.00, 1.00]"
    missed, less = (float(x[1].split(",")[0]) for x in (free, guided))
    assert less < missed
    assert {free[6], guided[6]} == {"0"}


def test_goals_are_also_told_to_a_model_that_heeds_them():
    config = dataclasses.replace(tiny.CONFIG, goals=("Head",))
    stream = Stream(tiny.lively_model(config), commit=2, steps=2, churn=0.0)
    rows = reaching.rows(CLIPS, "Head", stream, 0.2, 6, calls=0, seed=0)
    names = [cells(row)[0] for row in rows]
    assert names == [
        f"Head, {x}" for x in ("unguided", "guided", "told", "guided and told")
    ]
    free, _, told, both = ([float(x) for x in cells(row)[1].split(",")] for row in rows)
    # It was told: fresh weights do something else then, nothing useful.
    assert told != free
    assert both[0] < free[0]
    assert {cells(row)[8] for row in rows} == {"-"}


def test_goals_are_in_reach_and_no_goal_is_where_one_would_be_anyway():
    body = tiny.body()
    places = np.stack([positions(clip)[5] for clip in CLIPS])
    head = body.names.index("Head")
    found = reaching.goals(places, body.parents, head, seed=3)
    length = np.linalg.norm(np.asarray(body.offsets)[1:3], axis=-1).sum()
    away = np.linalg.norm(found - places[:, 0], axis=-1)
    # Bodies of three sizes, the smallest of which is this one.
    assert (away < 0.95 * 1.2 * length + 1e-6).all()
