"""The compatibility mode does what Pose2Sim did, on its own demonstration."""

import re

import numpy as np
import pytest

from kinematics import formats
from lmmjax.capture import CaptureError, calibration
from lmmjax.capture.detections import read_keypoints
from lmmjax.capture.triangulate import pose2sim
from tests.lmmjax.capture.triangulate import scene


def test_its_raw_points_are_reproduced(shared_data):
    demo = shared_data / "capture/pose2sim_demo"
    rig = calibration.read(demo / "calibration/Calib_qualisys.toml")
    trial = demo / "single_participant"
    views = []
    for name in rig:
        folder = "cam" + re.findall(r"\d+", name)[-1] + "_json"
        path = trial / "pose-associated" / folder
        views.append(read_keypoints(path, camera=name, fps=60.0))
    found, _ = pose2sim.triangulate(views, rig)
    truth = formats.read_points(trial / "pose-3d/S00_P00_T01_BalancingTrial_0-100.trc")
    marks = {
        "RBigToe": "right_big_toe",
        "LHeel": "left_heel",
        "RHip": "right_hip",
        "RKnee": "right_knee",
        "LWrist": "left_wrist",
        "Nose": "nose",
        "Head": "head_top",
    }
    at = [views[0].names.index(mark) for mark in marks.values()]
    ours = found[0, : len(truth)][:, at]
    theirs = np.asarray(truth.select(list(marks)).positions)
    away = np.linalg.norm(ours - theirs, axis=-1)
    assert np.isfinite(away).mean() > 0.98
    assert np.nanmax(away) < 1e-5


def test_a_camera_that_is_off_is_left_out():
    rig = scene.ring(4, ((),))
    points = scene.cloud(3)
    pixels = scene.pictures(rig, points)
    pixels[2, 1] += 100.0
    found, error = pose2sim.triangulate(scene.views(rig, pixels), rig)
    np.testing.assert_allclose(found[0], points, atol=1e-4)
    assert error.max() < 0.1


def test_what_no_cameras_agree_on_is_missing():
    rig = scene.ring(2, ((),))
    pixels = scene.pictures(rig, scene.cloud(2))
    pixels[0, 1] += 200.0
    found, error = pose2sim.triangulate(scene.views(rig, pixels), rig)
    assert np.isfinite(found[0, 0]).all()
    assert np.isnan(found[0, 1]).all()
    assert np.isnan(error[0, 1]).all()


def test_cameras_beyond_all_subsets_are_refused():
    rig = scene.ring(13)
    views = scene.views(rig, scene.pictures(rig, scene.cloud(1)))
    with pytest.raises(CaptureError, match="not feasible with 13"):
        pose2sim.triangulate(views, rig)
