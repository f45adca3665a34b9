"""The forecast protocol: baselines by hand, and the form of its result."""

import dataclasses

import numpy as np
import pytest

from kinematics.motion import positions
from lmmjax.evaluation.forecast import ForecastRow, ForecastTable, forecast
from tests.lmmjax import tiny

CONTEXT, STRIDE, STEPS = 4, 6, (1, 3)
TIMES = [1e3 * step / tiny.FPS for step in STEPS]


@pytest.fixture(scope="module")
def clips():
    return [tiny.motion(seed, 30) for seed in range(3)]


@pytest.fixture(scope="module")
def table(clips):
    return forecast(tiny.fresh_model(), clips, TIMES, CONTEXT, STRIDE)


def row(table, method, step):
    (found,) = (
        r
        for r in table.rows
        if r.method == method and abs(r.milliseconds - 1e3 * step / tiny.FPS) < 0.1
    )
    return found


def by_hand(clips, step, constant_velocity):
    """Mean root-relative and world error, mm, one window after the other."""
    relative, world = [], []
    for clip in clips:
        x = np.float64(positions(clip))
        for last in range(CONTEXT - 1, len(clip) - max(STEPS), STRIDE):
            guess = x[last] + step * constant_velocity * (x[last] - x[last - 1])
            error = guess - x[last + step]
            world.append(np.linalg.norm(error, axis=-1).mean())
            error = error[1:] - error[:1]
            relative.append(np.linalg.norm(error, axis=-1).mean())
    return 1e3 * np.mean(relative), 1e3 * np.mean(world), len(world)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("method", "moves"), [("zero velocity", 0), ("constant velocity", 1)]
)
def test_baselines_are_what_numpy_finds_in_the_clips(table, clips, method, moves, step):
    relative, world, windows = by_hand(clips, step, moves)
    found = row(table, method, step)
    assert found.error == pytest.approx(relative, abs=1e-2)
    assert found.world == pytest.approx(world, abs=1e-2)
    assert found.low <= found.error <= found.high
    assert (table.windows, table.clips) == (windows, len(clips))


def test_an_untrained_model_forecasts_that_nothing_much_changes(table):
    for step in STEPS:
        model, still = (row(table, m, step) for m in ("model", "zero velocity"))
        assert model.error == pytest.approx(still.error, rel=0.2)


def test_steady_motion_is_what_constant_velocity_forecasts():
    clip = tiny.motion(0, 20)
    path = np.float32(np.arange(20)[:, None] * [0.03, -0.01, 0.002])
    steady = clip.replace(
        root_position=path,
        root_rotation=np.tile(clip.root_rotation[:1], (20, 1)),
        joints=np.tile(clip.joints[:1], (20, 1)),
    )
    table = forecast(tiny.fresh_model(), [steady], TIMES, CONTEXT, STRIDE)
    for step in STEPS:
        assert row(table, "constant velocity", step).world < 1e-3
        still = row(table, "zero velocity", step)
        assert still.error < 1e-3
        assert still.world == pytest.approx(step * np.sqrt(1004), rel=1e-4)


def test_times_are_those_of_the_frames_that_were_judged(clips):
    # 35 ms is nearest to the first frame, a second lies beyond the horizon.
    table = forecast(tiny.fresh_model(), clips, (35, 1000), CONTEXT, STRIDE)
    found = sorted({r.milliseconds for r in table.rows})
    np.testing.assert_allclose(found, [1e3 / 30, 1e3 * 3 / 30])
    assert table.error("model", 900) == row(table, "model", 3).error


def test_a_limit_spreads_fewer_windows_over_all_clips(clips, table):
    few = forecast(tiny.fresh_model(), clips, TIMES, CONTEXT, STRIDE, limit=4)
    assert (few.windows, few.clips) == (4, 3)
    whole = forecast(tiny.fresh_model(), clips, TIMES, CONTEXT, STRIDE, limit=10**6)
    assert whole == table


@pytest.mark.parametrize("count", [0, 2])
def test_clips_that_are_too_short_are_an_error_that_says_what_is_needed(count):
    clips = [tiny.motion(n, CONTEXT + 2) for n in range(count)]
    with pytest.raises(ValueError, match="no clip has the 7 frames"):
        forecast(tiny.fresh_model(), clips, TIMES, CONTEXT)


def made_up(**errors):
    rows = [
        ForecastRow(method.replace("_", " "), time, error, error - 1, error + 1, 0.0)
        for method, both in errors.items()
        for time, error in zip((100.0, 200.0), both, strict=True)
    ]
    return ForecastTable(tuple(rows), 9, 2, 15, 30.0)


@pytest.mark.parametrize(("model", "better"), [((4, 7), True), ((4, 9), False)])
def test_a_model_beats_the_baselines_only_at_every_time(model, better):
    table = made_up(model=model, zero_velocity=(5, 9), constant_velocity=(5, 8))
    assert table.beats_baselines() == better


def test_the_table_for_people_has_a_line_per_method_and_says_what_was_judged():
    table = made_up(model=(4, 7), zero_velocity=(5.04, 9))
    lines = table.markdown().splitlines()
    assert lines[0] == "| joint error, mm | 100 ms | 200 ms |"
    assert lines[2] == "| model | 4.0 [3.0, 5.0] | 7.0 [6.0, 8.0] |"
    assert lines[3].startswith("| zero velocity | 5.0 [4.0, 6.0] |")
    assert "9 windows of 2 clips, 15 frames observed at 30 fps" in lines[-1]
    shuffled = dataclasses.replace(table, rows=table.rows[::-1])
    assert shuffled.markdown().splitlines()[0] == lines[0]
