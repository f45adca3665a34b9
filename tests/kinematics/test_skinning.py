"""Laws of skinning: the published equations in float64, batches, gradients."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import forward, motion, rotations, skinning
from kinematics.formats import smpl
from kinematics.formats.arrays import write_arrays
from tests.kinematics import body_models

TO_BODY = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.float32)
SKIN = jax.jit(skinning.skin)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Raw numbers and the model that is read from them, by the number of joints."""
    found = {}
    for joints, shapes in ((24, 10), (55, 20)):
        raw = body_models.raw(joints, shapes=shapes)
        path = tmp_path_factory.mktemp("model") / f"{joints}.npz"
        write_arrays(path, raw)
        found[joints] = raw, smpl.read(path)
    return found


def poses(joints, batch=(), seed=3, scale=0.8):
    rng = np.random.default_rng(seed)
    pose = scale * rng.normal(size=(*batch, 3 * joints))
    return pose, rng.normal(size=(*batch, 10)), rng.normal(size=(*batch, 3))


REST = jax.jit(skinning.rest_joints)
TURNS = jax.jit(smpl.rotations)


def inputs(model, pose, betas, trans, expression=None):
    """What `skin` takes for what the equations take; all in float32."""
    betas, trans = np.float32(betas), np.float32(trans)
    rest = REST(model, betas, expression)[..., 0, :]
    return betas, TURNS(np.float32(pose)), rest + trans @ TO_BODY.T


@pytest.mark.parametrize("joints", [24, 55])
def test_skin_and_joints_follow_the_published_equations(models, joints):
    raw, model = models[joints]
    pose, betas, trans = poses(joints)
    given, face = betas, None
    if joints == 55:
        face = np.float32(np.random.default_rng(5).normal(size=10))
        given = np.concatenate([betas, face])
    truth = body_models.skinned(raw, given, pose, trans)
    mesh = SKIN(model, *inputs(model, pose, betas, trans, face), face)
    for found, expected in zip(mesh, truth, strict=True):
        np.testing.assert_allclose(found, expected @ TO_BODY.T, atol=3e-6)


def test_parameters_that_are_not_given_are_zero(models):
    raw, model = models[55]
    pose, betas, trans = poses(55)
    mesh = SKIN(model, *inputs(model, pose, betas[:3], trans))
    truth, _ = body_models.skinned(raw, betas[:3], pose, trans)
    np.testing.assert_allclose(mesh.vertices, truth @ TO_BODY.T, atol=3e-6)
    at_rest = SKIN(
        model,
        np.zeros(0, np.float32),
        np.eye(3, dtype=np.float32)[None].repeat(55, 0),
        model.joints[0],
    )
    np.testing.assert_allclose(at_rest.vertices, model.template, atol=1e-6)
    np.testing.assert_allclose(at_rest.joints, model.joints, atol=1e-6)


@pytest.mark.parametrize("batch", [(), (0,), (1,), (2, 3)])
def test_batches_hold_what_single_bodies_are(models, batch):
    _, model = models[24]
    pose, betas, trans = poses(24, batch)
    mesh = SKIN(model, *inputs(model, pose, betas, trans))
    assert mesh.vertices.shape == (*batch, 60, 3)
    assert mesh.joints.shape == (*batch, 24, 3)
    for index in np.ndindex(*batch):
        one = SKIN(model, *inputs(model, pose[index], betas[index], trans[index]))
        np.testing.assert_allclose(mesh.vertices[index], one.vertices, atol=3e-6)
    shared = SKIN(model, *inputs(model, pose, np.zeros(10), trans))
    assert shared.vertices.shape == (*batch, 60, 3)


def test_the_skeleton_of_a_shape_moves_as_the_joints_of_the_skin(models):
    _, model = models[24]
    pose, betas, trans = poses(24, (4,), scale=0.4)
    betas, matrices, root = inputs(model, pose, betas[0], trans)
    mesh = SKIN(model, betas, matrices, root)

    @jax.jit
    def joints(model, betas, matrices, root):
        body = skinning.body(model, betas)
        q = forward.joint_coordinates(body, matrices)
        turn = rotations.quaternion_from_matrix(matrices[:, 0])
        return forward.positions(body, root, turn, q)

    found = joints(model, betas, matrices, root)
    np.testing.assert_allclose(found, mesh.joints, atol=3e-6)
    many = skinning.body(model, jnp.stack([betas, 0 * betas]))
    assert many.offsets.shape == (2, 24, 3)
    np.testing.assert_allclose(many.offsets[1], model.skeleton.offsets, atol=1e-6)


def test_vertices_of_a_motion_are_those_of_its_poses(models):
    _, model = models[24]
    pose, betas, trans = poses(24, (40,), scale=0.4)
    betas, matrices, root = inputs(model, pose, betas[0], trans)
    body = jax.tree.map(np.asarray, skinning.body(model, betas))
    clip = motion.from_rotations(body, root, matrices, 30.0)
    found = jax.jit(skinning.vertices)(model, betas, clip)
    assert found.shape == (40, 60, 3)
    expected = SKIN(model, betas, matrices[:4], root[:4]).vertices
    np.testing.assert_allclose(found[:4], expected, atol=5e-6)
    shape = jax.eval_shape(skinning.vertices, model, betas, clip[:0]).shape
    assert shape == (0, 60, 3)


def test_what_does_not_fit_is_said(models):
    _, model = models[24]
    pose, betas, trans = poses(24)
    betas, matrices, root = inputs(model, pose, betas, trans)
    with pytest.raises(
        ValueError, match=r"11 shape parameters are given, but .* has 10"
    ):
        skinning.skin(model, np.zeros(11, np.float32), matrices, root)
    with pytest.raises(ValueError, match=r"1 expression parameters .* has 0; leave"):
        skinning.skin(model, betas, matrices, root, np.zeros(1, np.float32))
    with pytest.raises(ValueError, match=r"must be \[\.\.\., 24, 3, 3\]"):
        skinning.skin(model, betas, matrices[1:], root)
    clip = motion.from_rotations(model.skeleton, root[None], matrices[None], 30.0)
    with pytest.raises(ValueError, match=r"betas must be \[n\]"):
        skinning.vertices(model, betas[None], clip)
    with pytest.raises(ValueError, match="joints are not those of the model"):
        skinning.vertices(models[55][1], betas, clip)


@jax.jit
@functools.partial(jax.grad, argnums=(0, 1, 2))
def slopes(betas, pose, trans, model, target):
    rest = skinning.rest_joints(model, betas)[0]
    mesh = skinning.skin(model, betas, smpl.rotations(pose), rest + trans @ TO_BODY.T)
    return jnp.sum(mesh.vertices * target)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 0.7])
def test_gradients_are_those_of_the_equations(models, scale):
    raw, model = models[24]
    pose, betas, trans = poses(24, scale=scale)
    target = np.random.default_rng(8).normal(size=(60, 3))
    given = (np.float32(x) for x in (betas, pose, trans))
    gradients = slopes(*given, model, np.float32(target @ TO_BODY.T))
    rng = np.random.default_rng(9)
    steps = [rng.normal(size=x.shape) for x in (betas, pose, trans)]
    h = 1e-4

    def truth(h):
        moved = (x + h * s for x, s in zip((betas, pose, trans), steps, strict=True))
        return np.sum(body_models.skinned(raw, *moved)[0] * target)

    slope = (truth(h) - truth(-h)) / (2 * h)
    found = sum(np.sum(g * s) for g, s in zip(gradients, steps, strict=True))
    np.testing.assert_allclose(found, slope, rtol=1e-4)
