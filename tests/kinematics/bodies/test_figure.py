import numpy as np
import pytest

from kinematics.bodies import figure, hands
from kinematics.bodies.figure import PLACES


def test_the_right_is_the_mirror_of_the_left():
    left = [name for name in PLACES if name.startswith("left_")]
    assert len(left) > 40
    for name in left:
        twin = PLACES[name.replace("left", "right", 1)]
        np.testing.assert_array_equal(twin, PLACES[name] * [1, -1, 1])
    for name, place in PLACES.items():
        if not name.startswith(("left_", "right_")):
            assert place[1] == 0


def test_lengths_of_drillis_and_contini():
    def length(a, b):
        return np.linalg.norm(PLACES[f"left_{a}"] - PLACES[f"left_{b}"])

    # Thigh .245, shank .246, upper arm .186, forearm .146, hand .108, foot .152.
    assert length("hip_joint", "knee") == pytest.approx(0.245)
    assert length("knee", "ankle") == pytest.approx(0.246)
    assert length("shoulder", "elbow") == pytest.approx(0.186)
    assert length("elbow", "wrist") == pytest.approx(0.146)
    assert length("wrist", "hand_end") == pytest.approx(0.108)
    assert length("heel", "toes_end") == pytest.approx(0.152)


def test_joints_lie_within_the_breadth_of_the_body():
    # Drillis and Contini: shoulders .259 and hips .191 of stature across.
    assert 0.06 < PLACES["left_shoulder"][1] < 0.259 / 2
    assert 0.03 < PLACES["left_hip_joint"][1] < 0.191 / 2


def test_heights_add_up_to_stature():
    legs = figure.ANKLE_HEIGHT + 0.246 + 0.245
    trunk = sum(figure.TRUNK_SHARES) * (figure.SHOULDER_HEIGHT - figure.HIP_HEIGHT)
    head = 1 - figure.CHIN_HEIGHT
    neck = figure.CHIN_HEIGHT - figure.SHOULDER_HEIGHT
    assert legs + trunk + neck + head == pytest.approx(1.0)
    assert PLACES["head_top"][2] == 1.0
    assert min(place[2] for place in PLACES.values()) == 0.0


def test_the_longest_finger_ends_where_the_hand_does():
    reach = {name: along for name, (_, along) in hands.places().items()}
    assert max(reach, key=reach.get) == "middle_tip"
    assert reach["middle_tip"] == pytest.approx(1.0, abs=0.015)


def test_metacarpals_have_their_published_length():
    # Of the hand's length, from the wrist (Buchholz et al. 1992); places across the
    # hand were measured for other hands, so they agree to a few per cent.
    for digit, length in (("index", 0.463), ("middle", 0.446), ("ring", 0.421)):
        assert np.hypot(*hands.places()[f"{digit}_mcp"]) == pytest.approx(
            length, rel=0.03
        )
