"""Laws of triangulation: the truth without noise, the best estimate with it."""

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.stats import chi2

from lmmjax.capture import CaptureError
from lmmjax.capture.triangulate import triangulate
from tests.lmmjax.capture.triangulate import scene

CAMERAS = scene.ring(4)


def noisy(frames, sigma=1.0, seed=0, cameras=CAMERAS):
    points = scene.cloud(frames, seed)
    rng = np.random.default_rng(seed + 1)
    pixels = scene.pictures(cameras, points)
    return points, pixels + sigma * rng.normal(size=pixels.shape)


@pytest.mark.parametrize("far", [0.0, 80.0], ids=["at the origin", "far away"])
@pytest.mark.parametrize(
    "lenses", [(scene.BROWN,), (scene.BROWN, scene.FISHEYE)], ids=["Brown", "mixed"]
)
def test_without_noise_the_truth_is_found(lenses, far):
    offset = (far, -far, 0.0)
    cameras = scene.ring(4, lenses, offset)
    points = scene.cloud(5, offset=offset)
    views = scene.views(cameras, scene.pictures(cameras, points))
    found = triangulate(views, cameras)
    np.testing.assert_allclose(found.points.positions[0], points, atol=5e-5)
    assert found.agrees.all()
    assert found.error_px.max() < 0.05


def test_noisy_points_are_those_of_least_squares():
    points, pixels = noisy(3)
    found = triangulate(scene.views(CAMERAS, pixels), CAMERAS, noise_px=1.0)
    for t, k in np.ndindex(3, 4):

        def error(x, t=t, k=k):
            seen = scene.pictures(CAMERAS, x[None, None])
            return (seen[:, 0, 0] - pixels[:, t, k]).ravel()

        best = least_squares(error, points[t, k], xtol=1e-12)
        spread = np.linalg.inv(best.jac.T @ best.jac)
        place = found.points.positions[0, t, k]
        off = place - best.x
        # The lens is linearised at the observation: small against the noise.
        assert off @ np.linalg.solve(spread, off) < 0.01
        np.testing.assert_allclose(
            found.points.covariances[0, t, k], spread, rtol=0.05, atol=2e-8
        )


def test_the_covariance_is_honest():
    points, pixels = noisy(1000)
    found = triangulate(scene.views(CAMERAS, pixels), CAMERAS)
    off = (found.points.positions[0] - points).astype(float)
    spread = found.points.covariances[0].astype(float)
    square = np.einsum(
        "tki,tki->tk", off, np.linalg.solve(spread, off[..., None])[..., 0]
    )
    for level in (0.5, 0.9, 0.95):
        assert (square < chi2.ppf(level, 3)).mean() == pytest.approx(level, abs=0.03)


def test_wrong_observations_are_found_and_left_out():
    points, pixels = noisy(400)
    rng = np.random.default_rng(5)
    # One of the four cameras is wrong, by far, at a third of the points.
    wrong = (rng.random((400, 4)) < 0.33) & (
        rng.integers(0, 4, (400, 4)) == np.arange(4)[:, None, None]
    )
    wrong[1:] &= ~np.maximum.accumulate(wrong, axis=0)[:-1]
    far = rng.uniform(30, 300, wrong.shape)
    turn = rng.uniform(0, 2 * np.pi, wrong.shape)
    shift = far[..., None] * np.stack([np.cos(turn), np.sin(turn)], -1)
    found = triangulate(
        scene.views(CAMERAS, pixels + np.where(wrong[..., None], shift, 0)), CAMERAS
    )
    assert (found.agrees[:, 0] == ~wrong).mean() > 0.99
    error = np.linalg.norm(found.points.positions[0] - points, axis=-1)
    assert np.quantile(error, 0.99) < 0.02


def test_the_noise_of_each_camera_is_found():
    points = scene.cloud(1000)
    sigma = np.array([0.7, 2.0, 4.0, 1.0])
    rng = np.random.default_rng(3)
    pixels = scene.pictures(CAMERAS, points)
    pixels = pixels + sigma[:, None, None, None] * rng.normal(size=pixels.shape)
    found = triangulate(scene.views(CAMERAS, pixels), CAMERAS)
    np.testing.assert_allclose(found.noise_px[0].mean(1), sigma, rtol=0.1)


def test_more_cameras_than_pairs_are_tried_find_the_same_points():
    cameras = scene.ring(9)
    points, pixels = noisy(50, cameras=cameras)
    pixels[:4, ::2] += 150.0  # four of nine are wrong together, half of the time
    found = triangulate(scene.views(cameras, pixels), cameras, noise_px=1.0)
    error = np.linalg.norm(found.points.positions[0] - points, axis=-1)
    assert error.max() < 0.03


def test_what_fewer_than_two_cameras_see_is_missing():
    _, pixels = noisy(6)
    pixels[1:, 2] = np.nan
    pixels[:, 4] = 0
    found = triangulate(scene.views(CAMERAS, pixels), CAMERAS, noise_px=1.0)
    assert np.isnan(found.points.positions[0, [2, 4]]).all()
    assert np.isnan(found.points.covariances[0, [2, 4]]).all()
    assert np.isfinite(found.points.positions[0, [0, 1, 3, 5]]).all()


def test_two_cameras_that_contradict_each_other_make_no_point():
    _, pixels = noisy(2)
    pixels[2:] = np.nan
    pixels[0, 1] += 200.0
    found = triangulate(scene.views(CAMERAS, pixels), CAMERAS, noise_px=1.0)
    assert np.isfinite(found.points.positions[0, 0]).all()
    assert np.isnan(found.points.positions[0, 1]).all()


def test_the_order_of_cameras_does_not_matter():
    _, pixels = noisy(20)
    views = scene.views(CAMERAS, pixels)
    one = triangulate(views, CAMERAS, noise_px=1.0)
    other = triangulate(views[::-1], CAMERAS, noise_px=1.0)
    np.testing.assert_allclose(one.points.positions, other.points.positions, atol=2e-5)
    np.testing.assert_array_equal(one.agrees, other.agrees[::-1])


@pytest.mark.parametrize("frames", [0, 1])
def test_clips_of_no_frame_and_of_one(frames):
    _, pixels = noisy(frames)
    found = triangulate(scene.views(CAMERAS, pixels), CAMERAS)
    assert found.points.positions.shape == (1, frames, 4, 3)
    assert np.isfinite(found.points.positions).all()


def test_bad_input_names_the_camera():
    _, pixels = noisy(3)
    views = scene.views(CAMERAS, pixels)
    with pytest.raises(CaptureError, match="two cameras"):
        triangulate(views[:1], CAMERAS)
    with pytest.raises(CaptureError, match=r"'cam_3' is not calibrated.*cam_0"):
        triangulate(views, CAMERAS.select(["cam_0", "cam_1", "cam_2"]))
    with pytest.raises(CaptureError, match="'cam_1' has 2 frames"):
        triangulate([views[0], views[1][:2]], CAMERAS)
