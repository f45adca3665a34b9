"""Laws of obstacles: how far they are, and that one does not go through."""

import numpy as np
import pytest

from kinematics import bodies
from lmmjax.generation import guidance
from lmmjax.generation.guidance.obstacles import outside
from tests.lmmjax.generation.guidance.wishing import K, model, sampled


def post(place, radius=0.2, **options):
    ends = [[[*place, -5.0], [*place, 5.0]]]
    return guidance.keep_out(model().body, ends, radius, around=0.05, **options)


def frames(count=1, first=1):
    return np.broadcast_to(first + np.arange(K), (count, K))


def test_distance_is_to_the_nearest_surface():
    capsules = [[[0.0, 0, 0], [1.0, 0, 0]], [[0.0, 5, 0], [0.0, 5, 0]]]
    wish = guidance.keep_out(model().body, capsules, [0.1, 0.5], around=0.0)
    places = np.float32([[0.5, 0.3, 0], [2.0, 0, 0], [0.5, 0.0, 0], [0.0, 5.0, 2.0]])
    found = wish.distance(np.tile(places, (1, K, 1, 1)), frames())
    expected = np.tile([0.2, 0.9, -0.1, 1.5], (1, K, 1))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_what_moves_is_where_it_will_be():
    wish = post((1.0, 0.0), radius=0.1, velocity=[[3.0, 0, 0]], fps=30.0)
    places = np.zeros((1, K, 1, 3), np.float32)
    found = np.asarray(wish.distance(places, frames()))[0, :, 0]
    np.testing.assert_allclose(found, 0.85 + 0.1 * (1 + np.arange(K)), atol=1e-3)


def test_nobody_goes_into_a_post():
    free = sampled(())[0]
    # Where the first person's head would be in the end, a little aside.
    place = free[0, -1, 2, :2] + np.float32([0.1, 0.05])
    wish = post(place, radius=0.15)
    joints = wish.joints
    before, after = (
        np.asarray(wish.distance(sampled(w)[0][:, :, joints], frames(2)))
        for w in ((), (wish,))
    )
    assert before[0].min() < -0.05
    assert after[0].min() > -0.04


def test_what_is_far_away_changes_nothing():
    free, _ = sampled(())
    found, _ = sampled((post((50.0, 50.0)),))
    np.testing.assert_allclose(found, free, atol=1e-6)


def test_of_a_human_the_outside_keeps_out():
    body = bodies.cmu38()
    names = {body.names[j] for j in outside(body)}
    assert {"Hips", "Head", "LeftHand", "RightHand", "LeftFoot", "RightLeg"} <= names
    assert len(names) == 10


@pytest.mark.parametrize(
    ("ends", "radius", "told"),
    [
        ([[[0.0, 0, 0]]], 0.1, "capsules are ends"),
        (np.zeros((2, 2, 3)), [0.1, 0.2, 0.3], "capsules are ends"),
        (np.zeros((1, 2, 3)), -1.0, "radii 0 or more"),
        (np.full((1, 2, 3), np.nan), 1.0, "finite"),
    ],
)
def test_what_is_no_obstacle_is_said(ends, radius, told):
    with pytest.raises(ValueError, match=told):
        guidance.keep_out(model().body, ends, radius)
