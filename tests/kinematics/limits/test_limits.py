"""Laws of the limits: exact, one to one, gentle inside, wide enough for the data."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics import limits, make_skeleton, symmetry
from kinematics.skeleton import swing_table
from tests.kinematics import reference

APPLY, INVERT = jax.jit(limits.apply), jax.jit(limits.invert)
EXCESS, SOFTCLIP = jax.jit(limits.excess), jax.jit(limits.softclip)
BODIES = [reference.limited(seed) for seed in range(4)]
DEGREE = np.pi / 180
SWINGS = swing_table(BODIES[0].kinds)
BOXES = np.setdiff1d(np.arange(len(BODIES[0].lower)), SWINGS)


def middle(body):
    return (body.lower + body.upper) / 2


def half(body):
    return (body.upper - body.lower) / 2


def inside(body, seed, share=1.0, count=200):
    """Coordinates of which none is over its limit, in float64 [count, D]."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (count, len(body.lower)))
    x[:, SWINGS] /= np.maximum(1, np.linalg.norm(x[:, SWINGS], axis=-1))[..., None]
    return middle(body) + share * half(body) * x


@given(
    st.integers(0, 10_000),
    st.sampled_from([0.0, 1e-3, 0.5, 1.0, 1.001, 1.3, 10.0, 1e6, 1e18, 1e30, 3e38]),
)
def test_limits_hold_exactly_for_any_real_number(seed, scale):
    for body in BODIES:
        direction = np.random.default_rng(seed).uniform(-1, 1, (200, len(body.lower)))
        size = half(body) * scale if scale < 1e18 else scale
        q = APPLY(body, np.float32(middle(body) + size * direction))
        assert np.isfinite(q).all()
        assert not np.asarray(EXCESS(body, q)).any()
        assert ((q >= body.lower) & (q <= body.upper)).all()
        assert not np.asarray(EXCESS(body, APPLY(body, INVERT(body, q)))).any()


def test_limits_hold_exactly_without_jit_too():
    body = BODIES[3]
    u = np.float32(middle(body) + 30 * half(body) * (inside(body, 1) - 0.5))
    assert not np.asarray(limits.excess(body, limits.apply(body, u))).any()


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_input_gives_a_pose_inside_the_limits(value):
    u = np.full((200, len(BODIES[0].lower)), value, np.float32)
    for body in BODIES:
        q = APPLY(body, u)
        assert np.isfinite(q).all()
        assert not np.asarray(EXCESS(body, q)).any()


def test_missing_values_stay_missing_and_spoil_no_other_joint():
    body = BODIES[0]
    u = np.float32(inside(body, 0))
    u[:, body.coordinates("LeftArm")] = np.nan
    missing = np.isnan(APPLY(body, u))
    assert missing[:, body.coordinates("LeftArm")].all()
    assert missing.sum() == 3 * len(u)


def test_slopes_inside_a_bound_are_those_promised():
    slope = jax.vmap(jax.grad(limits.softclip), in_axes=(0, None, None, None))
    depth = np.float32([0, 3, 5, 10, 40]) * np.float32(DEGREE)
    found = slope(depth, 0.0, np.float32(80 * DEGREE), limits.SOFTNESS)
    np.testing.assert_allclose(found, [0.5, 0.82, 0.92, 0.99, 1.0], atol=0.006)
    assert np.isclose(limits.SOFTNESS, 2 * DEGREE)


@given(st.integers(0, 10_000))
def test_apply_undoes_invert_inside_the_limits(seed):
    for body in BODIES:
        q = np.float32(inside(body, seed))
        error = np.abs(APPLY(body, INVERT(body, q)) - q)
        # The inverse first moves what touches a bound a thousandth of the softness
        # inside; the softness of a swing is at most a quarter of a half axis.
        allowed = np.full(len(body.lower), 1.1e-3 * limits.SOFTNESS)
        allowed[SWINGS] = 0.3e-3 * half(body)[SWINGS].max(axis=-1, keepdims=True)
        assert (error <= np.maximum(allowed, 2e-6)).all()


@given(st.integers(0, 10_000))
def test_apply_undoes_invert_to_rounding_well_inside_the_limits(seed):
    for body in BODIES:
        q = np.float32(inside(body, seed, share=0.9))
        np.testing.assert_allclose(APPLY(body, INVERT(body, q)), q, atol=3e-6)


