"""Laws of the cameras of Panoptic, Shelf and Human3.6M: where points appear."""

import json

import numpy as np
import pytest

from lmmjax.capture.calibration import human36m, panoptic, shelf
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig


@pytest.fixture(scope="module")
def mmpose(shared_data):
    return shared_data / "capture" / "mmpose_testdata"


def save(folder, content):
    path = folder / "calibration.json"
    path.write_text(json.dumps(content))
    return path


def test_panoptic_is_turned_upright_and_scaled_to_metres(mmpose):
    path = mmpose / "panoptic_body3d/160906_band1/calibration_160906_band1.json"
    found = panoptic.read(path, kinds=("hd",))
    assert len(found) == 31
    assert set(found.sizes) == {(1920, 1080)}
    entries = {c["name"]: c for c in json.loads(path.read_text())["cameras"]}
    bodies = path.parent / "hdPose3d_stage1_coco19" / "body3DScene_00000168.json"
    joints = [b["joints19"] for b in json.loads(bodies.read_text())["bodies"]]
    theirs = np.reshape(joints, (-1, 4))[:, :3]
    ours = 0.01 * np.stack([theirs[:, 0], theirs[:, 2], -theirs[:, 1]], -1)
    # People stand on the floor: feet at 0, heads below 2.2 m.
    assert -0.2 < ours[:, 2].min() < 0.3 < 1.2 < ours[:, 2].max() < 2.2
    for name, camera in zip(found.names, found.cameras, strict=True):
        c = entries[name]
        expected = rig.pixels(c["K"], c["R"], c["t"], c["distCoef"], theirs)
        np.testing.assert_allclose(rig.seen(camera, ours), expected, atol=0.01)


def test_shelf_subtracts_the_place_before_it_turns(mmpose):
    path = mmpose / "shelf" / "calibration_shelf.json"
    found = shelf.read(path)
    assert found.names == ("0", "1", "2", "3", "4")
    for name, c in json.loads(path.read_text()).items():
        points = rig.points_before(found[name])
        place = (1000 * points - np.ravel(c["T"])) @ np.array(c["R"]).T
        expected = place[:, :2] / place[:, 2:] * [c["fx"], c["fy"]] + [c["cx"], c["cy"]]
        # R has 6 digits and is no rotation beyond them: 0.01 px.
        np.testing.assert_allclose(rig.seen(found[name], points), expected, atol=0.01)


def own_formula(c, points):
    """project_to_2d of Human3.6M, one factor unlike OpenCV."""
    place = (points - np.ravel(c["T"])) @ np.array(c["R"])
    x, y = (place[:, :2] / place[:, 2:]).T
    (k1, k2, k3), (p1, p2), r2 = np.ravel(c["k"]), np.ravel(c["p"]), x**2 + y**2
    both = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3 + p1 * y + p2 * x
    bent = np.stack([x * both + p2 * r2, y * both + p1 * r2], -1)
    return bent * np.ravel(c["f"]) + np.ravel(c["c"])


def test_human36m_agrees_with_its_own_lens(mmpose):
    path = mmpose / "h36m_cameras.json"
    found = human36m.read(path)
    assert len(found) == 44
    assert found.sizes[0] == (1000, 1002)
    misses, plain = [], []
    for name, c in json.loads(path.read_text()).items():
        camera = found[name]
        plane = np.stack(np.meshgrid(*2 * [np.linspace(-0.55, 0.55, 41)]), -1)
        ahead = 4 * np.append(plane.reshape(-1, 2), np.ones((41**2, 1)), 1)
        points = (ahead - camera.translation) @ camera.rotation
        expected = own_formula(c, points)
        inside = ((expected > 0) & (expected < 1000)).all(-1)
        assert inside.mean() > 0.5
        miss = np.linalg.norm(rig.seen(camera, points) - expected, axis=-1)
        misses.append(miss[inside])
        (k1, k2, k3), (p1, p2) = np.ravel(c["k"]), np.ravel(c["p"])
        f, center = np.ravel(c["f"]), np.ravel(c["c"])
        matrix = [[f[0], 0, center[0]], [0, f[1], center[1]], [0, 0, 1]]
        same = rig.pixels(
            matrix,
            np.transpose(c["R"]),
            camera.translation,
            [k1, k2, p1, p2, k3],
            points,
        )
        plain.append(np.linalg.norm(same - expected, axis=-1)[inside])
    fitted, unfitted = np.concatenate(misses), np.concatenate(plain)
    assert fitted.mean() < 0.07 < 0.2 < unfitted.mean()
    assert fitted.max() < 0.45 < 1.3 < unfitted.max()


def test_errors_name_the_camera(tmp_path):
    with pytest.raises(CaptureError, match="camera 'a': K is 'None'"):
        panoptic.read(save(tmp_path, {"cameras": [{"name": "a"}]}))
    with pytest.raises(CaptureError, match="camera '0' is not a table"):
        panoptic.read(save(tmp_path, {"cameras": [1]}))
    with pytest.raises(CaptureError, match="no calibrated camera"):
        panoptic.read(save(tmp_path, {}))
    with pytest.raises(CaptureError, match="camera '0': fx, fy, cx, cy is"):
        shelf.read(save(tmp_path, {"0": {"fx": 1}}))
    with pytest.raises(CaptureError, match="camera 'S1/1': f is 'None'"):
        human36m.read(save(tmp_path, {"S1/1": {}}))
    with pytest.raises(CaptureError, match="no table of cameras"):
        shelf.read(save(tmp_path, [1]))
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(CaptureError, match="this is no JSON"):
        shelf.read(tmp_path / "a.json")
