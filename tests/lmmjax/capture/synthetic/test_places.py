"""Laws of places: joints are joints, and what rides on a bone moves with it."""

import numpy as np
import pytest

from kinematics import bodies
from kinematics.bodies.conversion import convert
from kinematics.bodies.figure import PLACES
from kinematics.bodies.human import human, pose
from kinematics.motion import Motion
from kinematics.skeleton import rest_places
from lmmjax.capture import CaptureError
from lmmjax.capture.synthetic.places import places
from tests.lmmjax.capture.synthetic.stage import walker


def still(body, joints=None, frames=1):
    joints = np.zeros(body.num_coordinates) if joints is None else joints
    return Motion(
        body,
        np.zeros((frames, 3), np.float32),
        np.tile(np.float32([1, 0, 0, 0]), (frames, 1)),
        np.tile(np.float32(joints), (frames, 1)),
        30.0,
    )


def found(motion):
    seen, points, _ = places(motion)
    return dict(zip(seen.landmarks, np.moveaxis(points, 1, 0), strict=True))


def test_joints_that_the_body_has_are_where_its_joints_are():
    motion = walker()
    seen, body = found(motion), motion.skeleton
    assert np.allclose(seen["mid_hip_joint"], motion.root_position, atol=1e-6)
    for bone, parent in {
        "left_knee": "left_hip_joint",
        "right_wrist": "right_elbow",
    }.items():
        length = np.linalg.norm(body.offsets[body.index(bone)])
        apart = np.linalg.norm(seen[bone] - seen[parent], axis=-1)
        assert np.allclose(apart, length, atol=1e-6)
    assert np.ptp(seen["left_knee"][:, 0] - seen["mid_hip_joint"][:, 0]) > 0.3


@pytest.mark.parametrize("stature", [1.5, 1.75, 2.0])
def test_at_rest_all_landmarks_are_those_of_the_standing_figure(stature):
    seen = found(still(human(stature)))
    for mark in ("nose", "left_ear", "right_eye", "left_heel", "right_small_toe"):
        place = (PLACES[mark] - PLACES["mid_hip_joint"]) * stature
        assert np.allclose(seen[mark], place, atol=1e-5), mark
    apart = seen["left_hip"] - seen["left_hip_joint"]
    assert np.allclose(apart, [0, 0.02 * stature, 0], atol=1e-6)


def test_the_nose_turns_with_the_head_and_the_toes_with_the_foot():
    body = human(1.75)
    turned = pose(body, head_turn=0.7, left_ankle_dorsiflexion=0.3)
    rest, moved = found(still(body)), found(still(body, turned))
    nose, tip = (each["nose"] - each["head"] for each in (rest, moved))
    c, s = np.cos(0.7), np.sin(0.7)
    assert np.allclose(tip[0], np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ nose[0])
    assert moved["left_big_toe"][0, 2] > rest["left_big_toe"][0, 2] + 0.03
    assert np.allclose(moved["right_big_toe"], rest["right_big_toe"])


@pytest.mark.parametrize("joints", ["body25", "coco17", "halpe26"])
def test_every_keypoint_of_a_detector_is_found(joints):
    seen, points, _ = places(walker())
    assert np.isfinite(convert(points, seen, joints).points).all()


def test_a_body_of_a_detector_has_its_own_keypoints():
    body = bodies.body25(1.8)
    seen = found(still(body))
    at = rest_places(body)
    for mark, joint in {"left_hip": "LHip", "nose": "Nose"}.items():
        assert np.allclose(seen[mark], at[body.index(joint)], atol=1e-6)


def strange(motion):
    body = motion.skeleton
    names = tuple(f"bone{j}" for j in range(body.num_joints))
    return motion.replace(skeleton=body.replace(names=names))


def broken(motion):
    root = np.array(motion.root_position)
    root[7] = np.nan
    return motion.replace(root_position=root)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda motion: motion[:0], "at least one frame"),
        (strange, "no known joint set"),
        (broken, "frame 7 is not finite"),
    ],
)
def test_what_cannot_be_filmed_is_named(spoil, sentence):
    with pytest.raises(CaptureError, match=f"motion clip 7: .*{sentence}"):
        places(spoil(walker(name="clip 7")))


@pytest.mark.parametrize("stature", [1.5, 1.9])
def test_the_stature_is_told(stature):
    assert places(still(human(stature)))[2] == pytest.approx(stature, rel=1e-5)
