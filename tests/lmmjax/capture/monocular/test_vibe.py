"""Laws of VIBE and PARE: upright people, whole motions, gaps split, honest places."""

import joblib
import numpy as np
import pytest

from kinematics import motion as motions
from kinematics import rotations as so3
from lmmjax.capture import CaptureError, monocular
from lmmjax.capture.monocular import vibe

FPS = 25.0


def track(frames, **changes):
    """A person who stands facing the camera, as the axes of a picture have it."""
    count = len(frames)
    pose = np.zeros((count, 72), np.float32)
    # Half a turn about x: y of the model (up) becomes -y of the camera (up), and z
    # of the model (its front) becomes -z of the camera, towards it.
    pose[:, 0] = np.pi
    raw = {
        "pred_cam": np.tile(np.float32([0.9, 0.0, 0.1]), (count, 1)),
        "orig_cam": np.tile(np.float32([0.3, 0.5, 0.25, -0.1]), (count, 1)),
        "pose": pose,
        "betas": np.zeros((count, 10), np.float32),
        "joints3d": np.zeros((count, 49, 3), np.float32),
        "joints2d": None,
        "bboxes": np.tile(np.float32([320, 240, 200, 200]), (count, 1)),
        "frame_ids": np.asarray(frames),
    }
    return raw | changes


def written(tmp_path, tracks, name="vibe_output.pkl", compress=0):
    path = tmp_path / name
    joblib.dump(tracks, path, compress=compress)
    return path


def test_a_standing_person_stands_and_faces_the_camera(tmp_path):
    path = written(tmp_path, {7: track(range(5))}, compress=3)
    found = monocular.read(path, fps=FPS)
    motion = found["7"]
    assert (len(motion), motion.fps, motion.subject) == (5, FPS, "7")
    places = motions.positions(motion)
    names = motion.skeleton.names
    head, foot = places[:, names.index("head")], places[:, names.index("left_foot")]
    assert (head[:, 2] - foot[:, 2] > 1.2).all()
    assert places[..., 2].min() == pytest.approx(0, abs=1e-6)
    # The camera is at the origin and looks along x: to face it is to face -x. The
    # left hand of who faces it is then at -y, the right of the picture.
    forward = np.asarray(so3.matrix_from_quaternion(motion.root_rotation))[:, :, 0]
    np.testing.assert_allclose(forward, [[-1, 0, 0]] * 5, atol=1e-5)
    assert (places[:, names.index("left_wrist"), 1] < -0.3).all()


def test_the_picture_places_the_body_and_the_focal_length_its_distance(tmp_path):
    far = track(range(3))
    far["joints3d"][:, 8] = [0.01, 0.2, 0.03]
    path = written(tmp_path, {1: far})
    near, placed = (
        vibe.read_video(path, fps=FPS, focal_px=focal)["1"] for focal in (None, 900.0)
    )
    # Sideways -(tx + x); ahead the pelvis alone, or behind f / (s h / 2) as well.
    np.testing.assert_allclose(near.root_position[:, 1], -(0.25 + 0.01), rtol=1e-5)
    np.testing.assert_allclose(near.root_position[:, 0], 0.03, rtol=1e-5)
    np.testing.assert_allclose(placed.root_position[:, 0], 10.03, rtol=1e-5)


def test_who_rises_in_the_picture_rises(tmp_path):
    jump = track(range(4))
    jump["orig_cam"][:, 3] = [0.0, -0.3, -0.3, 0.0]
    motion = vibe.read_video(written(tmp_path, {1: jump}), fps=FPS)["1"]
    rises = np.diff(motion.root_position[:, 2])
    np.testing.assert_allclose(rises, [0.3, 0, -0.3], atol=1e-6)


def test_short_gaps_are_bridged_and_long_ones_split(tmp_path):
    frames = [10, 11, 13, 14, 60, 61]
    turning = track(frames)
    turning["pose"][:, 3 * 18 + 1] = np.array(frames) * 0.01
    found = vibe.read_video(written(tmp_path, {1: turning, 12: track([3])}), fps=FPS)
    assert list(found) == ["1", "1/2", "12"]
    assert [len(motion) for motion in found.values()] == [5, 2, 1]
    assert [monocular.first_frame(m.name) for m in found.values()] == [10, 60, 3]
    assert all(np.isfinite(m.joints).all() for m in found.values())
    elbow = found["1"].joints[:, found["1"].skeleton.coordinates("left_elbow")]
    assert np.ptp(np.diff(elbow, axis=0), axis=0).max() < 1e-4


def test_frames_that_are_not_finite_are_gaps(tmp_path):
    broken = track(range(20))
    broken["pose"][5:15] = np.nan
    found = vibe.read_video(written(tmp_path, {1: broken}), fps=FPS)
    assert [len(motion) for motion in found.values()] == [5, 5]


def test_pare_has_other_keys_and_is_the_same(tmp_path):
    raw = track(range(2))
    raw["smpl_joints2d"] = np.zeros((2, 49, 2))
    motion = monocular.read(written(tmp_path, {1: raw}), "pare", fps=FPS, subject="ann")
    assert list(motion) == ["ann"]
    assert motion["ann"].subject == "ann"


def picture(people):
    raw = track(range(people))
    turned = np.tile(np.eye(3), (people, 24, 1, 1))
    turned[:, 0] = np.diag([1.0, -1, -1])
    return {
        "pred_pose": turned.astype(np.float32),
        "pred_shape": raw["betas"],
        "pred_cam": raw["pred_cam"],
        "orig_cam": raw["orig_cam"],
        "bboxes": raw["bboxes"],
        "smpl_joints3d": raw["joints3d"],
    }


def test_pictures_of_one_person_are_a_motion_and_of_more_are_not(tmp_path):
    for n, count in ((9, 1), (10, 0), (11, 1)):
        written(tmp_path, picture(count), f"img_{n}.pkl")
    single = monocular.read(tmp_path, fps=FPS)
    assert [(key, len(value)) for key, value in single.items()] == [("0", 3)]
    video = vibe.read_video(
        written(tmp_path.parent, {1: track(range(1))}, "v.pkl"), fps=FPS
    )
    for mine, theirs in zip(single["0"][:1].poses, video["1"].poses, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    written(tmp_path, picture(2), "img_12.pkl")
    assert list(monocular.read(tmp_path, fps=FPS)) == ["9-0", "11-0", "12-0", "12-1"]


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ({}, "what it holds is not known"),
        ({1: {"verts": 0}}, "what it holds is not known"),
        ({1: track([])}, "no track has a frame"),
        ({1: track(range(3), pose=np.zeros((3, 70)))}, r"track 1 has float64 of"),
        (
            {1: track(range(3), frame_ids=np.arange(2))},
            r"track 1 has frame_ids of shape",
        ),
        ({1: track(range(3), orig_cam=np.zeros((2, 4)))}, r"track 1 has float64"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, tracks, message):
    with pytest.raises(CaptureError, match=message):
        monocular.read(written(tmp_path, tracks), fps=FPS)


def test_the_rate_must_be_given(tmp_path):
    with pytest.raises(CaptureError, match=r"no frame rate; give fps"):
        monocular.read(written(tmp_path, {1: track(range(3))}))
