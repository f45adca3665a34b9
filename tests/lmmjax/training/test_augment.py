"""Laws of augmentation: what is changed, what is kept, what is told."""

import jax
import numpy as np
import pytest

from kinematics import Poses, bodies, limits, symmetry
from lmmjax.data.windows import WindowBatch
from lmmjax.model import initialize, poses, unit_statistics
from lmmjax.training import augment, contact
from tests.lmmjax import tiny

FRAMES = 12


@pytest.fixture(scope="module")
def batch():
    return tiny.batch(count=6, frames=16)


@pytest.fixture(scope="module")
def keys():
    return jax.random.split(jax.random.key(0), 6)


def symmetric_body():
    return limits.widen(tiny.body(), tiny.motion().joints)


def test_bodies_whose_sides_have_other_limits_cannot_be_mirrored():
    assert augment.can_mirror(symmetric_body())
    assert not augment.can_mirror(tiny.body())
    assert not augment.can_mirror(tiny.body(mirror=None))


def test_each_window_is_mirrored_whole_or_not_at_all(batch, keys):
    body = symmetric_body()
    found = augment.mirror_some(body, batch, keys, 0.5)
    mirrored = symmetry.mirror_coordinates(body, batch.poses.joints)
    same = [
        np.array_equal(a, b)
        for a, b in zip(found.poses.joints, batch.poses.joints, strict=True)
    ]
    for n, kept in enumerate(same):
        if not kept:
            np.testing.assert_array_equal(found.poses.joints[n], mirrored[n])
    assert 0 < sum(same) < 6


def test_frames_needed_are_enough_for_the_fastest():
    assert augment.frames_needed(10, 0.0) == 10
    assert augment.frames_needed(11, 0.25) == 14


def test_without_change_windows_stay_as_they_are(batch, keys):
    found, told = augment.retime(batch, keys, FRAMES, 0.0, 0.0)
    for a, b in zip(found.poses, batch.poses, strict=True):
        np.testing.assert_allclose(a, b[:, :FRAMES], atol=1e-6)
    np.testing.assert_array_equal(told, 0)


def test_backwards_is_the_same_movement_from_its_end(batch, keys):
    found, told = augment.retime(batch, keys, FRAMES, 0.0, 1.0)
    np.testing.assert_array_equal(told, [[0, 1]] * 6)
    np.testing.assert_allclose(
        found.poses.joints, batch.poses.joints[:, FRAMES - 1 :: -1], atol=1e-6
    )


def test_speed_is_told_and_moves_along_the_same_path(batch, keys):
    found, told = augment.retime(batch, keys, FRAMES, 0.25, 0.0)
    speed = 1 + 0.25 * np.asarray(told[:, 0])
    assert speed.min() < 0.95
    assert speed.max() > 1.05
    ahead = np.arange(FRAMES)
    for n in range(6):
        at = ahead * speed[n]
        for d in range(7):
            expected = np.interp(at, np.arange(16), batch.poses.joints[n, :, d])
            np.testing.assert_allclose(found.poses.joints[n, :, d], expected, atol=1e-5)


def test_windows_that_end_with_their_clip_are_marked_and_not_reversed(batch, keys):
    valid = np.ones((6, 16), bool)
    valid[:, 10:] = False
    ended = batch._replace(valid=valid)
    found, told = augment.retime(ended, keys, FRAMES, 0.0, 1.0)
    np.testing.assert_array_equal(found.valid, valid[:, :FRAMES])
    np.testing.assert_array_equal(told, 0)


def test_postures_change_by_a_constant_and_movements_by_a_factor(batch, keys):
    model = tiny.lively_model().replace(body=symmetric_body())
    moved = augment.vary(model, batch, keys, posture=0.1, amplitude=0.0)
    u, v = (limits.invert(model.body, b.poses.joints) for b in (moved, batch))
    change = np.asarray(u - v)
    np.testing.assert_allclose(change, change[:, :1].repeat(16, 1), atol=2e-3)
    assert np.abs(change).max() > 0.05
    grown = augment.vary(model, batch, keys, posture=0.0, amplitude=0.2)
    w = np.asarray(limits.invert(model.body, grown.poses.joints))
    v = np.asarray(v)
    factor = (w - v.mean(1, keepdims=True))[:, 0] / (v - v.mean(1, keepdims=True))[:, 0]
    assert (factor > 0.79).all()
    assert (factor < 1.21).all()
    assert factor.std() > 0.05


