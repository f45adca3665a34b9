"""Feet that stand are told by their speed, whatever they stand on."""

import numpy as np
import pytest

from kinematics import bodies
from kinematics.bodies.segments import feet
from kinematics.dynamics.contact import INNER_SPEED
from kinematics.skeleton import rest_places
from lmmjax.training.contact import carrying, standing
from tests.lmmjax import tiny

FPS = 30.0


@pytest.mark.parametrize("height", [0.0, 2.0])
def test_only_points_of_the_feet_that_stand_have_weight(height):
    body = bodies.human()
    left, right = feet(body)
    standing_still = np.asarray(rest_places(body)) + np.array([0, 0, height])
    places = np.tile(standing_still, (4, 1, 1))
    # The left foot stops after two frames, the hands move and the head does not.
    away = 2 * INNER_SPEED / FPS * np.minimum(np.arange(4), 2)
    places[:, left, 0] += away[:, None]
    found = np.asarray(standing(body, FPS, places[:1], places[1:]))
    expected = np.zeros((3, body.num_joints))
    share = body.num_joints / (len(left) + len(right))
    expected[:, right] = share
    expected[2, left] = share
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(found[2].mean(), 1, rtol=1e-6)


def test_feet_hang_from_legs_and_root_alone():
    body = bodies.human()
    found = {body.names[j] for j in np.flatnonzero(carrying(body))}
    assert {body.names[j] for foot in feet(body) for j in foot} <= found
    assert body.names[0] in found
    parts = ("hip", "knee", "ankle", "foot", "toe", "heel", "pelvis")
    assert all(any(part in name for part in parts) for name in found)
    assert not carrying(tiny.body()).any()


def test_a_body_without_feet_has_none_that_stand():
    places = np.zeros((3, tiny.body().num_joints, 3))
    assert not np.any(standing(tiny.body(), FPS, places[:1], places))
