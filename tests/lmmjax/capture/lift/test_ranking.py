"""Laws of hypotheses: what is alike is one, and probabilities add up."""

import numpy as np
import pytest

from kinematics import priors
from lmmjax.capture.lift.ranking import different, probabilities, transition_cost
from lmmjax.data import primitives


def test_solutions_are_one_until_a_keypoint_is_far_away():
    x = np.random.default_rng(0).normal(size=(10, 8, 3))
    near, far = x.copy(), x.copy()
    near[:, 3, 1] += 0.05
    far[:, 3, 1] += 0.2
    moved = x + np.array([0, 1.0, 0])
    assert different([x, near, far, moved], np.array([1, 0, 3, 2])) == [1, 2]


def test_equal_costs_are_equally_probable():
    found = probabilities(np.array([3.0, 3.0, 1e6]), 30, 30.0)
    np.testing.assert_allclose(found, [0.5, 0.5, 0])


def test_frames_that_are_not_independent_count_once():
    cost = np.array([0.0, 30.0])
    assert probabilities(cost, 90, 30.0)[1] == pytest.approx(
        np.exp(-2) / (1 + np.exp(-2))
    )
    # Twice the frames in the same time tell as much.
    twice = probabilities(2 * cost, 180, 60.0)
    np.testing.assert_allclose(twice, probabilities(cost, 90, 30.0))
    assert probabilities(np.array([0.0, np.log(3)]), 1, 30.0)[1] == pytest.approx(0.25)


def test_movement_that_goes_on_as_learned_costs_less_than_one_that_jerks():
    clips = [primitives.sample("walk", 0, fps=30.0, index=n) for n in range(3)]
    prior = priors.fit(clips[:2], 2, 30.0)
    walk = clips[2][:30]
    order = np.arange(30)
    order[9:21] = order[9:21][::-1]
    jerky = walk.replace(
        root_position=walk.root_position[order],
        root_rotation=walk.root_rotation[order],
        joints=walk.joints[order],
    )
    assert transition_cost(prior, walk) < transition_cost(prior, jerky)
    assert transition_cost(prior, walk[:2]) == 0.0
