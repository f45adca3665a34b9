"""The trivial forecast: its fit, its closed form and its samples agree."""

import numpy as np
import pytest
from scipy.special import ndtr

from lmmjax.evaluation import metrics


def test_mean_and_deviation_are_those_of_the_residuals():
    last = np.array([[1.0], [2.0], [np.nan]])
    future = last[:, None] + np.array([[[1.0], [4.0]], [[3.0], [4.0]], [[5.0], [5.0]]])
    fitted = metrics.fit_zero_velocity(last, future)
    np.testing.assert_allclose(fitted.mean, [[2], [4]])
    np.testing.assert_allclose(fitted.deviation, [[1], [0]])
    np.testing.assert_allclose(fitted.forecast(np.array([[10.0]])), [[[12], [14]]])


def test_a_scalar_that_was_never_seen_cannot_be_fitted():
    with pytest.raises(ValueError, match="2 of 2 scalars are in none of the 1"):
        metrics.fit_zero_velocity(np.full((1, 1), np.nan), np.zeros((1, 2, 1)))
    with pytest.raises(ValueError, match="none of the 0 training windows"):
        metrics.fit_zero_velocity(np.zeros((0, 1)), np.zeros((0, 2, 1)))


def test_the_closed_form_is_the_integral_of_the_squared_distribution_error():
    fitted = metrics.ZeroVelocity(np.array([0.5]), np.array([2.0]))
    x = np.linspace(-60, 60, 240_001)
    for y in (-3.0, 0.5, 4.0):
        squared = (ndtr((x - 1.5) / 2) - (x >= y)) ** 2
        expected = squared.sum() * (x[1] - x[0])
        found = fitted.crps(np.array([1.0]), np.array([[y]]))
        assert found.item() == pytest.approx(expected, abs=1e-3)


def test_without_deviation_the_score_is_the_distance():
    fitted = metrics.ZeroVelocity(np.array([0.0]), np.array([0.0]))
    assert fitted.crps(np.array([1.0]), np.array([[4.0]])).item() == 3
    assert np.isnan(fitted.crps(np.array([1.0]), np.array([[np.nan]]))).all()


def test_samples_have_the_score_of_the_closed_form():
    rng = np.random.default_rng(3)
    shape = (4, 2, 3)
    fitted = metrics.ZeroVelocity(rng.normal(size=shape), rng.uniform(0.1, 2, shape))
    last, truth = rng.normal(size=(5, 2, 3)), rng.normal(size=(5, *shape))
    samples = fitted.sample(last, 2000)
    assert samples.shape == (5, 2000, *shape)
    np.testing.assert_array_equal(fitted.sample(last, 3), fitted.sample(last, 3))
    found = metrics.crps(samples, truth)
    np.testing.assert_allclose(found, fitted.crps(last, truth), atol=0.15)
    assert found.mean() == pytest.approx(fitted.crps(last, truth).mean(), rel=0.01)
    assert metrics.energy_score(samples[:1, :50], truth[:1]).shape == (1, 4)
