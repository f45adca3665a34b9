"""Laws of a written session: what is read back is what was filmed."""

import json
import tomllib

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture import CaptureError
from lmmjax.capture.synthetic import Clock, film, write_session
from tests.lmmjax.capture.synthetic.stage import CLEAN, project, rig, walker

PAIR = (walker(at=(-0.5, -0.7), subject="A"), walker(at=(-0.5, 0.7), subject="B"))
LABELS = ((0.0, 0.5, "step", "", "A"), (0.5, 1.0, "step, left", "late", "B"))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    clocks = [Clock(60.0), Clock(50.0, 0.1)]
    footage = film(PAIR, rig(2), clocks=clocks, false_people=0.2, seed=1)
    folder = tmp_path_factory.mktemp("session") / "new"
    assert write_session(folder, footage, rig(2), labels=LABELS) == folder
    return folder, footage


def test_json_holds_the_very_keypoints(written):
    folder, footage = written
    for view in footage.views:
        files = sorted((folder / "pose" / f"{view.camera}_json").iterdir())
        assert len(files) == len(view)
        assert files[7].name == f"{view.camera}_000000000007_keypoints.json"
        for t, file in enumerate(files):
            document = json.loads(file.read_text())
            assert document["version"] == 1.3
            people = [person["pose_keypoints_2d"] for person in document["people"]]
            rows = np.array(people, np.float32).reshape(-1, 25, 3)
            there = ~view.missing[t].all(-1)
            assert len(rows) == there.sum()
            known = ~view.missing[t, there]
            assert np.array_equal(rows[known][:, :2], view.xy[t, there][known])
            assert np.array_equal(rows[..., 2], view.confidence[t, there])
            assert (rows[~known] == 0).all()
            assert all(person["person_id"] == [-1] for person in document["people"])


def test_keypoints_are_in_the_order_of_body_25(tmp_path):
    footage = film(PAIR[:1], rig(1), joints="coco17", **CLEAN)
    write_session(tmp_path, footage, rig(1))
    file = tmp_path / "pose/cam_01_json/cam_01_000000000000_keypoints.json"
    row = json.loads(file.read_text())["people"][0]["pose_keypoints_2d"]
    row = np.array(row).reshape(25, 3)
    order = joint_set("body25").joints
    knee = footage.views[0].select(["left_knee"]).xy[0, 0, 0]
    assert np.allclose(row[order.index("LKnee"), :2], knee)
    assert (row[order.index("LHeel")] == 0).all(), "COCO has no heels"


def test_the_session_says_where_everything_is(written):
    folder, _ = written
    session = tomllib.loads((folder / "session.toml").read_text())
    assert session["session"] == {
        "name": "synthetic",
        "people": ["A", "B"],
        "fps": 60.0,
        "calibration": "calibration.toml",
    }
    assert session["cameras"] == {
        "cam_01": {"keypoints": "pose/cam_01_json", "fps": 60.0},
        "cam_02": {"keypoints": "pose/cam_02_json", "fps": 50.0},
    }
    rows = (folder / session["labels"]["path"]).read_text().splitlines()
    assert rows[0] == "time_s,end_s,label,outcome,who"
    assert rows[1:] == ["0.0,0.5,step,,A", '0.5,1.0,"step, left",late,B']


def test_the_calibration_projects_the_truth_onto_what_was_seen(written):
    folder, footage = written
    table = tomllib.loads((folder / "calibration.toml").read_text())["cam_01"]
    camera = rig(2)["cam_01"]
    assert table["size"] == [1920, 1080]
    assert table["fisheye"] is False
    assert np.allclose(table["matrix"], camera.matrix, rtol=1e-14)
    assert np.allclose(table["distortions"], camera.distortion[:4], rtol=1e-14)
    # Rodrigues' formula by hand.
    turn = np.array(table["rotation"])
    angle = np.linalg.norm(turn)
    x, y, z = turn / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    assert np.allclose(matrix, camera.rotation, atol=1e-12)
    with np.load(folder / "truth.npz") as truth:
        clear = truth["cam_01.inliers"] & (truth["cam_01.identity"] == 1)[..., None]
        expected = project(camera, truth["positions"][1])[:, None]
        assert truth["names"].tolist() == list(footage.truth.names)
        assert truth["people"].tolist() == ["A", "B"]
        assert np.allclose(truth["cam_02.times_s"], 0.1 + np.arange(46) / 50)
    away = np.linalg.norm(footage.views[0].xy - expected, axis=-1)
    assert np.median(away[clear]) < 2


def test_truth_and_labels_can_be_left_out(tmp_path):
    write_session(tmp_path, film(PAIR[:1], rig(1)), rig(1), truth=False)
    session = tomllib.loads((tmp_path / "session.toml").read_text())
    assert "labels" not in session
    assert session["session"]["subject"] == "A"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "calibration.toml",
        "pose",
        "session.toml",
    ]


def test_nothing_is_written_over_or_under_a_wrong_name(written, tmp_path):
    folder, footage = written
    with pytest.raises(CaptureError, match="not empty"):
        write_session(folder, footage, rig(2))
    with pytest.raises(CaptureError, match="calibration of"):
        write_session(tmp_path, footage, rig(4))
    assert not any(tmp_path.iterdir())
