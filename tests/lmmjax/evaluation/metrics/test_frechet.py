"""Fréchet distance against closed forms."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics
from lmmjax.evaluation.metrics.frechet import square_root

RNG = np.random.default_rng(4)
SET = RNG.normal(size=(300, 4)) @ RNG.normal(size=(4, 4))


def test_equal_sets_have_no_distance_and_a_shift_its_square():
    assert metrics.frechet_distance(SET, SET) == pytest.approx(0, abs=1e-10)
    assert metrics.frechet_distance(SET, SET[::-1]) == pytest.approx(0, abs=1e-10)
    shifted = SET + np.array([1, 2, 0, 2])
    assert metrics.frechet_distance(SET, shifted) == pytest.approx(9)
    assert metrics.frechet_distance(shifted, SET) == pytest.approx(9)


def test_of_a_stretched_set_it_is_the_change_of_the_deviations():
    centered = SET - SET.mean(axis=0)
    # The roots of covariances that commute are subtracted: tr (2 A^1/2 - A^1/2)^2.
    expected = np.trace(np.cov(SET.T))
    assert metrics.frechet_distance(centered, 3 * centered) == pytest.approx(
        4 * expected
    )


def test_it_knows_no_rotation_of_the_features_but_their_unit():
    other = RNG.normal(size=(200, 4))
    turn = np.linalg.qr(RNG.normal(size=(4, 4)))[0]
    found = metrics.frechet_distance(SET, other)
    assert found > 0.1
    assert metrics.frechet_distance(SET @ turn, other @ turn) == pytest.approx(found)
    assert metrics.frechet_distance(10 * SET, 10 * other) == pytest.approx(100 * found)


def test_a_root_squared_is_the_matrix_even_of_low_rank():
    flat = SET[:2].T @ SET[:2]
    root = square_root(flat)
    np.testing.assert_allclose(root @ root, flat, atol=1e-9)
    np.testing.assert_allclose(root, root.T)


def test_missing_vectors_are_left_out_and_too_few_refused():
    holes = np.concatenate([SET, np.full((5, 4), np.nan)])
    assert metrics.frechet_distance(holes, SET) == pytest.approx(0, abs=1e-10)
    with pytest.raises(ValueError, match="two feature vectors"):
        metrics.frechet_distance(SET[:1], SET)
    with pytest.raises(ValueError, match="4 and 3 entries"):
        metrics.frechet_distance(SET, SET[:, :3])


def test_the_floor_is_between_halves_and_falls_with_their_size():
    floors = [metrics.frechet_floor(SET[:n], seed=2) for n in (20, 300)]
    assert 0 < floors[1] < floors[0]
    assert metrics.frechet_floor(SET) == metrics.frechet_floor(SET)
    # Two sequences that differ by a shift: the halves are these two.
    both = np.concatenate([SET, SET + np.array([3, 0, 0, 0])])
    floor = metrics.frechet_floor(both, np.repeat([5, 6], len(SET)))
    assert floor == pytest.approx(9)
    with pytest.raises(ValueError, match="two sequences"):
        metrics.frechet_floor(SET, np.zeros(len(SET)))


def test_features_are_what_they_are_called():
    fps, frames = 20.0, 40
    t = np.arange(frames) / fps
    places = np.zeros((1, frames, 2, 3))
    # Joint 1 swings by 0.3 m at 2 Hz: the 4th of the frequencies 0.5, 1, ..., 10 Hz.
    places[0, :, 1, 2] = 1 + 0.3 * np.sin(2 * np.pi * 2 * t)
    found = metrics.motion_features(places, fps)
    assert found.positions.shape == (1, 40, 6)
    np.testing.assert_allclose(found.positions[0, 0], [0, 0, 0, 0, 0, 1])
    np.testing.assert_allclose(
        found.velocities[0, :, 5], np.diff(places[0, :, 1, 2]) * 20
    )
    spectrum = found.spectra.reshape(20, 2)
    assert spectrum[3, 1] == pytest.approx(0.3)
    assert np.delete(spectrum.ravel(), 7) == pytest.approx(0, abs=1e-12)
    moved = metrics.motion_features(places + 5, fps)
    np.testing.assert_allclose(moved.spectra, found.spectra, atol=1e-12)
