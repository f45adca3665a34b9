"""Laws of facing and looking."""

import jax
import numpy as np
import pytest

from kinematics import forward, rotations
from lmmjax.generation import guidance
from tests.lmmjax import tiny
from tests.lmmjax.generation.guidance.wishing import (
    EVERY,
    K,
    ahead,
    model,
    sampled,
    walk,
)

FPS = tiny.FPS


def headings(future):
    return np.asarray(rotations.heading(future.root_rotation))


def turned(angle):
    return np.abs(np.arctan2(np.sin(angle), np.cos(angle)))


def test_a_body_turns_to_where_it_is_to_face():
    free = headings(sampled(())[1])
    wished = free + np.float32([[0.2], [-0.3]])
    wish = guidance.Facing(wished, np.full((1, K), 1e3, np.float32))
    found = headings(sampled((wish,))[1])
    assert turned(free - wished).min() > 0.19
    assert turned(found - wished).max() < 0.15
    assert turned(found - wished)[:, 1:].max() < 0.01


def test_half_a_turn_is_as_far_either_way_and_more_is_less():
    future = sampled(())[1]
    here = headings(future)
    for by, expected in ((3.0, -3.0), (3.5, 2 * np.pi - 3.5), (2 * np.pi, 0.0)):
        wish = guidance.Facing(here + np.float32(by), np.ones((1, K), np.float32))
        np.testing.assert_allclose(
            wish.residuals(ahead(future)), np.full((2, K, 1), expected), atol=1e-4
        )


def test_facing_goes_the_shorter_way_and_stays():
    found = guidance.face(np.array([3.0, 0.1]), -3.0, 1.0, FPS, hold=0.2)
    assert found.heading.shape == (2, 36)
    turns = np.diff(found.heading, axis=1, prepend=[[3.0], [0.1]])
    assert (turns[0] >= -1e-6).all()
    assert (turns[1] <= 1e-6).all()
    np.testing.assert_allclose(turned(found.heading[:, 29:] + 3.0), 0, atol=1e-5)
    assert np.abs(turns[:, 0]).max() < 0.002


def test_a_head_looks_at_a_point():
    body = model().body
    point = np.float32([[2.0, 1.0, 1.5], [-1.0, 3.0, 0.5]])
    wish = guidance.look_at(body, point, K)
    nearer = []
    for wishes in ((), (wish,)):
        future = sampled(wishes)[1]
        pose = forward.forward(body, *future)
        way = point[:, None] - np.asarray(pose.positions)[:, :, 2]
        way /= np.linalg.norm(way, axis=-1, keepdims=True)
        ahead_of_it = np.asarray(pose.rotations)[:, :, 2, :, 0]
        nearer.append(np.sum(way * ahead_of_it, axis=-1)[:, -1])
    assert (nearer[1] > nearer[0] + 0.01).all()


def test_what_a_look_is_off_is_0_where_it_is_held():
    body = model().body
    future = sampled(())[1]
    pose = forward.forward(body, *future)
    point = np.asarray(pose.positions[:, :, 2] + 3 * pose.rotations[:, :, 2, :, 0])
    wish = guidance.Look(2, point, np.ones((1, K), np.float32))
    np.testing.assert_allclose(wish.residuals(ahead(future)), 0, atol=1e-5)
    gradient = jax.grad(
        lambda x: wish.residuals(ahead(future._replace(joints=x))).sum()
    )(future.joints)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("options", [{"seconds": 0.001}, {"hold": -1.0}])
def test_too_little_time_is_said(options):
    with pytest.raises(ValueError, match="seconds must be a frame"):
        guidance.face(np.zeros(1), 1.0, **({"seconds": 1.0, "fps": FPS} | options))


def test_the_mirror_of_a_wish_is_granted_by_the_mirror_of_a_movement():
    """Headings change their sign with the mirror; the walk is the other way round."""
    here = headings(walk().at(EVERY, slice(-1, None)))
    wish = guidance.face(here[:, 0], here[:, 0] + 0.5, K / FPS, FPS)
    other = guidance.face(-here[:, 0], -here[:, 0] - 0.5, K / FPS, FPS)
    np.testing.assert_allclose(turned(wish.heading + other.heading), 0, atol=1e-5)
