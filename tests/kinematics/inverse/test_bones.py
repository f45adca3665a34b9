"""Laws of measured bones: no bias by noise, sides that agree, unseen ones in scale."""

import numpy as np
import pytest

from kinematics.inverse import bones
from tests.kinematics import reference


def chains(body, frames, sigma, seed=0):
    """Points of all joints with bones in any direction, and noise."""
    rng = np.random.default_rng(seed)
    lengths = np.linalg.norm(np.asarray(body.offsets, float), axis=-1)
    away = rng.normal(size=(frames, body.num_joints, 3))
    away *= (lengths / np.linalg.norm(away, axis=-1))[..., None]
    points = np.zeros_like(away)
    for j, parent in enumerate(body.parents):
        if parent >= 0:
            points[:, j] = points[:, parent] + away[:, j]
    return points + sigma * rng.normal(size=points.shape), lengths


def measure(body, points):
    anchors = np.arange(body.num_joints)
    return bones.measure(body, anchors, np.zeros((len(anchors), 3)), points)


def test_noise_does_not_make_bones_longer():
    body = reference.human()
    points, lengths = chains(body, 20_000, 0.01)
    points[np.random.default_rng(1).random(points.shape[:2]) < 0.1] = np.nan
    found, variances, sigma = measure(body, points)
    # Uncorrected, the shortest bone, 0.11 m, would be 2 sigma^2 / L^2 = 1.6 % too long.
    np.testing.assert_allclose(found[1:], lengths[1:], rtol=4e-3)
    assert sigma == pytest.approx(0.01, rel=0.05)
    spread = np.abs(np.log(found[1:] / lengths[1:])) / np.sqrt(variances[1:])
    assert spread.max() < 4


def test_outliers_do_not_change_bones():
    body = reference.human()
    points, lengths = chains(body, 2000, 0.01)
    wild = np.random.default_rng(1).random(points.shape[:2]) < 0.03
    points[wild] += np.random.default_rng(2).normal(size=(wild.sum(), 3))
    found, _, _ = measure(body, points)
    np.testing.assert_allclose(found[1:], lengths[1:], rtol=0.015)


def test_unseen_bones_follow_the_size_of_the_others():
    body = reference.human()
    seen = np.linalg.norm(np.asarray(body.offsets), axis=-1) * 1.2
    seen[body.index("LeftLeg")] = np.nan
    ratio, _ = bones.reconcile(body, seen, np.full(len(seen), 1e-6))
    np.testing.assert_allclose(np.exp(ratio[1:]), 1.2, rtol=1e-4)
    grown = bones.scaled(body, ratio)
    np.testing.assert_allclose(grown.offsets, 1.2 * body.offsets, rtol=1e-4)


def test_sides_agree_as_far_as_they_were_not_measured():
    body = reference.human()
    left, right = body.index("LeftLeg"), body.index("RightLeg")
    lengths = np.linalg.norm(np.asarray(body.offsets, float), axis=-1)
    measured = lengths.copy()
    measured[left] *= 1.1
    for variance, most in ((1e-8, 1.101), (1e-2, 1.02)):
        ratio, _ = bones.reconcile(body, measured, np.full(len(lengths), variance))
        assert np.exp(ratio[left] - ratio[right]) < most
    surely, _ = bones.reconcile(body, measured, np.full(len(lengths), 1e-8))
    assert np.exp(surely[left] - surely[right]) == pytest.approx(1.1, rel=1e-3)


def test_nothing_is_measured_where_no_bone_has_both_ends():
    body = reference.human()
    points = np.zeros((20, 1, 3))
    found, _, sigma = bones.measure(body, np.array([3]), np.zeros((1, 3)), points)
    assert np.isnan(found).all()
    assert sigma is None
