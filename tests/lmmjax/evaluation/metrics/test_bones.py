"""Bones and limits against values worked out by hand."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics
from tests.lmmjax import tiny

# Two frames of a root, a joint 1 m above it and one 2 m beside that.
CHAIN = np.array([[[0, 0, 0], [0, 0, 1], [2, 0, 1]], [[0, 0, 3], [0, 4, 1], [2, 0, 1]]])
PARENTS = (-1, 0, 1)
OFFSETS = np.array([[0, 0, 0], [0, 0, 1], [2, 0, 0]], float)
# The second frame's bones are sqrt(4^2 + 2^2) and sqrt(2^2 + 4^2) long.
LONG = np.sqrt(20)


def test_bone_stretch_is_the_largest_relative_change():
    assert metrics.bone_stretch(CHAIN[:1], PARENTS, OFFSETS) == 0
    assert metrics.bone_stretch(CHAIN, PARENTS, OFFSETS) == pytest.approx(LONG - 1)


def test_bones_without_length_cannot_stretch():
    offsets = OFFSETS * [[1], [0], [1]]
    found = metrics.bone_stretch(CHAIN[:1] * [[[1], [0], [1]]], PARENTS, offsets)
    assert found == pytest.approx(np.sqrt(5) / 2 - 1)
    assert metrics.bone_stretch(CHAIN, PARENTS, 0 * OFFSETS) == 0
    assert np.isnan(metrics.mean_bone_stretch(CHAIN, PARENTS, 0 * OFFSETS))


def test_mean_stretch_is_over_bones_and_frames():
    expected = ((LONG - 1) + (LONG / 2 - 1)) / 4
    found = metrics.mean_bone_stretch(CHAIN, PARENTS, OFFSETS)
    assert found == pytest.approx(expected)
    assert metrics.mean_bone_stretch(CHAIN + 9, PARENTS, OFFSETS) == pytest.approx(
        found
    )
    assert metrics.mean_bone_stretch(CHAIN[:1], PARENTS, OFFSETS) == 0


def test_jitter_is_change_from_frame_to_frame():
    expected = ((LONG - 1) + (LONG - 2) / 2) / 2
    assert metrics.bone_jitter(CHAIN, PARENTS, OFFSETS) == pytest.approx(expected)
    # A bone that is always too long does not jitter.
    wrong = np.repeat(CHAIN[1:], 3, axis=0)
    assert metrics.bone_jitter(wrong, PARENTS, OFFSETS) == 0
    assert np.isnan(metrics.bone_jitter(CHAIN[:1], PARENTS, OFFSETS))


def test_bones_with_a_missing_end_are_left_out():
    places = CHAIN.astype(float)
    places[1, 2] = np.nan
    found = metrics.mean_bone_stretch(places, PARENTS, OFFSETS)
    assert found == pytest.approx((LONG - 1) / 3)
    found = metrics.bone_jitter(places, PARENTS, OFFSETS)
    assert found == pytest.approx(LONG - 1)


def test_violations_are_counted_by_coordinate_and_frame():
    body = tiny.body()
    joints = np.zeros((4, 7), np.float32)
    assert metrics.limit_violations(body, joints) == (0, 0)
    # Knees bend from -1 to 1.2 rad.
    joints[0, 5], joints[3, 6] = 1.3, -1.4
    found = metrics.limit_violations(body, joints)
    assert found.share == pytest.approx(2 / 28)
    assert found.excess_deg == pytest.approx(np.rad2deg(0.25), rel=1e-5)
    joints[0, 5] = np.nan
    found = metrics.limit_violations(body, joints)
    assert found.share == pytest.approx(1 / 27)
    assert found.excess_deg == pytest.approx(np.rad2deg(0.4), rel=1e-5)
    assert np.isnan(metrics.limit_violations(body, joints[:0]).share)


def test_the_range_used_is_that_of_percentiles():
    true = np.stack([np.linspace(0, 1, 101), np.zeros(101), np.linspace(5, 9, 101)], -1)
    generated = true * [0.5, 1, 2] + [3, 0, 0]
    np.testing.assert_allclose(metrics.range_used(generated, true), [0.5, np.nan, 2])
    # A single outlier is beyond the percentiles.
    generated[50, 0] = 100
    assert metrics.range_used(generated, true)[0] == pytest.approx(0.5, rel=0.02)
    generated[:, 2] = np.nan
    assert np.isnan(metrics.range_used(generated, true)[2])
