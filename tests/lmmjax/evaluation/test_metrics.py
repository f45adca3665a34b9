"""Metrics against values worked out by hand."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics

# Two frames of a root, a joint 1 m above it and one 2 m beside that.
CHAIN = np.array([[[0, 0, 0], [0, 0, 1], [2, 0, 1]], [[0, 0, 3], [0, 4, 1], [2, 0, 1]]])
PARENTS = (-1, 0, 1)
OFFSETS = np.array([[0, 0, 0], [0, 0, 1], [2, 0, 0]], float)


def test_root_relative_positions_leave_out_the_root_and_where_it_is():
    expected = [[[0, 0, 1], [2, 0, 1]], [[0, 4, -2], [2, 0, -2]]]
    np.testing.assert_array_equal(metrics.root_relative(CHAIN), expected)
    np.testing.assert_array_equal(metrics.root_relative(CHAIN + 5), expected)


def test_joint_error_is_the_mean_distance_over_the_joints():
    shift = np.array([[3, 4, 0], [0, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(metrics.joint_error(CHAIN + shift, CHAIN), [2, 2])
    np.testing.assert_array_equal(metrics.joint_error(CHAIN, CHAIN), [0, 0])


def test_joint_speed_is_in_metres_per_second():
    # The joints move by 3, 4 and 0 metres in a tenth of a second.
    np.testing.assert_allclose(metrics.joint_speed(CHAIN, 10.0), [10 * 7 / 3])


def test_bone_stretch_is_the_largest_relative_change():
    assert metrics.bone_stretch(CHAIN[:1], PARENTS, OFFSETS) == 0
    # The second frame's bones are sqrt(4^2 + 2^2) and sqrt(2^2 + 4^2) long.
    largest = np.sqrt(20) - 1
    assert metrics.bone_stretch(CHAIN, PARENTS, OFFSETS) == pytest.approx(largest)


def test_bones_without_length_cannot_stretch():
    offsets = OFFSETS * [[1], [0], [1]]
    found = metrics.bone_stretch(CHAIN[:1] * [[[1], [0], [1]]], PARENTS, offsets)
    assert found == pytest.approx(np.sqrt(5) / 2 - 1)
    assert metrics.bone_stretch(CHAIN, PARENTS, 0 * OFFSETS) == 0


def test_the_interval_holds_the_mean_and_repeats_itself():
    rng = np.random.default_rng(3)
    values, groups = rng.exponential(size=200), rng.integers(20, size=200)
    low, high = metrics.bootstrap_interval(values, groups)
    assert low < values.mean() < high
    assert metrics.bootstrap_interval(values, groups) == (low, high)
    assert metrics.bootstrap_interval(values, groups, seed=1) != (low, high)


def test_the_interval_is_as_wide_as_sequences_differ_not_windows():
    # 50 windows in each of 16 sequences: as good as 16 numbers 0 and 1.
    values, groups = np.repeat([0.0, 1.0] * 8, 50), np.repeat(np.arange(16), 50)
    low, high = metrics.bootstrap_interval(values, groups)
    expected = 1.96 * 0.5 / np.sqrt(16)
    np.testing.assert_allclose([0.5 - low, high - 0.5], expected, rtol=0.2)


def test_of_a_single_sequence_the_interval_is_its_mean():
    found = metrics.bootstrap_interval(np.array([1.0, 2.0, 6.0]), np.array([7, 7, 7]))
    assert found == (3.0, 3.0)
