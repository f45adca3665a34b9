"""Laws of sessions: each camera's keypoints are found by its name, whatever layout."""

import json
import pathlib

import numpy as np
import pytest

from lmmjax.capture.detections.finding import camera_folders, camera_name, format_of
from lmmjax.capture.errors import CaptureError

FRAME = {"version": 1.3, "people": []}
INSTANCE = {"keypoints": [[1, 2]], "keypoint_scores": [1]}
RESULT = [{"image_id": 1, "keypoints": [1, 2, 3] * 17}]
DOCUMENTS = {
    "openpose": FRAME,
    "easymocap": {"filename": "", "annots": []},
    "mmpose": {"meta_info": {}, "instance_info": []},
    "coco": RESULT,
    "blazepose": {"joint_set": "blazepose33", "frames": []},
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_formats_are_told_from_the_content(tmp_path, dump, kind):
    assert format_of(dump(tmp_path / "x.json", DOCUMENTS[kind])) == kind


def test_formats_that_are_not_json(tmp_path, dump):
    assert format_of(dump(tmp_path / "a.csv", "scorer,a")) == "deeplabcut"
    assert format_of(dump(tmp_path / "a.csv", "frame,nose_x")) == "blazepose"
    for key, kind in (
        ("positions_2d", "videopose3d"),
        ("keypoints", "detectron"),
        ("landmarks", "blazepose"),
        ("poses", None),
    ):
        np.savez(tmp_path / "a.npz", **{key: np.zeros(1)})
        assert format_of(tmp_path / "a.npz") == kind
    with pytest.raises(CaptureError, match="no NumPy archive"):
        format_of(dump(tmp_path / "a.npz", "no"))
    assert format_of(dump(tmp_path / "a.json", {"sensors": []})) is None
    assert format_of(dump(tmp_path / "a.csv", "time,x")) is None


def test_empty_frames_do_not_hide_the_format(tmp_path, dump):
    for t in range(3):
        dump(tmp_path / f"{t}.json", [INSTANCE] if t == 2 else [])
    assert format_of(tmp_path) == "mmpose"


NAMES = {
    "cam01_json": "cam01",
    "results_cam 3.json": "cam 3",
    "left.keypoints.json": "left",
    "GX010.mp4.npz": "GX010",
    "a/cam_2/alphapose-results.json": "cam_2",
    "b/cam_4/annotations.json": "cam_4",
    "b/cam_5/keypoints": "cam_5",
    "7.json": "7",
}


@pytest.mark.parametrize("name", NAMES)
def test_cameras_are_called_after_their_input(tmp_path, name):
    path = tmp_path / name
    if not path.suffix:
        path.mkdir(parents=True)
    assert camera_name(path) == NAMES[name]


LAYOUTS = {
    "folders of frames": [
        f"cam{k:02}_json/cam.{t}.json" for k in (1, 2) for t in (0, 1)
    ],
    "plain folders": [f"cam{k:02}/{t}_keypoints.json" for k in (1, 2) for t in (0, 1)],
    "a project": [f"pose/cam{k:02}_json/{t}.json" for k in (1, 2) for t in (0, 1)],
    "annotations": [f"annots/cam{k:02}/{t:06}.json" for k in (1, 2) for t in (0, 1)],
    "sorted as well": [
        f"{pose}/cam{k:02}_json/{t}.json"
        for pose in ("pose", "pose-associated")
        for k in (1, 2)
        for t in (0, 1)
    ],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_folders_of_frames_are_found(tmp_path, dump, layout):
    for name in LAYOUTS[layout]:
        dump(tmp_path / name, FRAME)
    dump(tmp_path / "config.json", {"a": 1})
    found = camera_folders(tmp_path)
    assert list(found) == ["cam01", "cam02"]
    assert found["cam01"] == (tmp_path / LAYOUTS[layout][0]).parent


def test_files_of_cameras_are_found_in_natural_order(tmp_path, dump):
    videos = [{"frame_id": 1, "instances": [INSTANCE]}]
    for k in (10, 2):
        dump(tmp_path / f"cam_{k}.json", videos)
    dump(tmp_path / "cam_3.csv", "scorer,a")
    dump(tmp_path / "cam_4" / "alphapose-results.json", RESULT)
    dump(tmp_path / "calibration.json", {"cameras": []})
    dump(tmp_path / "notes.txt", "x")
    found = camera_folders(str(tmp_path))
    assert list(found) == ["cam_2", "cam_3", "cam_4", "cam_10"]
    assert found["cam_10"] == tmp_path / "cam_10.json"


def test_a_camera_that_is_there_twice_is_an_error(tmp_path, dump):
    for name in ("a/cam01_json/0.json", "b/cam01_json/0.json"):
        dump(tmp_path / name, FRAME)
    with pytest.raises(
        CaptureError, match=r"camera 'cam01' is there twice, in .*a/cam01"
    ):
        camera_folders(tmp_path)


def test_sessions_without_keypoints_are_an_error(tmp_path):
    with pytest.raises(
        CaptureError, match="looked for a folder of JSON files for each"
    ):
        camera_folders(tmp_path)
    with pytest.raises(FileNotFoundError):
        camera_folders(tmp_path / "none")


def test_a_real_session(shared_data):
    session = shared_data / "capture" / "pose2sim_demo" / "single_participant"
    found = camera_folders(session)
    assert found == {
        f"cam0{k}": session / "pose" / f"cam0{k}_json" for k in (1, 2, 3, 4)
    }
    assert isinstance(found["cam01"], pathlib.Path)
    assert json.loads(next(found["cam01"].iterdir()).read_text())["version"] == 1.3
