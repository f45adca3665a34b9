"""Laws of the low-pass filter: Pose2Sim's own numbers, gaps, what covariances mean."""

import numpy as np
import pytest
from scipy import signal

from kinematics.points import make_points
from lmmjax.capture import CaptureError
from lmmjax.capture.clean import low_pass
from lmmjax.capture.clean.butterworth import filter_series


def table(path):
    """Places [T, K, 3] of a TRC file without gaps, in float64."""
    lines = path.read_text().split("\n")[5:]
    rows = [[float(x) for x in line.split("\t")[2:] if x] for line in lines if line]
    return np.array(rows).reshape(len(rows), -1, 3)


def test_filter_is_that_of_pose2sim(shared_data):
    folder = shared_data / "capture/pose2sim_demo/single_participant/pose-3d"
    raw = table(folder / "S00_P00_T01_BalancingTrial_0-100.trc")
    wanted = table(folder / "S00_P00_T01_BalancingTrial_0-100_filt_butterworth.trc")
    assert np.abs(raw - wanted).max() > 0.01
    # Metres: 1e-12 is 1e-9 mm.
    np.testing.assert_allclose(filter_series(raw, 60.0), wanted, rtol=0, atol=1e-12)


def test_runs_are_filtered_apart_and_short_ones_stay():
    places = np.random.default_rng(0).normal(size=(60, 2, 3))
    places[20, 0, 1] = places[30, 0] = np.nan
    found = filter_series(places, 60.0)
    b, a = signal.butter(2, 0.2)
    wanted = places.copy()
    wanted[:20, 0] = signal.filtfilt(b, a, places[:20, 0], axis=0)
    wanted[31:, 0] = signal.filtfilt(b, a, places[31:, 0], axis=0)
    wanted[:, 1] = signal.filtfilt(b, a, places[:, 1], axis=0)
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_covariances_are_those_of_the_filtered_noise():
    count, sigma = 4000, 0.01
    noise = sigma * np.random.default_rng(0).normal(size=(1, count, 4, 3))
    spread = np.tile(sigma**2 * np.eye(3), (1, count, 4, 1, 1))
    points = low_pass(make_points("abcd", noise, 60.0, spread), 6.0)
    told = np.asarray(points.covariances)[0, 500:-500, :, 0, 0]
    seen = np.var(np.asarray(points.positions)[0, 500:-500])
    assert 0.85 < seen / told.mean() < 1.15
    assert np.ptp(told) < 1e-3 * told.mean()


def test_what_is_wrong_is_said():
    points = make_points("a", np.zeros((20, 1, 3)), 30.0)
    with pytest.raises(CaptureError, match="between 0 and 15, half of 30"):
        low_pass(points, 15.0)
    with pytest.raises(CaptureError, match="order"):
        low_pass(points, 6.0, order=3)
