"""Laws of smoothing: nearer to the truth, honest about it, gaps by their length."""

import numpy as np
import pytest

from kinematics.points import make_points
from lmmjax.capture import CaptureError
from lmmjax.capture.clean import smooth

FPS, SIGMA = 60.0, 0.008


def movement(count=240, seed=0, points=4, fps=FPS):
    """Places [T, K, 3] of points that swing at up to 2 Hz, the last up to 5 Hz."""
    rng = np.random.default_rng(seed)
    time = np.arange(count)[:, None, None] / fps
    found = np.zeros((count, points, 3))
    for _ in range(5):
        hertz = rng.uniform(0.2, 2.0, (points, 3))
        hertz[-1] *= 2.5
        phase = rng.uniform(0, 6.28, (points, 3))
        found += 0.1 / hertz * np.sin(2 * np.pi * hertz * time + phase)
    return found + np.array([3.0, -2.0, 1.0])


def noisy(truth, seed=1, outliers=0.03):
    rng = np.random.default_rng(seed)
    found = truth + SIGMA * rng.normal(size=truth.shape)
    wild = rng.random(truth.shape[:-1]) < outliers
    found[wild] += 0.3 * rng.normal(size=(wild.sum(), 3))
    return found


def named(places, covariances=None, fps=FPS):
    names = [f"p{k}" for k in range(places.shape[-2])]
    return make_points(names, places, fps, covariances)


def test_smooth_points_are_nearer_and_covariances_say_how_near():
    truth = movement()
    found = smooth(named(noisy(truth)))
    off = np.asarray(found.positions) - truth
    assert np.sqrt(np.mean(off**2)) < 0.75 * SIGMA
    whitened = np.linalg.solve(np.asarray(found.covariances), off[..., None])[..., 0]
    # The mean of three degrees of freedom is 3.
    assert 0.6 < np.mean(np.sum(off * whitened, -1)) / 3 < 1.5


def test_covariances_of_points_are_honoured_and_grow_when_they_are_too_small():
    truth = movement()
    places = noisy(truth, outliers=0.0)
    wide = np.tile(np.diag([1.0, 1.0, 1.0]) * SIGMA**2, (*truth.shape[:2], 1, 1))
    right = smooth(named(places, wide))
    low = smooth(named(places, wide / 100))
    sizes = [np.median(np.asarray(x.covariances)[..., 0, 0]) for x in (right, low)]
    assert 0.5 < sizes[1] / sizes[0] < 2
    # An axis that is known badly does not spoil the others.
    places[..., 2] += 9 * SIGMA * np.random.default_rng(5).normal(size=truth.shape[:2])
    deep = wide.copy()
    deep[..., 2, 2] *= 82
    aware, blind = (
        np.sqrt(np.mean((np.asarray(smooth(p).positions) - truth)[..., :2] ** 2))
        for p in (named(places, deep), named(places, wide))
    )
    assert aware < 0.9 * blind


def test_gaps_are_filled_up_to_the_longest_and_ends_stay_open():
    places = movement()
    places[:7, 0] = places[-5:, 0] = np.nan
    places[100:115, 0] = np.nan
    places[100:116, 1] = np.nan
    places[:, 2] = np.nan
    places[50, 3, 1] = np.nan
    found = smooth(named(places), longest_gap_s=0.25)
    missing = np.asarray(found.missing)
    wanted = np.zeros_like(missing)
    wanted[:7, 0] = wanted[-5:, 0] = wanted[100:116, 1] = wanted[:, 2] = True
    np.testing.assert_array_equal(missing, wanted)
    np.testing.assert_array_equal(np.isnan(found.covariances[..., 0, 0]), wanted)
    spread = np.asarray(found.covariances)[..., 0, 0]
    assert spread[107, 0] > 4 * spread[80, 0]
    assert np.abs(found.positions - movement())[100:115, 0].max() < 0.05


def test_the_seams_of_a_long_recording_do_not_show():
    # At 16 frames per second windows of 256 frames answer for 200 each.
    points = named(noisy(movement(400, fps=16.0)), fps=16.0)
    whole = np.asarray(smooth(points, noise_m=SIGMA).positions)
    later = np.asarray(smooth(points[100:], noise_m=SIGMA).positions)
    # The one has a seam at frame 200, the other at 300.
    off = np.abs(whole[130:] - later[30:])
    assert off.max() < 0.5 * SIGMA
    assert np.median(off) < 0.01 * SIGMA


def test_people_are_smoothed_one_by_one():
    places = noisy(movement())
    two = np.stack([places[:, :2], places[:, 2:]])
    found = smooth(named(two), noise_m=SIGMA)
    alone = smooth(named(places), noise_m=SIGMA)
    wanted = np.stack([alone.positions[:, :2], alone.positions[:, 2:]])
    np.testing.assert_array_equal(found.positions, wanted)
    assert found.covariances.shape == (2, 240, 2, 3, 3)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_frames_come_back_near_where_they_were(count):
    places = movement(count)
    found = smooth(named(places))
    assert np.isfinite(found.covariances).all()
    assert np.abs(found.positions - places).max() < 0.02


def test_nothing_seen_stays_nothing():
    found = smooth(named(np.full((9, 2, 3), np.nan)))
    assert np.isnan(found.positions).all()
    assert np.isnan(found.covariances).all()
    assert found.covariances.shape == (9, 2, 3, 3)


def test_what_is_wrong_is_said():
    points = named(movement(20))
    with pytest.raises(CaptureError, match="noise_m"):
        smooth(points, noise_m=0.0)
    with pytest.raises(CaptureError, match="longest_gap_s"):
        smooth(points, longest_gap_s=-1.0)
    spread = np.tile(np.eye(3), (20, 4, 1, 1))
    spread[3, 2] = -np.eye(3)
    with pytest.raises(CaptureError, match="'p2', frame 3"):
        smooth(named(movement(20), spread))
