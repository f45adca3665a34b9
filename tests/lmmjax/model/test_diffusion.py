"""Laws of the diffusion, against problems whose answer is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model import diffusion

SHAPE = (200_000, 1, 1)


def normal(seed, shape=SHAPE):
    return jax.random.normal(jax.random.key(seed), shape)


def test_residual_is_pure_noise_at_1_and_clean_at_0():
    clean, noise = normal(0, (2, 3, 4)), normal(1, (2, 3, 4))
    noisy = diffusion.add_noise(clean, noise, jnp.array([[1.0], [0.0]]) * jnp.ones(3))
    np.testing.assert_array_equal(noisy[0], noise[0])
    np.testing.assert_array_equal(noisy[1], clean[1])


def test_linear_gain_is_exactly_zero_at_pure_noise_and_one_without():
    found = diffusion.linear_gain(jnp.array([1.0, 0.0]))
    np.testing.assert_array_equal(found, [0, 1])


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
def test_linear_gain_has_the_least_squared_error_of_all_multiples(tau):
    clean = normal(0)
    noisy = diffusion.add_noise(clean, normal(1), jnp.full(SHAPE[:-1], tau))
    guess = noisy * diffusion.linear_gain(jnp.float32(tau))
    best = float(jnp.mean((guess - clean) ** 2))
    for factor in (0.95, 1.05):
        assert float(jnp.mean((factor * guess - clean) ** 2)) > best
    np.testing.assert_allclose(best, tau**2 / ((1 - tau) ** 2 + tau**2), rtol=0.02)


@pytest.mark.parametrize("tau", [0.02, 0.3, 0.8])
def test_posterior_is_that_of_a_gaussian(tau):
    mean, deviation = 0.7, 0.3
    clean = mean + deviation * normal(0)
    noisy = diffusion.add_noise(clean, normal(1), jnp.full(SHAPE[:-1], tau))
    found, left = diffusion.posterior(
        noisy, jnp.float32(tau), jnp.full(SHAPE, mean), jnp.full(SHAPE, deviation)
    )
    error = np.asarray(clean - found)
    np.testing.assert_allclose(error.std(), left[0, 0, 0], rtol=0.01)
    # What is left over has nothing to do with what was seen.
    for seen in (noisy, found):
        assert abs(np.corrcoef(error.ravel(), seen.ravel())[0, 1]) < 0.01


def test_posterior_is_the_mean_at_pure_noise_and_what_is_seen_without():
    mean, noisy = normal(0, (2, 5)), 1e6 * normal(1, (2, 5))
    deviation = jnp.array([[1e-3], [4.0]]) * jnp.ones((2, 5))
    found, left = diffusion.posterior(noisy, jnp.array([1.0, 1.0]), mean, deviation)
    np.testing.assert_array_equal(found, mean)
    np.testing.assert_allclose(left, deviation, rtol=1e-6)
    found, left = diffusion.posterior(noisy, jnp.array([0.0, 0.0]), mean, deviation)
    np.testing.assert_allclose(found, noisy, rtol=1e-5)
    np.testing.assert_array_equal(left, 0)
