"""Laws of passing: people keep apart, each by half, and agree on a side."""

import hypothesis.strategies as st
import jax
import numpy as np
from hypothesis import given

from lmmjax.generation.reciprocal import half_planes, passing

APART, AHEAD, NOW, STEP = 0.8, 60.0, 15.0, 5


def between(count):
    return np.where(np.eye(count, dtype=bool), -1, APART).astype(np.float32)


@jax.jit
def changed(place, velocity, wished=None, fastest=1.0):
    wished = velocity if wished is None else wished
    apart = between(len(place))
    return passing(place, velocity, wished, apart, fastest, AHEAD, NOW)


def test_who_meet_nobody_go_on_as_they_did():
    place = np.float32([[0, 0], [0, 3], [9, 9]])
    velocity = np.float32([[0.04, 0], [0.04, 0], [0, 0]])
    np.testing.assert_array_equal(changed(place, velocity), velocity)


def test_two_who_meet_head_on_both_go_to_their_right_by_as_much():
    place, velocity = np.float32([[0, 0], [3, 0]]), np.float32([[0.04, 0], [-0.04, 0]])
    found = np.asarray(changed(place, velocity))
    np.testing.assert_allclose(found[0], -found[1], atol=1e-6)
    assert found[0, 1] < -0.002
    # Enough for both to pass by.
    time = np.arange(120)[:, None]
    off = (place[0] + time * found[0]) - (place[1] + time * found[1])
    assert np.linalg.norm(off, axis=-1).min() > APART - 1e-3


numbers = st.integers(0, 2**32 - 1)


@given(numbers)
def test_half_of_each_change_is_what_keeps_two_apart(seed):
    rng = np.random.default_rng(seed)
    place = rng.uniform(-3, 3, (2, 2)).astype(np.float32)
    velocity = rng.uniform(-0.06, 0.06, (2, 2)).astype(np.float32)
    now = np.linalg.norm(place[0] - place[1])
    moved = np.asarray(changed(place, velocity), float)
    time = np.linspace(0, AHEAD, 400)[:, None]
    away = np.linalg.norm((place[0] - place[1]) + time * (moved[0] - moved[1]), axis=-1)
    if now > APART:
        assert away.min() > APART - 2e-3
    else:
        assert away[time[:, 0] <= NOW][-1] > APART - 0.03


@given(numbers)
def test_it_does_not_matter_where_and_how_turned_all_of_it_is(seed):
    rng = np.random.default_rng(seed)
    place = rng.uniform(-3, 3, (4, 2)).astype(np.float32)
    velocity = rng.uniform(-0.05, 0.05, (4, 2)).astype(np.float32)
    angle = rng.uniform(-3, 3)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32
    )
    args = between(4), AHEAD, NOW
    change, normal = half_planes(place, velocity, *args)
    there = half_planes(place @ turn.T + 5, velocity @ turn.T, *args)
    np.testing.assert_allclose(there[0], change @ turn.T, atol=2e-4)
    np.testing.assert_allclose(there[1], normal @ turn.T, atol=5e-3)


def test_a_ring_of_people_passes_its_middle():
    """Points that go where they are told, each wishing to go straight across."""
    count = 12
    angle = 2 * np.pi * np.arange(count) / count
    place = 5 * np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)
    goal, velocity, nearest = -place, -0.008 * place, np.inf
    for _ in range(120):
        off = goal - place
        far = np.linalg.norm(off, axis=-1, keepdims=True)
        wished = off * np.minimum(0.04, far / 10) / np.maximum(far, 1e-6)
        velocity = np.asarray(changed(place, velocity, wished, 0.056))
        place = place + STEP * velocity
        apart = np.linalg.norm(place[:, None] - place[None], axis=-1)
        nearest = min(nearest, (apart + 9 * np.eye(count)).min())
    assert nearest > 0.75 * APART
    assert np.linalg.norm(goal - place, axis=-1).max() < 0.3


def test_nobody_goes_faster_than_he_is_to():
    place = np.float32([[0, 0], [0.3, 0], [0, 0.3]])
    still = np.zeros_like(place)
    found = np.asarray(changed(place, still, still, 0.02))
    assert np.linalg.norm(found, axis=-1).max() < 0.02 + 1e-6
    assert np.linalg.norm(found, axis=-1).min() > 0.005
