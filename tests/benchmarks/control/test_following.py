"""The benchmark of path following, at a small size."""

import numpy as np
import pytest

from benchmarks.control import following
from kinematics import rotations
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Stream
from tests.lmmjax import tiny

CLIPS = [tiny.motion(n) for n in range(3)]


def cells(row):
    return [x.strip() for x in row.strip("|").split("|")]


def test_who_is_to_follow_is_nearer_to_the_path():
    stream = Stream(tiny.lively_model(), commit=2, steps=2, churn=0.0)
    rows = following.rows(CLIPS, stream, 1.0, 6, calls=0, seed=0)
    assert {row.count("|") for row in (*following.HEADER, *rows)} == {11}
    off = [float(cells(row)[2].split(",")[1]) for row in rows]
    assert off[1] < off[0] / 2


def test_paths_begin_where_and_as_people_stand_and_bend_no_more_than_told():
    starts = moments(tiny.fresh_model(), CLIPS, 6, seed=1)
    found = following.curves(starts, 12.0, seed=0)
    place = starts.past.root_position[:, -1, :2]
    np.testing.assert_allclose(found[:, 0], place, atol=0.051)
    steps = np.diff(found, axis=1)
    np.testing.assert_allclose(np.linalg.norm(steps, axis=-1), 0.05, atol=1e-6)
    way = np.unwrap(np.arctan2(steps[..., 1], steps[..., 0]))
    facing = np.asarray(rotations.heading(starts.past.root_rotation[:, -1]))
    assert np.cos(way[:, 0] - facing) == pytest.approx(1, abs=1e-5)
    bends = np.abs(np.diff(way)) / 0.05
    assert bends.max() <= following.BEND + 1e-3
    assert bends.max() > following.BEND / 3


def test_distance_is_to_the_nearest_point_of_the_path():
    path = np.stack([np.linspace(0, 1, 101), np.zeros(101)], axis=-1)[None]
    points = np.array([[[0.5, 0.2], [2.0, 0.0], [0.25, -0.1]]])
    np.testing.assert_allclose(following._distance(points, path), [[0.2, 1.0, 0.1]])
