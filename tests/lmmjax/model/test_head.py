"""Laws of the head: what its estimate depends on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model.head import Head

HEAD = Head(width=16, layers=2)
apply = jax.jit(HEAD.apply)


@pytest.fixture(scope="module")
def inputs():
    rng = np.random.default_rng(0)
    shapes = [(2, 4, 15), (4,), (2, 4, 8)]
    return [jnp.asarray(rng.uniform(0, 1, s), jnp.float32) for s in shapes]


@pytest.fixture(scope="module")
def fresh(inputs):
    return jax.jit(HEAD.init)(jax.random.key(0), *inputs)


@pytest.fixture(scope="module")
def lively(fresh):
    leaves, tree = jax.tree.flatten(fresh)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    moved = [
        x + 0.3 * jax.random.normal(k, x.shape)
        for x, k in zip(leaves, keys, strict=True)
    ]
    return jax.tree.unflatten(tree, moved)


def test_mean_and_deviation_have_the_shape_of_the_residual(fresh, inputs):
    for found in apply(fresh, *inputs):
        assert found.shape == inputs[0].shape


@pytest.mark.parametrize("which", [0, 1, 2], ids=["residual", "noise level", "past"])
def test_estimate_depends_on_every_input(lively, inputs, which):
    changed = list(inputs)
    changed[which] = 0.7 * changed[which] + 0.1
    for ours, theirs in zip(
        apply(lively, *changed), apply(lively, *inputs), strict=True
    ):
        assert np.abs(ours - theirs).max(axis=(0, 2)).min() > 1e-3


def test_every_number_of_the_future_sees_all_others(lively, inputs):
    noisy, tau, z = inputs
    changed, _ = apply(lively, noisy.at[:, :, 2].add(1.0), tau, z)
    assert np.abs(changed - apply(lively, *inputs)[0]).min() > 0


def test_forecast_does_not_see_the_noise(lively, inputs):
    noisy, _, z = inputs
    ones = jnp.ones(4)
    for ours, theirs in zip(
        apply(lively, noisy, ones, z), apply(lively, -9 * noisy, ones, z), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_without_noise_the_residual_comes_through(lively, inputs):
    noisy, tau, z = inputs
    mean, deviation = apply(lively, noisy, 0 * tau, z)
    np.testing.assert_allclose(mean, noisy, atol=1e-5)
    assert np.abs(deviation).max() < 1e-5


def test_fresh_forecast_is_almost_zero_and_unsure(fresh, inputs):
    noisy, tau, z = inputs
    mean, deviation = apply(fresh, noisy, jnp.ones_like(tau), z)
    assert np.abs(mean).max() < 0.03
    np.testing.assert_allclose(deviation, 0.3, rtol=0.05)


def test_rows_are_independent_and_any_leading_axes_do(lively, inputs):
    noisy, tau, z = inputs
    shaped = noisy.reshape(2, 2, 2, -1), tau.reshape(2, 2), z.reshape(2, 2, 2, -1)
    other = noisy.at[:, 0].add(1.0), tau.at[0].multiply(0.5), z.at[:, 0].add(1.0)
    for found, changed, expected in zip(
        HEAD.apply(lively, *shaped),
        apply(lively, *other),
        apply(lively, *inputs),
        strict=True,
    ):
        np.testing.assert_allclose(found.reshape(noisy.shape), expected, atol=1e-5)
        np.testing.assert_array_equal(changed[:, 1:], expected[:, 1:])


def test_the_estimate_of_the_mirror_image_is_the_mirror_image(lively, inputs):
    noisy, tau, z = inputs
    odd = np.float32([1, -1]).reshape(2, 1, 1)
    mean, deviation = apply(lively, noisy * odd, tau, z * odd)
    expected, same = apply(lively, *inputs)
    np.testing.assert_array_equal(mean, expected * odd)
    np.testing.assert_array_equal(deviation, same)