@given(st.integers(0, 10_000))
def test_invert_undoes_apply(seed):
    for body in BODIES:
        u = np.float32(inside(body, seed))
        # At a bound one unit of rounding of q is two of u, many in a narrow range.
        found = INVERT(body, APPLY(body, u))
        np.testing.assert_allclose(found, u, atol=1e-5)


def test_invert_of_poses_outside_is_finite_and_leads_back_to_the_bound():
    body = BODIES[0]
    q = np.float32(middle(body) + 3 * half(body) * np.sign(inside(body, 0) - 0.1))
    u = INVERT(body, q)
    assert np.isfinite(u).all()
    found = np.asarray(APPLY(body, u))[:, BOXES]
    bound = np.clip(q, body.lower, body.upper)[:, BOXES]
    np.testing.assert_allclose(found, bound, atol=1.1e-3 * limits.SOFTNESS)


@given(st.floats(-3, 3), st.floats(1e-4, 3))
def test_softclip_keeps_order_and_bounds(low, width):
    low, high = np.float32(low), np.float32(low) + np.float32(width)
    softness = np.minimum(limits.SOFTNESS, (high - low) / 8)
    u = np.sort(np.float32(np.random.default_rng(0).uniform(low - 5, high + 5, 999)))
    x = np.asarray(SOFTCLIP(u, low, high, softness))
    # Neighbours may be swapped by the rounding of one step.
    assert (np.diff(x) >= -2 * np.spacing(np.abs(x).max())).all()
    assert x.min() >= low
    assert x.max() <= high


@given(st.floats(-3, 3), st.floats(0.3, 3))
def test_softclip_is_its_formula_in_float64(low, width):
    low, high = np.float32(low), np.float32(low) + np.float32(width)
    u = np.float32(np.linspace(low - 1, high + 1, 999))
    d = np.float64(limits.SOFTNESS)
    below, above = np.logaddexp(0, (u - low) / d), np.logaddexp(0, (u - high) / d)
    truth = low + d * (below - above)
    np.testing.assert_allclose(SOFTCLIP(u, low, high, d), truth, atol=2e-6)


def test_gradients_are_the_numeric_ones_and_never_zero_or_nan_inside():
    body = BODIES[1]
    q = np.concatenate([inside(body, 2, 1.1, 20), middle(body)[None]])
    step = 1e-7 * np.eye(q.shape[-1])[:, None]
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), body)
        ahead = jax.jit(jax.vmap(jax.jacfwd(limits.apply, 1), (None, 0)))(wide, q)
        back = jax.jit(jax.vmap(jax.jacrev(limits.apply, 1), (None, 0)))(wide, q)
        numeric = (APPLY(wide, q + step) - APPLY(wide, q - step)) / 2e-7
    np.testing.assert_allclose(ahead, np.moveaxis(numeric, 0, -1), atol=1e-5)
    np.testing.assert_allclose(back, ahead, atol=1e-12)
    assert (np.linalg.svd(ahead[-1])[1] > 0.9).all()


def test_derivatives_are_finite_everywhere():
    body = BODIES[0]
    slope = jax.jit(jax.grad(lambda u: limits.apply(body, u).sum()))
    back = jax.jit(jax.grad(lambda q: limits.invert(body, q).sum()))
    over = jax.jit(jax.grad(lambda q: limits.excess(body, q).sum()))
    poses = [middle(body), body.lower, body.upper, middle(body) + 1e6, middle(body) - 9]
    for x in poses:
        for derivative in (slope, back, over):
            assert np.isfinite(derivative(np.float32(x))).all()


@pytest.mark.parametrize("width", [1e-6, 1e-4, 1e-2])
def test_very_narrow_ranges_still_hold_and_invert(width):
    count = reference.human().num_coordinates
    lower = np.full(count, 1.5, np.float32)
    body = reference.human(lower=lower, upper=lower + np.float32(width))
    u = np.random.default_rng(0).normal(1.5, 1, (200, count)).astype(np.float32)
    q = APPLY(body, u)
    assert not np.asarray(EXCESS(body, q)).any()
    again = APPLY(body, INVERT(body, q))
    assert np.isfinite(INVERT(body, q)).all()
    np.testing.assert_allclose(again, q, atol=max(1e-3 * width, 4e-7))


def test_a_bound_itself_is_not_over_the_limit():
    for body in BODIES:
        for bound in (body.lower, body.upper):
            over = EXCESS(body, np.where(np.isin(np.arange(25), BOXES), bound, 0))
            assert not np.asarray(over)[BOXES].any()
            edge = middle(body)
            edge[SWINGS[:, 0]] = bound[SWINGS[:, 0]]
            assert np.asarray(EXCESS(body, edge))[SWINGS].max() < 1e-6


