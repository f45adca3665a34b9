"""Laws of points over time: names, what is missing, joints of a motion."""

import jax
import numpy as np
import pytest

from kinematics import motion, points
from kinematics.motion import Motion
from tests.kinematics import reference


def recording(frames=4):
    rng = np.random.default_rng(0)
    places = rng.normal(size=(frames, 3, 3))
    spread = np.tile(np.eye(3) * 1e-4, (frames, 3, 1, 1))
    return points.make_points(("a", "b", "c"), places, 50, spread, "walk")


def test_points_are_taken_by_name_and_frames_by_slice():
    whole = recording()
    some = whole.select(["c", "a"])[1:3]
    assert (some.names, len(some), some.fps, some.name) == (("c", "a"), 2, 50.0, "walk")
    np.testing.assert_array_equal(some.positions, whole.positions[1:3, [2, 0]])
    np.testing.assert_array_equal(some.covariances, whole.covariances[1:3, [2, 0]])
    with pytest.raises(KeyError, match=r"no point 'd'; there are \['a', 'b', 'c'\]"):
        whole.select(["d"])
    assert whole.replace(covariances=None).select(["b"])[:1].covariances is None


def test_a_point_is_missing_as_a_whole():
    places = np.zeros((2, 2, 3))
    places[0, 1, 2], places[1, 0, 0] = np.nan, np.inf
    found = points.make_points("ab", places, 10)
    np.testing.assert_array_equal(found.missing, [[False, True], [True, False]])
    assert np.isnan(found.positions[0, 1]).all()


def test_points_pass_through_jit():
    whole = recording()
    doubled = jax.jit(lambda p: jax.tree.map(lambda x: 2 * x, p))(whole)
    np.testing.assert_array_equal(doubled.positions, 2 * whole.positions)
    assert (doubled.names, doubled.fps, doubled.name) == (whole.names, 50.0, "walk")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"names": "aab"}, "'a' appears twice"),
        ({"names": "ab"}, r"must be \[\.\.\., T, 2, 3\], not \(4, 3, 3\)"),
        ({"fps": 0}, "fps must be above 0"),
        ({"fps": np.nan}, "fps must be above 0"),
        ({"covariances": np.zeros((4, 3, 3))}, r"must be \(4, 3, 3, 3\)"),
    ],
)
def test_what_is_wrong_is_said(change, message):
    given = {"names": "abc", "positions": np.zeros((4, 3, 3)), "fps": 1.0} | change
    with pytest.raises(ValueError, match=message):
        points.make_points(**given)


def test_a_motion_becomes_the_places_of_its_joints():
    body = reference.human()
    clip = Motion(body, *reference.poses(body, (3,)), 25.0, "walk")
    found = points.of_joints(clip)
    assert (found.names, found.fps, found.name) == (body.names, 25.0, "walk")
    np.testing.assert_array_equal(found.positions, motion.positions(clip))


@pytest.mark.parametrize("rate", [30.0, 20.0, 25.0, 90.0])
def test_resampled_points_lie_on_the_lines_between_frames(rate):
    t = np.arange(61) / 60.0
    line = np.stack([t, 2 * t, -t], -1)[:, None]
    spread = np.tile(np.eye(3), (61, 1, 1, 1))
    found = points.resample(points.make_points(["a"], line, 60.0, spread), rate)
    expected = np.arange(len(found)) / rate
    assert len(found) == int(rate) + 1
    np.testing.assert_allclose(found.positions[:, 0, 0], expected, atol=1e-6)
    # Between two frames there is less noise than on one.
    assert (found.covariances[:, 0, 0, 0] <= 1).all()
    assert (found.covariances[:, 0, 0, 0] >= 0.5 - 1e-6).all()


def test_a_resampled_point_next_to_a_missing_one_is_missing():
    line = np.zeros((4, 1, 3))
    line[1] = np.nan
    found = points.resample(points.make_points(["a"], line, 30.0), 40.0)
    assert found.missing[:, 0].tolist() == [False, True, True, False, False]
