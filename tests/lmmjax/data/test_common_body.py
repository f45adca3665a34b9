"""Laws of the common body: files of both forms come to it with nothing moved."""

import jax
import numpy as np
import pytest

from kinematics import Motion, formats, forward, make_skeleton, rotations
from kinematics import motion as motions
from kinematics.bodies import cmu38
from kinematics.motion import positions
from lmmjax.data.mocap.common_body import bring, common_body, joints_of

# One frame and thirty at a time, so that two programs serve all tests.
joint_rotations = jax.jit(forward.joint_rotations)
to_matrices = jax.jit(rotations.matrix_from_quaternion)


def swinging(frames=30, seed=0, share=0.8) -> Motion:
    """The common body in poses that its limits allow."""
    body = common_body()
    rng = np.random.default_rng(seed)
    middle, half = (body.lower + body.upper) / 2, (body.upper - body.lower) / 2
    phase = rng.uniform(0, 6, body.num_coordinates)
    t = np.arange(frames)[:, None] / 120
    joints = middle + share / np.sqrt(2) * half * np.sin(6 * t + phase)
    turn = np.asarray(rotations.about_z(np.float32(t[:, 0])))
    place = np.concatenate([t, -t, 0 * t + 0.9], axis=1)
    return Motion(body, np.float32(place), turn, np.float32(joints), 120.0, name="a")


def as_ball_joints(motion: Motion) -> Motion:
    """The same motion as the BVH conversion has it."""
    turns = np.array(joint_rotations(motion.skeleton, motion.joints))
    turns[:, 0] = to_matrices(motion.root_rotation)
    return motions.from_rotations(cmu38(), motion.root_position, turns, motion.fps)


def test_the_body_has_the_joints_of_cmu38_and_half_of_its_coordinates():
    body, full = common_body(), cmu38()
    assert (body.names, body.parents, body.mirror) == (
        full.names,
        full.parents,
        full.mirror,
    )
    assert (body.num_coordinates, full.num_coordinates) == (46, 90)
    np.testing.assert_array_equal(body.offsets, full.offsets)


def test_a_joint_that_lost_axes_turns_about_the_others_as_before():
    body, full = common_body(), cmu38()
    for name in ("LeftLeg", "RightForeArm", "LeftHand", "RightToeBase"):
        (d,) = range(46)[body.coordinates(name)]
        q = np.zeros(46, np.float32)
        q[d] = 0.4
        turn = np.asarray(joint_rotations(body, q))[body.index(name)]
        at = full.coordinates(name)
        same = []
        for k in range(at.start, at.stop):
            p = np.zeros(90, np.float32)
            p[k] = 0.4
            other = np.asarray(joint_rotations(full, p))[full.index(name)]
            if np.allclose(turn, other, atol=1e-6):
                same.append(k)
        (k,) = same
        assert (body.lower[d], body.upper[d]) == (full.lower[k], full.upper[k])


def test_ball_joints_that_move_within_the_body_come_back_to_their_coordinates():
    motion = swinging()
    found, off = bring(as_ball_joints(motion), list(range(38)))
    np.testing.assert_allclose(found.joints, motion.joints, atol=2e-3)
    assert off < 1e-4


def test_a_turn_that_the_body_does_not_have_is_told_in_metres():
    motion = as_ball_joints(swinging())
    joints = np.array(motion.joints)
    knee = motion.skeleton.coordinates("LeftLeg")
    joints[:, knee] = [0.0, np.deg2rad(30.0), 0.0]
    _, off = bring(motion.replace(joints=joints), list(range(38)))
    shank = np.linalg.norm(cmu38().offsets[cmu38().index("LeftFoot")])
    assert off > 0.9 * 2 * shank * np.sin(np.deg2rad(15.0))


def test_bones_that_were_lost_are_put_back_and_others_stay():
    motion = as_ball_joints(swinging())
    body = motion.skeleton
    own = body.replace(offsets=np.float32(1.1) * np.asarray(body.offsets))
    found, _ = bring(motion.replace(skeleton=own), list(range(38)))
    new, old = np.asarray(found.skeleton.offsets), np.asarray(own.offsets)

    def length(offsets, name):
        return np.linalg.norm(offsets[body.index(name)])

    for name in ("Neck", "LeftShoulder", "RightShoulder"):
        assert np.isclose(length(new, name), length(old, "Spine1"))
    for name in ("LeftFingerBase", "LThumb"):
        assert np.isclose(length(new, name), length(old, "LeftHand") / 2)
    there = np.linalg.norm(old, axis=-1) > 1e-3
    np.testing.assert_array_equal(new[there], old[there])


def test_joints_are_found_by_name_in_any_order_and_other_trees_are_not():
    body = cmu38()
    order = [0, *range(13, 38), *range(1, 13)]
    moved = make_skeleton(
        [body.names[j] for j in order],
        [-1, *(order.index(body.parents[j]) for j in order[1:])],
        np.asarray(body.offsets)[order],
    )
    found = joints_of(moved)
    assert found is not None
    assert [moved.names[j] for j in found] == list(body.names)
    other = list(body.parents)
    for side in ("Left", "Right"):
        other[body.index(f"{side[0]}Thumb")] = body.index(f"{side}ForeArm")
    assert joints_of(make_skeleton(body.names, other, body.offsets)) is None
    names = ["Torso" if name == "Spine" else name for name in body.names]
    assert joints_of(make_skeleton(names, body.parents, body.offsets)) is None


@pytest.mark.parametrize("clip", ["02_03"])
def test_both_forms_of_one_capture_are_one_motion(shared_data, clip):
    found = []
    for path in (f"cmu_bvh/02/{clip}.bvh", f"cmu_asfamc/02/{clip}.amc"):
        motion = formats.read(shared_data / path)
        joints = joints_of(motion.skeleton)
        assert joints is not None
        motion, off = bring(motion, joints)
        assert off < 2e-4
        found.append(motion)
    conversion, original = found
    conversion = conversion[1:]  # the T-pose
    np.testing.assert_allclose(conversion.joints, original.joints, atol=2e-3)
    # What is put back for the lost bones is right to half a centimetre.
    apart = np.linalg.norm(positions(conversion) - positions(original), axis=-1)
    assert apart.max() < 0.005
