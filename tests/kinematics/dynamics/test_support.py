"""Laws of the support: distances to a hull against SciPy's hull and by hand."""

import jax
import numpy as np
import pytest
from scipy.spatial import ConvexHull

from kinematics.dynamics import nearest_supported, signed_distance, soles

DISTANCE = jax.jit(signed_distance)
NEAREST = jax.jit(nearest_supported)


def hull_distance(point, corners):
    """Signed distance by the facets and edges of SciPy's hull, float64."""
    hull = ConvexHull(corners)
    depth = -(hull.equations[:, :2] @ point + hull.equations[:, 2]).max()
    if depth > 0:
        return depth
    best = np.inf
    for a, b in corners[hull.simplices]:
        along = np.clip((point - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
        best = min(best, np.linalg.norm(point - a - along * (b - a)))
    return -best


def test_the_distance_is_that_of_the_convex_hull():
    rng = np.random.default_rng(0)
    corners, point = rng.normal(size=(60, 8, 2)), rng.normal(size=(60, 2))
    contact = rng.uniform(size=(60, 8)) < 0.7
    contact[:, :3] = True
    found = DISTANCE(np.float32(point), np.float32(corners), contact)
    wanted = [
        hull_distance(p, c[on])
        for p, c, on in zip(point, corners, contact, strict=True)
    ]
    assert 10 < np.sum(np.array(wanted) > 0) < 50
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    nearest = NEAREST(np.float32(point), np.float32(corners), contact)
    gap = np.linalg.norm(nearest - point, axis=-1)
    np.testing.assert_allclose(gap, np.maximum(-np.array(wanted), 0), atol=1e-5)


@pytest.mark.parametrize(
    ("contact", "distance"),
    [
        ([1, 0, 0, 0, 0, 0, 0, 0], -np.sqrt(2)),
        ([1, 1, 0, 0, 0, 0, 0, 0], -1.0),
        ([1, 1, 1, 0, 0, 0, 0, 0], -1 / np.sqrt(13)),
        ([0, 0, 0, 0, 1, 1, 0, 0], -np.sqrt(2)),
        ([0, 0, 0, 0, 0, 0, 0, 0], np.nan),
    ],
    ids=["corner", "edge", "triangle", "twice the same", "nothing"],
)
def test_supports_of_few_points_have_the_distance_by_hand(contact, distance):
    corners = np.zeros((8, 2), np.float32)
    corners[:4] = [(1, 1), (-1, 1), (2, -1), (0, 0)]
    corners[4:] = (1, 1)
    # The point is just below the edge of the triangle from (-1, 1) to (2, -1).
    point = np.float32([0.0, 0.0])
    found = DISTANCE(point, corners, np.array(contact, bool))
    np.testing.assert_allclose(found, distance, atol=1e-6)


def test_soles_are_as_broad_as_they_should_be():
    points = np.float32([[[0, 0.1, 0.08], [0.2, 0.1, 0]], [[0, 0, 0], [0, -0.2, 0]]])
    contact = np.array([[True, False], [True, True]])
    found = soles(points, contact, 0.1)
    wanted = [(0, 0.15), (0.2, 0.15), (0, 0.05), (0.2, 0.05)]
    np.testing.assert_allclose(found.corners[0], wanted, atol=1e-6)
    wanted = [(0.05, 0), (0.05, -0.2), (-0.05, 0), (-0.05, -0.2)]
    np.testing.assert_allclose(found.corners[1], wanted, atol=1e-6)
    assert found.contact.tolist() == [[True, False] * 2, [True] * 4]
    points[0, 0] = np.nan
    assert not soles(points, contact, 0.1).contact[0].any()


def test_gradients_are_finite_on_the_edge_and_on_a_corner():
    corners = np.float32([(1, 1), (-1, 1), (-1, -1), (1, -1)] * 2)
    slope = jax.jit(jax.grad(signed_distance))
    every = np.ones(8, bool)
    for point in ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (2.0, 0.0), (0.0, 0.0)):
        assert np.isfinite(slope(np.float32(point), corners, every)).all()
    np.testing.assert_allclose(slope(np.float32([0.5, 0.2]), corners, every), [-1, 0])
    np.testing.assert_allclose(slope(np.float32([3.0, 0.2]), corners, every), [-1, 0])
