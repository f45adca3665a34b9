"""Laws of TOML calibrations: each dialect is read, what is written comes back."""

import dataclasses
import tomllib

import cv2
import numpy as np
import pytest

from kinematics.camera import make_camera
from lmmjax.capture.calibration import pose2sim
from lmmjax.capture.cameras import make_calibration
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig

CAMERA = """
[{key}]
{name}size = [ 1088.0, 1920.0]
matrix = [ [ 1681.2, 0.0, 532.9], [ 0.0, 1681.1, 948.1], [ 0.0, 0.0, 1.0]]
distortions = [ -0.05, 0.14, 0.001, -0.002]
rotation = [ 1.6, 1.0, -0.4]
translation = [ 0.3, 0.9, {depth}]
fisheye = false
"""


def save(folder, text):
    path = folder / "Calib.toml"
    path.write_text(text)
    return path


def camera(key="cam_01", name=None, depth="2.5"):
    return CAMERA.format(
        key=key, name=f'name = "{name}"\n' if name else "", depth=depth
    )


def test_points_land_where_the_numbers_of_the_file_say(tmp_path):
    found = pose2sim.read(save(tmp_path, camera(name="left")))
    assert (found.names, found.sizes) == (("left",), ((1088, 1920),))
    points = rig.points_before(found["left"])
    turn = cv2.Rodrigues(np.array([1.6, 1.0, -0.4]))[0]
    matrix = [[1681.2, 0, 532.9], [0, 1681.1, 948.1], [0, 0, 1]]
    expected = rig.pixels(
        matrix, turn, [0.3, 0.9, 2.5], [-0.05, 0.14, 0.001, -0.002], points
    )
    np.testing.assert_allclose(rig.seen(found["left"], points), expected, atol=1e-9)


def test_tables_of_others_are_passed_over_and_order_is_kept(tmp_path):
    text = "".join(camera(f"cam_{n}") for n in (10, 2))
    text += "[metadata]\nadjusted = false\n[charuco]\nmatrix = 1\n[paths]\nsize = [1]\n"
    assert pose2sim.read(save(tmp_path, text)).names == ("cam_10", "cam_2")


def test_freemocap_writes_millimetres(tmp_path):
    text = camera(depth="2500.0") + "world_position = [0.0, 0.0, 0.0]\n"
    found = pose2sim.read(save(tmp_path, text))
    np.testing.assert_allclose(found["cam_01"].translation, [3e-4, 9e-4, 2.5])
    board = pose2sim.read(save(tmp_path, camera(depth="2500.0")), scale=0.001)
    np.testing.assert_allclose(board["cam_01"].translation, [3e-4, 9e-4, 2.5])


def test_caliscope_nests_its_cameras_and_leaves_some_unfinished(tmp_path):
    turn = cv2.Rodrigues(np.array([1.6, 1.0, -0.4]))[0].tolist()
    text = camera("cameras.0").replace("[ 1.6, 1.0, -0.4]", str(turn))
    text = text.replace("fisheye", "cam_id = 7\nfisheye")
    text += camera("cameras.1") + "ignore = true\n"
    text += "[cameras.2]\ncam_id = 2\nsize = [1, 1]\nrotation_count = 0\n"
    with pytest.warns(UserWarning, match="camera '2' has no matrix and no rotation"):
        found = pose2sim.read(save(tmp_path, text))
    assert found.names == ("7",)
    np.testing.assert_allclose(found["7"].rotation, turn, atol=1e-12)


def test_fisheyes_and_padded_coefficients(tmp_path):
    text = camera().replace("-0.002]", "-0.002, 0.0]").replace("false", "true")
    found = pose2sim.read(save(tmp_path, text))["cam_01"]
    assert found.fisheye
    np.testing.assert_array_equal(found.distortion[:4], [-0.05, 0.14, 0.001, -0.002])
    plain = pose2sim.read(save(tmp_path, text.replace("true", "false")))["cam_01"]
    assert not plain.fisheye


def test_what_is_written_comes_back(tmp_path):
    rng = np.random.default_rng(0)
    cameras = []
    for k, fisheye in (([], False), (rng.normal(size=5), False), ([0.1] * 4, True)):
        turn = cv2.Rodrigues(rng.normal(size=3) * 1.5)[0]
        matrix = [[1234.5678901234, 0.5, 950], [0, 1233.3, 540], [0, 0, 1]]
        cameras.append(
            make_camera(matrix, turn, rng.normal(size=3), k, fisheye, np.float64)
        )
    cameras.append(dataclasses.replace(cameras[0], rotation=np.diag([1.0, -1, -1])))
    truth = make_calibration("abcd", cameras, [(1920, 1080), None, (3, 4), None])
    pose2sim.write(tmp_path / "a.toml", truth)
    back = pose2sim.read(tmp_path / "a.toml")
    assert (back.names, back.sizes) == (truth.names, truth.sizes)
    for found, camera in zip(back.cameras, truth.cameras, strict=True):
        assert found.fisheye == camera.fisheye
        np.testing.assert_array_equal(found.matrix, camera.matrix)
        np.testing.assert_array_equal(found.distortion, camera.distortion)
        np.testing.assert_array_equal(found.translation, camera.translation)
        np.testing.assert_allclose(found.rotation, camera.rotation, atol=1e-14)


def test_files_have_what_pose2sim_asks_for(tmp_path):
    pose2sim.write(tmp_path / "a.toml", rig.ring(2))
    table = tomllib.loads((tmp_path / "a.toml").read_text())["cam_01"]
    assert {"name", "size", "matrix", "distortions", "fisheye"} < set(table)
    assert np.shape(table["matrix"]) == (3, 3)
    assert (len(table["distortions"]), len(table["rotation"])) == (4, 3)


WRONG = {
    "not toml": (lambda t: t + "= 3", "this is no TOML"),
    "text": (lambda t: t.replace("1681.2", '"wide"'), "camera 'cam_01': matrix is"),
    "nan": (lambda t: t.replace("0.9", "nan"), "translation is .* 3 finite numbers"),
    "scaled": (
        lambda t: t.replace("[ 1.6, 1.0, -0.4]", "[[2,0,0],[0,1,0],[0,0,1]]"),
        "rotation must be orthonormal",
    ),
    "focal": (lambda t: t.replace("1681.2", "-3.0"), "focal lengths must be positive"),
    "lens": (lambda t: t.replace("-0.002]", "-0.002, 1, 1, 1, 1, 1]"), "9 distortion"),
    "size": (lambda t: t.replace("1088.0", "0.0"), "no picture has the size 0 x 1920"),
    "empty": (lambda t: "a = 1", "no calibrated camera"),
    "twice": (
        lambda t: t.replace("size", 'name="x"\nsize') + camera("b", "x"),
        "'x' stands there twice",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_errors_name_the_camera_and_the_fault(tmp_path, what):
    change, message = WRONG[what]
    with pytest.raises(CaptureError, match=message):
        pose2sim.read(save(tmp_path, change(camera())))


def test_a_camera_cannot_have_the_name_of_a_table(tmp_path):
    with pytest.raises(ValueError, match="'metadata'"):
        pose2sim.write(tmp_path / "a.toml", rig.ring(1, ["metadata"]))
