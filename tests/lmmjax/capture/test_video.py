"""Laws of videos: any frame is the same picture, and skeletons are where they are."""

import cv2
import numpy as np
import pytest

from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import make_keypoints
from lmmjax.capture.video import open_video, overlay, skeleton_links

COUNT, FPS, SIZE = 130, 25.0, (128, 48)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A video whose frames show their number in binary, in stripes of red and black."""
    path = tmp_path_factory.mktemp("film") / "left.avi"
    fourcc = cv2.VideoWriter_fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), fourcc, FPS, SIZE)
    for t in range(COUNT):
        picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        for bit in range(8):
            # OpenCV has red last.
            picture[:, 16 * bit : 16 * bit + 16, 2] = 255 * (t >> bit & 1)
        writer.write(picture)
    writer.release()
    return path


def number(picture):
    """The frame that a picture is of, by its stripes."""
    stripes = picture[..., 0].reshape(SIZE[1], 8, 16).mean((0, 2)) > 128
    return int((stripes << np.arange(8)).sum())


def test_what_the_file_says(film):
    video = open_video(film)
    assert (video.fps, video.size, len(video)) == (FPS, SIZE, COUNT)
    np.testing.assert_allclose(video.times(), np.arange(COUNT) / FPS, atol=1e-9)


@pytest.mark.parametrize(
    "span", [(0, 3), (40, 43), (110, 113), (128, None), (130, None)]
)
def test_any_frame_is_the_same_picture(film, span):
    video = open_video(film)
    pictures = list(video.frames(*span))
    start, stop = span[0], COUNT if span[1] is None else span[1]
    assert len(pictures) == stop - start
    for t, picture in enumerate(pictures, start):
        assert picture.shape == (SIZE[1], SIZE[0], 3)
        assert picture.dtype == np.uint8
        assert number(picture) == t


def test_frames_that_are_not_there_are_an_error(film):
    video = open_video(film)
    for span in ((-1, 3), (COUNT + 1, None), (4, 2)):
        with pytest.raises(CaptureError, match=f"are asked of {COUNT}"):
            next(video.frames(*span))
    with pytest.raises(CaptureError, match=f"ends after {COUNT} of {COUNT} frames"):
        list(video.frames(125, 140))


def test_a_video_that_ends_early_is_an_error_after_what_is_there(film, tmp_path):
    data = film.read_bytes()
    path = tmp_path / "cut.avi"
    path.write_bytes(data[: len(data) // 2])
    video = open_video(path)
    seen = []
    with pytest.raises(
        CaptureError, match=r"cut\.avi: the video ends after \d+ of 130"
    ):
        seen.extend(video.frames())
    # extend keeps nothing of what fails, so the frames are counted again.
    there = len(video.times())
    assert 40 < there < 90
    assert len(list(video.frames(0, there))) == there


def test_what_is_no_video_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no video"):
        open_video(tmp_path / "none.mp4")
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(CaptureError, match=r"a\.mp4: OpenCV cannot open this"):
        open_video(path)


def test_skeletons_are_drawn_where_keypoints_are():
    names = ("left_hip", "left_knee", "left_ankle", "nose")
    xy = np.array([[[[20, 20], [20, 60], [60, 60], [90, 10]], [[np.nan] * 2] * 4]])
    keypoints = make_keypoints("a", names, xy)
    picture = np.zeros((80, 100, 3), np.uint8)
    drawn = overlay(picture, keypoints)
    assert not picture.any()
    lit = drawn.any(-1)
    assert lit[20, 20]
    assert lit[40, 20]
    assert lit[60, 40]
    assert lit[10, 90]
    assert not lit[40, 40:].any()
    # Red comes first.
    assert drawn[40, 20, 0] > drawn[40, 20, 2]


def test_missing_and_far_points_are_left_out():
    names = ("left_hip", "left_knee", "left_ankle")
    xy = np.array([[[[20, 20], [0, 0], [20, 60]], [[1e9, 5], [30, 30], [1e30, -1e30]]]])
    drawn = overlay(np.zeros((80, 100, 3), np.uint8), make_keypoints("a", names, xy))
    x, y = np.meshgrid(np.arange(100), np.arange(80))
    dots = [np.hypot(x - a, y - b) for a, b in ((20, 20), (20, 60), (30, 30))]
    lit = drawn.any(-1)
    assert all(lit[dot < 1].all() for dot in dots)
    assert not lit[np.min(dots, axis=0) > 4].any()


def test_people_have_their_own_colours():
    xy = np.array([[[[20, 20]], [[60, 20]]]])
    drawn = overlay(np.zeros((40, 80, 3), np.uint8), make_keypoints("a", ("nose",), xy))
    assert drawn[20, 20].tolist() != drawn[20, 60].tolist()


def test_links_go_by_name():
    xy = np.array([[[[20, 20], [60, 20]]]])
    keypoints = make_keypoints("a", ("nose", "racket"), xy)
    black = np.zeros((40, 80, 3), np.uint8)
    assert not overlay(black, keypoints)[20, 40].any()
    assert overlay(black, keypoints, 0, [("nose", "racket")])[20, 40].any()
    with pytest.raises(KeyError, match="no keypoint 'ball' among"):
        overlay(black, keypoints, 0, [("nose", "ball")])
    assert ("left_hip", "left_knee") in skeleton_links(("left_hip", "left_knee"))
    assert skeleton_links(("racket",)) == []


def test_real_footage(shared_data):
    folder = shared_data / "capture" / "pose2sim_demo" / "single_participant"
    video = open_video(folder / "videos" / "cam01.mp4")
    assert (video.fps, video.size, video.count) == (60.0, (1080, 1920), 100)
    pictures = list(video.frames(98))
    assert len(pictures) == 2
    assert pictures[0].shape == (1920, 1080, 3)
