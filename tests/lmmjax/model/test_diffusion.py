"""Laws of the diffusion, against problems whose answer is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model import diffusion

SHAPE = (200_000, 1, 1)
MEAN, SPREAD = 0.7, 0.4


def normal(seed, shape=SHAPE):
    return jax.random.normal(jax.random.key(seed), shape)


def test_residual_is_pure_noise_at_1_and_clean_at_0():
    clean, noise = normal(0, (2, 3, 4)), normal(1, (2, 3, 4))
    noisy = diffusion.add_noise(clean, noise, jnp.array([1.0, 0.0]))
    np.testing.assert_array_equal(noisy[0], noise[0])
    np.testing.assert_array_equal(noisy[1], clean[1])


def test_linear_gain_is_exactly_zero_at_pure_noise_and_one_without():
    found = diffusion.linear_gain(jnp.array([1.0, 0.0]))
    np.testing.assert_array_equal(found, [0, 1])


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
def test_linear_gain_has_the_least_squared_error_of_all_multiples(tau):
    clean = normal(0)
    noisy = diffusion.add_noise(clean, normal(1), jnp.full(SHAPE[:1], tau))
    guess = noisy * diffusion.linear_gain(jnp.float32(tau))
    best = float(jnp.mean((guess - clean) ** 2))
    for factor in (0.95, 1.05):
        assert float(jnp.mean((factor * guess - clean) ** 2)) > best
    np.testing.assert_allclose(best, tau**2 / ((1 - tau) ** 2 + tau**2), rtol=0.02)


def test_loss_weight_is_the_snr_between_1_and_5():
    weight = np.asarray(diffusion.loss_weight(jnp.linspace(0, 1, 1001)))
    assert weight.min() == 1.0
    assert weight.max() == 5.0
    assert (np.diff(weight) <= 0).all()
    np.testing.assert_allclose(diffusion.loss_weight(jnp.array(0.4)), 2.25, rtol=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_perfect_denoiser_gives_the_clean_residual_for_any_number_of_steps(steps):
    clean = normal(0, (2, 3, 4))
    found = diffusion.sample(lambda x, tau: clean, normal(1, (2, 3, 4)), steps)
    np.testing.assert_array_equal(found, clean)


@pytest.mark.parametrize("steps", [1, 3])
def test_network_is_asked_from_pure_noise_downwards_as_often_as_said(steps):
    asked = []

    def denoise(x, tau):
        asked.append(tau)
        return x

    diffusion.sample(denoise, jnp.zeros((2, 3, 4)), steps)
    np.testing.assert_allclose(asked, np.tile(1 - np.arange(steps) / steps, (2, 1)).T)


def conditional_mean(x, tau):
    """E[r | x] for r normal with MEAN and SPREAD: what a trained network is."""
    tau = tau[..., None, None]
    gain = (1 - tau) * SPREAD**2 / ((1 - tau) ** 2 * SPREAD**2 + tau**2)
    return MEAN + gain * (x - (1 - tau) * MEAN)


def test_samples_of_a_gaussian_approach_its_mean_and_spread_with_more_steps():
    noise = normal(2)
    found = {n: diffusion.sample(conditional_mean, noise, n) for n in (1, 4, 32, 256)}
    for samples in found.values():
        np.testing.assert_allclose(samples.mean(), MEAN, atol=3e-3)
    gaps = [abs(float(samples.std()) - SPREAD) for samples in found.values()]
    assert gaps == sorted(gaps, reverse=True)
    np.testing.assert_allclose(gaps[0], SPREAD, atol=1e-6)
    assert gaps[-1] < 0.01
