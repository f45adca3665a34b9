"""Laws of the walk over the tree: its own derivatives against differences."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import forward, make_skeleton, rotations, walk
from tests.kinematics import reference

BODY = reference.scattered(seed=5, count=7)
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
    """Places and turns as one array [12 J, N], of offsets [J, 3] or [J, 3, N]."""
    if offsets.ndim == 3:
        offsets = jnp.moveaxis(offsets, -1, 0)
    body = BODY.replace(offsets=offsets)
    upright = np.array([1, 0, 0, 0], q.dtype)
    places, turns = forward.forward(body, np.zeros(3, q.dtype), upright, q.T)
    last = q.shape[-1]
    return jnp.concatenate([places.reshape(last, -1), turns.reshape(last, -1)], 1).T


def one(offsets, q):
    """The outputs [12 J] of one pose [D]."""
    return outputs(offsets, q[:, None])[:, 0]


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
        shared = slope(offsets, q)
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
    rough = slope(np.float32(q), np.float32(offsets))
    with jax.enable_x64(True):
        exact = slope(q, offsets)
    assert rough.dtype == np.float32
    np.testing.assert_allclose(rough, exact, atol=1e-5 * np.abs(exact).max())


def test_vmap_over_poses_is_the_batch_axis(offsets):
    q = np.float32(coordinates(BODY))
    size = np.float32(offsets)
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
    bones = np.float32(np.random.default_rng(0).normal(size=(3, 3)))
    names, kinds = ["a", "b", "c"], ["free", "fixed", "fixed"]
    stiff = make_skeleton(names, [-1, 0, 1], bones, kinds, mirror=None)
    upright, q = np.array([1.0, 0, 0, 0], np.float32), np.zeros((0,), np.float32)

    def end(bones):
        body = stiff.replace(offsets=bones)
        return forward.positions(body, np.zeros(3, np.float32), upright, q)[2].sum()

    slope = jax.jit(jax.grad(end))(bones)
    np.testing.assert_array_equal(slope, [[0, 0, 0], [1, 1, 1], [1, 1, 1]])


def matrices_of(given):
    """Rotation matrices of given quaternions or 6D, by the rotations module."""
    if given.shape[-1] == 6:
        return rotations.matrix_from_6d(given)
    return rotations.matrix_from_quaternion(rotations.quaternion_normalize(given))


def plain_walk(offsets, root, given):
    """The walk of given rotations, one joint after another, derived by JAX."""
    local = matrices_of(given)
    places, turns = [root], [local[..., 0, :, :]]
    for j, up in enumerate(BODY.parents[1:], start=1):
        places.append(places[up] + jnp.einsum("...ab,b->...a", turns[up], offsets[j]))
        turns.append(turns[up] @ local[..., j, :, :])
    return jnp.stack(places, -2), jnp.stack(turns, -3)


@pytest.mark.parametrize("size", [4, 6])
def test_given_rotations_and_their_derivatives_are_those_of_the_plain_walk(
    size, offsets
):
    rng = np.random.default_rng(size)
    given = rng.normal(size=(5, len(BODY.names), size))
    given[0] = np.eye(size, dtype=float)[0] if size == 4 else [1, 0, 0, 0, 1, 0]
    root = rng.normal(size=(5, 3))
    weights = rng.normal(size=(len(BODY.names), 3)), rng.normal(size=(7, 3, 3))

    def scalar(function):
        def of(offsets, root, given):
            places, turns = function(offsets, root, given)
            return (places**2 * weights[0]).sum() + (turns * weights[1]).sum()

        return of

    def ours(offsets, root, given):
        body = BODY.replace(offsets=offsets)
        return forward.from_rotations(body, root, given)

    arguments = offsets, root, given
    with jax.enable_x64(True):
        found = jax.jit(jax.value_and_grad(scalar(ours), (0, 1, 2)))(*arguments)
        expected = jax.value_and_grad(scalar(plain_walk), (0, 1, 2))(*arguments)
        along = jax.tree.map(np.cos, arguments)
        ahead = jax.jit(lambda *x: jax.jvp(ours, x, along)[1])(*arguments)
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, atol=1e-11),
            (found, tuple(ahead)),
            (expected, jax.jvp(plain_walk, arguments, along)[1]),
        )
        only = jax.jit(lambda *x: forward.positions_from_rotations(BODY, *x))
        np.testing.assert_allclose(
            only(root, given), plain_walk(offsets, root, given)[0], atol=1e-12
        )


def test_rotations_of_another_shape_are_refused_with_the_shape():
    with pytest.raises(ValueError, match=r"\(7, 3, 3\).*\[\.\.\., 7, 4\]"):
        forward.from_rotations(BODY, np.zeros(3), np.zeros((7, 3, 3)))


def test_many_poses_in_blocks_are_each_pose_by_itself(offsets):
    count = walk.BLOCK + 3
    _, rotation, q = reference.poses(BODY, (count,))
    rng = np.random.default_rng(0)
    position = rng.normal(size=(count, 3)).astype(np.float32)
    weights = rng.normal(size=(count, len(BODY.names), 3)).astype(np.float32)

    def weighed(weights, offsets, *pose):
        places, turns = forward.forward(BODY.replace(offsets=offsets), *pose)
        return jnp.sum(weights * places + weights * turns[..., 0])

    def derivatives(weights, *arguments):
        of = functools.partial(weighed, weights)
        along = jax.tree.map(jnp.cos, arguments)
        return jax.grad(of, (0, 1, 2, 3))(*arguments), jax.jvp(of, arguments, along)

    arguments = weights, np.float32(offsets), position, rotation, q
    slopes, values = jax.jit(derivatives)(*arguments)
    part = jax.jit(derivatives)
    cuts = slice(0, count // 2), slice(count // 2, 2 * (count // 2)), slice(-1, None)
    parts = [
        part(weights[c], arguments[1], *(x[c] for x in arguments[2:])) for c in cuts
    ]
    np.testing.assert_allclose(slopes[0], sum(p[0][0] for p in parts), rtol=2e-4)
    for k in (1, 2, 3):
        expected = np.concatenate([p[0][k] for p in parts])
        np.testing.assert_allclose(slopes[k], expected, atol=2e-5)
    for k in (0, 1):
        np.testing.assert_allclose(values[k], sum(p[1][k] for p in parts), rtol=2e-4)
