"""Laws of the sampler, against problems whose answer is known."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model.sampler import Sampler, draw, sample

SHAPE = (1, 100_000, 1)
SMALL = (2, 3, 4)
MEAN, SPREAD = 0.7, 0.4
# Quantiles 0.5, 0.9 and 0.99 of |x exp(0.4 y)| over those of |x|, x and y normal: by
# numerical integration over y.
LONGER = (0.964, 1.141, 1.427)


def normal(seed, shape):
    return jax.random.normal(jax.random.key(seed), shape)


def conditional(x, tau):
    """Of r given x, for r normal with MEAN and SPREAD: what a trained network tells."""
    total = (1 - tau) ** 2 * SPREAD**2 + tau**2
    mean = MEAN + (1 - tau) * SPREAD**2 / total * (x - (1 - tau) * MEAN)
    return mean, jnp.full_like(x, tau * SPREAD / jnp.sqrt(total))


def sampled(sampler):
    noise = draw(sampler, jax.random.key(2), SHAPE)
    return np.asarray(
        jax.jit(sample, static_argnums=(0, 2))(conditional, noise, sampler)
    )


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_without_churn_it_is_the_deterministic_flow(steps):
    key = jax.random.key(7)
    x = jax.random.normal(key, SMALL)
    levels = (1 - np.arange(steps + 1) / steps) ** 2
    for tau, after in itertools.pairwise(levels):
        clean, _ = conditional(x, tau)
        x = x + (after - tau) * (x - clean) / tau
    noise = draw(Sampler(steps, 0.0), key, SMALL)
    found = sample(conditional, noise, Sampler(steps, 0.0))
    np.testing.assert_allclose(found, x, atol=1e-6)
    # A churn of 0 whose value is not known when it is compiled.
    traced = Sampler(steps, jnp.float32(0))
    noise = draw(traced, key, SMALL)
    np.testing.assert_array_equal(sample(conditional, noise, traced), found)


@pytest.mark.parametrize(("churn", "draws"), [(0.0, 1), (0.5, 4)])
def test_noise_is_drawn_for_every_step_only_with_churn(churn, draws):
    sampler = Sampler(3, churn)
    noise = draw(sampler, jax.random.key(1), SMALL)
    assert noise.shape == (draws, *SMALL)
    np.testing.assert_array_equal(noise[0], normal(1, SMALL))
    with pytest.raises(ValueError, match=f"sampler of {draws}"):
        sample(conditional, noise[:0], sampler)


@pytest.mark.parametrize("churn", [0.0, 0.6])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_denoiser_that_is_sure_gives_its_residual(steps, churn):
    sampler, clean = Sampler(steps, churn), normal(0, SMALL)
    noise = draw(sampler, jax.random.key(1), SMALL)
    found = sample(lambda x, tau: (clean, 0 * x), noise, sampler)
    np.testing.assert_array_equal(found, clean)


@pytest.mark.parametrize("churn", [0.0, 1.0])
@pytest.mark.parametrize("steps", [1, 3])
def test_network_is_asked_from_pure_noise_downwards_as_often_as_said(steps, churn):
    asked = []

    def denoise(x, tau):
        asked.append(tau)
        return x, x

    sampler = Sampler(steps, churn)
    with jax.disable_jit():
        sample(denoise, jnp.zeros((sampler.draws, *SMALL)), sampler)
    np.testing.assert_allclose(asked, (1 - np.arange(steps) / steps) ** 2)
    np.testing.assert_allclose(sampler.levels, [*asked, 0.0])


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_last_step_is_steered_otherwise_where_that_is_asked(steps):
    seen = {"steer": [], "finish": []}

    def steering(name, by):
        def steer(clean, first):
            seen[name].append(np.asarray(first))
            return clean + by

        return steer

    def denoise(x, tau):
        return 0 * x, tau + 0 * x

    sampler = Sampler(steps, 0.0)
    noise = draw(sampler, jax.random.key(0), SMALL)
    with jax.disable_jit():
        found = sample(
            denoise, noise, sampler, steering("steer", 1.0), steering("finish", 2.0)
        )
        alone = sample(denoise, noise, sampler, None, steering("finish", 2.0))
    np.testing.assert_array_equal(found, np.full(SMALL, 2.0))
    np.testing.assert_array_equal(alone, found)
    assert [len(seen[name]) for name in ("steer", "finish")] == [steps - 1, 2]
    for first in seen["finish"]:
        np.testing.assert_array_equal(first, np.ones(SMALL))


def test_points_between_steps_are_as_noisy_as_in_training():
    # Of a residual with MEAN and SPREAD at tau, whatever the number of steps.
    seen = []

    def look(x, tau):
        seen.append((tau, x))
        return conditional(x, tau)

    sampler = Sampler(4)
    with jax.disable_jit():
        sample(look, draw(sampler, jax.random.key(3), SHAPE), sampler)
    for tau, x in seen:
        spread = np.hypot((1 - tau) * SPREAD, tau)
        np.testing.assert_allclose(x.mean(), (1 - tau) * MEAN, atol=0.01)
        np.testing.assert_allclose(x.std(), spread, rtol=0.01)


@pytest.mark.parametrize("steps", [1, 2, 4, 9])
def test_samples_of_a_gaussian_have_its_mean_and_spread_after_any_steps(steps):
    samples = sampled(Sampler(steps))
    np.testing.assert_allclose(samples.mean(), MEAN, atol=4e-3)
    np.testing.assert_allclose(samples.std(), SPREAD, rtol=0.01)


def test_the_deterministic_flow_has_too_narrow_a_spread_that_grows_with_the_steps():
    spreads = [float(sampled(Sampler(n, 0.0)).std()) for n in (1, 4, 32, 128)]
    assert spreads == sorted(spreads)
    np.testing.assert_allclose(spreads[0], 0, atol=1e-6)
    assert 0.6 * SPREAD < spreads[1] < 0.75 * SPREAD
    np.testing.assert_allclose(spreads[-1], SPREAD, rtol=0.03)


def test_temperature_scales_the_spread_of_a_gaussian():
    cold, usual, hot = (sampled(Sampler(4, 0.5, t)) for t in (0.0, 1.0, 1.5))
    np.testing.assert_allclose(cold.std(), 0, atol=1e-6)
    np.testing.assert_allclose(hot.std() / usual.std(), 1.5, rtol=1e-4)


def test_a_tail_widens_the_rare_and_not_the_middle():
    usual, heavy = (sampled(Sampler(2, 1.0, 1.0, tail)) for tail in (0.0, 0.4))
    far = [np.quantile(np.abs(x - MEAN), (0.5, 0.9, 0.99)) for x in (usual, heavy)]
    np.testing.assert_allclose(far[1] / far[0], LONGER, rtol=0.02)


def test_a_sample_has_one_scale_and_its_own():
    noise = draw(Sampler(2, tail=0.8), jax.random.key(0), (2, 5, 400))
    spread = np.asarray(noise).std(axis=-1)
    np.testing.assert_allclose(spread, spread[:1, :1] * np.ones((3, 2, 1)), rtol=0.2)
    assert spread.max() > 2 * spread.min()
    plain = draw(Sampler(2), jax.random.key(0), (2, 5, 400))
    scale = np.asarray(noise / plain)
    np.testing.assert_allclose(scale, scale[:1, :1, :, :1] + 0 * scale, rtol=1e-5)


def test_settings_are_a_pytree_and_hashable():
    sampler = Sampler(3, 0.25, 1.5)
    leaves, tree = jax.tree.flatten(sampler)
    assert leaves == [0.25, 1.5, 0.0]
    assert jax.tree.unflatten(tree, leaves) == sampler
    assert hash(dataclasses.replace(sampler)) == hash(sampler)
    compiled = jax.jit(lambda s, noise: sample(conditional, noise, s))
    for churn in (0.25, 0.5):
        changed = dataclasses.replace(sampler, churn=churn)
        noise = draw(changed, jax.random.key(0), SMALL)
        np.testing.assert_allclose(
            compiled(changed, noise),
            sample(conditional, noise, changed),
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
        ((4, 0, 1, -1), "tail must be 0 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Sampler(*settings)
