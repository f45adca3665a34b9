"""Speed and jerk against values worked out by hand."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics

# Two frames in which three joints move by 3, 4 and 0 metres.
STEP = np.array([[[0, 0, 0], [0, 0, 1], [2, 0, 1]], [[0, 0, 3], [0, 4, 1], [2, 0, 1]]])
T = np.arange(6) / 10
# Of t^3 the third difference is 6 dt^3: 6 m/s^3, and the other joint has none.
CUBIC = np.stack([T**3, 2 * T**2], axis=-1)[..., None] * [0, 1, 0]


def test_speeds_are_in_metres_per_second():
    np.testing.assert_allclose(metrics.joint_speeds(STEP, 10.0), [[30, 40, 0]])
    np.testing.assert_allclose(metrics.joint_speed(STEP, 10.0), [10 * 7 / 3])


def test_the_speed_ratio_is_one_for_the_truth():
    assert metrics.speed_ratio(STEP, STEP, 10.0) == 1
    assert metrics.speed_ratio(0.5 * STEP + 3, STEP, 10.0) == pytest.approx(0.5)
    assert np.isnan(metrics.speed_ratio(STEP, 0 * STEP, 10.0))
    partly = STEP.astype(float)
    partly[0, 2] = np.nan
    assert metrics.speed_ratio(partly, STEP, 10.0) == pytest.approx(1.5)


def test_jerk_is_the_third_derivative():
    assert metrics.jerk(CUBIC, 10.0) == pytest.approx(3)
    assert metrics.jerk(CUBIC + 7, 10.0) == pytest.approx(3)
    np.testing.assert_allclose(metrics.jerk(np.stack([CUBIC, 2 * CUBIC]), 10.0), [3, 6])
    broken = CUBIC.copy()
    broken[3, 1] = np.nan
    assert metrics.jerk(broken, 10.0) == pytest.approx(6)
    with pytest.raises(ValueError, match="4 frames or more, not 3"):
        metrics.jerk(CUBIC[:3], 10.0)


def test_too_smooth_is_as_wrong_as_too_rough():
    assert metrics.jerk_log_ratio(CUBIC, CUBIC, 10.0) == 0
    for factor in (2, 0.5):
        found = metrics.jerk_log_ratio(factor * CUBIC, CUBIC, 10.0)
        assert found == pytest.approx(np.log(2))
    assert metrics.jerk_log_ratio(0 * CUBIC, CUBIC, 10.0) == np.inf
    assert np.isnan(metrics.jerk_log_ratio(CUBIC, 0 * CUBIC, 10.0))
