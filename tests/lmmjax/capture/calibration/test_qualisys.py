"""Laws of Qualisys calibrations: the stated equations, and Pose2Sim's numbers."""

import numpy as np
import pytest

from kinematics.formats.errors import FormatError
from lmmjax.capture.calibration import pose2sim, qualisys
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig

CAMERA = """<camera model="{model}" serial="{serial}">
<fov_video bottom="1087" left="8" right="1927" top="4"/>
<transform {rows} x="1500.0" y="-1900.0" z="1800.0"/>
<intrinsic centerPointU="61952" centerPointV="34816" focalLengthU="107599.6"
 focalLengthV="107588.8" radialDistortion1="-0.05" radialDistortion2="0.14"
 radialDistortion3="0.01" tangentalDistortion1="0.0006" tangentalDistortion2="0.0007"/>
</camera>"""
CENTER = np.array([1.5, -1.9, 1.8])
TURN = rig.looking_at(CENTER)


def save(folder, *cameras):
    path = folder / "a.qca.txt"
    text = "<?xml version='1.0' encoding='ASCII'?><calibration><cameras>"
    path.write_text(text + "".join(cameras) + "</cameras></calibration>")
    return path


def camera(serial="1", model="Miqus Video"):
    # The file's camera looks along -z with y up.
    own = np.diag([1.0, -1, -1]) @ TURN
    rows = (
        " ".join(f'r{i + 1}{j + 1}="{own[i, j]!r}"' for i in range(3) for j in range(3))
        .replace("np.float64(", "")
        .replace(")", "")
    )
    return CAMERA.format(serial=serial, model=model, rows=rows)


def test_points_land_where_the_equations_say(tmp_path):
    found = qualisys.read(save(tmp_path, camera()))
    assert found.sizes == ((1920, 1084),)
    np.testing.assert_allclose(found.centers[0], CENTER, atol=1e-12)
    matrix = [
        [107599.6 / 64, 0, 61952 / 64 - 8],
        [0, 107588.8 / 64, 34816 / 64 - 4],
        [0, 0, 1],
    ]
    lens = [-0.05, 0.14, 0.0006, 0.0007, 0.01]
    points = rig.points_before(found["1"])
    expected = rig.pixels(matrix, TURN, -TURN @ CENTER, lens, points)
    np.testing.assert_allclose(rig.seen(found["1"], points), expected, atol=1e-9)


def test_cameras_that_see_markers_only_are_left_out(tmp_path):
    models = ("Miqus Video", "Oqus 700", "Miqus Hybrid", "none")
    path = save(tmp_path, *(camera(str(n), m) for n, m in enumerate(models)))
    assert qualisys.read(path).names == ("0", "2", "3")


def test_binning_halves_the_picture(tmp_path):
    path = save(tmp_path, camera())
    whole, half = (qualisys.read(path, binning=n)["1"].matrix for n in (1, 2))
    np.testing.assert_allclose(half[0, 0], whole[0, 0] / 2)
    np.testing.assert_allclose(half[0, 2], (whole[0, 2] + 8) / 2 - 8)


def test_errors_name_the_camera(tmp_path):
    with pytest.raises(CaptureError, match="camera '1' lacks fov_video"):
        qualisys.read(save(tmp_path, camera().replace("fov_video", "fov")))
    with pytest.raises(FormatError, match="'r11' of <transform> is 'x'"):
        qualisys.read(save(tmp_path, camera().replace('r11="', 'r11="x" was="')))
    with pytest.raises(CaptureError, match="'1' stands there twice"):
        qualisys.read(save(tmp_path, camera(), camera()))
    with pytest.raises(CaptureError, match="no calibrated camera"):
        qualisys.read(save(tmp_path))


def test_the_demo_of_pose2sim_has_the_numbers_of_its_own_conversion(shared_data):
    folder = shared_data / "capture" / "pose2sim_demo" / "calibration"
    theirs = pose2sim.read(folder / "Calib_qualisys.toml")
    ours = qualisys.read(folder / "Calib.qca.txt", pose2sim_compatible=True)
    assert (ours.names, ours.sizes) == (theirs.names, theirs.sizes)
    for a, b in zip(ours.cameras, theirs.cameras, strict=True):
        for part in ("matrix", "rotation", "translation", "distortion"):
            np.testing.assert_allclose(getattr(a, part), getattr(b, part), atol=1e-12)
    plain = qualisys.read(folder / "Calib.qca.txt")
    np.testing.assert_allclose(
        plain["cam_01"].distortion[:4], [-0.046183, 0.139983, 0.000608, 0.00069]
    )
