"""Laws of floors that are not level."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from lmmjax.generation import guidance
from lmmjax.generation.guidance import Look, Track
from lmmjax.generation.guidance.ground import carried
from tests.lmmjax.generation.guidance.wishing import K, ahead, sampled

PLACES = np.random.default_rng(0).uniform(-2, 6, (50, 2)).astype(np.float32)
POINT = st.floats(-3, 3)


@given(POINT, POINT, POINT)
def test_a_plane_is_a_plane_between_its_samples(x, y, tilt):
    grid = np.arange(-4, 4.1, 0.5)
    heights = 0.1 + tilt * grid[:, None] - 0.3 * grid
    floor = guidance.field(heights, (-4, -4), 0.5)
    height = float(floor.height(np.array([x, y])))
    np.testing.assert_allclose(height, 0.1 + tilt * x - 0.3 * y, atol=1e-5)
    # Averages of a plane are the plane, away from its edges.
    smooth = float(floor.smoothed(0.2).height(np.array([x, y])))
    np.testing.assert_allclose(smooth, height, atol=1e-4)


def test_a_floor_goes_on_as_it_ends():
    floor = guidance.field(np.arange(4.0).reshape(2, 2), (1.0, 1.0), 1.0)
    far = np.array([[9.0, 9], [-9, -9], [9, -9], [-9, 1.5]])
    np.testing.assert_allclose(floor.height(far), [3, 0, 2, 0.5])


def test_a_slope_is_level_then_rises_then_is_level():
    floor = guidance.slope(10.0, begin=1.0, length=5.0)
    x = np.clip(PLACES[:, 0] - 1, 0, 5)
    np.testing.assert_allclose(
        floor.height(PLACES), np.tan(np.radians(10)) * x, atol=1e-5
    )


@pytest.mark.parametrize("rise", [0.15, -0.2])
def test_stairs_are_level_but_for_their_risers(rise):
    floor = guidance.stairs(rise, 0.3, begin=1.0, count=4)
    middle = 1.0 + 0.3 * np.arange(-1, 6) + 0.15
    for off in (-0.13, 0.0, 0.13):
        height = floor.height(np.stack([middle + off, 0 * middle], axis=-1))
        np.testing.assert_allclose(
            height, rise * np.array([0, 1, 2, 3, 4, 4, 4]), atol=1e-5
        )


def test_a_body_on_stairs_rises_as_on_a_slope():
    """Averaged over a body's length of ground, no single step is left."""
    under = guidance.stairs(0.15, 0.3, begin=0.0, count=30).smoothed()
    x = np.arange(2.0, 6.0, 0.01)
    height = np.asarray(under.height(np.stack([x, 0 * x], axis=-1)))
    rises = np.diff(height) / 0.01
    np.testing.assert_allclose(rises, 0.5, atol=0.02)


def test_a_mesh_has_the_heights_of_the_floor():
    floor = guidance.stairs(0.15, 0.3, begin=0.0, count=4)
    x, y, heights = floor.patch((-1.0, -2.0), (3.0, 2.0))
    assert (x[0], x[-1], y[0], y[-1]) == (-1, 3, -2, 2)
    assert len(x) < 20
    at = np.linspace(-1, 3, 777)
    expected = floor.height(np.stack([at, 0 * at], axis=-1))
    np.testing.assert_allclose(np.interp(at, x, heights[:, 0]), expected, atol=1e-4)


def test_a_raised_wish_sees_poses_on_the_floor():
    """A goal of the world above a slope is missed by as much as by its poses there."""
    floor = guidance.slope(20.0, begin=-50.0, length=100.0)
    _, future = sampled(())
    goal = np.full((1, K, 1, 3), 1.0, np.float32)
    track = Track(np.array([2]), goal, np.ones_like(goal))
    look = Look(2, goal[:, :, 0], np.ones((1, K), np.float32))
    there = carried(floor.smoothed(), future)
    assert np.abs(there.root_position - future.root_position)[..., 2].min() > 1
    for wish in (track, look):
        (raised,) = guidance.raised(floor, wish)
        np.testing.assert_allclose(
            raised.residuals(ahead(future)), wish.residuals(ahead(there)), atol=1e-4
        )
        assert raised.poses == wish.poses


def test_a_goal_above_a_slope_is_reached_there():
    floor = guidance.slope(20.0, begin=-50.0, length=100.0)
    under = floor.smoothed()
    free, future = sampled(())
    up = np.asarray(under.height(future.root_position))[..., None]
    goal = (free[:, :, 2] + up * [0, 0, 1] + [0.02, 0, 0.02])[:, :, None]
    track = Track(
        np.array([2]), goal.astype(np.float32), np.full((1, K, 1, 3), 300, np.float32)
    )
    found, future = sampled(guidance.raised(floor, track))
    up = np.asarray(under.height(future.root_position))[..., None]
    missed = np.linalg.norm(found[:, :, 2] + up * [0, 0, 1] - goal[:, :, 0], axis=-1)
    assert missed.max() < 0.01


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: guidance.field(np.zeros((1, 5)), (0, 0), 1.0), "X and Y from 2"),
        (lambda: guidance.field(np.zeros((2, 2)), (0, 0), 0.0), "step above 0 m"),
        (lambda: guidance.field(np.zeros((2, 2)), (0,), 1.0), r"corner \[2\]"),
        (lambda: guidance.field(np.full((2, 2), np.nan), (0, 0), 1.0), "finite"),
        (lambda: guidance.slope(80.0), "less than 60 degrees; got 80"),
        (lambda: guidance.slope(float("nan")), "less than 60 degrees"),
        (lambda: guidance.slope(8.0, length=0.0), "0 to 200 m long"),
        (lambda: guidance.stairs(0.15, 0.01), "runs 0.1 to 10 m"),
        (lambda: guidance.stairs(0.15, 0.3, count=0), "1 to 1000 steps"),
    ],
)
def test_what_is_no_floor_is_said(make, told):
    with pytest.raises(ValueError, match=told):
        make()
