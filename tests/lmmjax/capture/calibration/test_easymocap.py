"""Laws of EasyMocap's pair of files, and of OpenCV's file per camera."""

import cv2
import numpy as np
import pytest

from lmmjax.capture.calibration import easymocap, opencv
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig


def matrix(key, value):
    value = np.atleast_2d(value)
    numbers = ", ".join(map(repr, value.ravel().tolist()))
    return (
        f"{key}: !!opencv-matrix\n   rows: {value.shape[0]}\n   cols: "
        f"{value.shape[1]}\n   dt: d\n   data: [ {numbers} ]\n"
    )


def save(folder, calibration, as_vector=False, sizes=False):
    names = "names:\n" + "".join(f'  - "{name}"\n' for name in calibration.names)
    intri = extri = "%YAML:1.0\n---\n" + names
    for name, camera in zip(calibration.names, calibration.cameras, strict=True):
        intri += matrix(f"K_{name}", camera.matrix)
        intri += matrix(f"dist_{name}", camera.distortion[:5])
        intri += f"H_{name}: 1080\nW_{name}: 1920\n" if sizes else ""
        vector = cv2.Rodrigues(camera.rotation)[0]
        extri += matrix(f"R_{name}", vector)
        extri += "" if as_vector else matrix(f"Rot_{name}", camera.rotation)
        extri += matrix(f"T_{name}", camera.translation[:, None])
    (folder / "intri.yml").write_text(intri)
    (folder / "extri.yml").write_text(extri)
    return folder


@pytest.mark.parametrize("as_vector", [False, True])
def test_all_cameras_come_back(tmp_path, as_vector):
    truth = rig.ring(3, ["01", "2", "cam c"])
    found = easymocap.read(save(tmp_path, truth, as_vector, sizes=as_vector))
    assert found.names == truth.names
    assert found.sizes == (((1920, 1080),) if as_vector else (None,)) * 3
    for a, b in zip(found.cameras, truth.cameras, strict=True):
        points = rig.points_before(b)
        np.testing.assert_allclose(rig.seen(a, points), rig.seen(b, points), atol=1e-9)


def test_errors_name_the_camera_and_the_file(tmp_path):
    save(tmp_path, rig.ring(2))
    path = tmp_path / "extri.yml"
    path.write_text(path.read_text().replace("T_cam_02", "X"))
    with pytest.raises(CaptureError, match=r"extri.yml: camera 'cam_02': T is 'None'"):
        easymocap.read(path)
    path.unlink()
    with pytest.raises(CaptureError, match=r"extri.yml is missing"):
        easymocap.read(tmp_path)


def test_files_of_opencv_with_a_pose_are_read(tmp_path):
    truth = rig.ring(2, ["a2", "a10"])
    for name, camera in zip(truth.names, truth.cameras, strict=True):
        text = "%YAML:1.0\n---\nimage_width: 1920\nimage_height: 1080\n"
        text += matrix("camera_matrix", camera.matrix)
        text += matrix("distortion_coefficients", camera.distortion[:5])
        text += matrix("R", camera.rotation) + matrix("T", camera.translation)
        (tmp_path / f"{name}.yml").write_text(text)
    found = opencv.read(tmp_path)
    assert (found.names, found.sizes) == (truth.names, truth.sizes)
    np.testing.assert_allclose(found.centers, truth.centers, atol=1e-9)
    (tmp_path / "a2.yml").write_text(text.replace("R: !", "other: !"))
    with pytest.raises(CaptureError, match="'a2': the file tells the lens but not"):
        opencv.read(tmp_path)
