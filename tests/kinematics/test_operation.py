"""Laws of operations that bring their own derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics.operation import Operation, Rules


def to(x, shape):
    """Sum a gradient to the shape of what it belongs to."""
    axes = [i for i, size in enumerate(shape) if size == 1 < x.shape[i]]
    return jnp.sum(x, axis=tuple(axes), keepdims=True)


# y = a * sin(b) for vectors of 3, its rules written out.
RULES = Rules(
    apply=lambda static, x: [static * x[0] * jnp.sin(x[1])],
    push=lambda static, x, dots: [
        static
        * (
            (0 if dots[0] is None else dots[0] * jnp.sin(x[1]))
            + (0 if dots[1] is None else x[0] * jnp.cos(x[1]) * dots[1])
            + 0 * x[0] * x[1]
        )
    ],
    pull=lambda static, x, bars, wanted: [
        to(
            static * bars[0] * [jnp.sin(x[1]), x[0] * jnp.cos(x[1])][i]
            + 0 * x[0] * x[1],
            x[i].shape,
        )
        for i in wanted
    ],
    shapes=lambda static, batch: [(*batch, 3)],
)
WAVE = Operation("wave", (1, 1), RULES)
A, B = np.random.default_rng(0).normal(size=(2, 4, 3))


def ours(a, b):
    return WAVE(2.0, a, b)[0]


def plain(a, b):
    return 2.0 * a * jnp.sin(b)


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: f,
        lambda f: lambda a, b: f(a[0], b),
        lambda f: jax.vmap(f, (None, 0)),
        lambda f: lambda a, b: jax.vmap(f, (1, None), 1)(a.T, b[0]),
        lambda f: jax.vmap(jax.jacfwd(f, (0, 1))),
        lambda f: jax.vmap(jax.jacrev(f, 1)),
        lambda f: jax.vmap(jax.jacrev(f, (0, 1)), (None, 0)),
        lambda f: jax.jacrev(f, 0),
        lambda f: jax.grad(lambda a, b: f(a[:1], b).sum(), (0, 1)),
        lambda f: jax.hessian(lambda a, b: f(a, b).sum(), 1),
        lambda f: jax.jacrev(jax.jacfwd(f, 1), 0),
        lambda f: lambda a, b: jax.linearize(f, a, b)[1](b, a),
        lambda f: lambda a, b: jax.lax.map(lambda x: f(x, b), a),
        lambda f: jax.checkpoint(jax.grad(lambda a, b: f(a, b).sum(), (0, 1))),
    ],
)
def test_transformations_are_those_of_the_function_itself(transform):
    with jax.enable_x64(True):
        found = jax.jit(transform(ours))(A, B)
        expected = jax.jit(transform(plain))(A, B)
    jax.tree.map(
        lambda x, y: np.testing.assert_allclose(x, y, atol=1e-13), found, expected
    )


def test_it_runs_without_jit_and_keeps_the_type_of_its_arrays():
    a, b = np.float32(A), np.float32(B)
    assert ours(a, b).dtype == np.float32
    np.testing.assert_allclose(ours(a, b), plain(a, b), rtol=1e-5)


def test_programs_may_differ_by_platform():
    other = RULES._replace(apply=lambda static, x: [x[0] * 0 + 7 + 0 * x[1]])
    seven = Operation("seven", (1, 1), RULES, cpu=other)
    assert jax.devices()[0].platform == "cpu"
    np.testing.assert_array_equal(seven(2.0, A, B)[0], np.full((4, 3), 7))
