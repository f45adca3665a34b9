import re

import numpy as np
import pytest

from kinematics import bodies
from kinematics.bodies import joint_set, joint_sets
from kinematics.bodies.joint_tables import FACE
from kinematics.skeleton import infer_mirror

NAMES = joint_sets.NAMES
every_set = pytest.mark.parametrize("name", NAMES)
# Names of these say nothing about sides.
NUMBERED = ("coco133", "halpe136")


@every_set
def test_a_set_has_the_number_of_its_name_and_each_name_once(name):
    joints = joint_set(name)
    number = int(re.search(r"\d+(?=[a-z_]*$)", name)[0])
    assert len(joints) == len(set(joints.joints)) == len(joints.landmarks) == number


@every_set
def test_the_mirror_is_an_involution_that_swaps_landmarks(name):
    joints = joint_set(name)
    if name.startswith("hand21"):
        assert joints.mirror is None
        return
    for j, m in enumerate(joints.mirror):
        assert joints.mirror[m] == j
        assert joint_sets.other_side(joints.landmarks[j]) == joints.landmarks[m]


@every_set
def test_names_alone_show_the_same_mirror(name):
    joints = joint_set(name)
    if name not in NUMBERED:
        assert infer_mirror(joints.joints, ()) == joints.mirror


@every_set
def test_links_are_pairs_of_joints_and_mirror_onto_each_other(name):
    joints = joint_set(name)
    assert len(set(joints.links)) == len(joints.links) > 0
    assert all(0 <= a < b < len(joints) for a, b in joints.links)
    if joints.mirror:
        twins = {
            tuple(sorted((joints.mirror[a], joints.mirror[b]))) for a, b in joints.links
        }
        assert twins == set(joints.links)


def test_orders_at_places_that_are_easily_mistaken():
    at = {name: joint_set(name).joints for name in NAMES}
    assert at["coco17"][5:7] == ("left_shoulder", "right_shoulder")
    assert at["body25"][8:10] == ("MidHip", "RHip")
    assert at["body25"][15:17] == ("REye", "LEye")
    assert at["coco18"][8:10] == ("RHip", "RKnee")
    assert at["body25b"][17:19] == ("Neck", "HeadTop")
    assert at["halpe26"][20:24] == (
        "left_big_toe",
        "right_big_toe",
        "left_small_toe",
        "right_small_toe",
    )
    assert at["coco133"][17:24] == (
        *("left_big_toe", "left_small_toe", "left_heel"),
        *("right_big_toe", "right_small_toe", "right_heel", "face-0"),
    )
    assert at["coco133"][91] == "left_hand_root"
    assert at["halpe136"][26] == "face-0"
    assert at["halpe136"][115] == "right_hand_root"
    assert at["h36m17"][8:11] == ("Thorax", "Neck/Nose", "Head")
    assert at["mpi_inf_3dhp17"][14:] == ("root", "spine", "head")
    assert at["panoptic19"][15:] == ("left_eye", "left_ear", "right_eye", "right_ear")
    assert at["smplh52"][22] == "left_index1"
    assert at["smplh52"][28:31] == ("left_pinky1", "left_pinky2", "left_pinky3")
    assert at["smplx55"][22:26] == (
        *("jaw", "left_eye_smplhf", "right_eye_smplhf", "left_index1"),
    )
    assert at["smplx144"][55:58] == ("nose", "right_eye", "left_eye")
    assert at["smplx144"][76] == "right_eye_brow1"
    assert at["smplx144"][127] == "right_contour_1"
    assert at["blazepose33"][31:] == ("LEFT_FOOT_INDEX", "RIGHT_FOOT_INDEX")
    assert at["vibe49"][37:44] == (
        *("Neck (LSP)", "Top of Head (LSP)", "Pelvis (MPII)", "Thorax (MPII)"),
        *("Spine (H36M)", "Jaw (H36M)", "Head (H36M)"),
    )
    assert at["fifa15"] == (
        *("Nose", "RShoulder", "LShoulder", "RElbow", "LElbow", "RWrist", "LWrist"),
        *("RHip", "LHip", "RKnee", "LKnee", "RAnkle", "LAnkle", "RBigToe", "LBigToe"),
    )


