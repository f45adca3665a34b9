"""Laws of tokens and residuals: inverses, invariances, limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses, limits, rotations
from lmmjax.model import poses
from tests.lmmjax import tiny

BODY = tiny.body()
every = slice(None)
difference, advance = jax.jit(poses.difference), jax.jit(poses.advance)
positions = jax.jit(poses.positions)
tokens = jax.jit(poses.tokens, static_argnames="fps")


@pytest.fixture(scope="module")
def walk():
    return tiny.poses()


@pytest.fixture(scope="module")
def moved(walk):
    """The same movement elsewhere on the floor, facing another way."""
    turn = rotations.about_z(jnp.array(2.4))
    place = rotations.quaternion_rotate(turn, walk.root_position)
    return Poses(
        np.asarray(place + jnp.array([3.0, -2.0, 0.0])),
        np.asarray(rotations.quaternion_multiply(turn, walk.root_rotation)),
        walk.joints,
    )


def pairs(walk):
    """Poses [2, 9] and those three frames later."""
    return walk.at(every, slice(-3)), walk.at(every, slice(3, None))


def same_rotation(a, b, atol):
    aligned = np.abs(np.sum(np.float64(a) * np.float64(b), axis=-1))
    np.testing.assert_allclose(aligned, 1, atol=atol)


def test_advance_undoes_difference(walk):
    start, end = pairs(walk)
    found = advance(BODY, start, difference(BODY, start, end))
    np.testing.assert_allclose(found.root_position, end.root_position, atol=2e-6)
    same_rotation(found.root_rotation, end.root_rotation, 1e-6)
    np.testing.assert_allclose(found.joints, end.joints, atol=2e-6)


def test_difference_undoes_advance(walk):
    start, _ = pairs(walk)
    shape = (2, 9, poses.num_channels(BODY))
    residual = 0.1 * np.random.default_rng(0).normal(size=shape)
    found = difference(BODY, start, advance(BODY, start, np.float32(residual)))
    np.testing.assert_allclose(found, residual, atol=2e-5)


def test_residual_is_the_same_wherever_the_body_stands_and_faces(walk, moved):
    here, there = difference(BODY, *pairs(walk)), difference(BODY, *pairs(moved))
    np.testing.assert_allclose(there, here, atol=3e-6)


def test_residual_leads_to_the_moved_pose_from_the_moved_pose(walk, moved):
    residual = difference(BODY, *pairs(walk))
    start, end = pairs(moved)
    found = advance(BODY, start, residual)
    np.testing.assert_allclose(found.root_position, end.root_position, atol=3e-6)
    same_rotation(found.root_rotation, end.root_rotation, 1e-6)


def test_displacement_is_told_in_the_heading_frame():
    yaw = 0.5 * np.pi
    rotation = np.float32([[np.cos(yaw / 2), 0, 0, np.sin(yaw / 2)]] * 2)
    place, joints = np.float32([[1, 2, 0.8], [1, 2.5, 0.9]]), np.zeros((2, 7))
    both = Poses(place, rotation, np.float32(joints))
    found = difference(BODY, both.at(0), both.at(1))
    np.testing.assert_allclose(found[:3], [0.5, 0, 0.1], atol=1e-6)
    np.testing.assert_allclose(found[3:], 0, atol=1e-6)


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
def test_limits_hold_and_all_is_finite_for_any_residual(walk, size):
    shape = (2, 9, poses.num_channels(BODY))
    residual = np.float32(size * np.random.default_rng(1).normal(size=shape))
    found = advance(BODY, walk.at(every, slice(9)), residual)
    assert np.max(limits.excess(BODY, found.joints)) == 0
    assert all(np.isfinite(x).all() for x in found)
    lengths = np.linalg.norm(found.root_rotation, axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)


def test_a_pose_outside_the_limits_leads_inside(walk):
    start = walk.at(every, slice(9))
    outside = start._replace(joints=start.joints + 3)
    found = advance(BODY, outside, np.zeros((2, 9, poses.num_channels(BODY))))
    assert np.max(limits.excess(BODY, found.joints)) == 0


def test_tokens_are_the_same_wherever_the_body_stands_and_faces(walk, moved):
    (here, _), (there, _) = (
        tokens(BODY, x.at(every, 0), x, tiny.FPS) for x in (walk, moved)
    )
    assert here.shape == (2, 12, poses.num_features(BODY))
    np.testing.assert_allclose(there, here, atol=3e-4)


def test_first_token_of_a_sequence_has_no_velocities(walk):
    features, _ = tokens(BODY, walk.at(every, 0), walk, tiny.FPS)
    d, j = BODY.num_coordinates, BODY.num_joints - 1
    widths = {
        "height": 1,
        "clearance": 2,
        "speed": 3,
        "turn": 3,
        "tilt": 6,
        "u": d,
        "du": d,
    }
    widths |= {"places": 3 * j, "velocities": 3 * j}
    edges = np.cumsum(list(widths.values()))
    assert edges[-1] == features.shape[-1]
    parts = dict(zip(widths, np.split(features, edges[:-1], axis=-1), strict=True))
    for name in ("speed", "turn", "du", "velocities"):
        np.testing.assert_allclose(parts[name][:, 0], 0, atol=2e-5, err_msg=name)
        assert np.abs(parts[name][:, 1:]).max(axis=(1, 2)).min() > 0.1, name


def test_tokens_after_a_pose_are_a_slice_of_the_whole(walk):
    whole, places = tokens(BODY, walk.at(every, 0), walk, tiny.FPS)
    part, some = tokens(
        BODY, walk.at(every, 4), walk.at(every, slice(5, None)), tiny.FPS
    )
    np.testing.assert_allclose(part, whole[:, 5:], atol=1e-4)
    np.testing.assert_allclose(some, places[:, 5:], atol=1e-6)


def test_velocities_are_per_second(walk):
    slow, _ = tokens(BODY, walk.at(every, 0), walk, tiny.FPS)
    fast, _ = tokens(BODY, walk.at(every, 0), walk, 2 * tiny.FPS)
    ratio = np.asarray(fast) / np.where(np.abs(slow) < 1e-3, np.nan, slow)
    assert set(np.unique(np.round(ratio[np.isfinite(ratio)], 3))) == {1.0, 2.0}


def test_positions_are_in_the_world_and_follow_the_bones(walk):
    places = positions(BODY, walk)
    np.testing.assert_allclose(places[..., 0, :], walk.root_position, atol=1e-6)
    long = positions(BODY.replace(offsets=2 * BODY.offsets), walk)
    root = walk.root_position[..., None, :]
    np.testing.assert_allclose(long - root, 2 * (places - root), atol=1e-5)


@pytest.mark.parametrize("lift", [0.02, 0.5])
def test_a_body_that_floats_is_told_by_its_lowest_joint(walk, lift):
    places = np.asarray(positions(BODY, walk))
    low = places[..., 2].min(axis=-1)
    raised = walk._replace(root_position=walk.root_position + np.float32([0, 0, lift]))
    features, _ = tokens(BODY, raised.at(every, 0), raised, tiny.FPS)
    expected = np.tanh((low + lift)[..., None] / np.array(poses.CLEARANCES))
    np.testing.assert_allclose(features[..., 1:3], expected, atol=1e-5)
