"""Laws of OpenCap's pickles: upright world, millimetres, a file per camera, no code."""

import pickle

import numpy as np
import pytest

from kinematics.formats.errors import FormatError
from lmmjax.capture.calibration import opencap
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig

# From the board, 2 m away: x right, y down, z away from the camera.
CONTENT = {
    "distortion": np.array([[0.1, -0.2, 0.001, 0.002, 0.05]]),
    "intrinsicMat": np.array([[900.0, 0, 360], [0, 905, 640], [0, 0, 1]]),
    "imageSize": np.array([[1280.0], [720.0]]),
    "rotation": np.eye(3),
    "translation": np.array([[100.0], [200.0], [2000.0]]),
    "rotation_EulerAngles": np.zeros((3, 1)),
}


def save(folder, names, content=CONTENT):
    for name in names:
        (folder / "Videos" / name).mkdir(parents=True)
        path = folder / "Videos" / name / opencap.FILE
        path.write_bytes(pickle.dumps(content, protocol=4))
    return folder


def test_cameras_go_by_their_folders_in_natural_order(tmp_path):
    found = opencap.read(save(tmp_path, ["Cam10", "Cam2"]))
    assert (found.names, found.sizes) == (("Cam2", "Cam10"), ((720, 1280),) * 2)
    one = opencap.read(tmp_path / "Videos" / "Cam2" / opencap.FILE)
    assert one.names == ("Cam2",)


def test_the_world_is_turned_upright(tmp_path):
    camera = opencap.read(save(tmp_path, ["Cam0"]))["Cam0"]
    # Down in the picture is down in the world, and up there is z.
    np.testing.assert_allclose(camera.rotation[1], [0, 0, -1], atol=1e-12)
    board = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 3))
    world = np.stack([-board[:, 0], -board[:, 2], -board[:, 1]], -1)
    expected = rig.pixels(
        CONTENT["intrinsicMat"], np.eye(3), [0.1, 0.2, 2], CONTENT["distortion"], board
    )
    np.testing.assert_allclose(rig.seen(camera, world), expected, atol=1e-9)


def test_pickles_are_data(tmp_path):
    with pytest.raises(FormatError, match="pickle"):
        opencap.read(save(tmp_path / "a", ["Cam0"], {"rotation": print}))
    with pytest.raises(CaptureError, match="'Cam0': the pickle holds no table"):
        opencap.read(save(tmp_path / "b", ["Cam0"], [1]))
    short = {key: value for key, value in CONTENT.items() if key != "rotation"}
    with pytest.raises(CaptureError, match="'Cam0': rotation is 'None'"):
        opencap.read(save(tmp_path / "c", ["Cam0"], short))
