"""Errors of one prediction against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmjax.evaluation import metrics

# Two frames of a root, a joint 1 m above it and one 2 m beside that.
CHAIN = np.array([[[0, 0, 0], [0, 0, 1], [2, 0, 1]], [[0, 0, 3], [0, 4, 1], [2, 0, 1]]])
SHIFT = np.array([[3, 4, 0], [0, 0, 0], [0, 0, 1]])


def about(axis, angle):
    """Quaternion of a turn, in double precision."""
    axis = np.asarray(axis, float) / np.linalg.norm(axis)
    return np.array([np.cos(angle / 2), *(np.sin(angle / 2) * axis)])


def matrix(q):
    w, x, y, z = q
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def test_root_relative_positions_leave_out_the_root_and_where_it_is():
    expected = [[[0, 0, 1], [2, 0, 1]], [[0, 4, -2], [2, 0, -2]]]
    np.testing.assert_array_equal(metrics.root_relative(CHAIN), expected)
    np.testing.assert_array_equal(metrics.root_relative(CHAIN + 5), expected)


def test_joint_error_is_the_mean_distance_over_the_joints():
    np.testing.assert_allclose(metrics.joint_error(CHAIN + SHIFT, CHAIN), [2, 2])
    np.testing.assert_array_equal(metrics.joint_error(CHAIN, CHAIN), [0, 0])


def test_mpjpe_is_in_millimetres_over_the_joints_that_are_judged():
    np.testing.assert_allclose(metrics.mpjpe(CHAIN + SHIFT, CHAIN), [2000, 2000])
    np.testing.assert_allclose(metrics.mpjpe(CHAIN + SHIFT, CHAIN, [0, 2]), [3000] * 2)
    with pytest.raises(ValueError, match="at least one joint"):
        metrics.mpjpe(CHAIN, CHAIN, [])


def test_joints_missing_in_the_truth_are_left_out_but_not_those_of_the_prediction():
    true = CHAIN.astype(float)
    true[0, 0, 1] = np.nan
    true[1] = np.nan
    np.testing.assert_allclose(metrics.mpjpe(CHAIN + SHIFT, true), [500, np.nan])
    predicted = CHAIN + SHIFT * 1.0
    predicted[0, 0] = np.nan
    assert metrics.mpjpe(predicted, true)[0] == pytest.approx(500)
    predicted[0, 1] = np.nan
    assert np.isnan(metrics.mpjpe(predicted, true)[0])


@given(
    angle=st.sampled_from([0.0, 1e-9, 1e-4, 0.3, 2.0, np.pi - 1e-7, np.pi]),
    start=st.floats(-3, 3),
    seed=st.integers(0, 99),
)
def test_the_angle_is_that_of_the_turn_between_in_either_form(angle, start, seed):
    axis, other = np.random.default_rng(seed).normal(size=(2, 3))
    a, b = about(other, start), about(axis, angle)
    w, v = a[0], a[1:]
    product = np.array(
        [w * b[0] - v @ b[1:], *(w * b[1:] + b[0] * v + np.cross(v, b[1:]))]
    )
    expected = np.rad2deg(angle)
    found = metrics.angle_error(a[None], product[None])
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-13)
    assert metrics.angle_error(-a[None], product[None]) == pytest.approx(found)
    matrices = metrics.angle_error(matrix(a)[None], matrix(product)[None])
    assert matrices == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_the_angle_error_is_the_mean_over_known_joints():
    true = np.stack([about([0, 0, 1], 0.0)] * 3)
    predicted = np.stack([about([1, 2, 3], np.deg2rad(d)) for d in (10, 20, 90)])
    assert metrics.angle_error(predicted, true) == pytest.approx(40)
    true[2] = np.nan
    assert metrics.angle_error(predicted, true) == pytest.approx(15)
    true[1, 3] = np.nan
    assert metrics.angle_error(predicted, true) == pytest.approx(10)
    assert metrics.angle_error(predicted, predicted) == pytest.approx(0, abs=1e-9)


def test_rotations_of_two_forms_are_not_compared():
    with pytest.raises(ValueError, match="got quaternions and matrices"):
        metrics.angle_error(np.zeros((2, 4)), np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="got an array"):
        metrics.angle_error(np.zeros((2, 6)), np.zeros((2, 6)))
