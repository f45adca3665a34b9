"""Laws of even and odd features: a change of basis in which the mirror is a sign."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmmjax.model import parity

ODD = np.float32([1, -1])


@st.composite
def mirrors(draw):
    """Any signed permutation that is its own inverse."""
    pairs, even, odd = (draw(st.integers(0, 4)) for _ in range(3))
    count = 2 * pairs + even + odd
    index, sign = np.arange(count), np.ones(count, np.float32)
    for n in range(pairs):
        index[[2 * n, 2 * n + 1]] = 2 * n + 1, 2 * n
        sign[[2 * n, 2 * n + 1]] = draw(st.sampled_from([1, -1]))
    sign[count - odd :] = -1
    order = np.array(draw(st.permutations(range(count))), int)
    where = np.argsort(order)
    return parity.Mirror(where[index[order]], sign[order])


def values(mirror, seed=0, rows=3):
    shape = (rows, len(mirror.source))
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@given(mirrors())
def test_a_mirror_is_its_own_inverse(mirror):
    x = values(mirror)
    np.testing.assert_array_equal(mirror(mirror(x)), x)


@given(mirrors().filter(lambda mirror: len(mirror.source)))
def test_in_its_basis_the_mirror_is_a_change_of_sign_to_the_last_bit(mirror):
    x = values(mirror)
    both = parity.split(mirror, x)
    np.testing.assert_array_equal(
        parity.split(mirror, mirror(x)), both * ODD.reshape(2, 1, 1)
    )
    assert both.shape == (2, 3, parity.width(mirror, len(mirror.source)))


@given(mirrors().filter(lambda mirror: len(mirror.source)))
def test_the_basis_is_orthonormal(mirror):
    x = values(mirror)
    both = parity.split(mirror, x)
    np.testing.assert_allclose(parity.join(mirror, both), x, atol=1e-6)
    np.testing.assert_allclose(
        np.sum(np.square(both), axis=(0, 2)), np.sum(x**2, axis=1), rtol=1e-5
    )


def test_a_chain_mirrors_each_of_its_parts():
    parts = parity.signs(1, -1), parity.Mirror(np.array([1, 0]), np.float32([-1, -1]))
    found = parity.chain(*parts)(np.arange(4.0))
    np.testing.assert_array_equal(found, [0, -1, -3, -2])


def test_without_a_mirror_there_is_one_parity():
    x = jnp.ones((3, 4))
    assert parity.split(None, x).shape == (1, 3, 4)
    assert parity.width(None, 4) == 4
    np.testing.assert_array_equal(parity.join(None, parity.split(None, x)), x)
    np.testing.assert_array_equal(parity.sidewise(jnp.sin, x[None]), jnp.sin(x)[None])


@pytest.mark.parametrize("function", [jnp.tanh, jnp.abs, lambda x: x + x * jnp.exp(x)])
def test_a_function_of_both_sides_commutes_with_the_mirror(function):
    x = jnp.asarray(np.random.default_rng(0).normal(size=(2, 5, 33)), jnp.float32)
    apply = jax.jit(lambda x: parity.sidewise(function, x))
    odd = ODD.reshape(2, 1, 1)
    np.testing.assert_array_equal(apply(x * odd), apply(x) * odd)
    left, right = apply(x)[0] + apply(x)[1], apply(x)[0] - apply(x)[1]
    np.testing.assert_allclose(left, function(x[0] + x[1]), atol=1e-5)
    np.testing.assert_allclose(right, function(x[0] - x[1]), atol=1e-5)


def test_folding_is_undone_by_unfolding():
    x = jnp.arange(24.0).reshape(2, 3, 4)
    assert parity.fold(x).shape == (3, 8)
    np.testing.assert_array_equal(parity.unfold(parity.fold(x), 2), x)
    np.testing.assert_array_equal(parity.even(x[0], 2)[1], 0)