def test_planted_feet_stay_where_they_are():
    body = bodies.human()
    model = initialize(
        jax.random.key(0), body, unit_statistics(body, tiny.CONFIG), tiny.CONFIG, 30.0
    )
    u = 0.3 * jax.random.normal(jax.random.key(1), (1, 8, body.num_coordinates))
    place, turn = np.zeros((1, 8, 3)), np.tile([1.0, 0, 0, 0], (1, 8, 1))
    clip = Poses(place, turn, limits.apply(body, u))
    offsets = np.asarray(body.offsets)[None]
    seen = WindowBatch(clip, np.ones((1, 8), bool), offsets)
    keys = jax.random.split(jax.random.key(0), 1)
    found = augment.vary(model, seen, keys, 0.3, 0.3, planted=True)
    before, after = (np.asarray(poses.positions(body, x.poses)) for x in (seen, found))
    on_legs = contact.carrying(body)
    np.testing.assert_allclose(after[:, :, on_legs], before[:, :, on_legs], atol=1e-5)
    assert np.abs(after - before)[:, :, ~on_legs].max() > 0.02


def test_who_holds_himself_otherwise_keeps_his_legs_and_can_be_put_back():
    body = bodies.human()
    u = 0.08 * jax.random.normal(jax.random.key(1), (2, 8, body.num_coordinates))
    place, turn = np.zeros((2, 8, 3)), np.tile([1.0, 0, 0, 0], (2, 8, 1))
    clip = Poses(place, turn, limits.apply(body, u))
    # So far from the limits that none is met.
    shift = 0.08 * jax.random.normal(jax.random.key(2), (2, 1, body.num_coordinates))
    held = augment.hold(body, clip, shift)
    before, after = (np.asarray(poses.positions(body, x)) for x in (clip, held))
    on_legs = contact.carrying(body)
    np.testing.assert_allclose(after[:, :, on_legs], before[:, :, on_legs], atol=1e-5)
    assert np.abs(after - before)[:, :, ~on_legs].max() > 0.02
    back = augment.hold(body, held, -shift)
    np.testing.assert_allclose(back.joints, clip.joints, atol=1e-4)


def test_who_has_no_feet_has_nothing_planted(batch, keys):
    model = tiny.lively_model()
    found, free = (
        augment.vary(model, batch, keys, 0.1, 0.2, planted=planted)
        for planted in (True, False)
    )
    np.testing.assert_array_equal(found.poses.joints, free.poses.joints)


def test_people_who_grow_do_not_slide(batch, keys):
    grown = augment.grow(batch, keys, 0.2)
    for before, after, offsets, longer in zip(
        batch.poses.root_position,
        grown.poses.root_position,
        batch.offsets,
        grown.offsets,
        strict=True,
    ):
        factor = np.linalg.norm(longer[1]) / np.linalg.norm(offsets[1])
        assert 0.8 <= factor <= 1.2
        np.testing.assert_allclose(longer, factor * offsets, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(after, factor * before, rtol=1e-5, atol=1e-7)
    bodies = (tiny.body().replace(offsets=x.offsets[:, None]) for x in (batch, grown))
    small, tall = (
        np.asarray(poses.positions(body, x.poses))
        for body, x in zip(bodies, (batch, grown), strict=True)
    )
    factor = np.linalg.norm(grown.offsets, axis=(1, 2)) / np.linalg.norm(
        batch.offsets, axis=(1, 2)
    )
    assert factor.std() > 0.02
    np.testing.assert_allclose(tall, factor[:, None, None, None] * small, atol=1e-5)


def test_the_spread_of_joints_is_found_among_the_features():
    body = tiny.body()
    batch = tiny.poses(1, 4)
    features, _ = poses.tokens(body, batch.at(slice(None), 0), batch, tiny.FPS)
    np.testing.assert_allclose(
        poses.joint_features(body, features),
        limits.invert(body, batch.joints),
        atol=1e-5,
    )
