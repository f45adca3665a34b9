"""The benchmark of crowds, at a small size."""

import numpy as np

from benchmarks.control import crowding
from kinematics import rotations
from kinematics.motion import positions
from lmmjax.evaluation.starts import moments
from lmmjax.generation import Stream
from tests.lmmjax import tiny

CLIPS = [tiny.motion(n) for n in range(3)]


def cells(row):
    return [x.strip() for x in row.strip("|").split("|")]


def test_people_are_on_a_circle_and_face_where_they_go():
    starts = moments(tiny.fresh_model(), CLIPS, 5, seed=1)
    past, path = crowding.circle(starts.past, 3.0)
    np.testing.assert_allclose(past.root_position[:, -1, :2], path[:, 0], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(path, axis=-1), 3, atol=1e-5)
    way = path[:, 1] - path[:, 0]
    heading = np.asarray(rotations.heading(past.root_rotation[:, -1]))
    ahead = np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    np.testing.assert_allclose((ahead * way).sum(-1), 6, atol=1e-4)
    # How they moved is as it was.
    steps = [np.diff(p.root_position[..., 2], axis=1) for p in (past, starts.past)]
    np.testing.assert_allclose(*steps, atol=1e-6)


def test_who_walks_through_another_collides():
    clip = tiny.motion(0)
    here = positions(clip)[None]
    here = here - here[:, :, :1] * [1, 1, 0]
    aside = [np.array([x, 0, 0]) for x in (0.0, 0.05, 5.0)]
    through = np.concatenate([here + x for x in aside])
    share, nearest = crowding.meetings(clip.skeleton, through)
    np.testing.assert_allclose((share, nearest), ([1.0], [0.05]), atol=1e-5)
    share, nearest = crowding.meetings(clip.skeleton, through[1:])
    assert (share.sum(), nearest.min()) == (0, np.inf)


def test_rows_of_people_who_see_each_other_stand_beside_those_who_do_not():
    stream = Stream(tiny.lively_model(), commit=2, steps=2, churn=0.0)
    rows = crowding.rows(CLIPS, stream, 3, calls=3, seed=0)
    assert {row.count("|") for row in (*crowding.HEADER, *rows)} == {7}
    alone, together = map(cells, rows)
    assert (alone[0], together[0]) == ("3, alone", "3, together")
    assert float(together[2]) > float(alone[2])
