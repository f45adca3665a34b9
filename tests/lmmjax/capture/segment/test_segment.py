"""Laws of phases: they cover the clip, follow mirror, turn and time, meet the truth."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinematics import rotations
from kinematics.formats import read
from kinematics.motion import mirror, positions
from lmmjax.capture import CaptureError
from lmmjax.capture.segment import ACTIVITY, STRIKE, SUPPORT, segment
from lmmjax.capture.segment.bodies import parts
from lmmjax.capture.segment.strikes import strikes
from lmmjax.data import primitives

FPS = 60.0
SIDES = {"left": "right", "right": "left"}


@functools.cache
def clip(action, seed=3, fps=FPS):
    motion, touch = primitives.with_contacts(action, seed, fps=fps)
    feet = np.stack([touch[:, :2].any(axis=1), touch[:, 2:].any(axis=1)], axis=1)
    return motion, feet


@functools.cache
def phases(action):
    return segment(clip(action)[0])


def labels(found, kind, count):
    """The phase and side of each frame, by segments of one kind."""
    told = np.full(count, "", dtype="<U16")
    for s in found:
        if s.phase in kind:
            assert (told[s.frames] == "").all()
            told[s.frames] = f"{s.phase} {s.side}"
    return told


@pytest.mark.parametrize("action", ["walk", "run", "jump", "kick", "squat"])
def test_support_and_activity_cover_the_clip_once(action):
    motion, found = clip(action)[0], phases(action)
    for kind in (SUPPORT, ACTIVITY):
        assert (labels(found, kind, len(motion)) != "").all()
    assert [s.start for s in found] == sorted(s.start for s in found)
    assert all(0 <= s.start < s.stop <= len(motion) for s in found)
    assert all(0 <= s.confidence <= 1 for s in found)
    for limb in ("hand", "foot"):
        for side in SIDES:
            own = [
                s
                for s in found
                if s.phase in STRIKE and s.side == side and s.extra["limb"] == limb
            ]
            assert all(a.stop <= b.start for a, b in itertools.pairwise(own))


@pytest.mark.parametrize("action", ["walk", "run", "jump", "squat", "stand"])
def test_support_is_that_of_the_true_contacts(action):
    motion, truth = clip(action)
    given = segment(motion, contacts=truth)
    told, wanted = (labels(s, SUPPORT, len(motion)) for s in (segment(motion), given))
    assert np.mean(told == wanted) >= 0.95
    # Where the truth has no foot on the ground there is flight, and only there.
    air = ~truth.any(axis=1)
    assert np.mean((told == "flight ") == air) >= 0.95
    assert air.any() == (action in ("run", "jump")) == ("flight " in told)


def test_a_kick_is_one_strike_of_the_foot_with_the_peak_of_its_speed():
    motion = clip("kick")[0]
    side = primitives.average().side
    found = [
        s for s in phases("kick") if s.phase == "strike" and s.extra["limb"] == "foot"
    ]
    assert [s.side for s in found] == [side]
    toe = positions(motion)[:, motion.skeleton.index(f"{side}_toes_end")]
    speed = np.linalg.norm(np.gradient(toe, axis=0), axis=-1)
    assert found[0].start <= np.argmax(speed) < found[0].stop
    assert len(found[0]) < 0.4 * FPS
    before = [s for s in phases("kick") if s.stop == found[0].start]
    after = [s for s in phases("kick") if s.start == found[0].stop]
    assert "wind-up" in [s.phase for s in before]
    assert "recovery" in [s.phase for s in after]


@pytest.mark.parametrize("action", ["walk", "run", "squat", "stand"])
def test_gait_and_squats_are_no_strikes(action):
    assert not any(s.phase in STRIKE for s in segment(clip(action)[0]))


def test_standing_is_still_and_walking_is_not():
    assert {s.phase for s in segment(clip("stand")[0])} == {"stance", "still"}
    assert {s.phase for s in phases("walk")} == {"stance", "moving"}
    kinds = [s.phase for s in phases("squat") if s.phase in ACTIVITY]
    assert kinds[0] == kinds[-1] == "still"
    assert "moving" in kinds


@pytest.mark.parametrize("action", ["kick"])
def test_the_mirrored_motion_has_the_other_sides(action):
    found = segment(mirror(clip(action)[0]))
    wanted = {
        (s.start, s.stop, s.phase, SIDES.get(s.side, s.side)) for s in phases(action)
    }
    assert {(s.start, s.stop, s.phase, s.side) for s in found} == wanted


@settings(max_examples=4)
@given(st.floats(-np.pi, np.pi), st.floats(-5, 5))
def test_turn_and_place_in_the_world_change_nothing(angle, far):
    motion = clip("kick")[0]
    turn = np.array([np.cos(angle / 2), 0, 0, np.sin(angle / 2)], np.float32)
    moved = motion.replace(
        root_position=np.asarray(
            rotations.quaternion_rotate(turn, motion.root_position)
        )
        + np.float32([far, -far, 0.0]),
        root_rotation=np.asarray(
            rotations.quaternion_multiply(turn, motion.root_rotation)
        ),
    )
    told = [
        [(s.start, s.stop, s.phase, s.side) for s in found]
        for found in (phases("kick"), segment(moved))
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("action", ["run", "kick"])
def test_backward_in_time_support_and_activity_are_the_same(action):
    motion = clip(action)[0]
    found = segment(motion[::-1])
    for kind in (SUPPORT, ACTIVITY):
        told = labels(found, kind, len(motion))[::-1]
        # Filters end differently: a bound may be crossed a frame apart.
        assert np.mean(told == labels(phases(action), kind, len(motion))) > 0.98


def test_without_contact_and_without_a_fall_something_else_carries():
    motion = clip("stand")[0]
    found = segment(motion, contacts=np.zeros((len(motion), 2), bool))
    stance = [s for s in found if s.phase in SUPPORT]
    assert [(s.phase, s.side, len(s)) for s in stance] == [("stance", "", len(motion))]


def test_punches_are_found_and_runs_have_none(shared_data):
    folder = shared_data / "cmu_bvh"
    # Frame 0 of these files is a T-pose. The first two punches take four seconds.
    punches = read(folder / "02/02_05.bvh", scale=0.056444)[1:481]
    found = [s for s in strikes(parts(punches)) if s.phase == "strike"]
    assert [(s.side, s.extra["limb"]) for s in found] == [("right", "hand")] * 2
    for name in ("09/09_01", "09/09_11"):
        run = read(folder / f"{name}.bvh", scale=0.056444)[1:]
        assert strikes(parts(run)) == []


def test_what_is_wrong_is_said():
    motion = clip("stand")[0]
    with pytest.raises(CaptureError, match="3 frames are too few"):
        segment(motion[:3])
    with pytest.raises(CaptureError, match=r"\(301, 4\)"):
        segment(motion, contacts=np.zeros((301, 4), bool))
    gap = np.array(motion.root_position)
    gap[7] = np.nan
    with pytest.raises(CaptureError, match="frame 7 of stand"):
        segment(motion.replace(root_position=gap))
    assert segment(motion[:4])
