"""Laws of bundle adjustment: a shaken calibration comes back, too little is refused."""

import dataclasses

import numpy as np
import pytest

from kinematics.camera import make_camera
from lmmjax.capture.calibration import bundle, observations
from lmmjax.capture.cameras import make_calibration
from lmmjax.capture.errors import CaptureError
from tests.lmmjax.capture.calibration import rig


def mixed():
    """Four cameras, the second of which is a fisheye."""
    plain = rig.ring(4)
    cameras = list(plain.cameras)
    cameras[1] = make_camera(
        *(cameras[1].matrix, cameras[1].rotation, cameras[1].translation),
        *([0.05, -0.01, 0.0, 0.0], True, np.float64),
    )
    return make_calibration(plain.names, cameras, plain.sizes)


# One shape for all, so that it compiles once.
TRUTH = mixed()
VIEWS = rig.watched(TRUTH, rig.walk())
SHAKEN = rig.shaken(TRUTH, 2.0, 0.05)
POINTS = 300


def adjust(views=VIEWS, calibration=SHAKEN, **options):
    return bundle.adjust(views, calibration, most_points=POINTS, **options)


@pytest.fixture(scope="module")
def found():
    return adjust()


def test_poses_come_back_despite_outliers(found):
    before, after = (
        rig.distances(TRUTH, SHAKEN),
        rig.distances(TRUTH, found.calibration),
    )
    assert before[0].mean() > 0.03
    assert before[1].mean() > 1.5
    # What is possible: from the truth, without a single outlier.
    clean = rig.watched(TRUTH, rig.walk(), outliers=0.0)
    best = rig.distances(TRUTH, adjust(clean, TRUTH, robust=False).calibration)
    assert after[0].mean() < 0.01
    assert after[1].mean() < 0.1
    assert after[0].mean() < 5 * best[0].mean()
    for name, pixels in found.after_px.items():
        assert found.before_px[name] > 5 * pixels
    assert max(found.after_px.values()) < 1.2
    assert found.points == POINTS
    assert all(0 < metres < 0.3 for _, metres in found.moved.values())


def test_outliers_ruin_it_without_robust_weights(found):
    plain = rig.distances(TRUTH, adjust(robust=False).calibration)[0]
    assert plain.max() > 3 * rig.distances(TRUTH, found.calibration)[0].max()


def test_without_noise_nothing_is_left():
    clean = rig.watched(TRUTH, rig.walk(), 0.0, 0.0)
    metres, degrees = rig.distances(TRUTH, adjust(clean).calibration)
    assert metres.max() < 1e-4
    assert degrees.max() < 1e-3


def test_lenses_come_back_when_they_may():
    cameras = []
    for camera, grow in zip(SHAKEN.cameras, (1.02, 0.98, 1.01, 0.99), strict=True):
        matrix = camera.matrix * [[grow], [grow], [1]]
        matrix[:2, 2] = camera.matrix[:2, 2]
        cameras.append(dataclasses.replace(camera, matrix=matrix))
    wrong = make_calibration(SHAKEN.names, cameras, SHAKEN.sizes)
    clean = rig.watched(TRUTH, rig.walk(), 0.1, 0.0)
    found = adjust(clean, wrong, fix_intrinsics=False).calibration
    focal = [camera.matrix[0, 0] for camera in found.cameras]
    np.testing.assert_allclose(focal, 1250, rtol=0.004)
    held = adjust(clean, wrong).calibration
    for a, b in zip(held.cameras, wrong.cameras, strict=True):
        np.testing.assert_array_equal(a.matrix, b.matrix)
        np.testing.assert_array_equal(a.distortion, b.distortion)


def test_the_world_and_its_size_stay_what_they_were(found):
    found = found.calibration
    np.testing.assert_allclose(found.centers.mean(0), SHAKEN.centers.mean(0), atol=1e-9)
    spread = [np.linalg.norm(c.centers - c.centers.mean(0)) for c in (found, SHAKEN)]
    np.testing.assert_allclose(*spread)
    for camera in found.cameras:
        np.testing.assert_allclose(
            camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-9
        )
        assert isinstance(camera.rotation, np.ndarray)
        assert camera.rotation.dtype == np.float64
    assert [camera.fisheye for camera in found.cameras] == [False, True, False, False]


def test_cameras_without_view_stay_as_they_are():
    more = rig.ring(5)
    calibration = make_calibration(
        ("unseen", *SHAKEN.names),
        (more.cameras[4], *SHAKEN.cameras),
        ((640, 480), *SHAKEN.sizes),
    )
    found = adjust(calibration=calibration)
    assert found.calibration.names == calibration.names
    assert found.calibration.sizes == calibration.sizes
    assert found.calibration["unseen"] is more.cameras[4]
    assert set(found.moved) == set(SHAKEN.names)


def test_too_little_is_refused_with_the_reason():
    few = [view[:5] for view in VIEWS]
    with pytest.raises(CaptureError, match=r"only \d+ points are seen by two cameras"):
        adjust(few)
    with pytest.raises(CaptureError, match="views of two calibrated cameras"):
        adjust(VIEWS[:1])
    with pytest.raises(CaptureError, match="views of two calibrated cameras"):
        adjust([VIEWS[0], VIEWS[0]])
    with pytest.raises(CaptureError, match="views differ in length"):
        adjust([VIEWS[0][:50], *VIEWS[1:]])
    blind = VIEWS[2].replace(confidence=np.zeros_like(VIEWS[2].confidence))
    with pytest.raises(CaptureError, match="'cam_03' shares fewer than 25 points"):
        adjust([*VIEWS[:2], blind, VIEWS[3]])
    nobody = VIEWS[2].replace(
        xy=VIEWS[2].xy[:, :0], confidence=VIEWS[2].confidence[:, :0]
    )
    with pytest.raises(CaptureError, match="'cam_03': nobody is in its keypoints"):
        adjust([*VIEWS[:2], nobody, VIEWS[3]])


def test_points_are_spread_over_space():
    still = np.repeat(rig.walk(1), 100, axis=0)
    places = np.concatenate([still, rig.walk(20)])
    clean = rig.watched(TRUTH, places, 0.0, 0.0, 0.0)
    found = observations.choose(clean, TRUTH, 120)
    assert found.pixels.shape == (4, 120, 2)
    moving = np.linalg.norm(found.points[:, None] - still[0], axis=-1).min(1) > 0.05
    # A sixth of the frames move, and most of the points are from them.
    assert moving.mean() > 0.6
