import numpy as np
import pytest

from kinematics.bodies import smpl24, smplh52, smplx55
from kinematics.skeleton import REFLECTION
from tests.kinematics import reference

BODY = smplx55(1.75)
UPRIGHT = np.zeros(3), np.array([1.0, 0, 0, 0])
PARENTS_24 = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]


def pose(joint, coordinate, angle):
    q = np.zeros(BODY.num_coordinates)
    q[BODY.coordinates(joint).start + coordinate] = angle
    return reference.forward(BODY, *UPRIGHT, q)


def test_the_tree_of_smpl():
    assert list(smpl24().parents) == [*PARENTS_24, 20, 21]
    hands = [[20, 22, 23], [20, 25, 26], [20, 28, 29], [20, 31, 32], [20, 34, 35]]
    left = np.array(hands).ravel()
    right = np.where(left == 20, 21, left + 15)
    assert list(smplh52().parents) == [*PARENTS_24, *left, *right]
    shifted = [np.where(side < 22, side, side + 3) for side in (left, right)]
    assert list(BODY.parents) == [*PARENTS_24, 15, 15, 15, *shifted[0], *shifted[1]]


@pytest.mark.parametrize("make", [smpl24, smplh52, smplx55])
def test_every_joint_but_the_root_is_a_ball(make):
    assert set(make().kinds[1:]) == {"ball"}


def test_the_smaller_bodies_are_parts_of_the_larger():
    small, large = smplh52(), BODY
    for j, name in enumerate(small.names):
        k = large.index(name)
        np.testing.assert_array_equal(small.offsets[j], large.offsets[k])
        np.testing.assert_array_equal(small.frames[j], large.frames[k])


@pytest.mark.parametrize(
    ("joint", "coordinate", "follower", "axis", "sign"),
    [
        ("hip", 0, "knee", 0, 1),
        ("hip", 1, "knee", 1, -1),
        ("ankle", 0, "foot", 2, 1),
        ("collar", 0, "shoulder", 2, 1),
        ("shoulder", 0, "elbow", 2, 1),
        ("shoulder", 1, "elbow", 0, 1),
        ("elbow", 0, "wrist", 0, 1),
        # With the palms down, bending lowers the fingers.
        ("wrist", 0, "index1", 2, -1),
        ("index1", 0, "index2", 2, -1),
        ("index2", 0, "index3", 2, -1),
        ("pinky1", 0, "pinky3", 2, -1),
        # The little finger's side is behind.
        ("index1", 1, "index2", 0, -1),
        # The thumb goes over the palm and below it.
        ("thumb1", 0, "thumb2", 0, -1),
        ("thumb1", 0, "thumb3", 2, -1),
        ("thumb2", 0, "thumb3", 2, -1),
        ("thumb1", 1, "thumb3", 2, 1),
    ],
)
def test_motions_go_where_their_names_say(joint, coordinate, follower, axis, sign):
    rest = reference.forward(BODY, *UPRIGHT, np.zeros(BODY.num_coordinates))[0]
    shifts = {}
    for side in ("left", "right"):
        j = BODY.index(f"{side}_{follower}")
        shifts[side] = pose(f"{side}_{joint}", coordinate, 0.3)[0][j] - rest[j]
    assert sign * shifts["left"][axis] > 0.002
    np.testing.assert_allclose(shifts["right"], shifts["left"] * REFLECTION, atol=1e-7)


def test_the_jaw_opens_downward_and_eyes_lift_and_turn_inward():
    forward = np.array([1.0, 0, 0])
    assert (pose("jaw", 0, 0.3)[1][BODY.index("jaw")] @ forward)[2] < -0.2
    for side, inward in (("left", -1), ("right", 1)):
        eye = f"{side}_eye_smplhf"
        assert (pose(eye, 0, 0.3)[1][BODY.index(eye)] @ forward)[2] > 0.2
        assert inward * (pose(eye, 1, 0.3)[1][BODY.index(eye)] @ forward)[1] > 0.2


def test_a_fist_closes_on_the_palm():
    q = np.zeros(BODY.num_coordinates)
    for digit in ("index", "middle", "ring", "pinky"):
        for k in (1, 2, 3):
            q[BODY.coordinates(f"left_{digit}{k}").start] = 1.5
    places = reference.forward(BODY, *UPRIGHT, q)[0]
    wrist = places[BODY.index("left_wrist")]
    for digit in ("index", "middle", "ring", "pinky"):
        knuckle, end = (places[BODY.index(f"left_{digit}{k}")] for k in (1, 3))
        assert end[2] < knuckle[2] - 0.01
        assert np.linalg.norm(end - wrist) < np.linalg.norm(knuckle - wrist)
