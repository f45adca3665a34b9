"""Laws of rays: what is projected is found again, and wrong rays do not matter."""

import numpy as np
import pytest

from lmmjax.capture.associate.geometry import (
    ideal_points,
    make_rig,
    project,
    ray_distances,
    triangulate,
)
from tests.lmmjax.capture.associate.scene import pixels_of, ring


@pytest.fixture(scope="module")
def rig():
    return make_rig(ring(), ring().names)


@pytest.fixture(scope="module")
def places():
    return np.random.default_rng(0).uniform([-2, -2, 0], [2, 2, 2], (4, 5, 3))


def test_points_of_a_lens_become_ideal_and_missing_ones_stay_0(rig, places):
    name = ring().names[2]
    pixels = np.array(pixels_of(ring()[name], places.astype(np.float32)))
    pixels[1, 2] = np.nan
    found = ideal_points(ring()[name], pixels)
    there, depth = project(rig, places)
    assert (found[1, 2] == 0).all()
    there[1, 2, 2] = 0
    np.testing.assert_allclose(found, there[:, 2], atol=1e-5)
    assert (depth > 0).all()


def test_rays_of_a_point_meet_in_it(rig, places):
    points, _ = project(rig, places)
    weights = np.ones(points.shape[:-1])
    found = triangulate(rig, points, weights, scale=0.1)
    np.testing.assert_allclose(found, places, atol=1e-6)
    two = weights.copy()
    two[:, 2:] = 0
    np.testing.assert_allclose(
        triangulate(rig, points, two, scale=0.1), places, atol=1e-5
    )


def test_a_wrong_ray_hardly_moves_a_point(rig, places):
    points, _ = project(rig, places)
    points[:, 3] += 0.1
    weights = np.ones(points.shape[:-1])
    free = triangulate(rig, points, weights, scale=0.1)
    known = triangulate(rig, points, weights, places + 0.05, 0.02, scale=0.1)
    plain = triangulate(rig, points, weights, scale=1e6)
    for found in (free, known):
        off = np.linalg.norm(found - places, axis=-1)
        assert off.max() < 0.02
        assert off.max() < 0.2 * np.linalg.norm(plain - places, axis=-1).max()


def test_a_single_ray_leaves_depth_to_the_prior(rig, places):
    points, _ = project(rig, places)
    weights = np.zeros(points.shape[:-1])
    weights[:, 0] = 1
    away = places - rig.centers[0]
    ahead = away / np.linalg.norm(away, axis=-1, keepdims=True)
    aside = np.cross(ahead, [0, 0, 1.0])
    prior = places + 0.1 * ahead + 0.1 * aside
    found = triangulate(rig, points, weights, prior, 0.02, scale=0.1)
    np.testing.assert_allclose(((found - places) * aside).sum(-1), 0, atol=0.01)
    np.testing.assert_allclose(((found - places) * ahead).sum(-1), 0.1, atol=0.02)
    nothing = triangulate(rig, points, 0 * weights, prior, 0.02, scale=0.1)
    np.testing.assert_allclose(nothing, prior, atol=1e-9)


def test_rays_pass_each_other_as_far_as_lines_do(rig, places):
    points, _ = project(rig, places)
    view = np.array([0, 1, 4])
    apart = ray_distances(rig, points[[0, 0, 1], view], view)
    np.testing.assert_allclose(apart[0, 1], 0, atol=1e-9)
    # Against numpy: distance of two lines by least squares.
    for k in range(5):
        a, b = rig.centers[0], rig.centers[4]
        m = np.stack([places[0, k] - a, b - places[1, k]], axis=1)
        s, *_ = np.linalg.lstsq(m, b - a, rcond=None)
        expected = np.linalg.norm(m @ s - (b - a)) if (s > 0).all() else np.inf
        parallel = np.linalg.norm(np.cross(m[:, 0], m[:, 1])) < 0.01 * np.prod(
            np.linalg.norm(m, axis=0)
        )
        assert apart[0, 2, k] == pytest.approx(np.inf if parallel else expected)
    np.testing.assert_array_equal(apart, apart.swapaxes(0, 1))


def test_rays_that_meet_behind_a_camera_do_not_meet(rig):
    behind = rig.centers[0] + 3 * (rig.centers[0] - [0, 0, 1])
    turned = rig.rotation[:2] @ behind + rig.translation[:2]
    points = turned[:, :2] / turned[:, 2:]
    assert turned[0, 2] < 0
    apart = ray_distances(rig, points[:, None], np.arange(2))
    assert np.isinf(apart[0, 1, 0])
