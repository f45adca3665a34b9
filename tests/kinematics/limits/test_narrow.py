"""Laws of a person's own limits: narrower and obeyed ones only, cones as a whole."""

import numpy as np
import pytest

from kinematics import Motion, limits, make_skeleton

NAMES, PARENTS = ("Hips", "Chest", "Head"), (-1, 0, 1)
# The chest, a ball: a swing and a twist; the head, two hinges.
BODY = make_skeleton(
    NAMES,
    PARENTS,
    np.array([(0, 0, 0), (0, 0, 0.3), (0, 0, 0.3)]),
    ("free", "ball", "universal"),
    lower=np.float32([-0.6, -0.8, -0.9, -0.5, -0.7]),
    upper=np.float32([0.7, 0.6, 0.9, 0.8, 0.7]),
)
SWING, TWIST, HINGE = [0, 1], 2, 3
# Far over no limit, and a tenth of the way to them.
WIDE = np.random.default_rng(0).uniform(-0.4, 0.4, (30, 5)).astype(np.float32)
CALM = WIDE / 10


def motion(joints, lower=None, upper=None, body=BODY):
    """Of a person whose limits are as these say, by coordinate, else as the body's."""
    low, high = np.array(body.lower), np.array(body.upper)
    for bounds, changed in ((low, lower), (high, upper)):
        for coordinate, value in (changed or {}).items():
            bounds[coordinate] = value
    still = np.zeros((len(joints), 3)), np.tile([1.0, 0, 0, 0], (len(joints), 1))
    return Motion(body.replace(lower=low, upper=high), *still, joints, fps=30.0)


def taken(*motions):
    found = limits.own_limits(BODY, motions)
    return np.asarray(found.lower), np.asarray(found.upper)


def assert_only(found, lower=(), upper=()):
    """The limits are those of the body but for these."""
    for now, was, changed in zip(
        found, (BODY.lower, BODY.upper), (lower, upper), strict=True
    ):
        expected = np.array(was)
        for coordinate, value in dict(changed).items():
            expected[coordinate] = value
        np.testing.assert_array_equal(now, expected)


def test_a_narrower_limit_is_taken():
    assert_only(taken(motion(WIDE)))
    assert_only(taken(motion(WIDE, upper={HINGE: 0.5})), upper={HINGE: 0.5})
    narrow = {TWIST: -0.45, HINGE: -0.41}
    assert_only(taken(motion(WIDE, lower=narrow)), lower=narrow)


def test_a_wider_limit_is_not_taken():
    wide = {TWIST: -2.0, HINGE: -2.0}, {TWIST: 2.0, HINGE: 2.0}
    assert_only(taken(motion(WIDE, *wide)))
    # The narrower end of a range that is wider at the other.
    both = motion(WIDE, {HINGE: -2.0}, {HINGE: 0.5})
    assert_only(taken(both), upper={HINGE: 0.5})


def test_a_limit_that_any_of_the_motions_breaks_is_not_taken():
    strict = {TWIST: 0.2}
    assert WIDE[:, TWIST].max() > 0.2
    assert_only(taken(motion(WIDE, upper=strict)))
    assert_only(taken(motion(CALM, upper=strict)), upper=strict)
    assert_only(taken(motion(CALM, upper=strict), motion(WIDE)))
    assert_only(taken(motion(WIDE), motion(CALM, upper=strict)))


def test_a_limit_of_missing_coordinates_is_not_taken():
    gap = np.array(CALM)
    gap[3, HINGE] = np.nan
    narrow = {TWIST: 0.5, HINGE: 0.5}
    assert_only(taken(motion(gap, upper=narrow)), upper={TWIST: 0.5})


def test_of_several_skeletons_the_narrowest_is_taken():
    some = motion(CALM, upper={HINGE: 0.5}), motion(CALM, {TWIST: -0.4}, {HINGE: 0.3})
    for order in (some, some[::-1]):
        assert_only(taken(*order), {TWIST: -0.4}, {HINGE: 0.3})


def test_a_cone_is_taken_as_a_whole_where_all_of_it_is_inside():
    low, high = dict.fromkeys(SWING, -0.3), dict.fromkeys(SWING, 0.3)
    assert_only(taken(motion(CALM, low, high)), low, high)
    # As narrow in one direction, too wide in the other.
    assert_only(taken(motion(CALM, {0: -0.6, 1: -0.1}, {0: 0.5, 1: 0.7})))
    # The box is inside of the body's, the ellipse is not.
    corner = motion(CALM, {0: -0.1, 1: -0.1}, {0: 0.7, 1: 0.1})
    assert_only(taken(corner))


def test_a_range_that_does_not_meet_the_body_s_is_not_taken():
    beyond = np.array(CALM)
    beyond[:, HINGE] = 1.0
    assert_only(taken(motion(beyond, {HINGE: 0.9}, {HINGE: 1.5})))


def test_skeletons_of_other_frames_tell_nothing():
    turned = BODY.replace(frames=np.roll(BODY.frames, 1, axis=-1))
    clip = motion(CALM, upper={HINGE: 0.5}, body=turned)
    assert_only(taken(clip))


def test_what_cannot_be_used_is_said():
    with pytest.raises(ValueError, match="at least one motion"):
        limits.own_limits(BODY, [])
    stranger = BODY.replace(names=("Root", *NAMES[1:]))
    with pytest.raises(ValueError, match="different joints"):
        limits.own_limits(BODY, [motion(CALM, body=stranger)])
