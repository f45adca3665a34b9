"""Laws of the walk over the tree: its own derivatives against differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import forward, tree
from tests.kinematics import reference

BODY = reference.scattered(seed=5, count=7)
TREE = tree.Tree(BODY.parents, BODY.kinds)
ANGLES = np.array([0.0, 1e-8, 1e-5, 1e-3, 0.7, np.pi - 1e-6, np.pi])
STEP = 1e-5


def coordinates(body, angles=ANGLES, seed=0):
    """[D, N]: every joint of pose n turns by angles[n], about an axis of its own."""
    rng = np.random.default_rng(seed)
    q = np.zeros((body.num_coordinates, len(angles)))
    for name, kind in zip(body.names, body.kinds, strict=True):
        at = body.coordinates(name)
        if kind == "ball":
            swing = rng.normal(size=2)
            q[at.start : at.start + 2] = (swing / np.linalg.norm(swing))[:, None]
            q[at.start + 2] = rng.choice([-1, 1])
        else:
            q[at] = rng.choice([-1, 1])
    return q * angles


def outputs(offsets, q):
    """Places and turns as one array [12 J, N]."""
    places, turns = tree.walk(TREE, jnp.asarray(BODY.frames, q.dtype), offsets, q)
    last = q.shape[-1]
    return jnp.concatenate([places.reshape(-1, last), turns.reshape(-1, last)])


def one(offsets, q):
    """The outputs [12 J] of one pose [D]."""
    return outputs(offsets[..., None], q[:, None])[:, 0]


def numeric(function, x, step=STEP):
    """Fourth-order differences of a function of x [D], in the last axis."""
    ahead = step * np.eye(len(x))
    columns = [
        (8 * (function(x + e) - function(x - e)) - function(x + 2 * e))
        + function(x - 2 * e)
        for e in ahead
    ]
    return np.stack(columns, axis=-1) / (12 * step)


@pytest.fixture(scope="module")
def offsets():
    return np.float64(BODY.offsets)


def test_body_has_joints_of_every_kind_and_branches():
    assert set(BODY.kinds) == {"free", "fixed", "hinge", "universal", "ball"}
    assert len(set(BODY.parents)) < len(BODY.parents) - 1


def test_forward_reverse_and_numeric_jacobians_by_coordinates_agree(offsets):
    q = coordinates(BODY)
    with jax.enable_x64(True):
        ahead = jax.jit(jax.vmap(jax.jacfwd(one, 1), (None, 1)))(offsets, q)
        back = jax.jit(jax.vmap(jax.jacrev(one, 1), (None, 1)))(offsets, q)
        value = jax.jit(one)
        for n in range(len(ANGLES)):
            expected = numeric(lambda x: np.asarray(value(offsets, x)), q[:, n])
            np.testing.assert_allclose(ahead[n], expected, atol=2e-9)
    assert ahead.dtype == np.float64
    np.testing.assert_allclose(back, ahead, atol=1e-13)


def test_jacobians_by_offsets_agree(offsets):
    q = coordinates(BODY, np.array([0.7]))[:, 0]
    with jax.enable_x64(True):
        ahead = jax.jit(jax.jacfwd(one))(offsets, q).reshape(-1, offsets.size)
        back = jax.jit(jax.jacrev(one))(offsets, q).reshape(-1, offsets.size)
        value = jax.jit(one)
        expected = numeric(
            lambda x: np.asarray(value(x.reshape(offsets.shape), q)), offsets.ravel()
        )
    np.testing.assert_allclose(ahead, expected, atol=1e-9)
    np.testing.assert_allclose(back, ahead, atol=1e-13)


def test_one_body_for_many_poses_gathers_their_gradients(offsets):
    q = coordinates(BODY)

    def by(offsets, q):
        weight = jnp.cos(jnp.arange(12 * len(BODY.names)))
        return (weight[:, None] * outputs(offsets, q)).sum()

    slope = jax.jit(jax.grad(by))
    with jax.enable_x64(True):
        shared = slope(offsets[..., None], q)[..., 0]
        own = slope(np.tile(offsets[..., None], q.shape[-1]), q)
    np.testing.assert_allclose(shared, np.asarray(own).sum(-1), atol=1e-12)


def test_second_derivative_is_the_derivative_of_the_gradient(offsets):
    q = coordinates(BODY).T
    along = np.random.default_rng(1).normal(size=q.shape)

    def scalar(q):
        return (one(offsets, q) * jnp.cos(jnp.arange(12 * len(BODY.names)))).sum()

    slope = jax.vmap(jax.grad(scalar))
    with jax.enable_x64(True):
        curve = jax.jit(lambda q: jax.jvp(slope, (q,), (along,))[1])(q)
        value = jax.jit(slope)
        ahead = value(q + STEP * along) - value(q - STEP * along)
        further = value(q + 2 * STEP * along) - value(q - 2 * STEP * along)
        expected = (8 * ahead - further) / (12 * STEP)
    np.testing.assert_allclose(curve, expected, atol=5e-9)


def test_float32_gradients_are_finite_and_near_the_float64_ones(offsets):
    q = coordinates(BODY)

    def by(q, offsets):
        places = outputs(offsets, q)
        return jnp.sum(places**2 * jnp.arange(len(places))[:, None])

    slope = jax.jit(jax.grad(by))
    rough = slope(np.float32(q), np.float32(offsets)[..., None])
    with jax.enable_x64(True):
        exact = slope(q, offsets[..., None])
    assert rough.dtype == np.float32
    np.testing.assert_allclose(rough, exact, atol=1e-5 * np.abs(exact).max())


def test_vmap_over_poses_is_the_batch_axis(offsets):
    q = np.float32(coordinates(BODY))
    size = np.float32(offsets)[..., None]
    mapped = jax.jit(jax.vmap(lambda q: outputs(size, q[:, None])[:, 0], 1, 1))(q)
    np.testing.assert_allclose(mapped, jax.jit(outputs)(size, q), atol=1e-6)


def test_gradient_by_the_root_quaternion_holds_off_the_unit_sphere_too():
    position, rotation, q = (np.float64(x) for x in reference.poses(BODY, (), seed=3))

    def places(rotation):
        return forward.positions(BODY, position, rotation, q)[..., 2].sum()

    for scale in (1.0, 1.3):
        with jax.enable_x64(True):
            slope = jax.jit(jax.grad(places))(scale * rotation)
            value = jax.jit(places)
            expected = numeric(lambda x, f=value: np.asarray(f(x)), scale * rotation)
        np.testing.assert_allclose(slope, expected, atol=1e-8)


def test_a_fixed_body_has_no_derivative_but_that_of_its_bones():
    stiff = tree.Tree((-1, 0, 1), ("free", "fixed", "fixed"))
    frames = np.tile(np.eye(3, dtype=np.float32), (3, 1, 1))
    bones = np.float32(np.random.default_rng(0).normal(size=(3, 3, 1)))

    def end(bones):
        return tree.walk(stiff, frames, bones, jnp.zeros((0, 1)))[0][2].sum()

    slope = jax.jit(jax.grad(end))(bones)[..., 0]
    np.testing.assert_array_equal(slope, [[0, 0, 0], [1, 1, 1], [1, 1, 1]])
