"""Laws of pictures: points and lines are where the cameras saw them."""

import pathlib

import cv2
import numpy as np
import pytest

from kinematics import bodies
from kinematics.motion import Motion
from kinematics.points import Points3D
from lmmjax.capture.detections import Source
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.plan import Plan
from lmmjax.capture.quality import Quality
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.report import clearest_frame, overlays, session_report
from lmmjax.capture.session import CameraFiles, Session
from lmmjax.capture.synchronize import Clocks
from lmmjax.capture.synthetic.optics import see
from lmmjax.capture.synthetic.places import places
from lmmjax.capture.synthetic.rig import ring

FPS, COUNT, START = 25.0, 12, 100
# A detection far from the body.
ELSEWHERE = (100.0, 60.0)


@pytest.fixture(scope="module")
def take():
    body = bodies.coco17()
    motion = Motion(
        body,
        np.tile(np.float32([0, 0, 1]), (COUNT, 1)),
        np.tile(np.float32([1, 0, 0, 0]), (COUNT, 1)),
        np.zeros((COUNT, body.num_coordinates), np.float32),
        FPS,
    )
    seen, points, _ = places(motion)
    raw = Points3D(seen.landmarks, points, None, FPS)
    agrees = np.ones((2, COUNT, len(seen.landmarks)), bool)
    agrees[0, :7], agrees[1, 9:] = False, False
    known = np.ones(COUNT, bool)
    error = np.where(agrees, 1.0, np.nan)
    residual = np.zeros(len(seen.landmarks))
    return Take("1", START, raw, raw, motion, known, error, agrees, residual)


def make_plan(video=None, start=0, frames=200):
    rig = ring(2, seed=0)
    names = rig.names

    def reader(start, stop):
        values = np.full((stop - start, 1, 2, 3), np.nan, np.float32)
        values[:, 0, 0] = (*ELSEWHERE, 1)
        return values

    sources = tuple(
        Source(n, ("nose", "left_eye"), frames, FPS, size, start, (), [], reader)
        for n, size in zip(names, rig.sizes, strict=True)
    )
    zeros = np.zeros(2)
    clocks = Clocks(names, (FPS,) * 2, zeros, np.ones(2), zeros, ("none",) * 2)
    nowhere = pathlib.Path("nowhere")
    files = tuple(CameraFiles(n, nowhere, video) for n in names)
    session = Session(nowhere, "x", (), FPS, rig, files, None)
    return Plan(session, sources, clocks, FPS, 0, 200, ["a note"])


def test_clearest_frame_is_one_that_both_cameras_see(take):
    assert clearest_frame(take) == START + 8
    unknown = take._replace(known=np.arange(COUNT) == 2)
    assert clearest_frame(unknown) == START + 2


def test_points_and_lines_are_where_the_cameras_see_them(take):
    plan = make_plan()
    found = overlays(plan, take)
    assert tuple(found) == plan.cameras
    at = [take.raw.names.index(n) for n in ("left_hip", "left_knee")]
    thigh = take.raw.positions[8, at].mean(0)
    for name, picture in found.items():
        width, height = plan.session.calibration.sizes[0]
        assert picture.shape == (round(480 * height / width), 480, 3)
        scale = 480 / width
        xy, shown = see(plan.session.calibration[name], thigh)
        assert shown
        x, y = np.rint((xy + 0.5) * scale - 0.5).astype(int)
        # Orange within a pixel of the middle of the thigh.
        near = picture[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).astype(int)
        assert np.abs(near - (255, 170, 0)).sum(-1).min() < 60
        x, y = np.rint((np.array(ELSEWHERE) + 0.5) * scale - 0.5).astype(int)
        assert picture[y, x].min() > 200
    assert plan.notes == ["a note"]


@pytest.mark.parametrize(
    ("start", "frames", "ahead"), [(0, 200, 0), (40, 69, 0), (1, 110, 1)]
)
def test_picture_is_the_frame_of_the_video(take, tmp_path, start, frames, ahead):
    """Keypoints may begin later than the video, or only count from 1."""
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (96, 54))
    for t in range(110):
        writer.write(np.full((54, 96, 3), 2 * t, np.uint8))
    writer.release()
    for frame in (START, START + 5):
        found = overlays(make_plan(path, start, frames), take, frame)
        for picture in found.values():
            shade = 2 * (frame - ahead)
            assert np.abs(picture[-1, -1].astype(int) - shade).max() < 2


def test_video_that_cannot_be_read_is_noted(take, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"no video")
    plan = make_plan(path)
    found = overlays(plan, take)
    assert tuple(found) == plan.cameras
    report = session_report(plan, Quality(plan.cameras, FPS), found)
    assert report.notes[0] == "a note"
    assert "'cam_01' has no picture here" in report.notes[1]


def test_cameras_that_did_not_record_have_no_picture(take):
    plan = make_plan()
    plan.clocks.offset_s[1] = 60.0
    assert tuple(overlays(plan, take)) == plan.cameras[:1]


def test_frame_outside_of_the_take_is_refused(take):
    with pytest.raises(CaptureError, match=f"frames {START} to {START + COUNT - 1}"):
        overlays(make_plan(), take, START + COUNT)
