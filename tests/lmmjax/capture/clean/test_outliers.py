"""Laws of outliers: jumps and stretched bones go, fast movement stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics.points import make_points
from lmmjax.capture import CaptureError
from lmmjax.capture.clean import drop_outliers
from lmmjax.capture.clean.outliers import jumps

FPS = 60.0


def walk(count=120):
    """A point that strides and swings, with 3 mm of noise, [T, 3]."""
    time = np.arange(count) / FPS
    x = np.stack([1.4 * time, 0.2 * np.sin(9 * time), np.ones(count)], axis=-1)
    return x + 0.003 * np.random.default_rng(0).normal(size=x.shape)


@given(
    st.integers(5, 100),
    st.integers(1, 12),
    st.floats(0.25, 3.0),
    st.sampled_from(np.eye(3).tolist()),
)
def test_what_jumps_away_and_comes_back_is_dropped_and_nothing_else(
    start, length, far, way
):
    places = walk()
    places[start : start + length] += far * np.array(way)
    wanted = np.zeros(120, bool)
    wanted[start : start + length] = True
    np.testing.assert_array_equal(jumps(places, FPS), wanted)


def test_many_single_outliers_are_found_beside_each_other_and_beside_gaps():
    places, rng = walk(), np.random.default_rng(1)
    wanted = np.zeros(120, bool)
    wanted[[10, 12, 30, 31, 50, 52, 54, 90]] = True
    places[wanted] += rng.choice([-1, 1], (8, 3)) * rng.uniform(0.5, 1.5, (8, 3))
    places[[29, 55, 91, 92]] = np.nan
    np.testing.assert_array_equal(jumps(places, FPS), wanted)


def test_a_strike_and_a_jump_that_stays_are_kept():
    time = np.arange(120) / FPS
    # Out and back by 0.8 m: 300 m/s^2, as fast as fists are.
    strike = np.zeros((120, 3))
    strike[:, 0] = 0.8 * np.exp(-(((time - 1) / 0.075) ** 2))
    assert np.abs(np.gradient(strike[:, 0], time)).max() > 8.5
    assert not jumps(strike, FPS).any()
    places = walk()
    places[60:] += [0.0, 0.0, 1.0]
    assert not jumps(places, FPS).any()


def test_the_end_of_a_stretched_bone_that_is_wrong_is_dropped():
    rng = np.random.default_rng(0)
    rest = np.array([[0, 0, 1.4], [0, 0, 1.1], [0.2, 0, 0.9], [0.5, 0.5, 0.5]])
    places = rest + 0.004 * rng.normal(size=(90, 4, 3))
    # For long, so that it is no jump: an elbow with both bones, a wrist with one.
    wanted = np.zeros((90, 4), bool)
    wanted[10:28, 1] = wanted[60:80, 2] = True
    places[wanted[:, 1], 1] += [0.6, 0.0, 0.0]
    places[wanted[:, 2], 2] += [0.0, 0.7, 0.0]
    spread = np.tile(np.eye(3), (90, 4, 1, 1))
    points = make_points(["shoulder", "elbow", "wrist", "ball"], places, FPS, spread)
    found = drop_outliers(points, [("shoulder", "elbow"), ("elbow", "wrist")])
    np.testing.assert_array_equal(found.missing, wanted)
    np.testing.assert_array_equal(np.isnan(found.covariances[..., 0, 0]), wanted)
    assert not np.any(drop_outliers(points).missing)


def test_odd_inputs():
    for shape in ((0, 2, 3), (1, 2, 3), (3, 2, 3), (2, 5, 2, 3)):
        points = make_points("ab", np.zeros(shape), FPS)
        assert np.isfinite(drop_outliers(points, [("a", "b")]).positions).all()
    with pytest.raises(CaptureError, match="no point 'c'"):
        drop_outliers(points, [("a", "c")])
