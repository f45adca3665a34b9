"""Laws of ways through candidates."""

import numpy as np

from lmmjax.capture.lift.paths import best_path


def crossing(frames=21):
    """A point that swings through 0, and its mirror image, as good in every frame."""
    x = np.sin(np.linspace(-1, 1, frames))
    points = np.zeros((frames, 2, 1, 3))
    points[:, 0, 0, 1], points[:, 1, 0, 1] = x, -x
    return points


def test_a_way_goes_on_through_the_crossing_where_a_mirror_image_would_turn_back():
    points = crossing()
    cost = np.zeros(points.shape[:2])
    cost[0, 1] = 1.0
    path, total = best_path(cost, points, 0.02)
    assert not path[np.arange(21) != 10].any()
    assert total < 1


def test_a_way_turns_where_that_costs_least():
    points = crossing()
    cost = np.zeros(points.shape[:2])
    cost[:6, 0] = cost[-6:, 1] = 100
    path, _ = best_path(cost, points, 0.02)
    # Elsewhere the point would have to jump, which bends two steps, not one.
    assert path[:10].all()
    assert not path[11:].any()


def test_short_clips_take_what_costs_least():
    points = crossing()
    cost = np.tile([2.0, 1.0], (2, 1))
    assert best_path(cost, points[:2], 0.02)[0].tolist() == [1, 1]
    assert best_path(cost[:1], points[:1], 0.02) == (np.array([1]), 1.0)
