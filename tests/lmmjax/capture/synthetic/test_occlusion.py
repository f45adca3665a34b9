"""Laws of occlusion: what stands in the line of sight hides, all else does not."""

import numpy as np

from lmmjax.capture.synthetic import film, occlusion
from lmmjax.capture.synthetic.occlusion import hidden
from tests.lmmjax.capture.synthetic.stage import CLEAN, rig, walker

POST = ([[0.0, 0.0, 0.0]], [[0.0, 0.0, 2.0]])


def behind(points, starts=POST[0], ends=POST[1], radius=0.1, depth=0.2, eye=(-5, 0, 1)):
    """Which points are hidden by posts, all of one frame and person."""
    parts = [np.array(part, float)[None, None] for part in (points, starts, ends)]
    sizes = [np.full((1, len(starts)), size) for size in (radius, depth)]
    return hidden(np.array(eye, float), *parts, *sizes)[0, 0].tolist()


def test_a_post_hides_what_is_behind_it_and_nothing_else():
    points = [[1, 0, 1], [1, 0.3, 1], [-1, 0, 1], [1, 0, 3.5], [0.1, 0, 1]]
    assert behind(points) == [True, False, False, False, False]


def test_the_end_of_a_post_is_round():
    above = [[5.0, 0, z] for z in (3.1, 3.3)]
    assert behind(above) == [True, False]


def test_a_limb_along_the_line_of_sight_hides_its_far_end_only():
    along = ([[0.0, 0, 1]], [[1.0, 0, 1]])
    assert behind([[1.0, 0, 1], [0.0, 0, 1]], *along) == [True, False]
    assert behind([[1.0, 0, 1]], [[0.0, 0, 1]], [[0.0, 0, 1]]) == [True]


def test_the_nearest_approach_is_that_of_a_search():
    rng = np.random.default_rng(0)
    eye, depth, share = np.array([2.0, 1.5, 0.5]), 0.2, np.linspace(0, 1, 200)[:, None]
    for point, start, end in rng.uniform(-1, 1, (60, 3, 3)):
        length = np.linalg.norm(point - eye)
        line = eye + share * (1 - depth / length) * (point - eye)
        axis = start + share * (end - start)
        nearest = np.linalg.norm(line[:, None] - axis, axis=-1).min()
        # The steps of the search are 2 cm.
        args = ([point], [start], [end])
        assert behind(*args, nearest + 1e-9, depth, eye) == [True]
        assert behind(*args, max(nearest - 0.02, 0), depth, eye) == [False]


def test_blocks_make_no_difference(monkeypatch):
    rng = np.random.default_rng(1)
    parts = [rng.uniform(-1, 1, (50, 2, n, 3)) for n in (7, 5, 5)]
    sizes = np.full((2, 5), 0.2), np.full((2, 5), 0.1)
    whole = hidden(np.array([3.0, 0, 0]), *parts, *sizes)
    monkeypatch.setattr(occlusion, "_BLOCK", 100)
    assert np.array_equal(hidden(np.array([3.0, 0, 0]), *parts, *sizes), whole)
    assert whole.any()
    assert not whole.all()


def test_one_by_one_people_hide_what_they_hide_together():
    rng = np.random.default_rng(2)
    places = rng.uniform(-6, 6, (40, 5, 1, 3)) * [1, 1, 0]
    parts = [places + rng.uniform(-1, 1, (40, 5, n, 3)) for n in (4, 3, 3)]
    sizes = rng.uniform(0.05, 0.3, (2, 5, 3))
    found = hidden(np.array([9.0, 0, 1]), *parts, *sizes)
    # As a single person, who is looked at whole.
    single = [part.reshape(40, 1, -1, 3) for part in parts]
    whole = hidden(np.array([9.0, 0, 1]), *single, *sizes.reshape(2, 1, -1))
    assert np.array_equal(found.reshape(whole.shape), whole)
    assert 0.05 < whole.mean() < 0.95


def test_what_is_missing_neither_hides_nor_is_hidden():
    gone = [[np.nan] * 3]
    assert behind([[1.0, 0, 1]], gone, gone) == [False]
    assert behind(gone) == [False]


def seen_shares(*motions):
    """[V, K] shares of the frames in which a camera sees a keypoint, and K names."""
    footage = film(motions, rig(8), **CLEAN | {"occlusion": True})
    shares = [inlier.mean((0, 1)) for inlier in footage.inliers]
    return np.array(shares), footage.views[0].names


def test_a_body_hides_what_is_on_its_far_side():
    shares, names = seen_shares(walker())
    # He walks along x.
    angle = np.degrees(np.arctan2(*rig(8).centers[:, [1, 0]].T))
    front, back = np.abs(angle) < 50, np.abs(angle) > 150
    left, right = np.abs(angle - 90) < 30, np.abs(angle + 90) < 30
    assert all(side.any() for side in (front, back, left, right))
    nose, ear, hip, shoulder = (
        names.index(n) for n in ("nose", "left_ear", "left_hip", "left_shoulder")
    )
    assert (shares[front, nose] > 0.95).all()
    assert (shares[back, nose] < 0.05).all()
    assert (shares[left, ear] > 0.95).all()
    assert (shares[right, ear] < 0.05).all()
    for k in (hip, shoulder):
        assert shares[right, k].mean() < shares[front, k].mean() - 0.3
    assert 0.65 < shares.mean() < 0.9


def test_people_hide_each_other():
    alone, _ = seen_shares(walker())
    crowd, _ = seen_shares(*(walker(at=(0.0, y)) for y in (-0.6, 0.0, 0.6)))
    assert crowd.mean() < alone.mean() - 0.05
