"""Laws of balance: the inverted pendulum, and the margin that a push uses up."""

import jax
import numpy as np

from kinematics.dynamics import (
    GRAVITY,
    Point,
    Soles,
    extrapolated_center,
    margin_of_stability,
)

MARGIN = jax.jit(margin_of_stability)


def point(position, velocity):
    return Point(np.float32(position), np.float32(velocity), np.zeros(3, np.float32))


def test_a_pendulum_on_the_extrapolated_centre_comes_to_rest_over_it():
    # x'' = g / l (x - p): from x with velocity v it stops at p if p = x + v / w.
    center = point([0.3, -0.1, 1.1], [0.5, -0.2, 0.4])
    pivot = np.float64(extrapolated_center(center, floor=0.1))
    place, speed = np.float64([0.3, -0.1]), np.float64([0.5, -0.2])
    step, start = 1e-4, np.linalg.norm(place - pivot)
    for _ in range(10_000):
        speed = speed + step * GRAVITY / 1.0 * (place - pivot)
        place = place + step * speed
    # Any other pivot would push it away, by a factor of 20 in this second.
    left = np.linalg.norm(place - pivot) / start
    np.testing.assert_allclose(left, np.exp(-np.sqrt(GRAVITY)), atol=5e-3)


def test_a_body_on_the_ground_has_no_pendulum():
    center = point([0.3, -0.1, 0.0], [0.5, -0.2, 0.0])
    np.testing.assert_allclose(extrapolated_center(center), [0.3, -0.1])
    slope = jax.jit(
        jax.grad(lambda p: extrapolated_center(center._replace(position=p)).sum())
    )
    assert np.isfinite(slope(center.position)).all()


def test_the_margin_is_the_room_left_before_the_edge():
    corners = np.float32([[(0, 0.2), (0.2, 0.2), (0, 0.1), (0.2, 0.1)]] * 2)
    corners[1, :, 1] *= -1
    both = Soles(corners, np.ones((2, 4), bool))
    still = point([0.15, 0.0, 1.0], [0, 0, 0])
    assert abs(MARGIN(still, both) - 0.05) < 1e-6
    speed = 0.08 * np.sqrt(GRAVITY)
    pushed = point([0.15, 0.0, 1.0], [speed, 0, 0])
    assert abs(MARGIN(pushed, both) + 0.03) < 1e-6
    left = both._replace(contact=np.array([[True] * 4, [False] * 4]))
    assert abs(MARGIN(still, left) + 0.1) < 1e-6
    none = both._replace(contact=np.zeros((2, 4), bool))
    assert np.isnan(MARGIN(still, none))
