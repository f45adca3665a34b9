"""Reaching of goals by hand."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics


def test_the_distance_is_that_at_the_deadline_in_centimetres():
    hand = np.zeros((2, 3, 3))
    hand[0, 1] = [0.03, 0.04, 0]
    hand[1, 2] = [0, 0, 1]
    goals = np.array([[0, 0, 0], [0, 0, 1]])
    found = metrics.goal_distance(hand, goals, np.array([1, 2]))
    np.testing.assert_allclose(found, [5, 0])
    np.testing.assert_allclose(metrics.goal_distance(hand, goals, 2), [0, 0])
    moved = metrics.goal_distance(hand + 4, goals + 4, np.array([1, 2]))
    np.testing.assert_allclose(moved, found, atol=1e-9)
    with pytest.raises(ValueError, match="frames 0 to 2"):
        metrics.goal_distance(hand, goals, 3)


def test_success_is_a_share_by_distance():
    found = metrics.goal_success(np.array([1.0, 5.0, 7.0, np.nan]))
    assert found == {2.0: 0.25, 5.0: 0.5, 10.0: 0.75}
    with pytest.raises(ValueError, match="at least one goal"):
        metrics.goal_success(np.zeros(0))
