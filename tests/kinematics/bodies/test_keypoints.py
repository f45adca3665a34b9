import numpy as np
import pytest

from kinematics import bodies
from kinematics.bodies import joint_set
from kinematics.bodies.keypoints import HELPERS
from tests.kinematics import reference

DETECTORS = ("coco17", "body25", "halpe26", "blazepose33")
UPRIGHT = np.zeros(3), np.array([1.0, 0, 0, 0])


def rest(name):
    body = getattr(bodies, name)(1.75)
    return body, reference.forward(body, *UPRIGHT, np.zeros(body.num_coordinates))[0]


@pytest.mark.parametrize("name", DETECTORS)
def test_a_body_has_the_points_of_its_set_and_the_helpers_it_needs(name):
    body = getattr(bodies, name)()
    extra = set(body.names) - set(joint_set(name).joints)
    assert extra <= set(HELPERS)
    assert "spine" in extra


@pytest.mark.parametrize("name", DETECTORS)
def test_positions_can_be_put_in_published_order(name):
    body, places = rest(name)
    joints = joint_set(name)
    published = places[..., joints.among(body.names), :]
    assert published.shape == (len(joints), 3)
    for k, joint in enumerate(joints.joints):
        np.testing.assert_array_equal(published[k], places[body.index(joint)])


def test_h36m_keeps_its_order_and_tree():
    body = bodies.h36m17()
    assert body.names == joint_set("h36m17").joints
    parents = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]
    assert list(body.parents) == parents


@pytest.mark.parametrize("name", DETECTORS)
def test_the_head_turns_without_the_shoulders(name):
    body, places = rest(name)
    neck = next(n for n in body.names if n in ("neck", "Neck"))
    nose = next(n for n in body.names if n.lower() == "nose")
    shoulders = [n for n in body.names if n.lower().endswith("shoulder")][-2:]
    q = np.zeros(body.num_coordinates)
    q[body.coordinates(neck).start + 2] = 0.5
    moved = reference.forward(body, *UPRIGHT, q)[0] - places
    assert moved[body.index(nose)][1] > 0.03
    for shoulder in shoulders:
        np.testing.assert_array_equal(moved[body.index(shoulder)], 0)


def test_joints_move_only_where_points_show_it():
    kinds = {
        name: dict(zip(body.names, body.kinds, strict=True))
        for name, body in ((n, getattr(bodies, n)()) for n in DETECTORS)
    }
    assert kinds["coco17"]["left_elbow"] == "hinge"
    assert kinds["coco17"]["left_ankle"] == kinds["coco17"]["left_wrist"] == "fixed"
    assert kinds["body25"]["LAnkle"] == "universal"
    assert kinds["blazepose33"]["LEFT_ELBOW"] == "universal"
    assert kinds["blazepose33"]["LEFT_WRIST"] == "universal"


@pytest.mark.parametrize("name", ["body25", "halpe26", "blazepose33"])
def test_feet_stand_on_one_floor(name):
    body, places = rest(name)
    soles = ("heel", "toe", "foot_index")
    feet = [n for n in body.names if n.lower().endswith(soles)]
    assert len(feet) in (4, 6)
    heights = places[[body.index(n) for n in feet], 2]
    np.testing.assert_allclose(heights, places[:, 2].min(), atol=1e-6)


def test_a_face_looks_forward():
    body, places = rest("blazepose33")
    at = {n: places[body.index(n)] for n in body.names}
    assert at["NOSE"][0] > at["LEFT_EYE"][0] > at["LEFT_EAR"][0]
    assert at["LEFT_EYE_INNER"][1] < at["LEFT_EYE"][1] < at["LEFT_EYE_OUTER"][1]
    assert at["MOUTH_LEFT"][1] > 0 > at["MOUTH_RIGHT"][1]
    assert at["LEFT_EYE"][2] > at["NOSE"][2] > at["MOUTH_LEFT"][2]
    assert at["LEFT_THUMB"][0] > at["LEFT_INDEX"][0] > at["LEFT_PINKY"][0]
