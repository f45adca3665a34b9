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


def test_estimate_has_the_shape_of_the_residual(fresh, inputs):
    assert apply(fresh, *inputs).shape == inputs[0].shape


@pytest.mark.parametrize("which", [0, 1, 2], ids=["residual", "noise level", "past"])
def test_estimate_depends_on_every_input(lively, inputs, which):
    changed = list(inputs)
    changed[which] = changed[which] + 0.3
    found = np.abs(apply(lively, *changed) - apply(lively, *inputs))
    assert found.max(axis=(0, 2)).min() > 1e-3


def test_every_number_of_the_future_sees_all_others(lively, inputs):
    noisy, tau, z = inputs
    changed = apply(lively, noisy.at[:, :, 2].add(1.0), tau, z)
    assert np.abs(changed - apply(lively, *inputs)).min() > 0


def test_fresh_estimate_is_almost_zero(fresh, inputs):
    assert np.abs(apply(fresh, *inputs)).max() < 0.03


def test_rows_are_independent_and_any_leading_axes_do(lively, inputs):
    noisy, tau, z = inputs
    shaped = noisy.reshape(2, 2, 2, -1), tau.reshape(2, 2), z.reshape(2, 2, 2, -1)
    found = HEAD.apply(lively, *shaped).reshape(noisy.shape)
    np.testing.assert_allclose(found, apply(lively, *inputs), atol=1e-5)
    other = noisy.at[:, 0].add(1.0), tau.at[0].add(1.0), z.at[:, 0].add(1.0)
    changed = apply(lively, *other)
    np.testing.assert_array_equal(changed[:, 1:], apply(lively, *inputs)[:, 1:])


def test_the_estimate_of_the_mirror_image_is_the_mirror_image(lively, inputs):
    noisy, tau, z = inputs
    odd = np.float32([1, -1]).reshape(2, 1, 1)
    found = apply(lively, noisy * odd, tau, z * odd)
    np.testing.assert_array_equal(found, apply(lively, *inputs) * odd)
