"""Laws of priors for fits: they say what the density says, and a fit obeys them."""

import dataclasses

import numpy as np
import pytest

from kinematics import make_skeleton, priors
from kinematics.inverse import descent, energy
from kinematics.inverse.rig import make_rig
from kinematics.priors import features
from kinematics.priors.mixture import Mixture
from kinematics.priors.transition import Transition

# A trunk on a root, D = 2.
BODY = make_skeleton(
    ["hips", "spine", "neck"],
    [-1, 0, 1],
    [[0, 0, 0], [0, 0, 0.3], [0, 0, 0.3]],
    ["free", "universal", "fixed"],
)
MEAN = np.float32([1.0, 0.2, -0.1, 0.3, 0.1])
SPREAD = np.float32([0.1, 0.05, 0.05, 0.2, 0.3])


def learned():
    """A prior of one Gaussian."""
    whitener = np.diag(1 / SPREAD)[None].astype(np.float32)
    pose = Mixture(np.zeros(1, np.float32), MEAN[None], whitener, None, None)
    steps = Transition(pose, pose, np.zeros((1, 5, 5), np.float32))
    return priors.Prior(pose, steps, np.float32(1), features.names(BODY), 30.0)


def poses(count=6):
    rng = np.random.default_rng(0)
    posture = MEAN + rng.normal(size=(count, 5)) * SPREAD
    return features.to_poses(
        BODY, posture.astype(np.float32), np.zeros((count, 2)), np.arange(count) * 1.0
    )


@pytest.mark.parametrize("floor", [True, False])
def test_half_the_squares_are_the_negative_log_density(floor):
    residual = priors.pose_residual(learned(), BODY, floor=floor).pose_residual(poses())
    away = (np.asarray(features.postures(BODY, poses())) - MEAN) / SPREAD
    if not floor:
        away = away[:, 1:]
    squares = (np.asarray(residual) ** 2).sum(-1)
    np.testing.assert_allclose(squares, (away**2).sum(-1), rtol=1e-3)


def test_a_blur_adds_to_the_variances():
    blurred = priors.pose_residual(learned(), BODY, blur=0.1)
    away = np.asarray(features.postures(BODY, poses())) - MEAN
    squares = (np.asarray(blurred.pose_residual(poses())) ** 2).sum(-1)
    expected = (away**2 / (SPREAD**2 + 0.01)).sum(-1)
    np.testing.assert_allclose(squares, expected, rtol=1e-3)


def test_normal_postures_are_independent():
    known = priors.normal_postures(BODY, MEAN[1:], SPREAD[1:])
    away = (np.asarray(features.postures(BODY, poses())) - MEAN)[:, 1:] / SPREAD[1:]
    found = np.asarray(known.pose_residual(poses()))
    np.testing.assert_allclose(found[:, :-1], away, atol=1e-4)


def test_a_descent_leans_as_the_prior_says_where_no_keypoint_shows_it():
    """One keypoint tells where the root is, and not how it stands."""
    count = 32
    rig = make_rig(BODY, [0], np.zeros((1, 3)))
    seen = np.tile(np.float32([0.5, 0.2, 1.0])[None, :, None], (1, 1, count))
    problem = descent.Problem(
        BODY,
        np.zeros((1, 3), np.float32),
        energy.Points(seen, energy.isotropic(np.full((1, count), 1e4, np.float32))),
        np.zeros((1, count), np.float32),
        priors.pose_residual(learned(), BODY, floor=False),
    )
    start = features.to_poses(
        BODY, np.zeros((count, 5), np.float32), np.zeros((count, 2)), np.zeros(count)
    )
    found, _ = descent.descend(rig, "square", problem, start, 12, 0)
    tilt = np.asarray(features.postures(BODY, found))[:, 1:3]
    np.testing.assert_allclose(tilt, np.tile(MEAN[1:3], (count, 1)), atol=0.01)
    np.testing.assert_allclose(found.root_position, seen[0].T, atol=1e-3)


def test_a_prior_of_another_body_is_refused():
    other = dataclasses.replace(learned(), names=("height",))
    with pytest.raises(ValueError, match="prior is of a body"):
        priors.pose_residual(other, BODY)
