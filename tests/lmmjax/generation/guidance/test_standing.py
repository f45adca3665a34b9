"""Laws of feet that stand."""

import dataclasses

import numpy as np
import pytest

from kinematics import forward
from lmmjax.generation.guidance import Standing, Track, feet_stand, standing_feet
from tests.lmmjax import tiny
from tests.lmmjax.generation.guidance.wishing import EVERY, K, ahead, sampled, walk

TOES = np.array([4, 6])
# Whatever they do, they stand, and as precisely as can be.
FIRM = Standing(TOES, 1e3, 2e3, 3e3, 1e3, 2e3, tolerance=1e-3)
# In millimetres a frame.
SOME = Standing(np.array([0]), 0.002, 0.006, 0.02, 0.06, 0.1, 0.085)


def pulled():
    """That the head is elsewhere."""
    free, _ = sampled(())
    there = free[:, :, 2:3] + np.float32([[[[0.03, 0, 0.015]]], [[[0, -0.03, 0.015]]]])
    return Track(np.array([2]), there, np.full((1, K, 1, 3), 300.0, np.float32))


def test_feet_of_one_who_is_led_stay_where_they_are():
    here = forward.positions(tiny.body(), *walk().at(EVERY, slice(-1, None)))
    before = np.asarray(here)[:, :, TOES, :2]
    slid, kept = (
        np.abs(sampled(wishes)[0][:, :, TOES, :2] - before).max()
        for wishes in ([pulled()], [pulled(), FIRM])
    )
    assert slid > 0.02
    assert kept < 0.35 * slid


def test_feet_that_would_not_stand_are_free():
    reach = pulled()
    moved, _ = sampled([reach])
    for never in (
        {"still": 0.0, "moving": 1e-6, "clear": -9.0},
        {"low": -2.0, "high": -1.0, "near": -0.5},
    ):
        found, _ = sampled([reach, dataclasses.replace(FIRM, **never)])
        np.testing.assert_allclose(found, moved, atol=1e-5)


def held(steps, heights=0.03, before=0.0):
    """Where a point is held along x, and how much, of steps in metres a frame."""
    drawn = np.zeros((1, len(steps), 1, 3), np.float32)
    drawn[0, :, 0, 0] = before + np.cumsum(steps)
    drawn[0, :, 0, 2] = heights
    place, stands = SOME.held(drawn, np.float32([[[[before, 0, 0.03]]]]))
    np.testing.assert_array_equal(place[..., 2], drawn[..., 2])
    return np.asarray(place)[0, :, 0, 0], np.asarray(stands)[0, :, 0], drawn[0, :, 0, 0]


def test_a_foot_that_slides_slowly_is_held_where_it_is():
    place, stands, _ = held([0.001] * 5, before=0.7)
    np.testing.assert_array_equal(stands, 1)
    np.testing.assert_allclose(place, 0.7, atol=1e-6)


def test_a_foot_that_comes_down_is_held_from_there():
    place, stands, drawn = held([0.05, 0.03, 0.01, 0.001, 0.001])
    np.testing.assert_array_equal(stands, [0, 0, 0, 1, 1])
    np.testing.assert_allclose(place, [*drawn[:3], drawn[2], drawn[2]], atol=1e-6)


def test_a_foot_that_leaves_is_let_go_step_by_step():
    place, stands, drawn = held([0.001, 0.003, 0.004, 0.005, 0.02, 0.05])
    assert (np.diff(stands) <= 0).all()
    assert stands[0] == 1
    assert stands[-1] == 0
    assert ((stands[1:4] > 0) & (stands[1:4] < 1)).all()
    # It is never behind where it was, nor ahead of where it would be, and never jumps
    # farther than it catches up.
    assert (place <= drawn + 1e-6).all()
    assert (np.diff(place) >= -1e-6).all()


def test_a_foot_in_the_air_is_not_held():
    _, stands, _ = held([0.0] * 3, heights=[0.03, 0.08, 0.12])
    assert stands[0] == 1
    assert 0 < stands[1] < 1
    assert stands[2] == 0


def missed_by(speed, height):
    """What both toes miss [2, K, 2, 3], metres, going along x at so much a frame."""
    _, future = sampled(())
    drawn = np.zeros((2, K, 7, 3), np.float32)
    drawn[..., 0] = speed * np.arange(1, K + 1)[:, None]
    drawn[..., 2] = height
    seen = ahead(future)._replace(
        places=drawn, drawn=drawn, before=np.zeros((2, 1, 7, 3), np.float32)
    )
    found = dataclasses.replace(SOME, joints=TOES, tolerance=1.0).residuals(seen)
    return np.asarray(found).reshape(2, K, 2, 3)


@pytest.mark.parametrize(
    ("speed", "height", "missed"),
    [(0.03, 0.05, 0.035), (0.03, 0.09, 0), (0.006, 0.05, 0), (0.013, 0.05, 0.0175)],
)
def test_a_foot_that_steps_keeps_off_the_ground(speed, height, missed):
    """As far as it steps, and no matter how high it is above that."""
    found = missed_by(speed, height)
    np.testing.assert_allclose(found[..., 2], -missed, atol=1e-5)
    np.testing.assert_allclose(found[..., :2], 0, atol=1e-6)


@pytest.mark.parametrize(
    ("speed", "height", "missed"),
    [(0.0, 0.09, 0.04), (0.0, 0.04, 0), (0.0, 0.14, 0), (0.004, 0.09, 0.02)],
)
def test_a_slow_foot_comes_down_to_the_ground_it_is_near(speed, height, missed):
    """As far as it is slow; one that rests already, or is far above, stays."""
    found = missed_by(speed, height)
    np.testing.assert_allclose(found[..., 2], missed, atol=1e-5)


def test_a_body_without_feet_says_so():
    assert feet_stand(tiny.fresh_model(), 2) == []
    with pytest.raises(ValueError, match="this body has"):
        standing_feet(tiny.fresh_model())
