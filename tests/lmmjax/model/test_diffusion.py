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
