import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lmmjax.generation.grasping import course

S = np.linspace(0, 1, 201)


def test_small_and_far_things_take_longer():
    # Twice as far is one bit more, as is half as deep.
    usual = course.seconds(0.3, 0.05)
    assert course.seconds(0.6, 0.05) > usual
    more = course.seconds(0.6, 0.05) - usual
    assert more == pytest.approx(course.seconds(0.3, 0.025) - usual)
    assert 0.2 < course.seconds(0.0, 0.05) < usual < 1.2


def test_the_way_begins_and_ends_at_rest_and_along_the_approach():
    start, end = np.array([0.1, -0.2, 0.9]), np.array([0.4, -0.1, 1.2])
    approach = np.array([1.0, 0.0, 0.0])
    way = course.transport(S, start, end, approach)
    np.testing.assert_allclose(way[[0, -1]], [start, end], atol=1e-12)
    velocity = np.gradient(way, S, axis=0)
    assert np.linalg.norm(velocity[[0, -1]], axis=1).max() < 0.05
    # The last of it is along the approach, more so than the straight line is.
    last = way[-1] - way[-20]
    straight = (end - start) / np.linalg.norm(end - start)
    assert last @ approach / np.linalg.norm(last) > 0.9 > straight @ approach


def test_the_hand_turns_all_the_way_before_it_is_there():
    start, end = Rotation.identity(), Rotation.from_rotvec([0.3, -1.2, 0.8])
    turns = course.turning(S, start.as_matrix(), end.as_matrix())
    found = Rotation.from_quat(turns, scalar_first=True)
    left = (end * found.inv()).magnitude()
    assert left[0] == pytest.approx(end.magnitude())
    assert (np.diff(left) < 1e-9).all()
    assert left[course.TURNED <= S].max() < 1e-6
    assert left[S < 0.9 * course.TURNED].min() > 1e-3


def test_the_hand_opens_then_closes():
    wide, closed = course.opening(S)
    assert S[wide.argmax()] == pytest.approx(course.PEAK)
    assert wide.max() == pytest.approx(1)
    np.testing.assert_allclose([closed[0], closed[-1], wide[0], wide[-1]], [0, 1, 0, 0])
    assert (wide + closed).max() <= 1 + 1e-12
