"""Spread and cumulative movement against values worked out by hand."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics


def test_apd_is_the_mean_over_pairs():
    samples = np.zeros((2, 3, 2, 1, 3))
    samples[0, 1, 0, 0, 0] = 3
    samples[0, 2, 1, 0, 2] = 4
    # Distances 3, 4 and 5; of the other window all samples are one.
    np.testing.assert_allclose(metrics.apd(samples), [4, 0])
    np.testing.assert_allclose(metrics.apd(samples[:, ::-1] + 7), [4, 0])
    np.testing.assert_allclose(metrics.apd(5 * samples), [20, 0])
    with pytest.raises(ValueError, match="S of 2 or more"):
        metrics.apd(samples[:, :1])


def test_cmd_weighs_early_frames_and_frequent_actions():
    truth = np.zeros((3, 4, 1, 3))
    truth[..., 0] = np.arange(4)[:, None]
    samples = np.repeat(truth[:, None], 2, axis=1)
    actions = np.array(["walk", "walk", "run"])
    assert metrics.cmd(samples, truth, actions) == pytest.approx(0)
    # One of the runner's two samples stands still from frame 1 to 2: of two steps of
    # 1 m one is half, 2 frames from the end; it is a third of the windows.
    samples[2, 0, 2:, 0, 0] -= 1
    assert metrics.cmd(samples, truth, actions) == pytest.approx(2 * 0.5 / 3)
    assert metrics.cmd(3 * samples, 3 * truth, actions) == pytest.approx(1)
    assert metrics.cmd(samples[:, ::-1] + 9, truth, actions) == pytest.approx(1 / 3)
    # In one action with the others the half step is a sixth.
    assert metrics.cmd(samples, truth, np.zeros(3)) == pytest.approx(2 / 6)


def test_cmd_of_the_truth_is_what_true_speed_varies():
    truth = np.zeros((1, 3, 1, 3))
    truth[0, 1:, 0, 2] = [1, 4]
    # Steps of 1 and 3 m, 2 on average: 2 |1 - 2| + 1 |3 - 2|.
    assert metrics.cmd(truth[:, None], truth, np.zeros(1)) == pytest.approx(3)


def test_cmd_needs_an_action_for_each_window():
    truth = np.zeros((2, 3, 1, 3))
    with pytest.raises(ValueError, match="one label for each of 2"):
        metrics.cmd(truth[:, None], truth, np.zeros(3))
    with pytest.raises(ValueError, match="at least one window"):
        metrics.cmd(truth[:0, None], truth[:0], np.zeros(0))
