import jax
import numpy as np
import pytest

from kinematics import Poses, bodies, limits
from kinematics import motion as motions
from kinematics.bodies.hands import places
from kinematics.skeleton import SkeletonError
from lmmjax.generation import grasping
from lmmjax.generation.grasping.hand import along, right_hand
from tests.lmmjax.generation.grasping.standing import standing


@pytest.mark.parametrize("make", [bodies.smplh52, bodies.smplx55])
def test_a_hand_is_found_by_the_names_of_its_joints(make):
    body = make()
    hand = right_hand(body)
    names = [[body.names[j] for j in digit] for digit in hand.digits]
    expected = ("thumb", "index", "middle", "ring", "pinky")
    for digit, found in zip(expected, names, strict=True):
        assert found == [f"right_{digit}{k}" for k in (1, 2, 3)]
    assert body.names[hand.wrist] == "right_wrist"
    assert len(set(hand.moved.tolist())) == len(hand.moved)


def test_tips_are_where_the_tables_of_the_hand_have_them():
    body = bodies.smplh52()
    still = Poses(
        np.zeros((1, 3), np.float32),
        np.float32([[1, 0, 0, 0]]),
        np.zeros((1, body.num_coordinates), np.float32),
    )
    at = along(body, right_hand(body), still)
    table = places()
    ends = np.array([table["index_tip"], table["thumb_tip"]])
    across = at.tips[0, [1, 0]] - at.wrist[0]
    # Towards the thumb is x and along the right hand -y, in hand lengths.
    length = np.ptp([table["middle_tip"][1], 0.0])
    size = -(at.tips[0, 2, 1] - at.wrist[0, 1]) / length
    np.testing.assert_allclose(across[:, 0] / size, ends[:, 0], atol=2e-3)
    np.testing.assert_allclose(-across[:, 1] / size, ends[:, 1], atol=2e-3)


def test_hands_at_rest_are_alike_within_the_limits_and_nearly_closed():
    motion = standing()
    body = motion.skeleton
    assert jax.jit(limits.excess)(body, motion.joints[0]).max() == 0.0
    np.testing.assert_allclose(motions.mirror(motion).joints, motion.joints, atol=1e-6)
    flat = motion.replace(joints=np.zeros_like(motion.joints))
    apart = [
        np.linalg.norm(np.subtract(*at.tips[0, :2]))
        for at in (along(body, right_hand(body), m.poses) for m in (motion, flat))
    ]
    assert apart[0] < 0.06 < apart[1]
    again = grasping.relaxed(flat)
    fingers = list(right_hand(body).fingers)
    np.testing.assert_array_equal(again.joints[:, fingers], motion.joints[:, fingers])


def test_a_body_without_fingers_is_refused():
    with pytest.raises(SkeletonError, match="right thumb cmc"):
        right_hand(bodies.smpl24())
