"""Laws of lifting: movements are found, doubts are told, and gaps are bridged."""

import functools

import numpy as np
import pytest

from kinematics import limits
from kinematics import motion as motions
from kinematics.bodies.human import human, pose
from kinematics.camera import stack
from kinematics.motion import Motion
from lmmjax.capture import CaptureError
from lmmjax.capture.lift import lift
from lmmjax.capture.synthetic import film, ring

BODY = human(1.75)
FPS = 15.0
FRAMES = 8
RIG = ring(1, 7.0, seed=4)


def motion(**angles_rad):
    """Upright at the origin, facing x; angles [T] by name."""
    frames = {name: np.atleast_1d(value) for name, value in angles_rad.items()}
    count = max(map(len, frames.values()))
    q = np.stack(
        [
            pose(BODY, **{n: float(v[min(t, len(v) - 1)]) for n, v in frames.items()})
            for t in range(count)
        ]
    )
    root = np.tile(np.float32([0, 0, 0.93]), (count, 1))
    turn = np.tile(np.float32([1, 0, 0, 0]), (count, 1))
    return Motion(BODY, root, turn, q, FPS)


def striding():
    """Arms and legs swing as in walking on the spot."""
    phase = np.linspace(0, 2 * np.pi, FRAMES)
    swing, lift_up = 0.5 * np.sin(phase), 0.4 * np.maximum(np.cos(phase), 0)
    other_up = 0.4 * np.maximum(-np.cos(phase), 0)
    down = np.full(FRAMES, -1.35)
    return motion(
        left_hip_flexion=swing + lift_up / 2,
        right_hip_flexion=-swing + other_up / 2,
        left_knee_flexion=0.1 + lift_up,
        right_knee_flexion=0.1 + other_up,
        left_shoulder_elevation=down,
        right_shoulder_elevation=down,
        left_elbow_flexion=0.4 - swing / 2,
        right_elbow_flexion=0.4 + swing / 2,
    )


def filmed(movement, noise_px=1.0, missing=0.05):
    footage = film(
        [movement],
        RIG,
        joints="coco17",
        fps=FPS,
        noise_px=noise_px,
        missing=missing,
        false_people=0,
        occlusion=False,
    )
    view = footage.views[0]
    return view[: len(movement)], RIG.cameras[0]


@functools.cache
def walk():
    """A clip with a frame that shows nothing and a wrist that is hardly believed."""
    view, camera = filmed(striding())
    confidence = view.confidence.copy()
    confidence[4] = 0
    confidence[:, :, view.names.index("left_wrist")] *= 0.1
    view = view.replace(confidence=confidence)
    return view, camera, lift(view, camera, BODY, noise_px=1.0)


def relative(movement):
    """Joints [T, J, 3] about the root."""
    x = motions.positions(movement)
    return x - x[:, :1]


def errors(movement, true):
    return np.linalg.norm(relative(movement) - relative(true), axis=-1).mean(1)


def test_a_movement_is_found():
    _, _, found = walk()
    assert errors(found[0].motion, striding()).mean() < 0.08
    assert found[0].residual_px < 2.5


def test_hypotheses_are_sorted_and_their_probabilities_add_up():
    _, _, found = walk()
    shares = [h.probability for h in found]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert [h.cost for h in found] == sorted(h.cost for h in found)
    assert 1 <= len(found) <= 3


def test_limits_hold_and_bones_are_those_of_the_body():
    for hypothesis in walk()[2]:
        found = hypothesis.motion
        assert not np.asarray(limits.excess(BODY, found.joints)).any()
        np.testing.assert_array_equal(found.skeleton.offsets, BODY.offsets)
        assert found.fps == FPS


def test_frames_without_keypoints_are_bridged():
    away = errors(walk()[2][0].motion, striding())
    assert away[4] < 0.12


def test_what_a_picture_does_not_tell_are_two_hypotheses():
    """An arm to the side that points to the camera, or as much away from it."""
    toward = np.asarray(RIG.cameras[0].center)
    turn = np.arctan2(toward[1], toward[0]) / 2
    raised = motion(right_shoulder_protraction=0.4).replace(
        root_rotation=np.float32([[np.cos(turn), 0, 0, np.sin(turn)]])
    )
    view, camera = filmed(raised, noise_px=0.0, missing=0.0)
    found = lift(view, camera, BODY, noise_px=3.0, hypotheses=5)
    wrist, shoulder = BODY.index("right_wrist"), BODY.index("right_shoulder")
    ahead = np.asarray(camera.rotation)[2]
    depths = [
        (x[0, wrist] - x[0, shoulder]) @ ahead
        for x in (relative(h.motion) for h in found)
    ]
    shares = [h.probability for h in found]
    near = [p for p, depth in zip(shares, depths, strict=True) if depth < -0.1]
    far = [p for p, depth in zip(shares, depths, strict=True) if depth > 0.1]
    assert min(sum(near), sum(far)) > 0.2


def test_it_says_what_is_wrong():
    view, camera, _ = walk()
    with pytest.raises(CaptureError, match="no person 3; slots are 0 to 0"):
        lift(view, camera, BODY, person=3)
    with pytest.raises(CaptureError, match="only 2 are landmarks"):
        lift(view.select(["nose", "left_hip"]), camera, BODY)
    with pytest.raises(CaptureError, match="shows fewer than 6 keypoints"):
        lift(view.replace(confidence=0 * view.confidence), camera, BODY)
    with pytest.raises(CaptureError, match="takes one camera"):
        lift(view, stack([camera, camera]), BODY)
    with pytest.raises(CaptureError, match="not both"):
        lift(view, camera, BODY, stature_m=1.8)
    with pytest.raises(CaptureError, match="1 or more"):
        lift(view, camera, BODY, hypotheses=0)
