import numpy as np
import pytest

from kinematics import limits, symmetry
from kinematics.bodies.human import (
    coordinate,
    coordinate_names,
    hanging_arms,
    human,
    pose,
)
from tests.kinematics import reference

BODY = human(1.75)
SIDES = {"left": 1.0, "right": -1.0}


UPRIGHT = np.zeros(3), np.array([1.0, 0, 0, 0])


def points(q, body=BODY):
    return reference.forward(body, *UPRIGHT, q)[0]


def shift(name, angles, start=None):
    """How a joint moves when coordinates go from a start by 0.2 rad."""
    start = np.zeros(BODY.num_coordinates, np.float32) if start is None else start
    moved = points(start + pose(BODY, **dict.fromkeys(angles, 0.2)))
    return (moved - points(start))[BODY.index(name)]


def test_the_body_is_its_own_mirror():
    mirrored = symmetry.mirror_skeleton(BODY)
    for field in ("offsets", "frames", "lower", "upper"):
        np.testing.assert_array_equal(getattr(mirrored, field), getattr(BODY, field))


def test_twins_have_equal_coordinates():
    index, signs = symmetry.coordinate_mirror(BODY)
    names = coordinate_names(BODY)
    for d, name in enumerate(names):
        twin = names[index[d]]
        if name.startswith(("left", "right")):
            assert {name.split("_", 1)[1]} == {twin.split("_", 1)[1]}
            assert name != twin
            assert signs[d] == 1
        else:
            assert name == twin
            assert signs[d] == (1 if name.endswith("flexion") else -1)


@pytest.mark.parametrize("stature", [1.2, 1.75, 2.05])
def test_standing_height_is_stature(stature):
    body = human(stature)
    q = np.zeros(body.num_coordinates, np.float32)
    height = np.ptp(points(q, body)[:, 2])
    assert height == pytest.approx(stature, rel=1e-5)


def test_sole_is_at_one_height():
    names = [f"{s}_{n}" for s in SIDES for n in ("heel", "toes", "toes_end")]
    z = points(np.zeros(BODY.num_coordinates, np.float32))[:, 2]
    np.testing.assert_allclose([z[BODY.index(n)] for n in names], z.min(), atol=1e-6)


def test_limits_are_ordered_and_hold_neutral_poses():
    assert np.all(BODY.lower < BODY.upper)
    for q in (np.zeros(BODY.num_coordinates, np.float32), hanging_arms(BODY)):
        assert float(np.max(limits.excess(BODY, q))) == 0.0
    # Far enough inside for the limits to be nearly the identity on a straight leg.
    np.testing.assert_allclose(
        limits.apply(BODY, np.zeros(BODY.num_coordinates, np.float32)), 0, atol=6e-3
    )


def test_knees_bend_backward_only():
    for side in SIDES:
        assert shift(f"{side}_ankle", [f"{side}_knee_flexion"])[0] < -0.05
        knee = coordinate(BODY, f"{side}_knee_flexion")
        assert np.rad2deg(BODY.lower[knee]) >= -5.001
        assert np.rad2deg(BODY.upper[knee]) > 140


@pytest.mark.parametrize(
    ("joint", "motion", "axis", "sign"),
    [
        ("knee", "hip_flexion", 0, 1),
        ("toes", "ankle_dorsiflexion", 2, 1),
        ("toes_end", "toes_extension", 2, 1),
        ("wrist", "elbow_flexion", 0, 1),
        ("elbow", "shoulder_elevation", 2, 1),
        ("elbow", "shoulder_protraction", 0, 1),
        ("shoulder", "clavicle_elevation", 2, 1),
        ("shoulder", "clavicle_protraction", 0, 1),
        # Palms are down at rest, so flexing the wrist lowers the hand.
        ("hand_end", "wrist_flexion", 2, -1),
        ("hand_end", "wrist_ulnar_deviation", 0, -1),
    ],
)
def test_motions_go_where_their_names_say(joint, motion, axis, sign):
    for side in SIDES:
        moved = shift(f"{side}_{joint}", [f"{side}_{motion}"])
        assert sign * moved[axis] > 0.01


@pytest.mark.parametrize(
    ("joint", "motion", "inward"),
    [
        ("knee", "hip_adduction", 1),
        ("toes", "hip_internal_rotation", 1),
        # Inversion turns the sole towards the midline.
        ("heel", "ankle_inversion", 1),
    ],
)
def test_motions_across_the_body(joint, motion, inward):
    for side, y in SIDES.items():
        assert -y * inward * shift(f"{side}_{joint}", [f"{side}_{motion}"])[1] > 0.005


def test_internal_rotation_and_pronation_turn_the_forearm_and_thumb():
    for side in SIDES:
        bent = pose(BODY, **{f"{side}_elbow_flexion": 1.5})
        name = f"{side}_shoulder_internal_rotation"
        assert shift(f"{side}_wrist", [name], bent)[2] < -0.03
        # With the palm down, pronation lowers the thumb's (front) side of the hand.
        q = pose(BODY, **{f"{side}_elbow_pronation": 0.3})
        turned = reference.forward(BODY, *UPRIGHT, q)[1][BODY.index(f"{side}_wrist")]
        assert turned[2, 0] < -0.2


def test_midline_bends_and_turns_to_the_left():
    assert shift("head_end", ["spine1_flexion"])[0] > 0.05
    assert shift("head_end", ["spine2_bend"])[1] > 0.05
    assert shift("left_shoulder", ["spine3_turn"])[0] < -0.02


@pytest.mark.parametrize(
    "swing",
    [
        # Elevation and protraction in degrees: hanging; extended by 50; overhead
        # after flexion by 167 and after abduction by 175; across; and in front.
        (-90, 0),
        (-58, -69),
        (88, 19),
        (85, 0),
        (0, 130),
        (0, 90),
    ],
)
def test_shoulder_holds_clinical_postures(swing):
    at = BODY.coordinates("left_shoulder")
    q = np.zeros(BODY.num_coordinates, np.float32)
    q[at.start : at.start + 2] = np.deg2rad(swing)
    assert float(np.max(limits.excess(BODY, q))) == 0.0


def test_unknown_coordinate_is_named():
    with pytest.raises(KeyError, match="left_knee_twist"):
        coordinate(BODY, "left_knee_twist")
