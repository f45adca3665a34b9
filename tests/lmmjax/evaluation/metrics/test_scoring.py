"""Scores against their definitions, and calibration of what is calibrated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lmmjax.evaluation import metrics

RNG = np.random.default_rng(1)
TRUTH = RNG.normal(size=(3, 4, 2, 3))
SAMPLES = RNG.normal(size=(3, 7, 4, 2, 3))
VALUES = st.floats(-100, 100, width=32)


def double_sum(x, y):
    """The fair CRPS as it is defined."""
    count = len(x)
    pairs = sum(abs(a - b) for a in x for b in x)
    return sum(abs(a - y) for a in x) / count - pairs / (2 * count * (count - 1))


@given(hnp.arrays(np.float32, st.integers(2, 9), elements=VALUES), VALUES)
def test_crps_is_the_double_sum(x, y):
    expected = double_sum(x.astype(float), y)
    found = metrics.crps(x[None], np.array([y]))
    np.testing.assert_allclose(found, [expected], rtol=1e-9, atol=1e-9)


def test_crps_by_hand():
    # |0-1|, |2-1|, |4-1| on average, less the pairs 2, 2, 4 over 6.
    assert metrics.crps(np.array([[4.0, 0.0, 2.0]]), np.array([1.0])) == pytest.approx(
        5 / 3 - 8 / 6
    )


@pytest.mark.parametrize("score", [metrics.crps, metrics.energy_score])
def test_scores_know_no_order_place_or_unit(score):
    found = score(SAMPLES, TRUTH)
    np.testing.assert_allclose(score(SAMPLES[:, ::-1], TRUTH), found)
    np.testing.assert_allclose(score(SAMPLES + 3, TRUTH + 3), found, atol=1e-12)
    np.testing.assert_allclose(score(10 * SAMPLES, 10 * TRUTH), 10 * found, atol=1e-12)
    perfect = np.repeat(TRUTH[:, None], 5, axis=1)
    np.testing.assert_array_equal(score(perfect, TRUTH), 0)
    with pytest.raises(ValueError, match="2 samples or more"):
        score(SAMPLES[:, :1], TRUTH)


def test_the_score_is_fair_in_the_number_of_samples():
    # From two samples or fifty the expectation is that of the true distribution:
    # of a Gaussian that is calibrated, 1 / sqrt(pi).
    rng = np.random.default_rng(2)
    truth = rng.normal(size=200_000)
    for count in (2, 5):
        drawn = rng.normal(size=(count, len(truth)))
        found = metrics.crps(drawn[None], truth[None]).mean()
        assert found == pytest.approx(1 / np.sqrt(np.pi), abs=5e-3)


def test_the_energy_score_is_the_double_sum_of_norms():
    x, y = SAMPLES[1, :, 2].reshape(7, -1), TRUTH[1, 2].ravel()
    pairs = np.linalg.norm(x[:, None] - x, axis=-1).sum()
    expected = np.linalg.norm(x - y, axis=-1).mean() - pairs / (2 * 7 * 6)
    found = metrics.energy_score(SAMPLES, TRUTH)
    assert found.shape == (3, 4)
    assert found[1, 2] == pytest.approx(expected)


def test_what_is_missing_has_no_score():
    truth, samples = TRUTH.copy(), SAMPLES.copy()
    truth[0, 1, 0, 2] = samples[2, 3, 3, 1, 0] = np.nan
    found, clean = metrics.crps(samples, truth), metrics.crps(SAMPLES, TRUTH)
    assert np.argwhere(np.isnan(found)).tolist() == [[0, 1, 0, 2], [2, 3, 1, 0]]
    known = ~np.isnan(found)
    np.testing.assert_array_equal(found[known], clean[known])
    energy = metrics.energy_score(samples, truth)
    assert np.argwhere(np.isnan(energy)).tolist() == [[0, 1], [2, 3]]


def test_skill_is_one_for_perfect_and_zero_for_trivial():
    trivial = np.array([1.0, 3.0, np.nan])
    assert metrics.skill(0 * trivial, trivial) == 1
    assert metrics.skill(trivial, trivial) == 0
    assert metrics.skill(np.array([1.0, 2.0, 8.0]), trivial) == pytest.approx(0.25)
    assert np.isnan(metrics.skill(np.array([np.nan, 2.0, 8.0]), trivial))
    assert np.isnan(metrics.skill(np.zeros(2), np.zeros(2)))


@pytest.mark.parametrize(("count", "alpha"), [(119, 0.9), (199, 0.5), (100, 0.8)])
def test_coverage_of_one_more_draw_is_alpha_exactly(count, alpha):
    # The S + 1 gaps between samples are equally likely: one truth in each of them.
    samples = RNG.permutation(np.arange(count)).astype(float)
    truth = np.arange(count + 1) - 0.5
    drawn = np.broadcast_to(samples[:, None, None], (count, 1, count + 1))
    found = metrics.coverage(drawn[None], truth[None, None], alpha)
    # With 100 samples rank 10.1 is between two samples: the same gaps, to one.
    tolerance = 1e-12 if count % 10 == 9 else 2 / (count + 1)
    np.testing.assert_allclose(found, [[alpha]], atol=tolerance)


def test_the_interval_is_between_order_statistics():
    samples = np.arange(100.0)[::-1].reshape(1, 100)
    # Rank 0.1 (100 + 1) = 10.1: from the 10th sample, 9, a tenth of the way on.
    low, high = metrics.central_interval(samples, 0.8)
    np.testing.assert_allclose([low[0], high[0]], [9.1, 89.9])
    with pytest.raises(ValueError, match="100 samples"):
        metrics.central_interval(samples[:, :99], 0.5)
    with pytest.raises(ValueError, match="at least 199"):
        metrics.central_interval(samples, 0.99)
    with pytest.raises(ValueError, match="between 0 and 1"):
        metrics.central_interval(samples, 1.0)


def test_coverage_is_by_window_and_horizon_over_what_is_known():
    samples = np.broadcast_to(np.arange(100.0)[:, None, None], (2, 100, 2, 3)).copy()
    truth = np.array([[[50, 50, 500], [50, -1, np.nan]], [[np.nan] * 3, [50] * 3]])
    samples[1, 4, 1, 0] = np.nan
    found = metrics.coverage(samples, truth, 0.8)
    np.testing.assert_allclose(found, [[2 / 3, 1 / 2], [np.nan, np.nan]])
