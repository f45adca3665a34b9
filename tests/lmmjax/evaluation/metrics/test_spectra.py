"""Spectra of sines, of which everything is known."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics

T = np.arange(32)


def wave(cycles, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * cycles * T / 32)


def test_npss_is_the_way_that_power_must_be_moved():
    true, other = wave(2)[None, :, None], wave(5)[None, :, None]
    assert metrics.npss(true, true) == pytest.approx(0, abs=1e-12)
    # Half of the power goes from 2 to 5 and half from its image 30 to 27.
    assert metrics.npss(other, true) == pytest.approx(3)
    # Neither size nor phase of a prediction matter, the same shape is wanted.
    assert metrics.npss(7 * np.roll(true, 3, axis=1), true) == pytest.approx(0)


def test_npss_weighs_features_by_true_power():
    true = np.stack([wave(2, 2.0), wave(2, 1.0)], axis=-1)[None]
    wrong = np.stack([wave(2), wave(5)], axis=-1)[None]
    assert metrics.npss(wrong, true) == pytest.approx(3 / 5)
    true[0, 4, 0] = np.nan
    assert metrics.npss(wrong, true) == pytest.approx(3)
    wrong[0, 1, 1] = np.nan
    assert np.isnan(metrics.npss(wrong, true))


def test_a_prediction_of_nothing_is_constant():
    true = wave(2)[None, :, None]
    # All of its power is at 0: half is 2 away, half 30.
    assert metrics.npss(0 * true, true) == pytest.approx(16)
    with pytest.raises(ValueError, match="which has none"):
        metrics.npss(true, 0 * true)
    with pytest.raises(ValueError, match="like with like"):
        metrics.npss(true[:, :5], true)


def sway(hertz, amplitude=0.01, frames=101, fps=100.0):
    """One joint of two that moves as a sine."""
    places = np.zeros((frames, 2, 3))
    t = np.arange(frames) / fps
    places[:, 1, 0] = amplitude * np.sin(2 * np.pi * hertz * t + 0.3)
    return places


def test_fast_power_is_the_mean_square_velocity_of_what_is_fast():
    found = metrics.fast_power(sway(12), 100.0)
    speed = np.diff(sway(12)[:, 1, 0]) * 100
    # Over whole periods and two joints.
    assert found.power == pytest.approx(np.square(speed).mean() / 2)
    assert found.share == pytest.approx(1)
    slow = metrics.fast_power(sway(3) + 4, 100.0)
    assert slow.power == pytest.approx(0, abs=1e-12)
    assert slow.share == pytest.approx(0, abs=1e-12)


def test_power_adds_up_and_grows_as_the_square():
    both = metrics.fast_power(sway(3) + sway(12), 100.0)
    assert both.power == pytest.approx(float(metrics.fast_power(sway(12), 100.0).power))
    assert metrics.fast_power(10 * sway(12), 100.0).power == pytest.approx(
        100 * both.power
    )
    # Movement whose ends do not meet leaks little.
    assert metrics.fast_power(sway(1.3), 100.0).share < 1e-4


def test_joints_with_missing_frames_are_left_out():
    places = sway(12)
    places[5, 0] = np.nan
    full = metrics.fast_power(sway(12)[:, 1:], 100.0)
    assert metrics.fast_power(places, 100.0).power == pytest.approx(full.power)
    still = metrics.fast_power(0 * sway(12), 100.0)
    assert still.power == 0
    assert np.isnan(still.share)


def test_rates_and_clips_without_such_frequencies_are_refused():
    with pytest.raises(ValueError, match=r"no frequencies above 7\.5 Hz"):
        metrics.fast_power(sway(3), 15.0)
    with pytest.raises(ValueError, match="4 frames or more, not 3"):
        metrics.fast_power(sway(3, frames=3), 100.0)
