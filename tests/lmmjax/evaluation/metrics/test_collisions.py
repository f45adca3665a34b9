"""Distances of segments, and which capsules count as collisions."""

import numpy as np
import pytest

from kinematics import make_skeleton
from lmmjax.evaluation import metrics

RNG = np.random.default_rng(6)


def test_segments_are_as_far_apart_as_their_nearest_points():
    a, b, c, d = RNG.normal(size=(4, 300, 3))
    s = np.linspace(0, 1, 201)
    one = a[:, None] + s[:, None] * (b - a)[:, None]
    # Of each of these points the nearest on the other segment is known.
    way = d - c
    square = (way**2).sum(-1)
    along = ((one - c[:, None]) @ way[..., None])[..., 0] / square[:, None]
    near = c[:, None] + np.clip(along, 0, 1)[..., None] * way[:, None]
    expected = np.linalg.norm(one - near, axis=-1).min(axis=1)
    found = metrics.segment_distance(a, b, c, d)
    assert (found <= expected + 1e-12).all()
    np.testing.assert_allclose(found, expected, atol=0.02)
    np.testing.assert_allclose(metrics.segment_distance(d, c, a, b), found)
    np.testing.assert_allclose(
        metrics.segment_distance(a + 5, b + 5, c + 5, d + 5), found
    )


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # Crossing at a right angle, 1 m above each other.
        (((-1, 0, 0), (1, 0, 0), (0, -1, 1), (0, 1, 1)), 1),
        # Parallel and side by side; parallel, one after the other; on one line.
        (((0, 0, 0), (1, 0, 0), (0.2, 2, 0), (9, 2, 0)), 2),
        (((0, 0, 0), (1, 0, 0), (4, 4, 0), (9, 4, 0)), 5),
        (((0, 0, 0), (1, 0, 0), (3, 0, 0), (2, 0, 0)), 1),
        # They meet; an end against an inside; a point; two points.
        (((-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0)), 0),
        (((0, 0, 0), (4, 0, 0), (1, 1, 0), (1, 5, 0)), 1),
        (((0, 0, 0), (4, 0, 0), (2, 3, 0), (2, 3, 0)), 3),
        (((0, 0, 0), (0, 0, 0), (3, 4, 0), (3, 4, 0)), 5),
    ],
)
def test_segments_in_special_places(points, expected):
    found = metrics.segment_distance(*np.array(points, float))
    assert found == pytest.approx(expected, abs=1e-12)


def arms():
    """A trunk with two arms of two bones each, spread 1 m to both sides."""
    names = ["Hips", "LeftArm", "LeftHand", "RightArm", "RightHand"]
    offsets = [(0, 0, 0), (0, 0.5, 0), (0, 0.5, 0), (0, -0.5, 0), (0, -0.5, 0)]
    kinds = ["free", "ball", "fixed", "ball", "fixed"]
    return make_skeleton(names, (-1, 0, 1, 0, 3), np.array(offsets, float), kinds)


RADII = np.array([0, 0.05, 0.04, 0.05, 0.03])
REST = np.array(
    [[0, 0, 0], [0, 0.5, 0], [0, 1, 0], [0, -0.5, 0], [0, -1, 0]], dtype=float
)


def test_hands_that_cross_collide_and_bones_at_a_joint_do_not():
    folded = REST.copy()
    # Both forearms forward and then across each other, 5 cm apart in height.
    folded[2], folded[4] = [0.5, -0.5, 0], [0.5, 0.5, 0.1]
    found = metrics.penetration(arms(), np.stack([REST, folded])[:, None], RADII)
    # At rest the nearest pair that counts is a forearm and the other upper arm.
    assert found.own[0] == pytest.approx(0.04 + 0.05 - 0.5)
    assert found.own[1] == pytest.approx(0.07 - 0.05, abs=1e-3)
    assert (found.between == -np.inf).all()
    assert metrics.collision_share(found.own, 0.01) == 0.5
    assert metrics.collision_share(found.own - 1) == 0


def test_what_touches_at_rest_is_no_collision():
    fat = metrics.penetration(arms(), REST[None, None], RADII * 7)
    assert fat.own[0] == pytest.approx((0.04 + 0.03) * 7 - 1)
    solid = metrics.penetration(arms(), REST[None, None], RADII * 20)
    assert solid.own[0] == -np.inf


def test_two_people_collide_where_they_are_near():
    people = np.stack([REST, REST + np.array([0.08, 0, 0]), REST + np.array([9, 0, 0])])
    found = metrics.penetration(arms(), people[None], RADII)
    assert found.between == pytest.approx([0.1 - 0.08])
    alone = metrics.penetration(arms(), people[None, ::2], RADII)
    assert alone.between == pytest.approx([0.1 - 9])
    turned = metrics.penetration(arms(), people[None, ::-1] + 3, RADII)
    assert turned.between == pytest.approx(found.between)


def test_missing_bones_touch_nothing():
    people = np.stack([REST, REST + np.array([0.08, 0, 0])])
    people[1] = np.nan
    found = metrics.penetration(arms(), people[None], RADII)
    assert found.between == -np.inf
    assert found.own[0] == pytest.approx(0.09 - 0.5)


def test_blocks_of_frames_change_nothing(monkeypatch):
    people = RNG.normal(size=(7, 2, 5, 3))
    whole = metrics.penetration(arms(), people, RADII)
    monkeypatch.setattr("lmmjax.evaluation.metrics.collisions._BLOCK", 20)
    parts = metrics.penetration(arms(), people, RADII)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"radii \[5\]; got \[5, 3\] and \[5\]"):
        metrics.penetration(arms(), REST, RADII)
    assert np.isnan(metrics.collision_share(np.zeros(0)))
