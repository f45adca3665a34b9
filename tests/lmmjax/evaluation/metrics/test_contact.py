"""Feet that slide, and the balance of somebody who stands."""

import numpy as np
import pytest

from kinematics import Motion, bodies
from kinematics.bodies import anthropometry
from kinematics.skeleton import rest_places
from lmmjax.evaluation import metrics


def toes(*steps, height=0.02):
    """One toe, joint 1 of 2, that goes along x by steps of metres."""
    places = np.zeros((len(steps) + 1, 2, 3))
    places[1:, 1, 0] = np.cumsum(steps)
    places[:, 1, 2] = height
    return places


def test_skate_is_the_speed_of_toes_on_the_ground():
    found = metrics.foot_skate(toes(0.0, 0.01, 0.03, 0.0), [1], fps=10.0)
    assert found.speed == pytest.approx(0.1)
    assert found.share == pytest.approx(1 / 4)
    assert found.contacts == 4
    still = metrics.foot_skate(toes(0, 0), [1], fps=10.0)
    assert (still.speed, still.share) == (0, 0)


def test_only_what_is_low_in_both_frames_is_contact():
    places = toes(0.01, 0.01, 0.5, 0.01)
    places[3:, 1, 2] = [0.06, 0.06]
    found = metrics.foot_skate(places, [1], fps=10.0)
    assert (found.speed, found.contacts) == (pytest.approx(0.1), 2)
    lifted = places + np.array([0, 0, 0.4])
    assert metrics.foot_skate(lifted, [1], 10.0, floor=0.4) == pytest.approx(found)
    nothing = metrics.foot_skate(lifted, [1], fps=10.0)
    assert nothing.contacts == 0
    assert np.isnan([nothing.speed, nothing.share]).all()


def test_height_changes_and_missing_frames_are_no_sliding():
    places = toes(0, 0, 0, 0.5)
    places[1, 1, 2] = 0.04
    places[3, 1, :2] = np.nan
    found = metrics.foot_skate(places, [1], fps=10.0)
    assert (found.speed, found.share, found.contacts) == (0, 0, 2)


def test_clips_have_their_own_floor():
    clips = np.stack([toes(0.01, 0.01), toes(0.02, 0.02) + np.array([0, 0, 1])])
    found = metrics.foot_skate(clips, [1], 10.0, floor=np.array([0, 1]))
    np.testing.assert_allclose(found.speed, [0.1, 0.2])


@pytest.fixture(scope="module")
def stand():
    body = bodies.human()
    place = np.zeros((6, 3), np.float32)
    place[:, 2] = -rest_places(body)[:, 2].min()
    turn = np.tile(np.float32([1, 0, 0, 0]), (6, 1))
    return Motion(body, place, turn, np.zeros((6, 47), np.float32), 30.0)


def test_who_stands_has_the_room_to_the_nearest_edge_of_the_soles(stand):
    body, masses = stand.skeleton, anthropometry.inertia(stand.skeleton)
    places = rest_places(body)
    center = masses.mass @ (places + masses.center) / masses.total
    heel = places[body.index("left_heel"), 0]
    tip = places[body.index("left_toes_end"), 0]
    found = metrics.margin_of_stability(stand, floor=0.0)
    assert found.shape == (6,)
    # Feet point a little outward, and soles end square to them.
    expected = min(center[0] - heel, tip - center[0])
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_joints_inside_of_the_foot_stand_on_the_ground(stand, monkeypatch):
    # Ankles are above the sole: without them the support would end at the toes.
    body, masses = stand.skeleton, anthropometry.inertia(stand.skeleton)
    names = ("left_ankle", "left_toes"), ("right_ankle", "right_toes")
    points = tuple(tuple(body.index(n) for n in side) for side in names)
    monkeypatch.setattr("lmmjax.evaluation.metrics.contact.feet", lambda body: points)
    places = rest_places(body)
    center = masses.mass @ (places + masses.center) / masses.total
    back, front = (places[j, 0] for j in points[0])
    expected = min(center[0] - back, front - center[0])
    found = metrics.margin_of_stability(stand, floor=0.0)
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_the_margin_is_the_same_anywhere_and_without_a_foot_down_missing(stand):
    found = metrics.margin_of_stability(stand, floor=0.0)
    yaw = np.float32([np.cos(0.4), 0, 0, np.sin(0.4)])
    moved = stand.replace(
        root_position=stand.root_position + np.float32([2, -3, 0.5]),
        root_rotation=np.tile(yaw, (6, 1)),
    )
    there = metrics.margin_of_stability(moved, floor=0.5)
    np.testing.assert_allclose(there, found, atol=1e-4)
    assert np.isnan(metrics.margin_of_stability(moved, floor=0.0)).all()
    # Where the ground is not given it is where the feet rest.
    np.testing.assert_allclose(metrics.margin_of_stability(moved), found, atol=1e-3)


def test_a_push_uses_the_margin_up(stand):
    # Heights fall by nothing; 0.1 m/s forward is 0.1 sqrt(l / g) less room in front.
    sway = np.arange(6)[:, None] / 30 * np.float32([0.1, 0, 0])
    pushed = stand.replace(root_position=stand.root_position + sway.astype(np.float32))
    ahead = metrics.margin_of_stability(pushed, floor=0.0)
    still = metrics.margin_of_stability(stand, floor=0.0)
    assert (np.abs(np.abs(ahead - still) - 0.1 * np.sqrt(0.95 / 9.81)) < 3e-3).all()
