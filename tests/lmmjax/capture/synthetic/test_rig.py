"""Laws of rigs: who looks where, upright, with lenses that never fold the picture."""

import numpy as np
import pytest

from lmmjax.capture import CaptureError
from lmmjax.capture.synthetic import courtside, ring
from tests.lmmjax.capture.synthetic.stage import project

RIGS = {
    "ring of 8": ring(8, seed=1),
    "ring of 16": ring(16, seed=2),
    "one camera": ring(1),
    "basketball": courtside(16, seed=3),
    "football": courtside(12, (105.0, 68.0), seed=4),
}


@pytest.mark.parametrize("name", RIGS)
def test_lenses_are_one_to_one_out_to_the_corners(name):
    for camera, size in zip(RIGS[name].cameras, RIGS[name].sizes, strict=True):
        k1, k2 = camera.distortion[:2]
        assert -0.28 <= k1 <= -0.12
        assert 1100 <= camera.matrix[0, 0] <= 1400
        radius = np.linspace(0, 3, 1000)
        seen = radius * (1 + k1 * radius**2 + k2 * radius**4)
        assert (np.diff(seen) > 0).all()
        assert seen[-1] > np.hypot(*size) / 2 / camera.matrix[0, 0]


@pytest.mark.parametrize("name", RIGS)
def test_up_in_the_world_is_up_in_the_picture(name):
    for camera in RIGS[name].cameras:
        assert abs(camera.rotation[0, 2]) < 1e-12
        assert camera.rotation[1, 2] < 0
        assert np.linalg.det(camera.rotation) == pytest.approx(1)


def test_a_ring_stands_around_the_place_that_it_looks_at():
    place = np.array([2.0, -1.0, 0.8])
    rig = ring(8, 5.0, (1.0, 2.0), place, seed=3)
    away = rig.centers[:, :2] - place[:2]
    assert np.allclose(np.linalg.norm(away, axis=-1), 5.0)
    assert ((rig.centers[:, 2] >= 1.0) & (rig.centers[:, 2] <= 2.0)).all()
    assert rig.names[0] == "cam_01"
    assert rig.names[-1] == "cam_08"
    for camera in rig.cameras:
        assert np.allclose(project(camera, place), camera.matrix[:2, 2], atol=1e-6)
    angles = np.sort(np.arctan2(away[:, 1], away[:, 0]))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    assert gaps.max() < np.radians(45 * 1.31)


@pytest.mark.parametrize("field", [(28.0, 15.0), (105.0, 68.0)])
def test_courtside_stands_outside_of_the_lines_and_sees_the_middle(field):
    rig = courtside(12, field, seed=1)
    outside = np.abs(rig.centers[:, :2]) - np.array(field) / 2
    assert (outside.max(1) > 4).all()
    assert (rig.centers[:, 2] > 3).all()
    for camera, size in zip(rig.cameras, rig.sizes, strict=True):
        pixel = project(camera, np.array([0.0, 0.0, 1.0]))
        assert (pixel > 0).all()
        assert (pixel < size).all()


def test_equal_seeds_give_equal_rigs():
    first, again, other = ring(3, seed=7), ring(3, seed=7), ring(3, seed=8)
    assert np.array_equal(first["cam_02"].matrix, again["cam_02"].matrix)
    assert not np.array_equal(first["cam_02"].matrix, other["cam_02"].matrix)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ring(0),
        lambda: ring(4, 0.0),
        lambda: courtside(0),
        lambda: courtside(4, (28.0, 0.0)),
    ],
)
def test_rigs_that_cannot_be_are_refused(make):
    with pytest.raises(CaptureError):
        make()
