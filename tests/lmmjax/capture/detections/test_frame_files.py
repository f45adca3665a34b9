"""Laws of file names: numbers count as numbers, and say which frame it is."""

import pytest

from lmmjax.capture.detections.frame_files import last_integer, list_frames
from lmmjax.capture.errors import CaptureError

NAMES = {
    "cam01_000000000012_keypoints.json": 12,
    "cam01.0012.json": 12,
    "12.json": 12,
    "frame-12 (copy).json": 12,
    "a/b/000001.jpg": 1,
    "cam.json": None,
    "1" * 30 + ".json": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_last_number_is_the_frame(name):
    assert last_integer(name) == NAMES[name]


def test_files_are_in_the_order_of_frames(tmp_path):
    names = ["c.9.json", "c.10.json", "c.100.json", ".c.11.json", "c.12.txt"]
    for name in [*names, "settings.json"]:
        (tmp_path / name).touch()
    problems = []
    found = list_frames(tmp_path, problems)
    assert found.names == names[:3]
    # 9, 10 and 100 cannot be frames of one recording with 3 pictures.
    assert found.numbers.tolist() == [0, 1, 2]
    assert len(problems) == 2
    assert "settings.json: left out, its name has no frame number" in problems[0]
    assert "do not count frames" in problems[1]


def test_one_file_needs_no_number(tmp_path):
    (tmp_path / "pose.json").touch()
    assert list_frames(tmp_path, []).numbers.tolist() == [0]


def test_folders_without_frames_are_an_error(tmp_path):
    with pytest.raises(CaptureError, match="looked for JSON files, one for each frame"):
        list_frames(tmp_path, [])
    for name in ("a.json", "b.json"):
        (tmp_path / name).touch()
    with pytest.raises(CaptureError, match="none of the JSON files has the number"):
        list_frames(tmp_path, [])


def test_two_cameras_in_one_folder_are_an_error(tmp_path):
    for name in ("b_1.json", "a_1.json", "a_2.json"):
        (tmp_path / name).touch()
    with pytest.raises(CaptureError, match=r"a_1\.json and b_1\.json are both frame 1"):
        list_frames(tmp_path, [])
