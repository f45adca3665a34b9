"""Laws of folders of frames: listed once, read when asked for, each file by itself."""

import pytest

from lmmjax.capture.detections import frame_folder, open_keypoints
from lmmjax.capture.errors import CaptureError

BODY = [200.0, 300.0, 0.5] * 25


@pytest.fixture
def folder(tmp_path, dump):
    for t in range(4):
        dump(tmp_path / "cam" / f"{t}.json", {"people": [{"pose_keypoints_2d": BODY}]})
    return tmp_path / "cam"


def test_long_files_are_read_whole(folder, dump):
    crowd = [{"pose_keypoints_2d": BODY, "note": "x" * 5000}] * 60
    path = dump(folder / "2.json", {"people": crowd})
    assert path.stat().st_size > 4 * frame_folder._FIRST_READ
    found = open_keypoints(folder, fps=60.0).read(2, 3)
    assert found.xy.shape == (1, 60, 25, 2)
    assert not found.missing.any()


def test_a_file_too_large_for_a_frame_is_a_missing_frame(folder, dump, monkeypatch):
    monkeypatch.setattr(frame_folder, "_MAX_FILE", frame_folder._FIRST_READ + 1)
    dump(folder / "2.json", {"people": [], "note": "x" * frame_folder._FIRST_READ})
    source = open_keypoints(folder, fps=60.0)
    assert source.read().missing.all((1, 2)).tolist() == [False, False, True, False]
    assert (
        "2.json: cannot be read (it is too large for one frame)" in source.problems[0]
    )


def test_files_that_go_or_come_do_not_shift_the_others(folder, dump):
    source = open_keypoints(folder, fps=60.0)
    (folder / "1.json").unlink()
    dump(folder / "9.json", {"people": []})
    assert len(source) == 4
    assert source.read().missing.all((1, 2)).tolist() == [False, True, False, False]
    assert "1.json: cannot be read (" in source.problems[0]


def test_only_the_span_is_parsed(folder, dump):
    source = open_keypoints(folder, fps=60.0)
    dump(folder / "3.json", "broken")
    source.read(0, 3)
    assert not source.problems
    source.read(3, 4)
    assert "3.json" in source.problems[0]


def test_people_none_of_whom_can_be_read_are_an_error(folder, dump):
    for t in range(4):
        dump(folder / f"{t}.json", {"people": [{"pose_keypoints_2d": ["x"] * 75}]})
    with pytest.raises(CaptureError, match=r"nobody in it can be read: .*'x'"):
        open_keypoints(folder, fps=60.0)
