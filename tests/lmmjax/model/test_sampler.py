"""Laws of the sampler, against problems whose answer is known."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model.sampler import Sampler, draw, sample

SHAPE = (100_000, 1, 1)
SMALL = (2, 3, 4)
MEAN, SPREAD = 0.7, 0.4


def normal(seed, shape):
    return jax.random.normal(jax.random.key(seed), shape)


def conditional_mean(x, tau):
    """E[r | x] for r normal with MEAN and SPREAD: what a trained network is."""
    tau = tau[..., None, None]
    gain = (1 - tau) * SPREAD**2 / ((1 - tau) ** 2 * SPREAD**2 + tau**2)
    return MEAN + gain * (x - (1 - tau) * MEAN)


def sampled(sampler):
    noise = draw(sampler, jax.random.key(2), SHAPE)
    return np.asarray(
        jax.jit(sample, static_argnums=(0, 2))(conditional_mean, noise, sampler)
    )


def euler(noise, steps):
    """The deterministic flow, written out."""
    x = noise
    for n in range(steps - 1):
        tau, after = 1 - n / steps, 1 - (n + 1) / steps
        clean = conditional_mean(x, jnp.full(noise.shape[:-2], tau))
        x = x + (after - tau) * (x - clean) / tau
    return conditional_mean(x, jnp.full(noise.shape[:-2], 1 / steps))


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_without_churn_it_is_the_deterministic_flow_to_the_last_bit(steps):
    key = jax.random.key(7)
    expected = euler(jax.random.normal(key, SMALL), steps)
    noise = draw(Sampler(steps), key, SMALL)
    np.testing.assert_array_equal(
        sample(conditional_mean, noise, Sampler(steps)), expected
    )
    # A churn of 0 whose value is not known when it is compiled, eagerly.
    traced = Sampler(steps, jnp.float32(0))
    noise = draw(traced, key, SMALL)
    np.testing.assert_array_equal(sample(conditional_mean, noise, traced), expected)


@pytest.mark.parametrize(("churn", "draws"), [(0.0, 1), (0.5, 3)])
def test_noise_is_drawn_for_every_step_only_with_churn(churn, draws):
    sampler = Sampler(3, churn)
    noise = draw(sampler, jax.random.key(1), SMALL)
    assert noise.shape == (draws, *SMALL)
    np.testing.assert_array_equal(noise[0], normal(1, SMALL))
    with pytest.raises(ValueError, match=f"sampler of {draws}"):
        sample(conditional_mean, noise[:0], sampler)


@pytest.mark.parametrize("churn", [0.0, 0.6])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_perfect_denoiser_gives_the_clean_residual(steps, churn):
    sampler, clean = Sampler(steps, churn), normal(0, SMALL)
    noise = draw(sampler, jax.random.key(1), SMALL)
    found = sample(lambda x, tau: clean, noise, sampler)
    np.testing.assert_array_equal(found, clean)


@pytest.mark.parametrize("churn", [0.0, 1.0])
@pytest.mark.parametrize("steps", [1, 3])
def test_network_is_asked_from_pure_noise_downwards_as_often_as_said(steps, churn):
    asked = []

    def denoise(x, tau):
        asked.append(tau)
        return x

    sampler = Sampler(steps, churn)
    sample(denoise, jnp.zeros((sampler.draws, *SMALL)), sampler)
    np.testing.assert_allclose(asked, np.tile(1 - np.arange(steps) / steps, (2, 1)).T)


@pytest.mark.parametrize("churn", [0.3, 1.0])
def test_points_between_steps_are_as_noisy_as_in_training(churn):
    clean = normal(0, SHAPE) * SPREAD + MEAN
    seen = []

    def look_up(x, tau):
        seen.append((float(tau[0]), x))
        return clean

    sampler = Sampler(4, churn)
    sample(look_up, draw(sampler, jax.random.key(3), SHAPE), sampler)
    for tau, x in seen:
        noise = (x - (1 - tau) * clean) / tau
        np.testing.assert_allclose([noise.mean(), noise.std()], [0, 1], atol=0.01)
        np.testing.assert_allclose((noise * clean).mean(), 0, atol=0.01)
    first, second = ((x - (1 - tau) * clean) / tau for tau, x in seen[:2])
    # From pure noise to the next point all of it may be exchanged.
    kept = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    np.testing.assert_allclose(kept, np.sqrt(1 - churn**2), atol=0.01)


def test_ancestral_steps_keep_as_much_noise_as_the_posterior_does():
    # x_tau = a / a' x_tau' + noise: of noise that is known, the share that tau' and tau
    # have in common is a tau' / (a' tau).
    clean = normal(0, SHAPE)
    seen = []

    def look_up(x, tau):
        seen.append((float(tau[0]), x))
        return clean

    sample(look_up, draw(Sampler(4, 1.0), jax.random.key(3), SHAPE), Sampler(4, 1.0))
    (tau, x), (after, y) = seen[1:3]
    first, second = (x - (1 - tau) * clean) / tau, (y - (1 - after) * clean) / after
    common = (1 - tau) * after / ((1 - after) * tau)
    found = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    np.testing.assert_allclose(found, common, atol=0.01)


@pytest.mark.parametrize("churn", [0.0, 1.0])
def test_samples_of_a_gaussian_approach_its_mean_and_spread_with_more_steps(churn):
    found = [sampled(Sampler(steps, churn)) for steps in (1, 4, 32)]
    for samples in found:
        np.testing.assert_allclose(samples.mean(), MEAN, atol=4e-3)
    gaps = [abs(float(samples.std()) - SPREAD) for samples in found]
    assert gaps == sorted(gaps, reverse=True)
    np.testing.assert_allclose(gaps[0], SPREAD, atol=1e-6)
    assert gaps[-1] < 0.05


def test_temperature_scales_the_spread_of_a_gaussian():
    cold, usual, hot = (sampled(Sampler(4, 0.5, t)) for t in (0.0, 1.0, 1.5))
    np.testing.assert_allclose(cold.std(), 0, atol=1e-6)
    np.testing.assert_allclose(hot.std() / usual.std(), 1.5, rtol=1e-4)


def test_settings_are_a_pytree_and_hashable():
    sampler = Sampler(3, 0.25, 1.5)
    leaves, tree = jax.tree.flatten(sampler)
    assert leaves == [0.25, 1.5]
    assert jax.tree.unflatten(tree, leaves) == sampler
    assert hash(dataclasses.replace(sampler)) == hash(sampler)
    compiled = jax.jit(lambda s, noise: sample(conditional_mean, noise, s))
    for churn in (0.25, 0.5):
        changed = dataclasses.replace(sampler, churn=churn)
        noise = draw(changed, jax.random.key(0), SMALL)
        np.testing.assert_allclose(
            compiled(changed, noise),
            sample(conditional_mean, noise, changed),
            rtol=1e-5,
        )
    assert compiled._cache_size() == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((0,), "steps must be at least 1"),
        ((4, 1.5), "churn must be between 0 and 1"),
        ((4, -0.1), "churn"),
        ((4, 0, -1), "temperature must be 0 or more"),
        ((4, 0, float("nan")), "temperature"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Sampler(*settings)
