"""Laws of the repair: faults go, the rest stays as it is."""

import numpy as np
import pytest

from lmmjax.data.mocap.common_body import common_body
from lmmjax.data.mocap.repair import beyond, repair
from tests.lmmjax.data.test_common_body import swinging


def with_fault(joint, start, stop, frames=600):
    """A motion in which a joint is turned far round for some frames."""
    motion = swinging(frames)
    joints = np.array(motion.joints)
    joints[start:stop, common_body().coordinates(joint)] += 4.0
    return motion, motion.replace(joints=joints)


def test_motion_without_faults_is_left_alone():
    motion = swinging(600)
    pieces, *seconds = repair(motion)
    assert seconds == [0, 0, 0]
    np.testing.assert_array_equal(pieces[0].joints, motion.joints)
    assert [piece.name for piece in pieces] == ["a"]


def test_a_fault_is_far_beyond_the_range_on_either_side():
    body = common_body()
    q = np.tile((body.lower + body.upper) / 2, (3, 1))
    knee = body.coordinates("LeftLeg").start
    q[0, knee] = body.upper[knee] + np.deg2rad(44)
    q[1, knee] = body.upper[knee] + np.deg2rad(46)
    q[2, knee] = body.lower[knee] - np.deg2rad(46)
    wrong = beyond(body, q)
    assert wrong[:, body.index("LeftLeg")].tolist() == [False, True, True]
    assert wrong.sum() == 2


def test_a_short_fault_is_bridged_between_the_frames_around_it():
    whole, broken = with_fault("LeftLeg", 300, 310)
    (piece,), hands, filled, cut = repair(broken)
    assert (hands, cut) == (0, 0)
    assert filled == pytest.approx(10 / 120)
    assert np.abs(piece.joints - whole.joints).max() < 0.1
    np.testing.assert_array_equal(piece.joints[310:], whole.joints[310:])


def test_a_long_fault_is_cut_out_and_the_pieces_are_named():
    whole, broken = with_fault("LeftLeg", 200, 300)
    (first, second), _, filled, cut = repair(broken)
    assert filled == 0
    assert cut == pytest.approx(100 / 120)
    assert (first.name, second.name) == ("a", "a#2")
    np.testing.assert_array_equal(first.joints, whole.joints[:200])
    np.testing.assert_array_equal(second.root_position, whole.root_position[300:])


def test_pieces_too_short_to_use_count_as_cut():
    _, broken = with_fault("LeftLeg", 60, 600)
    pieces, _, _, cut = repair(broken)
    assert pieces == []
    assert cut == pytest.approx(5)


@pytest.mark.parametrize("stop", [320, 600])
def test_a_hand_is_filled_in_however_long_it_is_wrong(stop):
    whole, broken = with_fault("LeftHand", 300, stop)
    (piece,), hands, filled, cut = repair(broken)
    assert hands == pytest.approx((stop - 300) / 120)
    assert (filled, cut) == (0, 0)
    assert not beyond(whole.skeleton, piece.joints).any()
    other = np.delete(np.arange(46), common_body().coordinates("LeftHand").start)
    np.testing.assert_array_equal(piece.joints[:, other], whole.joints[:, other])
