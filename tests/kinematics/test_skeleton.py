"""Laws of the body: what makes one, and what is refused with a clear message."""

import jax
import numpy as np
import pytest

from kinematics import SkeletonError, limits, make_skeleton, skeleton
from tests.kinematics import reference

PAIRS = [
    ("LeftArm", "RightArm"),
    ("mixamorig:LeftUpLeg", "mixamorig:RightUpLeg"),
    ("Left_hip", "Right_hip"),
    ("left-knee", "right-knee"),
    ("HIP_LEFT", "HIP_RIGHT"),
    ("handLeft", "handRight"),
    ("LHipJoint", "RHipJoint"),
    ("lfemur", "rfemur"),
    ("L_Hip", "R_Hip"),
    ("l_hip", "r_hip"),
    ("hip_l", "hip_r"),
    ("hip.L", "hip.R"),
    ("thigh.L.001", "thigh.R.001"),
    ("Bip01 L Thigh", "Bip01 R Thigh"),
    ("J_Bip_L_UpperArm", "J_Bip_R_UpperArm"),
    ("mixamorig:LThigh", "mixamorig:RThigh"),
    ("toe_l_end", "toe_r_end"),
    ("LeftHandIndex1_end", "RightHandIndex1_end"),
]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_twins_are_found_by_name_in_either_order(left, right):
    for a, b in ((left, right), (right, left)):
        names = ["root", a, "LowerBack", b, "lowerneck"]
        assert skeleton.infer_mirror(names, [-1, 0, 0, 0, 0]) == (0, 3, 2, 1, 4)


@pytest.mark.parametrize(
    "names",
    [
        ["LowerBack", "Lumbar", "RibCage", "root"],
        ["lowerback", "upperback", "thorax", "lowerneck"],
        ["LeftArm", "head"],
    ],
)
def test_names_without_a_twin_give_no_mirror(names):
    assert skeleton.infer_mirror(names, range(-1, len(names) - 1)) is None


@pytest.mark.parametrize("name", reference.TREES)
def test_coordinates_of_all_joints_fill_the_vector_once(name):
    body = reference.TREES[name]
    found = [d for n in body.names for d in range(100)[body.coordinates(n)]]
    assert found == list(range(body.num_coordinates))
    assert body.lower.shape == body.upper.shape == (body.num_coordinates,)


@pytest.mark.parametrize("name", reference.TREES)
def test_frames_are_rotations(name):
    frames = np.float64(reference.TREES[name].frames)
    gram = frames.swapaxes(1, 2) @ frames
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(3), gram.shape), atol=1e-6)
    assert (np.linalg.det(frames) > 0.999).all()


def test_default_frames_point_along_the_bone_and_mirror_each_other():
    body = reference.human()
    bone = body.offsets[body.index("LeftLeg")]
    third = body.frames[body.index("LeftUpLeg"), :, 2]
    assert third @ bone > 0.99 * np.linalg.norm(bone)
    mirrored = skeleton.mirrored_frame(body.frames[list(body.mirror)])
    signed = mirrored * np.array(body.mirror_signs)[:, None, :]
    np.testing.assert_allclose(signed, body.frames, atol=1e-6)


def test_the_root_has_no_offset():
    body = make_skeleton(["a", "b"], [-1, 0], [[1, 2, 3], [0, 0, 1]])
    np.testing.assert_array_equal(body.offsets, [[0, 0, 0], [0, 0, 1]])


def test_free_limits_allow_every_pose():
    body = reference.human()
    q = np.random.default_rng(0).uniform(-2.2, 2.2, (50, body.num_coordinates))
    assert not np.asarray(limits.excess(body, np.float32(q))).any()


def test_a_body_is_a_pytree_that_jit_takes_and_returns():
    body = reference.human()
    same = jax.jit(lambda b: b.replace(offsets=b.offsets * 2))(body)
    assert same.same_tree(body)
    np.testing.assert_array_equal(same.offsets, 2 * body.offsets)
    assert jax.tree.structure(same) == jax.tree.structure(body)


def test_an_unknown_joint_is_answered_with_the_names():
    with pytest.raises(KeyError, match=r"no joint 'Tail'.*LeftUpLeg"):
        reference.human().index("Tail")


def build(**changes):
    good = {
        "names": ["root", "LeftArm", "RightArm"],
        "parents": [-1, 0, 0],
        "offsets": np.ones((3, 3)),
        "kinds": ["free", "hinge", "hinge"],
    }
    return make_skeleton(**{**good, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": [], "parents": [], "kinds": [], "offsets": []}, "at least one"),
        ({"names": ["root", "a"]}, "2 names, 3 parents"),
        ({"names": ["root", "a", "a"]}, "'a' appears twice"),
        ({"parents": [-1, 2, 0]}, "'LeftArm': the root comes first"),
        ({"parents": [-1, -1, 0]}, "'LeftArm': the root comes first"),
        ({"parents": [-1, 1, 0]}, "'LeftArm': the root comes first"),
        ({"kinds": ["free", "hinge", "knee"]}, "'RightArm' has kind 'knee'"),
        ({"kinds": ["ball", "hinge", "hinge"]}, "'root' has kind 'ball'"),
        ({"kinds": ["free", "hinge", "ball"]}, "LeftArm is a hinge joint, its mirror"),
        ({"offsets": np.full((3, 3), np.nan)}, "'root' has an offset that is not"),
        ({"offsets": np.ones((3, 2))}, r"offsets have shape \(3, 2\)"),
        ({"frames": np.ones((3, 3, 3))}, "orthonormal"),
        ({"frames": np.full((3, 3, 3), np.nan)}, "orthonormal"),
        ({"frames": -np.stack([np.eye(3)] * 3)}, "right-handed"),
        ({"frames": np.stack([np.eye(3)] * 2)}, r"frames have shape \(2, 3, 3\)"),
        ({"lower": np.zeros(3)}, r"shape \(2,\)"),
        ({"lower": np.ones(2), "upper": np.ones(2)}, "joint LeftArm: lower must"),
        ({"lower": np.array([0, np.nan])}, "joint RightArm: lower must"),
        ({"upper": np.array([1, np.inf])}, "joint RightArm: lower must"),
        ({"mirror": [0, 2, 2]}, "LeftArm mirrors to RightArm, but not back"),
        ({"mirror": [0, 2, 5]}, "twin of each of 3 joints"),
        ({"mirror": [0]}, "twin of each of 3 joints"),
        ({"parents": [-1, 0, 1]}, "not mirrors of each other: root, LeftArm"),
    ],
)
def test_what_is_not_a_body_is_refused_with_the_reason(changes, message):
    with pytest.raises(SkeletonError, match=message):
        build(**changes)
