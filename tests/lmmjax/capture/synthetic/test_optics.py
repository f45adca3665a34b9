"""Laws of projection: OpenCV agrees, and what no lens shows is told."""

import cv2
import numpy as np
import pytest

from kinematics.camera import make_camera
from lmmjax.capture.synthetic.optics import see
from tests.lmmjax.capture.synthetic.stage import rig

LENSES = {
    "none": ([], False),
    "Brown": ([-0.25, 0.05, 1e-3, -8e-4, 0.01], False),
    "rational": ([-0.2, 0.05, 1e-3, -8e-4, 0.01, 0.05, -0.02, 0.003], False),
    "fisheye": ([0.04, -0.01, 0.003, -0.001], True),
}


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("batch", [(), (0,), (5, 2)], ids=str)
def test_pixels_are_those_of_opencv(lens, batch):
    numbers, fisheye = LENSES[lens]
    base = rig().cameras[1]
    camera = make_camera(
        base.matrix, base.rotation, base.translation, numbers, fisheye, np.float64
    )
    points = np.random.default_rng(0).uniform(-1, 1, (*batch, 3))
    pixels, shown = see(camera, points)
    assert pixels.shape == (*batch, 2)
    assert shown.shape == batch
    assert shown.all()
    if not points.size:
        return
    turn, _ = cv2.Rodrigues(camera.rotation)
    flat = points.reshape(-1, 1, 3)
    pose = (turn, camera.translation, camera.matrix)
    if fisheye:
        expected, _ = cv2.fisheye.projectPoints(flat, *pose, np.array(numbers))
    else:
        expected, _ = cv2.projectPoints(flat, *pose, np.array(numbers, float))
    assert np.allclose(pixels, expected.reshape(*batch, 2), atol=1e-8)


def test_a_skewed_matrix_counts():
    base = rig().cameras[0]
    matrix = base.matrix.copy()
    matrix[0, 1] = 20.0
    skewed = make_camera(matrix, base.rotation, base.translation, dtype=np.float64)
    x, y, z = base.rotation @ [0.3, 0.2, 1.4] + base.translation
    pixel, _ = see(skewed, np.array([0.3, 0.2, 1.4]))
    assert pixel[0] == pytest.approx((matrix @ [x / z, y / z, 1])[0], abs=1e-9)


def test_points_behind_or_beyond_the_fold_of_a_lens_are_not_shown():
    # r - 0.3 r^3 turns back at r = 1 / sqrt(0.9) = 1.054.
    folding = make_camera(
        np.diag([1000.0, 1000, 1]), np.eye(3), np.zeros(3), [-0.3], dtype=np.float64
    )
    ideal = np.array([0.0, 0.5, 1.0, 1.1, 1.7, 3.0])
    points = np.stack([ideal, 0 * ideal, 1 + 0 * ideal], -1)
    assert see(folding, points)[1].tolist() == [True] * 3 + [False] * 3
    assert not see(folding, -points)[1].any()
