"""Laws of motions: they are pytrees, and resample, mirror and slice as promised."""

import jax
import numpy as np
import pytest

from kinematics import Motion, forward, make_skeleton, motion
from tests.kinematics import reference

BODY = reference.human(asymmetric=True)


def moving(count=90, fps=30.0, body=BODY):
    """A smooth motion whose angles stay below a quarter of a turn."""
    t = np.arange(count)[:, None] / fps
    rng = np.random.default_rng(0)
    speed, start = rng.uniform(0.5, 2, (2, body.num_coordinates))
    joints = 0.8 * np.sin(speed * t + start)
    half_angle = 0.4 * t[:, 0]
    zero = np.zeros_like(half_angle)
    rotation = np.stack([np.cos(half_angle), zero, zero, np.sin(half_angle)], -1)
    position = np.concatenate([t, 0 * t, 1 + 0.1 * np.sin(t)], axis=-1)
    arrays = (np.float32(x) for x in (position, rotation, joints))
    return Motion(body, *arrays, fps=fps, name="walk", subject="a", action="walks")


def test_length_duration_and_slices_are_those_of_its_frames():
    clip = moving(61)
    assert (len(clip), clip.duration) == (61, 2.0)
    part = clip[10:40:2]
    assert len(part) == 15
    np.testing.assert_array_equal(part.joints, clip.joints[10:40:2])
    np.testing.assert_array_equal(part.root_rotation, clip.root_rotation[10:40:2])
    assert (part.name, part.fps) == ("walk", 30.0)


def test_a_motion_passes_through_jit_and_tree_map():
    clip = moving(10)
    doubled = jax.jit(lambda m: jax.tree.map(lambda x: 2 * x, m))(clip)
    assert isinstance(doubled, Motion)
    np.testing.assert_array_equal(doubled.joints, 2 * clip.joints)
    assert (doubled.name, doubled.fps) == (clip.name, clip.fps)
    assert isinstance(doubled.numpy().joints, np.ndarray)
    assert jax.tree.structure(doubled) == jax.tree.structure(clip)


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513])
def test_positions_do_not_depend_on_the_blocks_they_are_computed_in(count):
    clip = moving(count)
    found = motion.positions(clip)
    assert found.shape == (count, BODY.num_joints, 3)
    for t in {0, count // 2, count - 1} if count else ():
        pose = (x[t] for x in (clip.root_position, clip.root_rotation, clip.joints))
        truth, _ = reference.forward(BODY, *pose)
        np.testing.assert_allclose(found[t], truth, atol=1e-5)


def test_mirrored_twice_is_exactly_the_original():
    clip = moving()
    again = motion.mirror(motion.mirror(clip))
    assert not np.array_equal(motion.mirror(clip).joints, clip.joints)
    jax.tree.map(np.testing.assert_array_equal, again, clip)


def test_a_mirrored_motion_is_mirrored_at_every_frame():
    clip = moving(20)
    places = motion.positions(clip)[:, list(BODY.mirror)] * np.float32([1, -1, 1])
    found = motion.positions(motion.mirror(clip).numpy())
    np.testing.assert_allclose(found, places, atol=1e-5)


def test_mirroring_can_be_compiled():
    clip = moving(20)
    found, expected = jax.jit(motion.mirror)(clip), motion.mirror(clip)
    jax.tree.map(np.testing.assert_array_equal, found, expected)


@pytest.mark.parametrize("fps", [30.0, 60.0, 1 / 0.0083333])
def test_a_rate_that_divides_takes_frames_as_they_are(fps):
    clip = moving(91, fps=fps)
    step = round(fps / 30)
    found = motion.resample(clip, 30.0)
    assert found.fps == 30.0
    np.testing.assert_array_equal(found.joints, clip.joints[::step])
    np.testing.assert_array_equal(found.root_position, clip.root_position[::step])


@pytest.mark.parametrize("fps", [20.0, 25.0, 29.97, 50.0, 60.0, 120.0])
def test_other_rates_follow_the_motion_over_the_same_time(fps):
    clip, found = moving(91), motion.resample(moving(91), fps)
    assert clip.duration - 1 / fps < found.duration <= clip.duration + 1e-6
    truth = moving(len(found), fps)
    np.testing.assert_allclose(found.joints, truth.joints, atol=2e-3)
    np.testing.assert_allclose(found.root_position, truth.root_position, atol=1e-3)
    np.testing.assert_allclose(found.root_rotation, truth.root_rotation, atol=1e-4)
    lengths = np.linalg.norm(found.root_rotation, axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)
    assert found.joints.dtype == np.float32


def test_resampling_goes_the_short_way_where_the_quaternion_changes_sign():
    clip = moving(31)
    signs = np.where(np.arange(31) % 2, 1, -1).astype(np.float32)[:, None]
    flipped = clip.replace(root_rotation=clip.root_rotation * signs)
    found = np.abs(motion.resample(flipped, 25.0).root_rotation)
    expected = np.abs(motion.resample(clip, 25.0).root_rotation)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_a_single_frame_can_be_resampled(fps):
    assert len(motion.resample(moving(1), fps)) == 1


def test_a_motion_comes_back_from_the_rotations_of_its_joints():
    clip = moving(30)
    matrices = np.array(jax.jit(forward.joint_rotations)(BODY, clip.joints))
    matrices[:, 0] = [reference.turn_of_quaternion(q) for q in clip.root_rotation]
    found = motion.from_rotations(
        BODY, clip.root_position, matrices, 30, name="walk", subject="a", action="walks"
    )
    assert (found.name, found.fps) == (clip.name, clip.fps)
    np.testing.assert_allclose(found.joints, clip.joints, atol=3e-6)
    np.testing.assert_allclose(found.root_rotation, clip.root_rotation, atol=1e-6)


def test_quaternions_are_made_continuous_without_changing_the_rotation():
    turns = np.linspace(0, 6 * np.pi, 100)
    q = np.stack([np.cos(turns / 2), 0 * turns, np.sin(turns / 2), 0 * turns], -1)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (100, 1))
    found = motion.continuous_quaternions(q * signs)
    np.testing.assert_allclose(found, q * signs[0], atol=1e-6)
    assert motion.continuous_quaternions(q[:0]).shape == (0, 4)


def test_single_angles_are_unwrapped_and_swings_left_alone():
    truth = np.tile(np.linspace(2.5, 3.8, 50)[:, None], BODY.num_coordinates)
    wrapped = np.float32(np.angle(np.exp(1j * truth)))
    found = motion.unwrap_twists(BODY, wrapped)
    knee, ball = BODY.coordinates("LeftLeg"), BODY.coordinates("LeftArm")
    swing, twist = slice(ball.start, ball.start + 2), slice(ball.start + 2, ball.stop)
    assert np.abs(np.diff(found[:, knee], axis=0)).max() < 0.1
    assert np.abs(np.diff(found[:, twist], axis=0)).max() < 0.1
    np.testing.assert_array_equal(found[:, swing], wrapped[:, swing])
    assert abs(np.median(found[:, knee])) <= np.pi + 0.1


def test_missing_frames_do_not_spread_when_twists_are_unwrapped():
    body = make_skeleton(["a", "b", "c"], [-1, 0, 1], np.eye(3), mirror=None)
    q = np.zeros((5, 3), np.float32)
    q[:, 2] = [2.9, 3.0, np.nan, 3.1, -3.1]
    found = motion.unwrap_twists(body, q)
    expected = [2.9, 3.0, np.nan, 3.1, 2 * np.pi - 3.1]
    np.testing.assert_allclose(found[:, 2], expected, rtol=1e-6)
