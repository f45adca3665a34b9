import numpy as np
import pytest

from kinematics import limits
from kinematics.bodies import cmu38, mocap31
from kinematics.formats import asf_amc, bvh

PARENTS = [
    *(-1, 0, 1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 0, 13, 14, 15, 16, 17, 18),
    *(15, 20, 21, 22, 23, 24, 25, 23, 27, 15, 29, 30, 31, 32, 33, 34, 32, 36),
]


def test_the_tree_of_the_benchmark():
    assert list(cmu38().parents) == PARENTS
    ends = [
        n
        for n, kind in zip(cmu38().names, cmu38().kinds, strict=True)
        if kind == "fixed"
    ]
    assert len(ends) == 7
    assert all(n.endswith("_end") for n in ends)


def test_the_31_are_the_38_without_ends():
    body, small = cmu38(), mocap31()
    assert small.names == tuple(n for n in body.names if not n.endswith("_end"))
    for name, parent in zip(small.names[1:], small.parents[1:], strict=True):
        assert body.names[body.parents[body.index(name)]] == small.names[parent]


def test_the_31_have_the_degrees_of_freedom_of_acclaim():
    # 62 channels of an AMC file less the root's six.
    assert mocap31().num_coordinates == 56


def test_bones_of_subject_02_in_metres():
    body = cmu38()
    length = dict(zip(body.names, np.linalg.norm(body.offsets, axis=1), strict=True))
    assert length["LeftLeg"] == pytest.approx(7.59371 * 0.0254 / 0.45, rel=1e-5)
    assert length["RightForeArm"] == pytest.approx(5.02649 * 0.0254 / 0.45, rel=1e-5)


def test_motion_of_the_library_fits(shared_data):
    motion = bvh.read(shared_data / "cmu_bvh/02/02_01.bvh")
    body = cmu38()
    assert motion.skeleton.names == body.names
    assert motion.skeleton.same_tree(body)
    np.testing.assert_array_equal(motion.skeleton.offsets, body.offsets)


def test_walking_is_within_the_limits_but_for_its_thumbs(shared_data):
    body = cmu38()
    # The first frame is the rest pose of the file.
    motion = bvh.read(shared_data / "cmu_bvh/02/02_01.bvh")[1:].recoordinate(body)
    over = np.array(limits.excess(body, motion.joints))
    for side in "LR":
        over[:, body.coordinates(f"{side}Thumb")] = 0
    assert np.rad2deg(over.max()) < 1.0


def test_acclaim_has_the_same_bones_and_those_that_bvh_lost(shared_data):
    folder = shared_data / "cmu_asfamc/02"
    asf = asf_amc.read(folder / "02.asf", folder / "02_01.amc").skeleton
    assert len([n for n in asf.names if not n.endswith("_end")]) == mocap31().num_joints
    body = cmu38()

    def length(skeleton, name):
        return np.linalg.norm(skeleton.offsets[skeleton.index(name)])

    for ours, theirs in (
        ("LeftUpLeg", "lfemur"),
        ("LeftLeg", "ltibia"),
        ("Spine", "upperback"),
        ("RightForeArm", "rradius"),
        ("LeftHand", "lwrist"),
    ):
        assert length(body, ours) == pytest.approx(length(asf, theirs), abs=2e-5)
    for ours, theirs, lost in (
        ("Neck", "lowerneck", 0.117),
        ("LeftFingerBase", "lhand", 0.095),
    ):
        assert length(body, ours) == 0
        assert length(asf, theirs) == pytest.approx(lost, abs=1e-3)
