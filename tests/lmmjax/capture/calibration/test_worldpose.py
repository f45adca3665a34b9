"""Laws of WorldPose cameras: a still one is read, a moving one by the frame."""

import numpy as np
import pytest

from lmmjax.capture.calibration import worldpose
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig

TRUTH = rig.ring(2)


def save(folder, frames=3, poses=3, **changes):
    a = TRUTH.cameras[0]
    arrays = {
        "K": np.stack([a.matrix] * frames),
        "k": np.stack([a.distortion[:5]] * frames),
        "R": np.stack([a.rotation] * poses),
        "t": np.stack([a.translation] * poses),
    } | changes
    np.savez(folder / "ARG_CRO_1.npz", **arrays)
    return folder / "ARG_CRO_1.npz"


def test_a_camera_that_stands_still_is_read(tmp_path):
    for frames in (1, 3):
        found = worldpose.read(save(tmp_path, frames, frames))
        assert found.names == ("ARG_CRO_1",)
        camera = found["ARG_CRO_1"]
        points = rig.points_before(camera)
        expected = rig.seen(TRUTH.cameras[0], points)
        np.testing.assert_allclose(rig.seen(camera, points), expected, atol=1e-9)


def test_a_moving_camera_is_refused_but_for_a_frame(tmp_path):
    first = save(tmp_path, 3, 1)
    with pytest.raises(CaptureError, match="R is of the first frame only"):
        worldpose.read(first)
    assert worldpose.read(first, frame=0).names == ("ARG_CRO_1",)
    with pytest.raises(CaptureError, match="R of frame 2 is not in the file"):
        worldpose.read(first, frame=2)
    turns = np.stack([camera.rotation for camera in TRUTH.cameras])
    shifts = np.stack([camera.translation for camera in TRUTH.cameras])
    moving = save(tmp_path, 2, 2, R=turns, t=shifts)
    with pytest.raises(CaptureError, match="R is changing"):
        worldpose.read(moving)
    second = worldpose.read(moving, frame=1)
    np.testing.assert_allclose(second.centers, TRUTH.centers[1:], atol=1e-9)


def test_archives_of_something_else_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", K=np.eye(3))
    with pytest.raises(CaptureError, match="R, t is not in the archive"):
        worldpose.read(tmp_path / "a.npz")
    with pytest.raises(CaptureError, match="R has 2 frames and K has 3"):
        worldpose.read(save(tmp_path, 3, 2))
