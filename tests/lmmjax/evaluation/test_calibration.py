"""Calibration: the trivial forecast by hand, and what follows from known samples."""

import numpy as np
import pytest
from scipy.stats import norm

from kinematics import Motion
from kinematics.motion import positions
from lmmjax.evaluation.calibration import (
    ALPHAS,
    MODEL,
    TRIVIAL,
    Interval,
    calibrate,
    score,
)
from lmmjax.model.sampler import Sampler
from tests.lmmjax import tiny

CONTEXT, STRIDE = 4, 5
TIMES = (1e3 / tiny.FPS, 1e3 * 3 / tiny.FPS)


def judged(clips, sampler, **options):
    training = [tiny.motion(seed, 30) for seed in (5, 6)]
    return calibrate(
        *(tiny.lively_model(), clips, training, sampler, TIMES),
        **{"context": CONTEXT, "stride": STRIDE, **options},
    )


@pytest.fixture(scope="module")
def clips():
    return [tiny.motion(seed, 20) for seed in range(2)]


@pytest.fixture(scope="module")
def one_step(clips):
    return judged(clips, Sampler(1, 0.0))


def by_hand(motion: Motion, last: int, frame: int) -> np.ndarray:
    """Joints from the root in the heading frame of the last pose, in float64."""
    x = np.float64(positions(motion))[frame]
    q = np.float64(motion.root_rotation)[last]
    yaw = 2 * np.arctan2(q[3], q[0])
    turn = np.array(
        [[np.cos(yaw), np.sin(yaw), 0], [-np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]]
    )
    return (x[1:] - x[0]) @ turn.T


def test_the_trivial_forecast_is_what_numpy_fits_and_scores(clips, one_step):
    def pairs(clips):
        return [
            (by_hand(m, last, last), by_hand(m, last, last + 3))
            for m in clips
            for last in range(CONTEXT - 1, len(m) - 3, STRIDE)
        ]

    moved = np.array([b - a for a, b in pairs([tiny.motion(s, 30) for s in (5, 6)])])
    away = np.array([b - a for a, b in pairs(clips)]) - moved.mean(0)
    row = one_step.row(TRIVIAL, TIMES[1])
    for alpha, found in zip(ALPHAS, row.coverage, strict=True):
        inside = np.abs(away) <= norm.ppf((1 + alpha) / 2) * moved.std(0)
        assert found.value == pytest.approx(inside.mean(), abs=0.01)
    z = away / moved.std(0)
    crps = moved.std(0) * (
        z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi)
    )
    assert row.crps.value == pytest.approx(1e3 * crps.mean(), rel=1e-3)
    width = 2e3 * norm.ppf(0.95) * moved.std(0).mean()
    assert row.sharpness.value == pytest.approx(width, rel=1e-3)
    assert one_step.windows == len(away)


def test_samples_of_one_step_are_the_forecast_and_cover_nothing(one_step):
    assert one_step.mean_ratio.value == pytest.approx(1, abs=1e-4)
    for time in TIMES:
        row = one_step.row(MODEL, time)
        assert row.sharpness.value == pytest.approx(0, abs=1e-3)
        assert max(c.value for c in row.coverage) < 0.05


def test_skill_is_what_is_gained_over_the_trivial_score(one_step):
    ours, theirs = (
        np.mean([one_step.row(method, t).crps.value for t in TIMES])
        for method in (MODEL, TRIVIAL)
    )
    assert one_step.crps_skill.value == pytest.approx(1 - ours / theirs)
    low, high = one_step.crps_skill[1:]
    assert low <= one_step.crps_skill.value <= high


def test_hotter_samples_are_wider_and_a_seed_repeats_them(clips):
    cold, hot, again = (
        judged(clips, Sampler(2, 0.5, t), limit=3) for t in (0.5, 2.0, 0.5)
    )
    assert cold == again
    assert cold.windows == 3
    for time in TIMES:
        rows = [c.row(MODEL, time) for c in (cold, hot)]
        assert rows[0].sharpness.value < rows[1].sharpness.value
        assert rows[0].coverage[2].value < rows[1].coverage[2].value
    assert cold.row(TRIVIAL, TIMES[0]) == hot.row(TRIVIAL, TIMES[0])


@pytest.mark.parametrize(("spread", "side"), [(0.4, -1), (1.0, 0), (2.5, 1)])
def test_coverage_tells_samples_that_are_too_narrow_from_too_wide(spread, side):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(6, 2, 20, 3))
    found = score(spread * rng.normal(size=(6, 120, 2, 20, 3)), truth)
    away = found.coverage.mean(axis=(0, 1)) - ALPHAS
    assert (np.sign(away) == side).all() if side else np.abs(away).max() < 0.05
    assert found.sharpness.mean() == pytest.approx(2 * 1.645 * spread, rel=0.1)


def test_the_report_says_what_was_judged_beside_the_trivial_forecast(one_step):
    text = one_step.markdown()
    assert "| model, 33 ms |" in text
    assert "| trivial Gaussian, 100 ms |" in text
    assert f"100 samples for each of {one_step.windows} windows of 2 clips" in text
    assert "1 steps, churn 0, temperature 1" in text
    assert Interval(1.234, 0.5, 2).text(1) == "1.2 [0.5, 2.0]"
