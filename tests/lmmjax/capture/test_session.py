"""Laws of sessions: found by convention, cameras matched by name, mistakes named."""

import numpy as np
import orjson
import pytest

from kinematics.camera import make_camera
from lmmjax.capture import CaptureError, calibration, make_calibration
from lmmjax.capture.session import find_sessions, is_footage, open_session


def write_frames(folder, people=1):
    folder.mkdir(parents=True)
    person = {"pose_keypoints_2d": [100.0, 200.0, 0.9] * 25}
    for n in range(3):
        data = orjson.dumps({"version": 1.3, "people": [person] * people})
        (folder / f"x_{n:012d}_keypoints.json").write_bytes(data)


def write_calibration(path, names):
    cameras = []
    for v in range(len(names)):
        angle = 0.5 * v
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[c, -s, 0], [0, 0, -1.0], [s, c, 0]])
        matrix = np.array([[1000, 0, 960], [0, 1000, 540], [0, 0, 1.0]])
        cameras.append(make_camera(matrix, turn, [0, 1.0, 5], dtype=np.float64))
    rig = make_calibration(names, cameras, [(1920, 1080)] * len(names))
    calibration.write(path, rig)


@pytest.fixture
def project(tmp_path):
    """A folder as Pose2Sim has it: names are spelled in two ways."""
    for name in ("cam01", "cam02", "cam10"):
        write_frames(tmp_path / "pose" / f"{name}_json")
    (tmp_path / "calibration").mkdir()
    names = ["cam_10", "cam_1", "cam_2"]
    write_calibration(tmp_path / "calibration/Calib.toml", names)
    return tmp_path


def test_a_project_without_session_file_is_a_session(project):
    session = open_session(project)
    assert [c.name for c in session.cameras] == ["cam01", "cam02", "cam10"]
    assert session.calibration.names == ("cam01", "cam02", "cam10")
    whole = calibration.read(project / "calibration/Calib.toml")
    np.testing.assert_array_equal(
        session.calibration["cam10"].rotation, whole["cam_10"].rotation
    )
    assert (session.people, session.fps, session.labels) == ((), None, None)


def test_what_the_file_says_is_what_is_read(project):
    (project / "labels.csv").write_text("time_s,label\n1.0,jump\n")
    (project / "session.toml").write_text(
        """
        [session]
        name = "training"
        people = ["A", "B"]
        fps = 50.0
        calibration = "calibration/Calib.toml"
        [cameras.cam_1]
        keypoints = "pose/cam01_json"
        offset_s = 0.25
        [cameras.cam_2]
        keypoints = "pose/cam02_json"
        size = [1920, 1080]
        [[sightings]]
        name = "B"
        time_s = 1.5
        at_m = [0.5, -1]
        [labels]
        path = "labels.csv"
        offset_s = 2.0
        """
    )
    session = open_session(project)
    assert (session.name, session.people, session.fps) == ("training", ("A", "B"), 50)
    assert [c.offset_s for c in session.cameras] == [0.25, None]
    assert session.cameras[1].size == (1920, 1080)
    assert session.sightings[0].at_m == (0.5, -1.0)
    assert session.labels.offset_s == 2.0


def test_cameras_without_calibration_are_left_out_with_a_note(project):
    write_frames(project / "pose" / "cam07_json")
    session = open_session(project)
    assert len(session.cameras) == 3
    assert any("'cam07' is left out" in note for note in session.notes)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[session\n", "this is not TOML"),
        ("session = 3\n", "'session' must be a table"),
        ("[cameras.a]\nvideo = 'a.mp4'\n", "'a' has no keypoints; run a detector"),
        ("[cameras.a]\nkeypoints = 'none'\n", "'a', keypoints 'none' is not there"),
        ("[session]\ncalibration = 'x'\n", "calibration 'x' is not there"),
        ("[labels]\npath = 'x.csv'\n", "labels 'x.csv' is not there"),
        ("[[sightings]]\nname = 'A'\n", "a sighting needs name, time_s and at_m"),
    ],
)
def test_mistakes_in_the_file_are_named(project, text, sentence):
    (project / "session.toml").write_text(text)
    with pytest.raises(CaptureError, match=sentence):
        open_session(project)


def test_no_camera_with_both_is_an_error_that_names_them(project):
    write_calibration(project / "calibration/Calib.toml", ["left", "right"])
    with pytest.raises(CaptureError, match=r"no camera has both.*cam01.*left, right"):
        open_session(project)


def test_sessions_are_found_in_natural_order(tmp_path):
    for n in (10, 2):
        folder = tmp_path / f"trial_{n}"
        folder.mkdir()
        (folder / "session.toml").write_text("")
    (tmp_path / "trial_3" / "pose").mkdir(parents=True)
    found = [path.name for path in find_sessions(tmp_path)]
    assert found == ["trial_2", "trial_3", "trial_10"]
    assert is_footage(tmp_path)
    (tmp_path / "empty").mkdir()
    assert not is_footage(tmp_path / "empty")
    with pytest.raises(CaptureError, match="no session here or below"):
        find_sessions(tmp_path / "empty")
    with pytest.raises(CaptureError, match="no such folder"):
        find_sessions(tmp_path / "nowhere")
