"""Laws of the rotations: values against series, Jacobians against differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics import rotations
from tests.kinematics import reference

SHAPES = [(), (5,), (2, 3)]
NEAR_HALF_TURN = np.pi - 1e-6
ANGLES = [0.0, 1e-8, 1e-5, 1e-4, 0.3, 0.499, 0.501, 2.0, 3.1, NEAR_HALF_TURN]


def compose_swing_twist(v):
    swing = v[..., :2]
    first = jnp.concatenate([swing, jnp.zeros_like(swing[..., :1])], -1)
    second = jnp.concatenate([jnp.zeros_like(swing), v[..., 2:]], -1)
    return rotations.quaternion_multiply(
        rotations.quaternion_exp(first), rotations.quaternion_exp(second)
    )


def split_swing_twist(v):
    swing, twist = rotations.swing_twist_log(compose_swing_twist(v))
    return jnp.concatenate([swing, twist[..., None]], -1)


def turned_heading(v):
    lean = jnp.concatenate([v[..., :2], jnp.zeros_like(v[..., :1])], -1)
    yaw = rotations.about_z(v[..., 2])
    return rotations.heading(
        rotations.quaternion_multiply(yaw, rotations.quaternion_exp(lean))
    )


# Every operation as a function of free numbers [..., n]: where its argument must be
# a rotation, this is made from a rotation vector first.
OPERATIONS = {
    "sinc_of_square": (1, lambda v: rotations.sinc_of_square(v[..., 0] ** 2)),
    "norm": (3, lambda v: rotations.norm(v - 2.0)),
    "multiply": (8, lambda v: rotations.quaternion_multiply(v[..., :4], v[..., 4:])),
    "conjugate": (4, rotations.quaternion_conjugate),
    "normalize": (4, lambda v: rotations.quaternion_normalize(v + 1.0)),
    "rotate": (7, lambda v: rotations.quaternion_rotate(v[..., :4], v[..., 4:])),
    "quaternion_exp": (3, rotations.quaternion_exp),
    "exp": (3, rotations.exp),
    "quaternion_log": (
        3,
        lambda v: rotations.quaternion_log(rotations.quaternion_exp(v)),
    ),
    "log": (3, lambda v: rotations.log(rotations.exp(v))),
    "matrix_from_quaternion": (
        3,
        lambda v: rotations.matrix_from_quaternion(rotations.quaternion_exp(v)),
    ),
    "quaternion_from_matrix": (
        3,
        lambda v: rotations.quaternion_from_matrix(rotations.exp(v)),
    ),
    "matrix_from_6d": (6, lambda v: rotations.matrix_from_6d(v + jnp.arange(6.0))),
    "matrix_to_6d": (3, lambda v: rotations.matrix_to_6d(rotations.exp(v))),
    "swing_twist_log": (3, split_swing_twist),
    "heading": (3, turned_heading),
    "about_z": (1, lambda v: rotations.about_z(v[..., 0])),
}
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def vectors(count, angle, seed=0):
    """Four vectors of length ``angle`` in different directions, [4, n]."""
    v = np.random.default_rng(seed).normal(size=(4, count))
    return angle * v / np.linalg.norm(v, axis=-1, keepdims=True)


@every_operation
def test_batch_axes_of_any_number_are_a_loop(name):
    count, operation = OPERATIONS[name]
    operation = jax.jit(operation)
    flat = np.float32(np.random.default_rng(3).normal(size=(6, count)))
    one_by_one = np.stack([operation(v) for v in flat])
    for shape in ((6,), (2, 3)):
        batch = operation(flat.reshape(*shape, count))
        assert batch.shape == shape + one_by_one.shape[1:]
        np.testing.assert_allclose(
            batch.reshape(one_by_one.shape), one_by_one, atol=1e-6
        )


@every_operation
def test_forward_reverse_and_numeric_jacobians_agree(name):
    count, operation = OPERATIONS[name]
    v = np.concatenate([vectors(count, angle) for angle in ANGLES])
    step = 1e-7 * np.eye(count)[:, None]
    with jax.enable_x64(True):
        value = jax.jit(operation)
        ahead = jax.jit(jax.vmap(jax.jacfwd(operation)))(v)
        back = jax.jit(jax.vmap(jax.jacrev(operation)))(v)
        numeric = (value(v + step) - value(v - step)) / 2e-7
    assert ahead.dtype == np.float64
    np.testing.assert_allclose(ahead, np.moveaxis(numeric, 0, -1), atol=2e-6)
    np.testing.assert_allclose(back, ahead, atol=1e-9)


@every_operation
def test_derivatives_are_finite_at_the_identity_and_at_half_turns(name):
    count, operation = OPERATIONS[name]
    axes = np.concatenate([np.eye(count), vectors(count, 1.0)])
    v = np.float32(np.concatenate([0 * axes[:1], np.pi * axes, -np.pi * axes]))
    for mode in (jax.jacfwd, jax.jacrev):
        jacobian = jax.jit(jax.vmap(mode(operation)))(v)
        assert np.isfinite(jacobian).all()


@pytest.mark.parametrize("name", ["log", "quaternion_log"])
def test_log_at_a_half_turn_is_one_of_its_two_values(name):
    operation = jax.jit(OPERATIONS[name][1])
    for v in np.float32(np.pi * np.concatenate([np.eye(3), vectors(3, 1.0)])):
        found = operation(v)
        sign = np.sign(found @ v)
        np.testing.assert_allclose(found, sign * v, atol=1e-6)
        # Along the axis the value keeps growing with the angle, on either branch.
        np.testing.assert_allclose(jax.jacfwd(operation)(v) @ v, v, atol=1e-5)


@given(st.lists(st.floats(-10, 10, width=32), min_size=3, max_size=3))
def test_exp_is_the_series_of_the_matrix_exponential(v):
    v = np.float32(v)
    truth = reference.turn(v)
    np.testing.assert_allclose(jax.jit(rotations.exp)(v), truth, atol=4e-6)
    quaternion = jax.jit(rotations.quaternion_exp)(v)
    np.testing.assert_allclose(
        reference.turn_of_quaternion(quaternion), truth, atol=4e-6
    )


@given(st.integers(0, 1000), st.sampled_from([*ANGLES, 3.14159]))
def test_log_undoes_exp_below_half_a_turn(seed, angle):
    v = np.float32(vectors(3, angle, seed))
    for name in ("log", "quaternion_log"):
        np.testing.assert_allclose(
            jax.jit(OPERATIONS[name][1])(v), v, rtol=1e-6, atol=1e-6
        )


def test_log_of_a_small_rotation_keeps_its_relative_accuracy():
    v = np.float32(np.concatenate([vectors(3, 10.0**-k) for k in range(2, 9)]))
    np.testing.assert_allclose(jax.jit(OPERATIONS["log"][1])(v), v, rtol=2e-6)


@given(st.integers(0, 1000))
def test_matrix_and_quaternion_are_the_same_rotation(seed):
    q = np.random.default_rng(seed).normal(size=(8, 4)).astype(np.float32)
    q /= np.linalg.norm(q, axis=-1, keepdims=True)
    matrix = jax.jit(rotations.matrix_from_quaternion)(q)
    truth = np.stack([reference.turn_of_quaternion(x) for x in q])
    np.testing.assert_allclose(matrix, truth, atol=1e-6)
    back = np.asarray(jax.jit(rotations.quaternion_from_matrix)(matrix))
    assert (back[:, 0] >= 0).all()
    np.testing.assert_allclose(back, q * np.sign(q[:, :1]), atol=1e-6)


def test_quaternion_of_a_half_turn_about_any_axis_is_exact():
    for axis in np.concatenate([np.eye(3), vectors(3, 1.0), -vectors(3, 1.0, seed=1)]):
        matrix = np.float32(2 * np.outer(axis, axis) - np.eye(3))
        q = np.asarray(rotations.quaternion_from_matrix(matrix))
        np.testing.assert_allclose(q * np.sign(q[1:] @ axis), [0, *axis], atol=1e-6)


def test_products_and_rotated_vectors_match_matrices():
    a, b = np.float32(vectors(3, 2.0)), np.float32(vectors(3, 1.0, seed=1))
    qa, qb = rotations.quaternion_exp(a), rotations.quaternion_exp(b)
    both = rotations.matrix_from_quaternion(rotations.quaternion_multiply(qa, qb))
    np.testing.assert_allclose(both, rotations.exp(a) @ rotations.exp(b), atol=1e-6)
    expected = np.einsum("nij,nj->ni", rotations.exp(a), b)
    np.testing.assert_allclose(rotations.quaternion_rotate(qa, b), expected, atol=1e-6)
    neutral = rotations.quaternion_multiply(qa, rotations.quaternion_conjugate(qa))
    np.testing.assert_allclose(neutral, [[1, 0, 0, 0]] * 4, atol=1e-6)


@given(st.integers(0, 1000))
def test_six_numbers_give_a_rotation_and_come_back_from_it(seed):
    x = np.random.default_rng(seed).normal(size=(8, 6)).astype(np.float32)
    matrix = np.asarray(jax.jit(rotations.matrix_from_6d)(x), np.float64)
    gram = matrix.swapaxes(-1, -2) @ matrix
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(3), gram.shape), atol=1e-5)
    assert (np.linalg.det(matrix) > 0.99).all()
    again = rotations.matrix_from_6d(rotations.matrix_to_6d(np.float32(matrix)))
    np.testing.assert_allclose(again, matrix, atol=1e-5)


@given(
    st.floats(-np.pi, np.pi),
    st.sampled_from([0.0, 1e-8, 1e-5, 1e-3, 1.0, 3.0, 3.14]),
    st.floats(-3.14, 3.14),
)
def test_swing_and_twist_come_back_from_their_product(direction, size, twist):
    swing = size * np.array([np.cos(direction), np.sin(direction)])
    v = np.float32([*swing, twist])
    np.testing.assert_allclose(jax.jit(split_swing_twist)(v), v, rtol=1e-5, atol=2e-6)


def test_swing_and_twist_rebuild_the_rotation_up_to_a_swing_of_half_a_turn():
    rebuild = jax.jit(lambda v: compose_swing_twist(split_swing_twist(v)))
    for gap in (0.0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-2):
        for twist in (-2.0, 0.0, 1.0, np.pi):
            v = np.float32([0.6 * (np.pi - gap), 0.8 * (np.pi - gap), twist])
            same = abs(rebuild(v) @ compose_swing_twist(v))
            assert same > 1 - 1e-6, (gap, twist)


@given(st.floats(-np.pi, np.pi), st.floats(-np.pi, np.pi), st.integers(0, 1000))
def test_turning_a_body_about_z_adds_the_angle_to_its_heading(angle, lean, seed):
    x, y = np.random.default_rng(seed).normal(size=2)
    tilt = np.float32(0.9 * lean * np.array([x, y, 0]) / np.hypot(x, y))
    q = rotations.quaternion_exp(tilt)
    turned = rotations.quaternion_multiply(rotations.about_z(jnp.float32(angle)), q)
    change = rotations.heading(turned) - rotations.heading(q) - angle
    assert abs(np.angle(np.exp(1j * np.float64(change)))) < 1e-5


@given(st.integers(0, 1000))
def test_heading_is_one_number_for_both_signs_of_a_quaternion(seed):
    q = np.random.default_rng(seed).normal(size=(8, 4)).astype(np.float32)
    q /= np.linalg.norm(q, axis=-1, keepdims=True)
    yaw = rotations.heading(q)
    np.testing.assert_allclose(rotations.heading(-q), yaw, atol=1e-6)
    assert (np.abs(yaw) <= np.float32(np.pi)).all()
