"""What is drawn for a window is as often and as large as the settings say."""

import jax
import numpy as np
import pytest

from lmmjax.training.noise import draw

COUNT, LENGTH, HORIZON, SHAPE, DRAWS = 4000, 12, 5, (3, 4), (6, 2)


@pytest.fixture(scope="module")
def drawn():
    keys = jax.random.split(jax.random.key(0), COUNT)
    found = jax.jit(
        jax.vmap(lambda k: draw(k, LENGTH, HORIZON, SHAPE, DRAWS, 2.0, 0.3, 0.2))
    )(keys)
    return jax.tree.map(np.asarray, found)


def test_half_of_the_contexts_are_noisy_and_none_of_those_with_own_samples(drawn):
    noisy = drawn.level > 0
    np.testing.assert_allclose(noisy.mean(), 0.5, atol=0.03)
    assert drawn.level.max() <= 2.0
    np.testing.assert_allclose((drawn.own > 0).mean(), 0.3, atol=0.03)
    assert not (noisy & (drawn.own > 0)).any()
    assert set(drawn.own) == set(range(HORIZON + 1))


def test_noise_is_standard_normal(drawn):
    for noise in (drawn.context, drawn.residual):
        np.testing.assert_allclose([noise.mean(), noise.std()], [0, 1], atol=0.01)
    assert drawn.residual.shape == (COUNT, *DRAWS, *SHAPE)


def test_places_are_apart_and_the_last_is_among_them(drawn):
    assert (drawn.place == LENGTH - 1).any(axis=1).all()
    ordered = np.sort(drawn.place, axis=1)
    assert (np.diff(ordered, axis=1) > 0).all()
    assert ordered.min() == 0


def test_the_first_level_is_pure_noise_and_others_are_mostly_low(drawn):
    np.testing.assert_array_equal(drawn.tau[..., 0], 1)
    others = drawn.tau[..., 1]
    assert others.min() >= 1e-4
    np.testing.assert_allclose(np.mean(others < 0.25), 0.5, atol=0.02)


def test_drift_comes_smoothly_at_any_time_and_stays(drawn):
    np.testing.assert_allclose(drawn.drifted.mean(), 0.2, atol=0.03)
    assert not drawn.drift[~drawn.drifted].any()
    drift = drawn.drift[drawn.drifted]
    size = np.abs(drift)
    assert (np.diff(size, axis=1) >= -1e-6).all()
    whole = np.all(size[:, 0] == size[:, -1], axis=-1)
    assert 0 < whole.mean() < 0.8
    none_yet = np.all(size[:, LENGTH // 2] == 0, axis=-1) & (size[:, -1, 0] > 0)
    assert none_yet.any()
