"""Laws of placement: joints are where they are, the rest rides on them."""

import numpy as np
import pytest

from kinematics import bodies
from kinematics.bodies.placement import placement, stature
from kinematics.skeleton import rest_places


@pytest.mark.parametrize("name", ["human", "body25", "smpl24", "cmu38", "mocap31"])
def test_landmarks_of_the_body_itself_are_its_joints(name):
    body = getattr(bodies, name)()
    found = placement(body)
    assert {"left_knee", "right_ankle", "left_elbow"} <= set(found)
    joint, offset = found["left_knee"]
    assert joint in body.names
    np.testing.assert_array_equal(offset, np.zeros(3))


@pytest.mark.parametrize("height", [1.5, 1.9])
def test_at_rest_both_sides_mirror_each_other_and_heads_are_at_the_top(height):
    body = bodies.human(height)
    places = rest_places(body)
    at = {
        mark: places[body.index(joint)] + offset
        for mark, (joint, offset) in placement(body).items()
    }
    for mark in ("eye", "ear", "hip", "big_toe", "heel"):
        left, right = at[f"left_{mark}"], at[f"right_{mark}"]
        np.testing.assert_allclose(left * [1, -1, 1], right, atol=1e-6)
    low = min(at["left_heel"][2], at["left_big_toe"][2])
    assert at["head_top"][2] - low == pytest.approx(height, rel=0.05)
    assert stature(body) == pytest.approx(height, rel=1e-5)


def test_a_body_of_unknown_joints_is_refused():
    body = bodies.human()
    body = body.replace(names=tuple(f"bone{j}" for j in range(body.num_joints)))
    with pytest.raises(ValueError, match="no known joint set"):
        placement(body)
