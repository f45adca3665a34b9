"""The rollout protocol finds what is wrong with a continuation, and only that."""

import dataclasses
import math

import numpy as np
import pytest

from kinematics.motion import positions
from lmmjax.evaluation.rollout import judge_rollout
from tests.lmmjax import tiny


@pytest.fixture(scope="module")
def clip():
    return tiny.motion(1, 31)


def changed(clip, frame, joint, value):
    joints = clip.joints.copy()
    joints[frame, clip.skeleton.coordinates(joint)] = value
    return clip.replace(joints=joints)


def test_a_motion_within_its_limits_has_nothing_wrong(clip):
    report = judge_rollout([clip, clip], clip)
    assert (report.samples, report.violations, report.finite) == (2, 0, True)
    assert report.bone_stretch < 1e-5
    assert report.seconds == pytest.approx(31 / 30)
    assert report.speed_ratio == pytest.approx(1)


def test_every_coordinate_outside_of_its_limits_is_counted(clip):
    bent = changed(changed(clip, 5, "LeftLeg", 1.3), 6, "RightLeg", -1.1)
    assert judge_rollout([bent], clip).violations == 2
    assert judge_rollout([bent, clip, bent], clip).violations == 4
    # A limit itself is allowed.
    assert judge_rollout([changed(clip, 5, "LeftLeg", 1.2)], clip).violations == 0


def test_bones_of_other_people_are_no_stretch(clip):
    small = clip.skeleton.replace(offsets=0.5 * clip.skeleton.offsets)
    assert judge_rollout([clip.replace(skeleton=small)], clip).bone_stretch < 1e-5


@pytest.mark.parametrize("frame", [0, 30])
def test_a_number_that_is_none_is_reported(clip, frame):
    report = judge_rollout([clip, changed(clip, frame, "LeftLeg", np.nan)], clip)
    assert not report.finite
    assert "not finite: some" in report.markdown()


def test_speed_is_that_of_the_last_half_second(clip):
    x = np.float64(positions(clip))[-16:]
    expected = 30 * np.linalg.norm(np.diff(x, axis=0), axis=-1).mean()
    report = judge_rollout([clip[::-1], clip], clip)
    assert report.true_speed == pytest.approx(expected, rel=1e-4)
    assert report.speed[1] == pytest.approx(expected, rel=1e-4)
    first = 30 * np.linalg.norm(np.diff(positions(clip)[:16], axis=0), axis=-1).mean()
    assert report.speed[0] == pytest.approx(first, rel=1e-4)
    mean = (first + expected) / 2
    assert report.speed_ratio == pytest.approx(mean / expected, rel=1e-4)


def test_a_truth_that_stands_still_has_no_speed_ratio(clip):
    still = clip.replace(
        root_position=np.tile(clip.root_position[:1], (31, 1)),
        root_rotation=np.tile(clip.root_rotation[:1], (31, 1)),
        joints=np.tile(clip.joints[:1], (31, 1)),
    )
    report = judge_rollout([clip], still)
    assert report.true_speed == 0
    assert math.isnan(report.speed_ratio)
    assert "truth 0.00 m/s" in report.markdown()


def test_the_report_says_what_was_found(clip):
    report = judge_rollout([clip], clip)
    text = dataclasses.replace(report, violations=3, bone_stretch=0.2).markdown()
    assert "limit violations: 3" in text
    assert "bone stretch: not 0" in text
    assert "1 sampled continuations of 1.0 s" in text
