"""Intervals over sequences: their width, their pairing, their repeatability."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics


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


def test_what_sequences_share_cancels_in_a_ratio():
    rng = np.random.default_rng(4)
    hard, groups = rng.exponential(size=60), np.repeat(np.arange(12), 5)
    low, high = metrics.bootstrap_ratio_interval(3 * hard, hard, groups)
    assert (low, high) == (pytest.approx(3), pytest.approx(3))
    found = metrics.skill_interval(0.25 * hard, hard, groups)
    assert found == (pytest.approx(0.75), pytest.approx(0.75))
    noisy = hard * rng.uniform(0.2, 0.8, 60)
    low, high = metrics.skill_interval(noisy, hard, groups)
    assert low < metrics.skill(noisy, hard) < high
    assert high - low < 0.3


def test_missing_windows_are_left_out():
    values, groups = np.array([1.0, np.nan, 5.0]), np.array(["a", "a", "b"])
    assert metrics.bootstrap_interval(values, groups) == (1, 5)
    with pytest.raises(ValueError, match="not missing"):
        metrics.bootstrap_interval(values * np.nan, groups)
    with pytest.raises(ValueError, match="each of N windows"):
        metrics.bootstrap_interval(values, groups[:2])
    with pytest.raises(ValueError, match="not missing"):
        metrics.bootstrap_interval(np.zeros(0), np.zeros(0))


def test_any_statistic_has_an_interval():
    rng = np.random.default_rng(5)
    values, groups = rng.normal(size=400), np.repeat(np.arange(40), 10)
    found = metrics.bootstrap_statistic(lambda i: values[i].mean(), groups, draws=1000)
    np.testing.assert_allclose(
        found, metrics.bootstrap_interval(values, groups), atol=0.02
    )
    medians = metrics.bootstrap_statistic(lambda i: np.median(values[i]), groups)
    assert medians[0] < np.median(values) < medians[1]


def test_draws_without_a_value_are_left_out():
    labels, groups = np.array([1, 0, 0, 1]), np.arange(4)
    low, high = metrics.bootstrap_statistic(
        lambda i: metrics.auroc(labels[i], labels[i]), groups
    )
    assert (low, high) == (1, 1)
    with pytest.raises(ValueError, match="no value for any draw"):
        metrics.bootstrap_statistic(lambda i: float("nan"), groups)
    with pytest.raises(ValueError, match="no value for any draw"):
        metrics.bootstrap_statistic(lambda i: 1.0, groups[:0])
