"""Laws of cameras: the documented equations in float64, batches, finite derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import camera as cameras
from tests.kinematics.reference import turn

PROJECT = jax.jit(cameras.project)
LENSES = {
    "no lens": ([], False),
    "Brown": ([-0.21, 0.06, 0.002, -0.001, 0.01], False),
    "rational": ([-0.21, 0.06, 0.002, -0.001, 0.01, 0.1, -0.02, 0.003], False),
    "fisheye": ([0.05, -0.01, 0.003, -0.001], True),
}


def hand_formula(matrix, rotation, translation, k, fisheye, point):
    """OpenCV's documented equations for one point, in float64."""
    x, y, z = rotation @ point + translation
    x, y = x / z, y / z
    k = np.concatenate([k, np.zeros(8 - len(k))])
    if fisheye:
        r = np.hypot(x, y)
        t = np.arctan(r)
        bent = t * (1 + k[0] * t**2 + k[1] * t**4 + k[2] * t**6 + k[3] * t**8)
        x, y = x * bent / r, y * bent / r
    else:
        k1, k2, p1, p2, k3, k4, k5, k6 = k
        r2 = x**2 + y**2
        radial = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (
            1 + k4 * r2 + k5 * r2**2 + k6 * r2**3
        )
        x, y = (
            x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x**2),
            y * radial + p1 * (r2 + 2 * y**2) + 2 * p2 * x * y,
        )
    u, v, w = matrix @ [x, y, 1]
    return np.array([u / w, v / w])


def some_camera(lens, seed=0):
    k, fisheye = LENSES[lens]
    rng = np.random.default_rng(seed)
    matrix = np.array([[1100.0, 1.5, 950.0], [0, 1080.0, 530.0], [0, 0, 1]])
    rotation = turn(rng.normal(size=3))
    translation = np.array([0.2, -0.1, 6.0])
    return (matrix, rotation, translation, np.array(k), fisheye)


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("batch", [(), (0,), (1,), (2, 3)], ids=str)
def test_projection_is_the_documented_one(lens, batch):
    parts = some_camera(lens)
    points = np.random.default_rng(1).uniform(-1.5, 1.5, (*batch, 3))
    found = PROJECT(cameras.make_camera(*parts), points.astype(np.float32))
    assert found.shape == (*batch, 2)
    for i in np.ndindex(*batch):
        truth = hand_formula(*parts, points[i])
        np.testing.assert_allclose(found[i], truth, atol=2e-3)


def test_several_cameras_see_all_points():
    parts = [some_camera("Brown", seed) for seed in range(3)]
    points = np.random.default_rng(1).uniform(-1, 1, (2, 5, 3)).astype(np.float32)
    together = cameras.stack([cameras.make_camera(*p) for p in parts])
    found = PROJECT(together, points)
    assert found.shape == (3, 2, 5, 2)
    for c, p in enumerate(parts):
        alone = PROJECT(cameras.make_camera(*p), points)
        np.testing.assert_allclose(found[c], alone, atol=1e-3)


@pytest.mark.parametrize("lens", LENSES)
def test_undistort_takes_the_lens_away(lens):
    camera = cameras.stack([cameras.make_camera(*some_camera(lens))])
    points = np.random.default_rng(1).uniform(-1, 1, (7, 3)).astype(np.float32)
    rays = cameras.undistort(camera, PROJECT(camera, points))
    x, y, z = np.moveaxis(np.asarray(cameras.transform(camera, points)), -1, 0)
    np.testing.assert_allclose(rays, np.stack([x / z, y / z], -1), atol=2e-5)


def test_the_center_is_projected_from():
    camera = cameras.make_camera(*some_camera("no lens"))
    _, rotation, translation, _, _ = some_camera("no lens")
    np.testing.assert_allclose(camera.center, -rotation.T @ translation, atol=1e-5)
    seen = cameras.transform(camera, camera.center)
    np.testing.assert_allclose(seen, 0, atol=1e-5)


@pytest.mark.parametrize("lens", LENSES)
def test_derivatives_are_finite_on_the_axis_and_behind(lens):
    matrix, _, _, k, fisheye = some_camera(lens)
    camera = cameras.make_camera(matrix, np.eye(3), np.zeros(3), k, fisheye)
    slope = jax.jit(jax.jacfwd(lambda p: cameras.project(camera, p)))
    for point in ([0, 0, 2.0], [1e-8, 0, 2.0], [0, 0, 0], [0.1, 0.2, -3.0]):
        assert np.isfinite(slope(jnp.array(point, jnp.float32))).all()
    # On the axis every lens is the pinhole.
    on_axis = slope(jnp.array([0, 0, 2.0]))
    pinhole = [[550, 0.75, 0], [0, 540, 0]]
    np.testing.assert_allclose(on_axis, pinhole, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rotation": np.diag([1.0, 1.0, -1.0])}, "right-handed"),
        ({"rotation": 2 * np.eye(3)}, "orthonormal"),
        ({"rotation": np.full((3, 3), np.nan)}, "orthonormal"),
        ({"translation": np.zeros(2)}, "translation"),
        ({"matrix": np.diag([0.0, 1.0, 1.0])}, "focal"),
        ({"distortion": np.zeros(9)}, "distortion"),
        ({"distortion": np.zeros(5), "fisheye": True}, "distortion"),
    ],
)
def test_what_is_no_camera_is_refused(change, message):
    good = {"matrix": np.eye(3), "rotation": np.eye(3), "translation": np.zeros(3)}
    with pytest.raises(ValueError, match=message):
        cameras.make_camera(**(good | change))


def test_only_like_lenses_stack():
    one = cameras.make_camera(*some_camera("Brown"))
    other = cameras.make_camera(*some_camera("fisheye"))
    with pytest.raises(ValueError, match="fisheyes"):
        cameras.stack([one, other])
    with pytest.raises(ValueError, match="no cameras"):
        cameras.stack([])
