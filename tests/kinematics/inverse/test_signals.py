"""Laws of trajectories: gaps, noise that is known, smoothing as a dense system."""

import numpy as np
import pytest

from kinematics.inverse import signals


def wave(frames=400, fps=60.0):
    t = np.arange(frames)[:, None, None] / fps
    phase = np.arange(6).reshape(1, 2, 3)
    return 0.3 * np.sin(2 * np.pi * 0.8 * t + phase)


def test_gaps_are_bridged_straight_and_ends_are_held():
    points = np.full((6, 2, 1), np.nan, np.float32)
    points[[1, 4], 0, 0] = [2, 5]
    filled = signals.fill(points)
    np.testing.assert_allclose(filled[:, 0, 0], [2, 2, 3, 4, 5, 5])
    assert np.isnan(filled[:, 1]).all()


@pytest.mark.parametrize("sigma", [0.001, 0.01, 0.03])
def test_noise_is_found_under_movement_gaps_and_outliers(sigma):
    rng = np.random.default_rng(0)
    points = wave() + sigma * rng.normal(size=(400, 2, 3))
    points[rng.random((400, 2)) < 0.02] += 1.0
    points[rng.random((400, 2)) < 0.1] = np.nan
    assert signals.noise(points) == pytest.approx(sigma, rel=0.15)
    assert signals.noise(points[:10]) is None


def test_roughness_is_that_of_a_walk_with_white_second_differences():
    rng = np.random.default_rng(1)
    steps = 0.002 * rng.normal(size=(20_000, 2, 3))
    steps[:, 1] *= 3
    walk = np.cumsum(np.cumsum(steps, axis=0), axis=0)
    noisy = walk + 0.003 * rng.normal(size=walk.shape)
    found = signals.roughness(noisy, 0.003, 60.0)
    np.testing.assert_allclose(found, [0.002**2, 0.006**2], rtol=0.1)


def test_smoothing_is_the_dense_solution_away_from_the_ends():
    rng = np.random.default_rng(2)
    points, stiffness = rng.normal(size=(200, 2, 3)), np.array([3.0, 50.0])
    second = np.diff(np.eye(200), 2, axis=0)
    found = signals.smooth(points.astype(np.float32), stiffness)
    for k in range(2):
        dense = np.eye(200) + stiffness[k] * second.T @ second
        truth = np.linalg.solve(dense, points[:, k])
        np.testing.assert_allclose(found[50:150, k], truth[50:150], atol=1e-4)


def test_outliers_are_taken_out_before_smoothing():
    points = wave().astype(np.float32)
    points += 0.01 * np.random.default_rng(3).normal(size=points.shape)
    wild = points.copy()
    wild[50, 0] += 2.0
    _, smooth = signals.clean(wild, np.full(2, 5.0), 0.01)
    np.testing.assert_allclose(smooth[48:53, 0], wave()[48:53, 0], atol=0.03)
