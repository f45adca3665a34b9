"""What is drawn for a window is as often and as large as the settings say."""

import jax
import numpy as np
import pytest

from lmmjax.training.noise import draw

COUNT, LENGTH, CHANNELS, SHAPE, DRAWS = 4000, 12, 4, (2, 6), (6, 2)


@pytest.fixture(scope="module")
def drawn():
    keys = jax.random.split(jax.random.key(0), COUNT)
    return drawn_where(np.ones(LENGTH, bool), keys)


def drawn_where(known, keys):
    found = jax.jit(jax.vmap(lambda k: draw(k, known, CHANNELS, SHAPE, DRAWS, 2.0)))(
        keys
    )
    return jax.tree.map(np.asarray, found)


def test_half_of_the_contexts_are_noisy(drawn):
    np.testing.assert_allclose((drawn.level > 0).mean(), 0.5, atol=0.03)
    assert 1.9 < drawn.level.max() <= 2.0
    assert drawn.context.shape == (COUNT, LENGTH, CHANNELS)


def test_noise_is_standard_normal(drawn):
    for noise in (drawn.context, drawn.residual):
        np.testing.assert_allclose([noise.mean(), noise.std()], [0, 1], atol=0.01)
    assert drawn.residual.shape == (COUNT, *DRAWS, *SHAPE)


def test_places_are_apart_and_the_last_is_among_them(drawn):
    assert (drawn.place == LENGTH - 1).any(axis=1).all()
    ordered = np.sort(drawn.place, axis=1)
    assert (np.diff(ordered, axis=1) > 0).all()
    assert ordered.min() == 0


@pytest.mark.parametrize("places", [[11], [0, 1, 2, 3], [3, 4, 5, 6, 7, 8, 9, 11]])
def test_places_are_where_the_future_is_known_and_no_oftener_than_must_be(places):
    known = np.isin(np.arange(LENGTH), places)
    place = drawn_where(known, jax.random.split(jax.random.key(1), 50)).place
    assert known[place].all()
    most = -(-DRAWS[0] // len(places))
    for row in place:
        assert np.unique(row, return_counts=True)[1].max() <= most
    assert set(place.ravel()) == set(places)


def test_the_first_level_is_pure_noise_and_others_are_mostly_low(drawn):
    np.testing.assert_array_equal(drawn.tau[..., 0], 1)
    others = drawn.tau[..., 1]
    assert others.min() >= 1e-4
    np.testing.assert_allclose(np.mean(others < 0.25), 0.5, atol=0.02)
