"""Laws of observations: gradients are numeric ones, robust losses, triangulation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import camera as cameras
from kinematics.inverse import energy, start, views
from tests.kinematics.reference import turn

K, N = 4, 3


def points():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(K, 3, 3, N))
    precision = np.einsum("kabn,kcbn->kacn", root, root)
    precision[1] = 0
    return energy.Points(
        jnp.float32(rng.normal(size=(K, 3, N))), jnp.float32(precision)
    )


def ring(count=3):
    """Cameras around the origin, 5 m away."""
    found = []
    for k in range(count):
        about = turn([0, 0, 2 * np.pi * k / count])
        # From the x axis, with z of the world up in the picture.
        look = np.array([[0, 1.0, 0], [0, 0, -1], [-1, 0, 0]]) @ about.T
        matrix = [[1000.0, 0, 500], [0, 1000, 400], [0, 0, 1]]
        found.append(
            cameras.make_camera(matrix, look, [0, 0, 5.0], [-0.1, 0.02, 1e-3, -1e-3])
        )
    return cameras.stack(found)


def seen():
    """Pixels of points, two not seen, and the points [K, 3, N]."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (K, 3, N)).astype(np.float32)
    pixels = np.asarray(cameras.project(ring(), np.moveaxis(x, 1, -1)))
    pixels = np.moveaxis(pixels, -1, 2)
    weight = np.ones((3, K, N), np.float32)
    weight[0, 1] = 0
    weight[:2, 2, 1] = 0
    return pixels, weight, x


def observations():
    pixels, weight, x = seen()
    noise = np.random.default_rng(2).normal(size=pixels.shape).astype(np.float32)
    weak = energy.Points(jnp.asarray(x), energy.isotropic(jnp.full((K, N), 0.1)))
    return energy.Views(ring(), pixels + 3 * noise, jnp.asarray(weight), weak)


@pytest.mark.parametrize("loss", energy.LOSSES)
@pytest.mark.parametrize("kind", [points, observations])
def test_forces_are_the_gradient_and_weights_no_less_than_none(kind, loss):
    observed = kind()
    x = jnp.float32(np.random.default_rng(3).uniform(-1, 1, (K, 3, N)))
    found = energy.local(observed, loss, x)
    slope = jax.grad(lambda x: energy.local(observed, loss, x).cost.sum())(x)
    scale = np.abs(slope).max()
    np.testing.assert_allclose(found.force / scale, -slope / scale, atol=1e-4)
    values = np.linalg.eigvalsh(np.moveaxis(np.asarray(found.precision), -1, 0))
    assert values.min() > -1e-3 * values.max()


@pytest.mark.parametrize("loss", energy.LOSSES)
def test_losses_are_squares_near_0_and_weigh_less_far_away(loss):
    square = jnp.array([0.0, 1e-4, 1.0, 25.0, 1e4])
    cost, weight = energy.robust(loss, square)
    np.testing.assert_allclose(cost[:2], square[:2] / 2, rtol=1e-4)
    assert (np.diff(cost) > 0).all()
    slope = jax.vmap(jax.grad(lambda s: energy.robust(loss, s)[0]))(square)
    np.testing.assert_allclose(weight, 2 * slope, rtol=1e-4)
    if loss != "square":
        assert weight[-1] < 0.05


def test_points_are_where_their_rays_meet():
    pixels, weight, x = seen()
    found = np.asarray(views.triangulate(ring(), pixels, weight))
    known = (weight > 0).sum(0) > 1
    assert not known[2, 1]
    expected = np.where(known[:, None], x, np.nan)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_one_wrong_view_of_many_hardly_moves_a_point():
    x = np.random.default_rng(1).uniform(-1, 1, (K, 3, N)).astype(np.float32)
    pixels = np.asarray(cameras.project(ring(6), np.moveaxis(x, 1, -1)))
    pixels = np.moveaxis(pixels, -1, 2).copy()
    pixels[0, 0] += 150
    found = views.triangulate(ring(6), pixels, np.ones((6, K, N), np.float32))
    np.testing.assert_allclose(found, x, atol=0.01)


def test_the_best_turn_is_that_of_the_singular_values():
    rng = np.random.default_rng(4)
    moments = rng.normal(size=(2, 3, 3, 5))
    found = np.asarray(start.best_turn(jnp.float32(moments)))
    for b, n in np.ndindex(2, 5):
        u, _, v = np.linalg.svd(moments[b, :, :, n])
        flip = np.diag([1, 1, np.linalg.det(u @ v)])
        truth = u @ flip @ v
        w, x, y, z = found[b, :, n].astype(float)
        k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        np.testing.assert_allclose(np.eye(3) + 2 * w * k + 2 * k @ k, truth, atol=1e-3)
