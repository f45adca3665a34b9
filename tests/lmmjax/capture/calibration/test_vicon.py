"""Laws of Vicon calibrations: the stated equations, older files, errors."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lmmjax.capture.calibration import vicon
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig

CENTER = np.array([1.5, -1.9, 1.8])
TURN = rig.looking_at(CENTER)
QUATERNION = " ".join(map(repr, Rotation.from_matrix(TURN).as_quat().tolist()))
CAMERA = f"""<Camera DEVICEID="2107" PIXEL_ASPECT_RATIO="0.99" SENSOR_SIZE="1920 1080">
<KeyFrames><KeyFrame FOCAL_LENGTH="1700.5" PRINCIPAL_POINT="950.1 545.2"
 ORIENTATION="{QUATERNION}" POSITION="1500 -1900 1800"
 VICON_RADIAL2="ViconRadial2 950 540 -0.04 0.03 -0.01"/></KeyFrames></Camera>"""
OPTICAL = '<Camera DEVICEID="9" SENSOR_SIZE="9 9"><KeyFrames/></Camera>'


def save(folder, *cameras):
    path = folder / "a.xcp"
    path.write_text(f"<Cameras>{''.join(cameras)}</Cameras>")
    return path


def test_points_land_where_the_equations_say(tmp_path):
    found = vicon.read(save(tmp_path, CAMERA, OPTICAL))
    assert (found.names, found.sizes) == (("2107",), ((1920, 1080),))
    np.testing.assert_allclose(found.centers[0], CENTER, atol=1e-12)
    matrix = [[1700.5, 0, 950.1], [0, 1700.5 / 0.99, 545.2], [0, 0, 1]]
    lens = [-0.04, 0.03, 0, 0, -0.01]
    points = rig.points_before(found["2107"])
    expected = rig.pixels(matrix, TURN, -TURN @ CENTER, lens, points)
    np.testing.assert_allclose(rig.seen(found["2107"], points), expected, atol=1e-9)


def test_older_files_have_two_coefficients(tmp_path):
    old = CAMERA.replace(
        'VICON_RADIAL2="ViconRadial2 950 540 -0.04 0.03 -0.01"',
        'VICON_RADIAL="-0.02 0.05"',
    )
    found = vicon.read(save(tmp_path, old))["2107"].distortion
    np.testing.assert_array_equal(found, [-0.02, 0.05, 0, 0, 0, 0, 0, 0])


def test_errors_name_the_camera(tmp_path):
    with pytest.raises(CaptureError, match="'2107': ORIENTATION is no rotation"):
        vicon.read(save(tmp_path, CAMERA.replace(QUATERNION, "0 0 0 0")))
    with pytest.raises(CaptureError, match="'2107': distortion"):
        vicon.read(save(tmp_path, CAMERA.replace("-0.04", "much")))
    with pytest.raises(CaptureError, match="no calibrated camera"):
        vicon.read(save(tmp_path, OPTICAL))
    with pytest.raises(CaptureError, match="stands there twice"):
        vicon.read(save(tmp_path, CAMERA, CAMERA))
