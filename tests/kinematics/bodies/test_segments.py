"""Laws of recognising segments: dialects of joint names, sides, what is missing."""

import numpy as np
import pytest

from kinematics import bodies, make_skeleton
from kinematics.bodies import human
from kinematics.bodies.segments import feet, segments, toe_joints

# Joint names and parents of four dialects, the left side only.
TRUNKS = {
    "smpl": "pelvis spine1 spine2 spine3 neck head",
    "bvh": "Hips LowerBack Spine Spine1 Neck Head",
    "asf": "root lowerback upperback thorax lowerneck head",
    "rig": "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 "
    "mixamorig:Neck mixamorig:Head",
    "max": "Bip01_Pelvis Bip01_Spine Bip01_Spine1 Bip01_Spine2 Bip01_Neck Bip01_Head",
}
ARMS = {
    "smpl": "left_collar left_shoulder left_elbow left_wrist",
    "bvh": "LeftShoulder LeftArm LeftForeArm LeftHand",
    "asf": "lclavicle lhumerus lradius lwrist",
    "rig": "mixamorig:LeftShoulder mixamorig:LeftArm mixamorig:LeftForeArm "
    "mixamorig:LeftHand",
    "max": "Bip01_L_Clavicle Bip01_L_UpperArm Bip01_L_Forearm Bip01_L_Hand",
}
LEGS = {
    "smpl": "left_hip left_knee left_ankle left_foot",
    "bvh": "LeftUpLeg LeftLeg LeftFoot LeftToeBase",
    "asf": "lfemur ltibia lfoot ltoes",
    "rig": "mixamorig:LeftUpLeg mixamorig:LeftLeg mixamorig:LeftFoot "
    "mixamorig:LeftToeBase",
    "max": "Bip01_L_Thigh Bip01_L_Calf Bip01_L_Foot Bip01_L_Toe0",
}
SWAP = {"left": "right", "Left": "Right", "_L_": "_R_"}


def other_side(name):
    for left, right in SWAP.items():
        if left in name:
            return name.replace(left, right)
    return "r" + name[1:]


def body(dialect, extra=(), without=()):
    """A skeleton of one dialect; ``extra`` adds pairs of name and parent."""
    trunk = TRUNKS[dialect].split()
    pairs = [(trunk[0], None), *zip(trunk[1:], trunk[:-1], strict=True)]
    for side in (str, other_side):
        for chain, root in ((ARMS, trunk[3]), (LEGS, trunk[0])):
            names = [side(name) for name in chain[dialect].split()]
            pairs += list(zip(names, [root, *names[:-1]], strict=True))
    pairs = [pair for pair in pairs + list(extra) if pair[0] not in without]
    names = [name for name, _ in pairs]
    parents = [-1, *(names.index(parent) for _, parent in pairs[1:])]
    offsets = np.random.default_rng(0).normal(size=(len(names), 3))
    for j, name in enumerate(names):
        if other_side(name) in names or "eft" in name or "_L_" in name:
            offsets[j, 1] = abs(offsets[j, 1])
        elif "ight" in name or "_R_" in name or name[0] == "r":
            offsets[j, 1] = -abs(offsets[j, 1])
    return make_skeleton(names, parents, offsets, mirror=None)


def named(skeleton, joints):
    return [skeleton.names[j] for j in joints]


@pytest.mark.parametrize("dialect", TRUNKS)
def test_each_dialect_of_joint_names_has_the_same_segments(dialect):
    skeleton = body(dialect)
    found = segments(skeleton)
    assert len(found) == 14
    trunk = TRUNKS[dialect].split()
    assert named(skeleton, found[0].joints) == trunk[:4]
    assert len(found[0].minor) == 2
    by_name = {s.name: named(skeleton, s.joints)[0] for s in reversed(found)}
    arm, leg = ARMS[dialect].split(), LEGS[dialect].split()
    assert by_name["head"] == trunk[4]
    assert [by_name[s] for s in ("upper arm", "forearm", "hand")] == arm[1:]
    assert [by_name[s] for s in ("thigh", "shank", "foot")] == leg[:3]


def test_every_joint_is_in_one_segment_of_the_standard_body():
    skeleton = human()
    parts = segments(skeleton)
    joints = sorted(j for s in parts for j in (*s.joints, *s.minor, *s.ends))
    assert joints == list(range(skeleton.num_joints))


def test_fingers_are_of_the_hand_and_eyes_are_minor():
    extra = [("left_index1", "left_wrist"), ("left_index2", "left_index1")]
    extra += [("jaw", "head"), ("left_eye", "head"), ("left_eye_end", "left_eye")]
    skeleton = body("smpl", extra)
    found = {s.name: s for s in reversed(segments(skeleton))}
    assert named(skeleton, found["hand"].joints)[:2] == ["left_wrist", "left_index1"]
    assert named(skeleton, found["hand"].ends) == ["left_index2"]
    assert named(skeleton, found["head"].minor) == ["left_eye"]


def test_twist_joints_and_props_stay_in_the_segment_they_hang_on():
    extra = [("LeftForeArmTwist", "LeftForeArm"), ("TwistEnd", "LeftForeArmTwist")]
    skeleton = body("bvh", extra)
    found = {s.name: s for s in reversed(segments(skeleton))}
    joints = named(skeleton, found["forearm"].joints)
    assert joints == ["LeftForeArm", "LeftForeArmTwist"]


def test_left_and_right_feet_are_told_apart():
    skeleton = body("bvh")
    left, right = feet(skeleton)
    assert named(skeleton, left) == ["LeftFoot", "LeftToeBase"]
    assert named(skeleton, right) == ["RightFoot", "RightToeBase"]


@pytest.mark.parametrize(
    ("lost", "segment"), [("right_wrist", "hand"), ("left_foot left_ankle", "foot")]
)
def test_a_body_without_a_limb_is_refused_with_the_names(lost, segment):
    extra = [("gripper", "right_elbow")] if segment == "hand" else []
    skeleton = body("smpl", extra, without=lost.split())
    with pytest.raises(ValueError, match=f"1 segments '{segment}' and not 2") as error:
        segments(skeleton)
    assert ("gripper" in str(error.value)) == bool(extra)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (bodies.human, ("left_toes", "right_toes")),
        (bodies.cmu38, ("LeftToeBase", "RightToeBase")),
        (bodies.smpl24, ("left_foot", "right_foot")),
    ],
)
def test_toes_are_the_balls_of_the_feet(make, names):
    body = make()
    assert tuple(body.names[j] for j in toe_joints(body)) == names


def test_a_body_without_feet_has_no_toes():
    arm = make_skeleton(
        ["root", "arm"], [-1, 0], offsets=np.eye(2, 3, dtype=np.float32)
    )
    with pytest.raises(ValueError, match="segments"):
        toe_joints(arm)
