"""Laws of moving a motion onto another body."""

import numpy as np
import pytest

from kinematics import Motion, formats, limits, motion
from kinematics.bodies import human
from kinematics.bodies.human import pose
from kinematics.retarget import contact, match, retarget

TALL, SMALL = human(1.9), human(1.5)


def stepping(body=TALL, frames=120, fps=60.0):
    """Shallow knee bends on the spot with waving arms: both feet stand still."""
    t = np.arange(frames) / fps
    bend = 0.3 - 0.1 * np.cos(2 * np.pi * t)
    joints = np.stack(
        [
            pose(
                body,
                left_hip_flexion=b,
                right_hip_flexion=b,
                left_knee_flexion=2 * b,
                right_knee_flexion=2 * b,
                left_ankle_dorsiflexion=b,
                right_ankle_dorsiflexion=b,
                left_shoulder_elevation=-1 + b,
                right_shoulder_elevation=-1 - b,
                right_elbow_flexion=0.5 + b,
            )
            for b in bend
        ]
    ).astype(np.float32)
    leg = np.linalg.norm(body.offsets[body.index("left_knee")])
    shank = np.linalg.norm(body.offsets[body.index("left_ankle")])
    ankle = -body.offsets[body.index("left_heel"), 2]
    height = ankle + (leg + shank) * np.cos(bend)
    root = np.stack([0 * t, 0 * t, height], axis=-1).astype(np.float32)
    upright = np.tile(np.float32([1, 0, 0, 0]), (frames, 1))
    return Motion(body, root, upright, joints, fps=fps, name="bends")


@pytest.fixture(scope="module")
def smaller():
    return retarget(stepping(), SMALL)


def test_onto_the_same_body_it_is_the_same_motion():
    found = retarget(stepping(), TALL)
    gap = motion.positions(found) - motion.positions(stepping())
    assert np.abs(gap).max() < 0.015


def test_onto_a_smaller_body_it_is_the_motion_in_small(smaller):
    expected = motion.positions(stepping()) * (1.5 / 1.9)
    assert np.abs(motion.positions(smaller) - expected).max() < 0.02
    assert smaller.name == "bends"
    assert smaller.fps == 60.0


def test_feet_that_stand_do_not_slide_and_the_body_keeps_its_limits(smaller):
    feet = [SMALL.index(f"{side}_ankle") for side in ("left", "right")]
    places = motion.positions(smaller)[:, feet]
    assert np.ptp(places, axis=0).max() < 0.003
    assert np.asarray(limits.excess(SMALL, smaller.joints)).max() == 0


def test_named_joints_turn_like_those_that_are_named():
    source = stepping()
    found = retarget(source, SMALL, {"left_knee": "right_elbow", "left_hip": "pelvis"})
    at = SMALL.coordinates("left_shoulder")
    np.testing.assert_allclose(found.joints[:, at], 0, atol=1e-4)
    with pytest.raises(ValueError, match="no joint 'wing'"):
        retarget(source, SMALL, {"left_knee": "wing"})


def test_captured_walking_keeps_its_feet_on_the_floor(shared_data):
    clip = formats.read(shared_data / "cmu_bvh" / "02" / "02_01.bvh")
    clip = motion.resample(clip[1:], 60.0)[:120]
    found, loose = (retarget(clip, SMALL, keep_contacts=keep) for keep in (True, False))

    def slide(moved):
        places = motion.positions(moved)
        names = ("left_ankle", "left_toes", "right_ankle", "right_toes")
        feet = places[:, [SMALL.index(name) for name in names]]
        speed = np.linalg.norm(np.diff(feet[..., :2], axis=0), axis=-1) * 60
        # At every moment of a walk one foot stands.
        return np.median(speed.min(axis=1))

    assert slide(found) < 0.3 * slide(loose)
    knees = [SMALL.coordinates(f"{side}_knee").start for side in ("left", "right")]
    assert np.median(found.joints[:, knees]) > 0.05
    jerk = [
        np.linalg.norm(np.diff(motion.positions(x), n=3, axis=0), axis=-1).mean()
        for x in (found, clip)
    ]
    assert jerk[0] < 2 * jerk[1]


def test_a_point_is_eased_into_its_place_and_out_of_it():
    places = np.zeros((60, 1, 3))
    places[:, 0, 0] = np.linspace(0, 0.1, 60)
    standing = np.zeros((60, 1), bool)
    standing[20:40] = True
    targets = contact.planted(places, standing, np.array([0.05]), 60.0)
    assert np.ptp(targets[20:40, 0], axis=0).max() < 1e-12
    np.testing.assert_allclose(targets[20:40, 0, 2], 0.05)
    assert np.abs(np.diff(targets[:, 0, 0])).max() < 0.012
    np.testing.assert_array_equal(targets[0, 0, :2], places[0, 0, :2])


def test_hands_that_meet_meet_again_and_others_are_left_alone():
    source = np.array([[[0, -0.05, 1], [0, 0.05, 1]], [[0, -0.5, 1], [0, 0.5, 1.0]]])
    own = source * [1, 3, 1]
    targets = contact.held(own, source)
    np.testing.assert_allclose(targets, [source[0], own[1]], atol=1e-12)


def test_the_root_comes_down_as_far_as_the_longest_need():
    hips = np.tile([[0.0, 0.1, 0.9], [0, -0.1, 0.9]], (50, 1, 1))
    ankles = np.tile([[0.0, 0.1, 0.0], [0, -0.1, 0.0]], (50, 1, 1))
    down = contact.drop(hips, ankles, np.array([0.8, 0.8]), 60.0)
    np.testing.assert_allclose(down, 0.9 - 0.995 * 0.8)
    assert contact.drop(hips, ankles, np.array([1.0, 1.0]), 60.0).max() == 0


def test_the_smallest_turn_between_two_directions():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3))
    turn = match.between(a, b)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(
        turn @ a / np.linalg.norm(a), b / np.linalg.norm(b), atol=1e-12
    )
    axis = np.cross(a, b)
    np.testing.assert_allclose(turn @ axis, axis, atol=1e-12)
