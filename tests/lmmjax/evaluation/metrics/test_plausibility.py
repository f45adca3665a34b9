"""Strangeness by a prior that is known by heart, and recovery by hand."""

import jax
import numpy as np
import pytest

from kinematics.motion import resample
from kinematics.priors import Mixture, Prior, Transition, features
from lmmjax.evaluation import metrics
from tests.lmmjax import tiny

FPS = 10.0


def plain_prior():
    """One Gaussian of unit covariance around 0: its distance is the state's length."""
    body = tiny.body()
    size = 2 * body.num_coordinates + 9
    one = Mixture(
        np.zeros(1, np.float32),
        np.zeros((1, size), np.float32),
        np.eye(size, dtype=np.float32)[None],
        None,
        None,
    )
    steps = Transition(one, one, np.zeros((1, size, size), np.float32))
    return Prior(one, steps, np.float32(1), features.names(body), tiny.FPS)


def test_plausibility_is_the_distance_of_pose_and_velocity():
    motion = tiny.motion(2, 25)
    body, poses = motion.skeleton, motion.poses
    here, before = poses.at(slice(1, None)), poses.at(slice(None, -1))

    @jax.jit
    def state(body, before, here):
        return features.postures(body, here), features.rates(body, before, here, 30.0)

    expected = np.sqrt(sum((x**2).sum(-1) for x in state(body, before, here)))
    found = metrics.plausibility(plain_prior(), motion)
    assert found.shape == (24,)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_rates_and_lengths_that_do_not_fit_are_refused():
    motion = tiny.motion(2, 25)
    with pytest.raises(ValueError, match=r"15 fps and the prior 30"):
        metrics.plausibility(plain_prior(), resample(motion, 15.0))
    with pytest.raises(ValueError, match="two frames or more, not 1"):
        metrics.plausibility(plain_prior(), motion[:1])


def test_thresholds_are_percentiles():
    assert metrics.usual(np.arange(101.0)) == 95
    assert metrics.usual(np.array([np.nan, 3, 3])) == 3
    assert metrics.teleport_speed(np.arange(1001.0)) == pytest.approx(999)


def test_the_fastest_joint_is_told_of_every_stretch():
    speeds = np.array([[1.0, 2], [5, 0], [3, 3], [0, 4], [1, 0]])
    np.testing.assert_array_equal(metrics.fastest_joint(speeds, 2), [5, 5, 4, 4])
    # A movement that is shorter is one stretch.
    for frames in (5, 9):
        np.testing.assert_array_equal(metrics.fastest_joint(speeds, frames), [5])


@pytest.mark.parametrize(
    ("strange", "expected"),
    [
        ([], 0.0),
        ([0], 0.1),
        ([0, 1, 2], 0.3),
        # Half a second is six frames: from 1 to 6, or else from 8 on.
        ([0, 7], 0.1),
        ([0, 6], 0.7),
        # A stretch that the end cuts off does not count.
        ([0, 5, 8], np.inf),
        (range(13), np.inf),
    ],
)
def test_recovery_is_when_it_stays_plausible(strange, expected):
    distances = np.ones(13)
    distances[list(strange)] = 5
    assert metrics.recovery_time(distances, 1.0, FPS) == pytest.approx(expected)
    distances[list(strange)] = np.nan
    assert metrics.recovery_time(distances, 1.0, FPS) == pytest.approx(expected)


def test_a_rollout_shorter_than_the_hold_never_recovers():
    assert metrics.recovery_time(np.zeros(5), 1.0, FPS) == np.inf
    assert metrics.recovery_time(np.zeros(6), 1.0, FPS) == 0
    assert metrics.recovery_time(np.zeros((2, 3, 16)), 1.0, 30.0).shape == (2, 3)


def test_success_is_in_time_and_without_a_jump():
    distances = np.full((4, 40), 5.0)
    distances[0, 20:] = distances[1, 21:] = distances[2:] = 0
    speeds = np.ones((4, 39, 2))
    speeds[2, 7, 1], speeds[3, 0, 0] = 9, np.nan
    found = metrics.recovery(distances, speeds, 1.0, 8.0, FPS)
    np.testing.assert_allclose(found.seconds, [2, 2.1, 0, 0])
    assert found.teleported.tolist() == [False, False, True, True]
    assert found.success.tolist() == [True, False, False, False]
