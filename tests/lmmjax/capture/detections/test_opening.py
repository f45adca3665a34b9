"""Laws of opening: a wrong argument is an error that says what is right."""

import pytest

from lmmjax.capture.detections import FORMATS, open_keypoints, read_keypoints
from lmmjax.capture.errors import CaptureError

FRAME = {"people": [{"pose_keypoints_2d": [2.0, 3.0, 0.5] * 25}]}
RESULT = [{"image_id": 1, "keypoints": [2, 3, 0.5] * 17}]


def test_arguments_win_over_what_is_guessed(tmp_path, dump):
    dump(tmp_path / "cam1" / "0.json", FRAME)
    found = read_keypoints(
        tmp_path / "cam1", "openpose", camera="left", fps=50, size=[640, 480]
    )
    assert (found.camera, found.fps, found.size) == ("left", 50.0, (640, 480))


def test_a_rate_is_assumed_and_noted(tmp_path, dump):
    source = open_keypoints(dump(tmp_path / "a.json", RESULT))
    assert source.fps == 30.0
    assert source.problems == [
        "no frame rate is given, so it is taken as 30 frames per second; pass fps"
    ]


def test_arguments_that_make_no_sense_are_an_error(tmp_path, dump):
    path = dump(tmp_path / "a.json", RESULT)
    with pytest.raises(CaptureError, match="no format 'yolo'; there are alphapose, b"):
        open_keypoints(path, "yolo")
    with pytest.raises(CaptureError, match="size must be width and height"):
        open_keypoints(path, size=(3,))
    with pytest.raises(CaptureError, match="parts must be some of"):
        open_keypoints(path, parts="body")
    with pytest.raises(CaptureError, match="fps must be a number above 0"):
        open_keypoints(path, fps=-1.0)
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        open_keypoints(tmp_path / "b.json")


def test_files_of_no_known_format_are_an_error(tmp_path, dump):
    path = dump(tmp_path / "a.json", {"a": 1})
    with pytest.raises(
        CaptureError, match="its format is not known; pass format as"
    ) as e:
        open_keypoints(path)
    assert all(form in str(e.value) for form in FORMATS)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CaptureError, match="looked for JSON files"):
        open_keypoints(tmp_path / "empty")


def test_a_frame_is_no_recording_and_a_recording_no_folder(tmp_path, dump):
    path = dump(tmp_path / "cam" / "0.json", FRAME)
    with pytest.raises(
        CaptureError, match=r"a file for each frame; give the folder .*cam"
    ):
        open_keypoints(path)
    with pytest.raises(CaptureError, match="coco has one file for a recording"):
        open_keypoints(path.parent, "coco")


def test_formats_of_bodies_have_no_hands(tmp_path, dump):
    path = dump(tmp_path / "a.csv", "scorer,a\nbodyparts,b\ncoords,x\n0,1")
    with pytest.raises(CaptureError, match="deeplabcut has no hands and no face"):
        open_keypoints(path, parts=("body", "hands"))


def test_a_damaged_archive_is_an_error_of_capture(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"PK\3\4 no")
    with pytest.raises(CaptureError, match="no NumPy archive, or a "):
        open_keypoints(tmp_path / "a.npz", "videopose3d")
    with pytest.raises(CaptureError, match="no NumPy archive, or a "):
        open_keypoints(tmp_path / "a.npz")
