import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics.bodies import movements
from kinematics.bodies.movements import movement, stiff, together
from kinematics.bodies.ranges import RANGES

every_joint = pytest.mark.parametrize("joint", RANGES)


@every_joint
def test_each_range_holds_zero_and_each_joint_has_three(joint):
    ranges = RANGES[joint]
    assert len(ranges) == 3
    assert all(low < 0 < high for low, high in ranges.values())


@every_joint
def test_axes_are_orthonormal_and_right_handed(joint):
    move = movement(joint)
    np.testing.assert_allclose(move.axes.T @ move.axes, np.eye(3), atol=1e-12)
    assert np.linalg.det(move.axes) == pytest.approx(1)
    for motion in move.motions:
        np.testing.assert_allclose(np.linalg.det(move.only(motion).axes), 1)


@every_joint
def test_a_cone_ends_at_its_ranges_or_holds_them(joint):
    move = movement(joint)
    low, high = move.limits()
    given = np.array(move.ranges)
    if move.tight:
        np.testing.assert_array_equal(np.stack([low, high], axis=1), given)
        return
    center, half = (low + high)[:2] / 2, (high - low)[:2] / 2
    for k in (0, 1):
        for end in given[k]:
            point = np.zeros(2)
            point[k] = end
            assert np.linalg.norm((point - center) / half) <= 1 + 1e-12
    np.testing.assert_array_equal([low[2], high[2]], given[2])


def test_fewer_motions_keep_their_axes_and_ranges():
    elbow = movement("elbow")
    two = elbow.only("flexion", "pronation")
    assert two.kind == "universal"
    np.testing.assert_array_equal(two.axes[:, :2], elbow.axes[:, [0, 2]])
    assert two.ranges == (elbow.ranges[0], elbow.ranges[2])
    assert elbow.only("flexion").kind == "hinge"
    assert movements.FIXED.kind == "fixed"


@given(st.floats(0.01, 0.99))
def test_shares_of_a_region_add_up_to_it(share):
    parts = together(movement("lumbar", share), movement("lumbar", 1 - share))
    np.testing.assert_allclose(parts.ranges, movement("lumbar").ranges)


def test_the_spine_of_three_and_the_neck_of_two_are_whole():
    lower = together(*movements.SPINE[:2])
    np.testing.assert_allclose(lower.ranges, movement("lumbar").ranges)
    neck = together(movements.NECK, movements.HEAD)
    np.testing.assert_allclose(neck.ranges, movement("cervical").ranges)


def test_another_rest_pose_counts_from_itself():
    hip = movement("hip").resting(np.eye(3), adduction=-20)
    assert hip.ranges[1] == (-30, 50)
    assert hip.ranges[0] == movement("hip").ranges[0]


def test_a_stiff_joint_has_play_and_what_is_given():
    forearm = stiff(movement("wrist"), pronation=(-90, 90))
    assert forearm.ranges == ((-5, 5), (-5, 5), (-90, 90))
