import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.generation import grasping
from lmmjax.generation.grasping.thing import grip

AHEAD, UP = np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])


def test_distances_are_those_of_ball_capsule_and_box():
    points = np.float32([[0.5, 0, 0], [0, 0, 0.3], [0, 0.02, 0], [0.2, 0.2, 0]])
    ball = grasping.ball((0, 0, 0), 0.1)
    expected = np.linalg.norm(points, axis=1) - 0.1
    np.testing.assert_allclose(ball.distance(points), expected, atol=1e-6)
    rod = grasping.capsule((0, 0, 0), 0.1, 0.4)
    np.testing.assert_allclose(
        rod.distance(points), [0.4, 0.1, -0.08, np.hypot(0.2, 0.2) - 0.1], atol=1e-6
    )
    box = grasping.box((0, 0, 0), (0.2, 0.4, 0.2))
    np.testing.assert_allclose(box.distance(points), [0.4, 0.2, -0.1, 0.1], atol=1e-6)
    on_jax = jax.jit(lambda thing, x: thing.distance(x))(box, jnp.asarray(points))
    np.testing.assert_allclose(on_jax, box.distance(points), atol=1e-6)


def test_a_thing_turns_about_its_middle():
    half = np.sqrt(0.5)
    box = grasping.box((1, 0, 0), (0.2, 0.6, 0.2), (half, 0, 0, half))
    # A quarter turn about z lays its long side along x.
    gaps = box.distance(np.float32([[1.35, 0, 0], [1, 0.15, 0]]))
    np.testing.assert_allclose(gaps, [0.05, 0.05], atol=1e-6)


def test_a_hand_closes_over_the_side_that_fits():
    plate = grasping.box((0, 0, 0), (0.2, 0.3, 0.04))
    found = grip(plate, AHEAD, UP, widest=0.1)
    assert found.width == pytest.approx(0.04)
    np.testing.assert_allclose(np.abs(found.axes[:, 2]), [0, 0, 1], atol=1e-6)
    assert found.approach @ AHEAD > 0.99
    assert np.linalg.det(found.axes) == pytest.approx(1)
    assert grip(plate, AHEAD, UP, widest=0.03) is None


def test_round_things_are_taken_from_where_one_comes():
    way = np.array([0.6, 0.8, 0.0])
    for thing in (
        grasping.ball((0, 0, 0), 0.03),
        grasping.capsule((0, 0, 0), 0.03, 0.2),
    ):
        found = grip(thing, way, UP, widest=0.1)
        np.testing.assert_allclose(found.approach, way, atol=1e-6)
        np.testing.assert_allclose(found.axes[:, 0], UP, atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: grasping.ball((0, 0, 0), -1.0),
        lambda: grasping.ball((0, np.nan, 0), 1.0),
        lambda: grasping.box((0, 0, 0), (0.1, -0.1, 0.1)),
        lambda: grasping.box((0, 0, 0), (0.1, 0.1, 0.1), (0, 0, 0, 0)),
        lambda: grasping.box((0, 0), (0.1, 0.1, 0.1)),
    ],
)
def test_bad_things_are_refused(make):
    with pytest.raises(ValueError, match="thing"):
        make()
