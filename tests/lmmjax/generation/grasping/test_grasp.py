import functools

import jax
import numpy as np
import pytest

from kinematics import bodies, limits
from kinematics import motion as motions
from kinematics.skeleton import SkeletonError
from lmmjax.generation import grasping
from lmmjax.generation.grasping import course
from lmmjax.generation.grasping.hand import along, right_hand
from tests.lmmjax.generation.grasping.standing import (
    AT,
    FPS,
    THINGS,
    standing,
    taken,
)

LAST = round(AT * FPS)
excess = jax.jit(limits.excess)


@functools.cache
def course_of(name):
    """Tips [T, 5, 3], the wrist [T, 3], the aperture [T], the first moved frame."""
    motion = taken(name)
    at = along(motion.skeleton, right_hand(motion.skeleton), motion.poses)
    aperture = np.linalg.norm(at.tips[:, 0] - at.tips[:, 1], axis=-1)
    moved = np.abs(motion.joints - standing().joints).max(axis=1) > 0
    return at, aperture, int(np.argmax(moved)) - 1


@pytest.mark.parametrize("name", THINGS)
def test_limits_hold_and_bones_keep_their_length(name):
    motion = taken(name)
    assert motions.in_blocks(excess, motion.skeleton, motion.joints).max() == 0.0
    where, parents = motions.positions(motion), np.array(motion.skeleton.parents[1:])
    bones = np.linalg.norm(where[:, 1:] - where[:, parents], axis=-1)
    np.testing.assert_allclose(bones, np.broadcast_to(bones[0], bones.shape), atol=1e-5)


@pytest.mark.parametrize("name", THINGS)
def test_thumb_and_index_finger_end_on_the_surface_and_none_was_in_it(name):
    at = course_of(name)[0]
    gaps = THINGS[name].distance(at.tips)
    assert np.abs(gaps[LAST:, :2]).max() < 0.005
    assert gaps.min() > -0.005
    # They hold it from two sides: what is between them is the middle of the thing.
    middle = (at.tips[LAST, 0] + at.tips[LAST, 1]) / 2
    assert THINGS[name].distance(middle) < -0.005


@pytest.mark.parametrize("name", THINGS)
def test_no_joint_of_a_finger_passes_through_the_thing(name):
    at = course_of(name)[0]
    assert THINGS[name].distance(at.knuckles).min() > -0.003


@pytest.mark.parametrize("name", THINGS)
def test_the_wrist_goes_with_least_jerk(name):
    at, _, first = course_of(name)
    wrist = at.wrist[first : LAST + 1]
    far = np.linalg.norm(wrist[-1] - wrist[0])
    done = (wrist - wrist[0]) @ (wrist[-1] - wrist[0]) / far**2
    ideal = course.progress(np.linspace(0, 1, len(done)))
    assert np.corrcoef(done, ideal)[0, 1] > 0.995
    speed = np.linalg.norm(np.diff(wrist, axis=0), axis=1)
    # One peak, near the middle.
    assert speed.argmax() / len(speed) == pytest.approx(0.5, abs=0.1)
    rising, falling = np.diff(speed[: speed.argmax()]), np.diff(speed[speed.argmax() :])
    slack = 0.03 * speed.max()
    assert rising.min() > -slack
    assert falling.max() < slack


@pytest.mark.parametrize("name", THINGS)
def test_the_hand_is_widest_at_60_to_80_percent(name):
    _, aperture, first = course_of(name)
    peak = (aperture[first : LAST + 1].argmax()) / (LAST - first)
    assert 0.6 < peak < 0.8


def test_the_hand_opens_wider_for_larger_things():
    peaks = []
    for radius in (0.01, 0.02, 0.03, 0.04):
        thing = grasping.ball((0.38, -0.15, 1.1), radius)
        motion = grasping.grasp(standing(), "right", thing, AT)
        at = along(motion.skeleton, right_hand(motion.skeleton), motion.poses)
        peaks.append(np.linalg.norm(at.tips[:, 0] - at.tips[:, 1], axis=-1).max())
    assert (np.diff(peaks) > 0).all()
    # By about 0.8 of the size, as measured in people.
    slope = np.polyfit([0.02, 0.04, 0.06, 0.08], peaks, 1)[0]
    assert 0.6 < slope < 1.0


def test_a_left_hand_does_in_the_mirror_what_a_right_hand_does():
    left, right = taken("box", "left"), taken("box", "right")
    body = left.skeleton
    mirrored = motions.mirror(right)
    np.testing.assert_allclose(left.joints, mirrored.joints, atol=1e-5)
    # It is the left hand that has moved, and the right one that has not.
    moved = np.abs(left.joints - standing().joints).max(axis=0)
    assert moved[body.coordinates("left_elbow")].max() > 0.2
    assert moved[body.coordinates("right_elbow")].max() == 0.0


def test_legs_root_and_the_other_arm_stay_and_the_hand_holds_on():
    motion, before = taken("ball"), standing()
    np.testing.assert_array_equal(motion.root_position, before.root_position)
    hand = right_hand(motion.skeleton)
    others = np.setdiff1d(np.arange(motion.joints.shape[1]), hand.moved)
    np.testing.assert_array_equal(motion.joints[:, others], before.joints[:, others])
    after = motion.joints[LAST:]
    still = np.broadcast_to(after[:1], after.shape)
    np.testing.assert_allclose(after, still, atol=1e-5)


def test_the_trunk_goes_on_as_it_did():
    before = standing()
    turn = before.skeleton.coordinates("spine2").start + 2
    joints = np.array(before.joints)
    joints[:, turn] = 0.1 * np.sin(np.arange(len(joints)) / 8)
    before = before.replace(joints=joints)
    after = grasping.grasp(before, "right", THINGS["ball"], AT)
    moves = (x.joints[LAST:, turn] - x.joints[LAST, turn] for x in (before, after))
    np.testing.assert_allclose(*moves, atol=2e-3)


def test_movement_is_smooth():
    for name in ("rod", "low"):
        speed = np.diff(taken(name).joints, axis=0) * FPS
        assert np.abs(speed).max() < 10
        assert np.abs(np.diff(speed, axis=0)).max() * FPS < 100


@pytest.mark.parametrize(
    ("thing", "at", "said"),
    [
        (grasping.ball((3.0, 0.0, 1.0), 0.03), AT, "out of the right hand's reach"),
        (grasping.ball((0.4, -0.2, 1.0), 0.2), AT, "side of the thing has 40.0 cm"),
        (THINGS["ball"], 0.1, "needs 0.7"),
        (THINGS["ball"], 9.0, "the motion has 2 s"),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_sentence(thing, at, said):
    with pytest.raises(grasping.GraspError, match=said):
        grasping.grasp(standing(), "right", thing, at)


def test_a_body_without_fingers_is_told_of_one_that_has_them():
    body = bodies.smpl24()
    short = standing()[:3]
    motion = short.replace(skeleton=body, joints=np.zeros((3, body.num_coordinates)))
    with pytest.raises(SkeletonError, match=r"smplh52"):
        grasping.grasp(motion, "right", THINGS["ball"], 0.0)
    with pytest.raises(ValueError, match="no hand 'third'"):
        grasping.grasp(short, "third", THINGS["ball"], 0.0)
