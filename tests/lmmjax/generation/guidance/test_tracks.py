"""Laws of tracks: where a reach begins and ends, and how."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from lmmjax.generation import guidance
from tests.lmmjax import tiny

FPS = tiny.FPS
VECTOR = st.lists(st.floats(-2, 2), min_size=3, max_size=3).map(np.array)


def at(curve, time, order=0):
    """A derivative of a polynomial, lowest power first."""
    for _ in range(order):
        curve = np.arange(1, len(curve))[:, None] * curve[1:]
    return (time ** np.arange(len(curve))) @ curve


@given(VECTOR, VECTOR, VECTOR, VECTOR, st.floats(0.2, 3))
def test_the_least_jerk_begins_as_it_is_and_ends_at_rest(p, v, a, goal, seconds):
    curve = guidance.minimum_jerk(p, v, a, goal, seconds)
    for order, (begins, ends) in enumerate([(p, goal), (v, 0), (a, 0)]):
        np.testing.assert_allclose(at(curve, 0.0, order), begins, atol=1e-6)
        size = 1 + np.abs(curve).max()
        np.testing.assert_allclose(
            at(curve, seconds, order), begins * 0 + ends, atol=1e-9 * size + 1e-6
        )


def test_a_hand_at_rest_is_fastest_half_way():
    """Flash & Hogan 1985: 1.875 times the mean speed, in the middle."""
    zero = np.zeros(3)
    curve = guidance.minimum_jerk(zero, zero, zero, np.array([0.3, 0, 0]), 0.6)
    speed = [at(curve, t, 1)[0] for t in np.linspace(0, 0.6, 61)]
    assert np.argmax(speed) == 30
    np.testing.assert_allclose(max(speed), 1.875 * 0.5, rtol=1e-6)


def test_a_reach_is_at_its_goal_in_time_and_stays():
    past = np.zeros((2, 2, 7, 3), np.float32)
    past[:, 1, 2] = [0.02, 0, 0]
    goal = np.float32([[0.3, 0.2, 1.0], [0.1, -0.2, 0.9]])
    found = guidance.reach(tiny.body(), past, "Head", goal, 0.8, FPS, hold=0.2)
    assert found.places.shape == (2, 24 + 6, 1, 3)
    np.testing.assert_array_equal(found.joints, [2])
    np.testing.assert_allclose(
        found.places[:, 23:, 0], np.repeat(goal[:, None], 7, 1), atol=1e-6
    )
    # It goes on as it moves, and does not turn back.
    first = found.places[:, 0, 0, 0] - 0.02
    assert ((first > 0.015) & (first < 0.025)).all()
    assert (np.diff(found.precision[0, :, 0, 0]) >= -1e-3).all()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"joint": "Nose"}, "no joint 'Nose'; there are Hips"),
        ({"seconds": 0.01}, "seconds must be a frame"),
        ({"hold": -1.0}, "hold 0 or more; got 0.5 and -1"),
    ],
)
def test_what_cannot_be_reached_is_said(change, told):
    options = {"joint": "Head", "goal": (0, 0, 1), "seconds": 0.5, "fps": FPS} | change
    with pytest.raises(ValueError, match=told):
        guidance.reach(tiny.body(), np.zeros((1, 2, 7, 3)), **options)
