"""Laws of the checks: a sound calibration passes, each spoilt one is told how."""

import dataclasses

import numpy as np
import pytest

from kinematics.camera import make_camera
from lmmjax.capture.calibration import check, checks, read
from lmmjax.capture.cameras import make_calibration
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig


def spoilt(calibration, at, size=None, **changes):
    cameras, sizes = list(calibration.cameras), list(calibration.sizes)
    cameras[at] = dataclasses.replace(cameras[at], **changes)
    sizes[at] = size or sizes[at]
    return make_calibration(calibration.names, cameras, sizes)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_sound_calibrations_pass(count):
    assert check(rig.ring(count)) == []


def test_calibrations_in_use_pass(shared_data):
    folder = shared_data / "capture"
    for path in (
        "pose2sim_demo/calibration/Calib.qca.txt",
        "mmpose_testdata/shelf/calibration_shelf.json",
        "mmpose_testdata/panoptic_body3d/160906_band1",
    ):
        assert check(read(folder / path)) == []


def scaled(by):
    truth = rig.ring(4)
    cameras = [
        dataclasses.replace(c, translation=by * c.translation) for c in truth.cameras
    ]
    return make_calibration(truth.names, cameras, truth.sizes)


def test_units_and_missing_poses_are_hopeless():
    with pytest.raises(CaptureError, match=r"up to 1\d{4} m apart.*scale=0.001"):
        check(scaled(1000))
    with pytest.raises(CaptureError, match="all cameras stand in the same place"):
        check(scaled(0))


def test_a_camera_given_twice_is_told():
    truth = rig.ring(3)
    twice = spoilt(truth, 1, **vars(truth.cameras[0]))
    assert check(twice)[0].startswith("cameras 'cam_01' and 'cam_02' stand in the same")


@pytest.mark.parametrize("count", [3, 4, 6])
def test_a_camera_that_looks_away_is_told(count):
    truth = rig.ring(count)
    turned = truth.cameras[1].rotation * [[-1.0], [1], [-1]]
    shift = turned @ truth.cameras[1].rotation.T @ truth.cameras[1].translation
    found = check(spoilt(truth, 1, rotation=turned, translation=shift))
    assert [text for text in found if "'cam_02' looks away" in text]
    assert not [text for text in found if "'cam_01'" in text]


def test_poses_the_wrong_way_round_are_told():
    truth = rig.ring(5)
    cameras = [
        dataclasses.replace(c, rotation=c.rotation.T, translation=center)
        for c, center in zip(truth.cameras, truth.centers, strict=True)
    ]
    found = check(make_calibration(truth.names, cameras, truth.sizes))
    assert any("camera to world; invert them" in text for text in found)


def test_a_camera_upside_down_is_told():
    truth = rig.ring(4)
    flip = np.diag([-1.0, -1, 1])
    camera = truth.cameras[2]
    found = check(
        spoilt(
            truth,
            2,
            rotation=flip @ camera.rotation,
            translation=flip @ camera.translation,
        )
    )
    assert len(found) == 1
    assert "'cam_03' is upside down" in found[0]


def test_a_world_with_another_axis_up_is_told():
    truth = rig.ring(4)
    world = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    cameras = [
        dataclasses.replace(c, rotation=c.rotation @ world) for c in truth.cameras
    ]
    found = check(make_calibration(truth.names, cameras, truth.sizes))
    assert found == [text for text in found if "down in the pictures is +y" in text]
    assert found


def matrix(fx=1250.0, fy=1250.0, cx=960.0, cy=540.0):
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])


LENSES = {
    "aspect": ({"matrix": matrix(fx=900.0)}, "focal lengths 900 and 1250 px differ"),
    "short": (
        {"matrix": matrix(1.2, 1.2)},
        "field of view of 179",
    ),
    "long": ({"matrix": matrix(1e5, 1e5)}, "field of view of 1.1 degrees"),
    "swapped": ({"matrix": matrix(cx=540.0, cy=960.0)}, "swap width and height"),
    "outside": ({"matrix": matrix(cx=2100.0)}, "2100, 540 is outside of the picture"),
    "folding": ({"distortion": np.array([-0.6] + 7 * [0.0])}, "folds the picture"),
}


@pytest.mark.parametrize("what", LENSES)
def test_implausible_lenses_are_told(what):
    changes, message = LENSES[what]
    found = check(spoilt(rig.ring(3), 1, **changes))
    assert all(text.startswith("camera 'cam_02': ") for text in found)
    assert any(message in text for text in found)


def test_folding_begins_where_the_radial_function_turns():
    turn, shift = np.eye(3), np.zeros(3)
    # r (1 - r^2 / 3) rises until r = 1, where it is 2 / 3.
    plain = make_camera(np.eye(3), turn, shift, [-1 / 3], dtype=np.float64)
    assert abs(checks.folding_radius(plain) - 2 / 3) < 1e-3
    wide = make_camera(np.eye(3), turn, shift, [-1 / 3], True, np.float64)
    assert abs(checks.folding_radius(wide) - 2 / 3) < 1e-3
    assert checks.folding_radius(make_camera(np.eye(3), turn, shift)) == np.inf