def test_flips_as_mmpose_publishes_them():
    assert joint_set("h36m17").mirror == (
        *(0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13),
    )
    assert joint_set("shelf14").mirror == (5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 12, 13)
    whole = joint_set("coco133").mirror
    assert whole[17:23] == (20, 21, 22, 17, 18, 19)
    # The contour of the face, the brows, and the eyes and mouth corner by corner.
    assert whole[23:40] == tuple(range(39, 22, -1))
    assert whole[40:50] == tuple(range(49, 39, -1))
    assert whole[59:71] == (68, 67, 66, 65, 70, 69, 62, 61, 60, 59, 64, 63)
    assert whole[71:78] == tuple(range(77, 70, -1))
    assert whole[91:112] == tuple(range(112, 133))


def test_links_as_mmpose_and_openpose_publish_them():
    coco = {(13, 15), (11, 13), (14, 16), (12, 14), (11, 12), (5, 11), (6, 12), (5, 6)}
    coco |= {(5, 7), (6, 8), (7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4)}
    assert set(joint_set("coco17").links) == coco | {(3, 5), (4, 6)}
    body25 = (
        "1,8 1,2 1,5 2,3 3,4 5,6 6,7 8,9 9,10 10,11 8,12 12,13 13,14 1,0 0,15 15,17 "
        "0,16 16,18 14,19 19,20 14,21 11,22 22,23 11,24"
    )
    pairs = {tuple(sorted(map(int, pair.split(",")))) for pair in body25.split()}
    assert set(joint_set("body25").links) == pairs


def test_the_face_has_68_points_of_which_ten_are_on_the_midline():
    assert len(FACE) == len(set(FACE)) == 68
    middle = [name for name in FACE if joint_sets.other_side(name) == name]
    assert len(middle) == 10
    # The tip of the nose is 30 of iBUG, the corners of the mouth are 48 and 54.
    assert FACE[30] == "nose4"
    assert (FACE[48], FACE[54]) == ("right_mouth_1", "left_mouth_1")


@pytest.mark.parametrize(
    ("name", "joint", "mark"),
    [
        ("coco17", "left_hip", "left_hip"),
        ("smpl24", "left_hip", "left_hip_joint"),
        ("h36m17", "RHip", "right_hip_joint"),
        ("h36m17", "RFoot", "right_ankle"),
        ("smpl24", "left_foot", "left_toe_base"),
        ("body25", "Neck", "mid_shoulder"),
        ("body25b", "Neck", "upper_neck"),
        ("smplx55", "left_thumb1", "left_thumb_cmc"),
        ("smplx55", "right_index2", "right_index_pip"),
        ("smplx144", "right_index", "right_index_tip"),
        ("coco133", "left_forefinger1", "left_index_mcp"),
        ("coco133", "right_pinky_finger4", "right_pinky_tip"),
        ("hand21_right", "right_ring3", "right_ring_dip"),
        ("blazepose33", "LEFT_EYE_OUTER", "left_eye1"),
        ("blazepose33", "MOUTH_RIGHT", "right_mouth_1"),
        ("vibe49", "OP LKnee", "left_knee"),
        ("vibe49", "Right Hip", "right_hip"),
        ("spl27", "R_CALC", "right_heel"),
    ],
)
def test_what_a_name_stands_for(name, joint, mark):
    joints = joint_set(name)
    assert joints.landmarks[joints.index(joint)] == mark


def test_joints_are_found_among_other_names():
    joints = joint_set("fifa15")
    names = joint_set("body25").joints
    indices = [0, 2, 5, 3, 6, 4, 7, 9, 12, 10, 13, 11, 14, 22, 19]
    assert joints.among(names) == tuple(indices)
    with pytest.raises(KeyError, match="RBigToe, LBigToe among"):
        joints.among(names[:19])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("human29", bodies.human),
        ("smpl24", bodies.smpl24),
        ("smplh52", bodies.smplh52),
        ("smplx55", bodies.smplx55),
        ("cmu31", bodies.mocap31),
        ("cmu38", bodies.cmu38),
    ],
)
def test_bodies_with_a_tree_of_their_own_have_the_order_of_their_set(name, body):
    assert joint_set(name).joints == body().names


def test_unknown_names_are_answered_with_those_there_are():
    with pytest.raises(
        KeyError, match=r"no joint set 'coco'; there are coco17, coco133"
    ):
        joint_set("coco")
    with pytest.raises(KeyError, match=r"no joint 'hip' in coco17.*left_hip"):
        joint_set("coco17").index("hip")


def test_sets_are_values():
    assert joint_set("coco17") is joint_set("coco17")
    assert hash(joint_set("smplx144")) == hash(joint_set("smplx144"))
    assert np.array(joint_set("coco17").links).shape == (19, 2)
