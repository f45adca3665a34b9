"""Laws of paths: where one is to be, and which way to face."""

import numpy as np
import pytest

from kinematics import Poses
from lmmjax.generation import guidance
from tests.lmmjax import tiny

FPS = 30.0


def walker(speed=1.0, count=1):
    """Somebody who walks along x and has got to the origin, poses [B, 2]."""
    place = np.zeros((count, 2, 3), np.float32)
    place[:, 0, 0] = -speed / FPS
    upright = np.tile(np.float32([1, 0, 0, 0]), (count, 2, 1))
    return Poses(place, upright, np.zeros((count, 2, 7), np.float32))


def test_a_straight_path_is_walked_at_its_speed_from_ones_own():
    track, facing = guidance.follow(
        walker(0.4), [[0.0, 0], [9.0, 0]], 1.2, seconds=3, fps=FPS
    )
    place = track.places[0, :, 0]
    speed = np.diff(place[:, 0], prepend=0) * FPS
    assert speed[0] == pytest.approx(0.41, abs=0.02)
    np.testing.assert_allclose(speed[30:], 1.2, atol=1e-3)
    assert (np.diff(speed) > -1e-3).all()
    np.testing.assert_allclose(place[:, 1:], 0, atol=1e-6)
    np.testing.assert_allclose(facing.heading, 0, atol=1e-6)
    # Nothing is said of the height.
    assert (track.precision[..., 2] == 0).all()
    assert (track.precision[..., :2] > 0).all()


def test_one_goes_to_the_beginning_first_and_stands_at_the_end():
    way = [[0.0, 1.0], [1.0, 1.0]]
    track, facing = guidance.follow(walker(), way, 1.0, seconds=4, fps=FPS)
    place = track.places[0, :, 0, :2]
    np.testing.assert_allclose(place[29], [0, 1], atol=0.02)
    np.testing.assert_allclose(place[-30:], np.tile([1, 1], (30, 1)), atol=1e-6)
    np.testing.assert_allclose(facing.heading[0, [10, 45, -1]], [1.57, 0, 0], atol=0.01)


def test_corners_are_turned_at_over_some_frames():
    way = [[0.0, 0], [1.0, 0], [1.0, 2.0]]
    _, facing = guidance.follow(walker(), way, 1.0, seconds=2.5, fps=FPS)
    assert np.abs(np.diff(facing.heading)).max() < 0.3


def test_people_have_paths_and_speeds_of_their_own():
    ways = np.float32([[[0, 0], [5, 0]], [[0, 0], [0, 5]]])
    track, facing = guidance.follow(walker(count=2), ways, [0.5, 1.5], 2, FPS)
    assert track.places.shape == (2, 60, 1, 3)
    assert facing.heading.shape == (2, 60)
    gone = np.linalg.norm(track.places[:, -1, 0], axis=-1)
    np.testing.assert_allclose(gone, [1.25, 2.75], atol=0.02)


def test_a_way_that_may_be_left_is_wished_less():
    way, speed = [[0.0, 0], [5.0, 0]], 1.0
    tight, loose = (
        guidance.follow(walker(), way, speed, 1, FPS, aside)[0] for aside in (0.1, 0.5)
    )
    np.testing.assert_allclose(tight.precision, 5 * loose.precision)
    with pytest.raises(ValueError, match="aside must be above 0 m"):
        guidance.follow(walker(), way, speed, 1, FPS, 0.0)


@pytest.mark.parametrize(
    ("path", "speed", "told"),
    [
        ([[0.0, 0.0]], 1.0, "P >= 2"),
        ([[0.0, 0, 0], [1.0, 0, 0]], 1.0, "points"),
        ([[0.0, 0], [1.0, 0]], 0.0, "above 0 m/s"),
        ([[0.0, 0], [np.nan, 0]], 1.0, "finite"),
    ],
)
def test_what_is_no_path_is_said(path, speed, told):
    with pytest.raises(ValueError, match=told):
        guidance.follow(walker(), path, speed, 1.0, tiny.FPS)


def tracked(speed=1.0, frames=90, bend=0.5):
    """Places [F, 2] in a curve from the origin along x, one frame after it at first."""
    turn = bend * np.arange(1, frames + 1) / FPS
    steps = np.stack([np.cos(turn), np.sin(turn)], axis=-1) * speed / FPS
    return np.cumsum(steps, axis=0)


def test_who_is_in_stride_is_wished_where_he_was_tracked():
    places = tracked()
    way, facing = guidance.along(walker(), places, FPS)
    np.testing.assert_allclose(way.places[0, :, 0, :2], places, atol=0.01)
    assert (way.precision[..., 2] == 0).all()
    turn = 0.5 * np.arange(1, 91) / FPS
    np.testing.assert_allclose(facing.heading[0, 10:-10], turn[10:-10], atol=0.03)


def test_what_is_off_at_first_is_made_good_smoothly_within_a_second():
    places = tracked() + np.array([0.3, -0.2])
    way, _ = guidance.along(walker(0.5), places, FPS)
    found = way.places[0, :, 0, :2]
    np.testing.assert_allclose(found[30:], places[30:], atol=1e-5)
    whole = np.concatenate([[[-0.5 / FPS, 0], [0, 0]], found])
    change = np.linalg.norm(np.diff(whole, n=2, axis=0), axis=-1) * FPS**2
    assert change.max() < 5


def test_who_steps_aside_slowly_may_face_any_way_and_turns_when_he_goes():
    slow = 0.3 * np.arange(1, 61)[:, None] / FPS * [0, -1]
    fast = slow[-1] + 2.0 * np.arange(1, 61)[:, None] / FPS * [-1, 0]
    _, facing = guidance.along(walker(0.0), np.concatenate([slow, fast]), FPS)
    assert (facing.precision[0, :45] < 0.1).all()
    np.testing.assert_allclose(facing.precision[0, 75:], facing.precision.max())
    np.testing.assert_allclose(np.abs(facing.heading[0, 75:]), np.pi, atol=0.05)


@pytest.mark.parametrize(
    ("places", "aside", "told"),
    [
        (np.zeros((3, 3)), 0.1, "places are"),
        (np.zeros((1, 2)), 0.1, "F >= 2"),
        (np.full((3, 2), np.nan), 0.1, "finite"),
        (np.zeros((3, 2)), 0.0, "aside must be above 0 m"),
    ],
)
def test_what_is_no_track_is_said(places, aside, told):
    with pytest.raises(ValueError, match=told):
        guidance.along(walker(), places, FPS, aside)
