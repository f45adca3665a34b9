"""Laws of the benchmark set: it is what its description says."""

import numpy as np
import pytest

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture import CaptureError
from lmmjax.capture.synthetic import benchmark_set
from tests.lmmjax.capture.synthetic.stage import project

FRAMES = 600
VIEWS, CALIBRATION, TRUTH, INLIER = benchmark_set(FRAMES)
CLEAN = np.stack([project(camera, TRUTH) for camera in CALIBRATION.cameras])
SEEN = np.stack([view.xy[:, 0] for view in VIEWS])


def test_cameras_and_keypoints_are_those_described():
    assert TRUTH.shape == (FRAMES, 17, 3)
    assert INLIER.shape == (8, FRAMES, 17)
    away = np.linalg.norm(CALIBRATION.centers[:, :2], axis=-1)
    assert np.allclose(away, 7)
    assert set(CALIBRATION.sizes) == {(1920, 1080)}
    for view, name in zip(VIEWS, CALIBRATION, strict=True):
        assert view.camera == name
        assert view.fps == 60
        assert view.names == joint_set("coco17").landmarks
        assert view.xy.shape == (FRAMES, 1, 17, 2)


def test_inliers_have_gaussian_noise_of_one_pixel():
    error = (SEEN - CLEAN)[INLIER]
    assert error.std() == pytest.approx(1, rel=0.01)
    assert np.allclose(error.mean(0), 0, atol=0.02)
    assert (np.abs(error) < 1).mean() == pytest.approx(0.6827, abs=0.01)


def test_a_tenth_is_missing_and_a_tenth_is_displaced():
    missing = np.isnan(SEEN).any(-1)
    assert missing.mean() == pytest.approx(0.1, abs=0.005)
    displaced = ~missing & ~INLIER
    assert displaced.sum() / (~missing).sum() == pytest.approx(0.1, abs=0.005)
    away = np.linalg.norm(SEEN - CLEAN, axis=-1)[displaced]
    assert away.min() > 10
    assert away.max() < 306
    assert np.median(away) == pytest.approx(np.sqrt(15 * 300), rel=0.1)


def test_the_subject_moves_smoothly_within_reach_and_in_every_picture():
    steps = np.linalg.norm(np.diff(TRUTH, axis=0), axis=-1)
    assert steps.max() < 0.15
    assert steps.mean() > 0.01
    middle = TRUTH.mean(1)
    assert (np.ptp(middle, axis=0) < [2.2, 2.2, 1]).all()
    assert ((CLEAN > 0) & (CLEAN < [1919, 1079])).all()
    bone = np.linalg.norm(TRUTH[:, 13] - TRUTH[:, 15], axis=-1)
    assert np.ptp(bone) < 1e-5, "the shank keeps its length"


def test_confidence_is_weakly_informative():
    trust = np.stack([view.confidence[:, 0] for view in VIEWS])
    missing = np.isnan(SEEN).any(-1)
    assert ((trust == 0) == missing).all()
    inside, outside = trust[INLIER], trust[~missing & ~INLIER]
    assert inside.mean() == pytest.approx(0.75, abs=0.01)
    assert outside.mean() == pytest.approx(0.5, abs=0.01)


def test_equal_seeds_give_equal_sets_and_sizes_are_as_asked():
    first, again = (benchmark_set(5, 17, 16, seed=2) for _ in range(2))
    assert len(first[0]) == 16
    assert first[2].shape == (5, 17, 3)
    for one, two in zip(first[0], again[0], strict=True):
        assert np.array_equal(one.xy, two.xy, equal_nan=True)
    other = benchmark_set(5, 17, 16, seed=3)
    assert not np.array_equal(first[2], other[2])


def test_the_set_with_feet_and_one_that_is_not_there():
    views, _, truth, inlier = benchmark_set(5, 25, 2)
    assert views[0].names == joint_set("body25").landmarks
    assert truth.shape == (5, 25, 3)
    assert inlier.shape == (2, 5, 25)
    with pytest.raises(CaptureError, match="17 or 25"):
        benchmark_set(5, 26)