def test_excess_is_the_distance_beyond_a_range_and_beyond_a_cone():
    body = make_skeleton(
        ["root", "ball", "hinge", "end"],
        [-1, 0, 1, 2],
        np.ones((4, 3)),
        ["free", "ball", "hinge", "fixed"],
        lower=np.float32([-1, -0.5, -1, 0]),
        upper=np.float32([1, 0.5, 1, 2]),
    )
    q = np.float32([[1.5, 0, 0, 2.25], [0, -0.75, 1.5, -0.5], [0.9, 0.2, 0, 1]])
    expected = [[0.5, 0.5, 0, 0.25], [0.25, 0.25, 0.5, 0.5], [0, 0, 0, 0]]
    np.testing.assert_allclose(EXCESS(body, q), expected, atol=1e-6)
    assert np.isclose(limits.share_outside(body, q), 2 / 3)


def test_a_body_of_one_joint_has_nothing_to_limit():
    body, q = reference.single(), np.zeros((3, 0), np.float32)
    for function in (limits.apply, limits.invert, limits.excess):
        assert function(body, q).shape == (3, 0)
    assert limits.share_outside(body, q) == 0.0


def captured(body, seed=0, count=2000):
    rng = np.random.default_rng(seed)
    center = rng.uniform(-1, 1, len(body.lower))
    return np.float32(center + 0.3 * rng.normal(size=(count, len(center))))


@pytest.mark.parametrize("body", [reference.human(), reference.limited(5)])
def test_widened_limits_hold_the_data_with_a_margin(body):
    q = captured(body)
    wide = limits.widen(body, q)
    # 0.1 % are left out at either end of a coordinate and of the mirrored data.
    over = np.mean(np.asarray(EXCESS(wide, q)) > 0, axis=0)
    assert over.max() < 0.002
    low, high = np.quantile(q, [0.01, 0.99], axis=0)
    assert (wide.lower < low - 2 * limits.SOFTNESS).all()
    assert (wide.upper > high + 2 * limits.SOFTNESS).all()


@pytest.mark.parametrize("seed", range(4))
def test_widened_limits_never_narrow_what_the_body_allowed(seed):
    body = reference.limited(seed)
    wide = limits.widen(body, captured(body, seed))
    assert ((wide.lower <= body.lower) & (wide.upper >= body.upper)).all()
    edge = inside(body, seed, 50.0, 2000)
    bound = APPLY(body, np.float32(edge))
    assert not np.asarray(EXCESS(wide, bound)).any()


def test_a_cone_that_grows_to_one_side_still_holds_the_cone_it_was():
    lower, upper = np.float32([-1, -1, -1]), np.float32([1, 1, 1])
    body = make_skeleton(
        ["root", "ball", "end"], [-1, 0, 1], np.ones((3, 3)), lower=lower, upper=upper
    )
    wide = limits.widen(body, np.float32([[1.5, 0, 0]] * 50))
    turn = np.linspace(0, 2 * np.pi, 99)
    edge = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=-1)
    assert not np.asarray(limits.excess(wide, np.float32(edge * 0.9999))).any()


def test_widened_limits_are_those_of_the_mirrored_body():
    for body in (reference.human(), reference.limited(6)):
        wide = limits.widen(body, captured(body))
        other = symmetry.mirror_skeleton(wide)
        np.testing.assert_array_equal(other.lower, wide.lower)
        np.testing.assert_array_equal(other.upper, wide.upper)


def test_a_joint_of_unknown_range_takes_the_range_of_the_data():
    body = reference.human()
    q = np.full((50, body.num_coordinates), 0.25, np.float32)
    at = body.coordinates("Neck").start
    wide = limits.widen(body, q, margin=0.1)
    # The nod of the neck is the same in the mirror, so its range is not doubled.
    np.testing.assert_allclose(
        [wide.lower[at], wide.upper[at]], [0.15, 0.35], atol=1e-6
    )


def test_missing_frames_do_not_change_widened_limits():
    body = reference.human()
    q = captured(body, count=100)
    gap = np.full_like(q[:5], np.nan)
    wide, same = limits.widen(body, q), limits.widen(body, np.concatenate([q, gap]))
    np.testing.assert_array_equal(wide.upper, same.upper)
    with pytest.raises(ValueError, match="without missing"):
        limits.widen(body, gap)
