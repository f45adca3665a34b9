"""Laws of ranges that depend on the pose: exact, one to one, smooth, mirrored."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics import SkeletonError, couplings, limits, make_skeleton, symmetry
from kinematics.couplings import Couplings
from tests.kinematics import reference

APPLY, INVERT = jax.jit(limits.apply), jax.jit(limits.invert)
EXCESS = jax.jit(limits.excess)


def at(body, name, k=0):
    return body.coordinates(name).start + k


def coupled(seed=0, base=None):
    """Knees by their hips, feet by their knees, the neck by the spine, at random."""
    rng = np.random.default_rng(seed)
    body = reference.limited(seed) if base is None else base
    wide = np.maximum(body.upper - body.lower, 0.2)
    body = body.replace(upper=np.float32(body.lower + wide))
    pairs = {
        at(body, "LeftLeg"): at(body, "LeftUpLeg"),
        at(body, "RightLeg"): at(body, "RightUpLeg", 2),
        at(body, "LeftFoot"): at(body, "LeftLeg"),
        at(body, "LeftFoot", 1): at(body, "LeftFoot"),
        at(body, "Neck"): at(body, "Spine", 1),
        at(body, "Spine", 2): at(body, "Spine"),
    }
    d, c = np.array(list(pairs.items())).T
    share = rng.uniform([0], [0.4], (len(d), 9))
    low, high = body.lower[d][:, None], body.upper[d][:, None]
    table = {
        "lower": np.float32(low + share * (high - low)),
        "upper": np.float32(high - share[:, ::-1] * (high - low)),
    }
    ends = body.lower[c], body.upper[c]
    found = Couplings(tuple(d.tolist()), tuple(c.tolist()), *ends, **table)
    return body.replace(couplings=found)


BODIES = [coupled(seed) for seed in range(3)]
ROWS = np.array(BODIES[0].couplings.coordinates)
BY = np.array(BODIES[0].couplings.controllers)


def curve(points, start, stop, x):
    """A uniform cubic B-spline in float64, by the recursion of de Boor."""
    count = len(points)
    held = np.concatenate([[points[0]] * 6, points, [points[-1]] * 6]).astype(float)
    t = (x - start) / (stop - start) * (count - 1)
    t = min(max(t, -3.0), count + 2.0)

    def basis(k, degree):
        if degree == 0:
            return float(k <= t < k + 1)
        left = (t - k) / degree * basis(k, degree - 1)
        right = (k + degree + 1 - t) / degree * basis(k + 1, degree - 1)
        return left + right

    # The basis that begins at k peaks at k + 2.
    return sum(p * basis(k - 8, 3) for k, p in enumerate(held))


def poses(body, seed, scale=1.0, count=100):
    rng = np.random.default_rng(seed)
    middle, half = (body.lower + body.upper) / 2, (body.upper - body.lower) / 2
    return np.float32(middle + scale * half * rng.uniform(-1, 1, (count, len(middle))))


@given(st.integers(0, 10_000), st.sampled_from([0.3, 1.0, 1.3, 10.0, 1e6, 1e30]))
def test_coupled_limits_hold_exactly_for_any_real_number(seed, scale):
    for body in BODIES:
        q = APPLY(body, poses(body, seed, scale))
        assert np.isfinite(q).all()
        assert not np.asarray(EXCESS(body, q)).any()
        assert not np.asarray(EXCESS(body, APPLY(body, INVERT(body, q)))).any()


def test_coupled_limits_hold_exactly_in_one_program_and_in_none():
    q = APPLY(BODIES[0], poses(BODIES[0], 1, 1.3, 1000))
    assert not np.asarray(limits.excess(BODIES[0], q)).any()
    both = jax.jit(lambda body, u: limits.excess(body, limits.apply(body, u)))
    for body in BODIES:
        for scale in (1.0, 3.0, 1e3):
            assert not np.asarray(both(body, poses(body, 1, scale, 3000))).any()


def test_curves_are_cubic_splines_of_their_control_values():
    found = BODIES[0].couplings
    x = np.linspace(found.start - 1, found.stop + 1, 60).astype(np.float32)
    lower, upper = couplings.ranges(found, x)
    for row in range(len(ROWS)):
        for table, values in ((found.lower, lower), (found.upper, upper)):
            ends = float(found.start[row]), float(found.stop[row])
            truth = [curve(table[row], *ends, float(v)) for v in x[:, row]]
            np.testing.assert_allclose(values[:, row], truth, atol=2e-5)


def test_excess_is_the_distance_beyond_the_range_that_the_pose_leaves():
    body = BODIES[0]
    q = poses(body, 3, 0.6)
    found = body.couplings
    over = np.asarray(EXCESS(body, q))
    for row, (d, c) in enumerate(zip(ROWS, BY, strict=True)):
        ends = float(found.start[row]), float(found.stop[row])
        low = np.array([curve(found.lower[row], *ends, float(x)) for x in q[:, c]])
        high = np.array([curve(found.upper[row], *ends, float(x)) for x in q[:, c]])
        truth = np.maximum(q[:, d] - high, 0) + np.maximum(low - q[:, d], 0)
        np.testing.assert_allclose(over[:, d], truth, atol=2e-5)
    assert over[:, ROWS].max() > 0.01


@given(st.integers(0, 10_000))
def test_invert_undoes_apply_and_apply_undoes_invert(seed):
    for body in BODIES:
        u = poses(body, seed, 0.8)
        q = APPLY(body, u)
        again = np.asarray(APPLY(body, INVERT(body, q)))
        np.testing.assert_allclose(again, q, atol=1.2e-3 * limits.SOFTNESS)
        # Where nothing is near a bound, u itself comes back.
        free = np.abs(u - q) < 1e-3
        assert free[:, ROWS].mean() > 0.2
        off = np.abs(np.asarray(INVERT(body, q)) - u)
        assert off[:, ROWS][free[:, ROWS]].max() < 1e-4


def test_the_inverse_of_poses_outside_is_finite_and_leads_to_the_bound():
    even = np.ones(len(BODIES[1].lower), np.float32)
    body = coupled(1, reference.human(lower=-even, upper=even))
    q = poses(body, 5, 2.0)
    found = np.asarray(APPLY(body, INVERT(body, q)))
    assert np.isfinite(found).all()
    assert not np.asarray(EXCESS(body, found)).any()
    # Where all controllers were inside, the nearest value is that of excess.
    over = np.asarray(EXCESS(body, q))
    above = dict(zip(ROWS.tolist(), BY.tolist(), strict=True))
    right = over[:, BY] == 0
    right &= over[:, [above.get(c, c) for c in BY.tolist()]] == 0
    right &= over[:, [above.get(above.get(c, c), c) for c in BY.tolist()]] == 0
    error = np.abs(np.abs(found - q) - over)[:, ROWS]
    # An inverse moves what touches a bound a little inside, and with a controller
    # the range that it controls.
    assert right.sum() > 20
    assert error[right].max() < 1e-3


def test_gradients_are_the_numeric_ones_through_the_controllers_too():
    body = BODIES[2]
    u = np.float64(poses(body, 7, 1.1, 12))
    step = 1e-7 * np.eye(u.shape[-1])[:, None]
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), body)
        ahead = jax.jit(jax.vmap(jax.jacfwd(limits.apply, 1), (None, 0)))(wide, u)
        back = jax.jit(jax.vmap(jax.jacrev(limits.apply, 1), (None, 0)))(wide, u)
        numeric = (APPLY(wide, u + step) - APPLY(wide, u - step)) / 2e-7
    np.testing.assert_allclose(ahead, np.moveaxis(numeric, 0, -1), atol=2e-5)
    np.testing.assert_allclose(back, ahead, atol=1e-12)
    assert np.abs(np.asarray(ahead)[:, ROWS, BY]).max() > 0.05


def test_derivatives_are_finite_everywhere():
    body = BODIES[0]
    maps = (limits.apply, limits.invert, limits.excess)
    slopes = [jax.jit(jax.grad(lambda x, f=f: f(body, x).sum())) for f in maps]
    middle = (body.lower + body.upper) / 2
    for x in (middle, body.lower, body.upper, middle + 1e6, middle - 9):
        for slope in slopes:
            assert np.isfinite(slope(np.float32(x))).all()


def test_a_missing_controller_leaves_the_limits_of_the_coordinate_itself():
    body = BODIES[0]
    u = poses(body, 0, 2.0)
    u[:, body.coordinates("Spine")] = np.nan
    q = np.asarray(APPLY(body, u))
    assert np.isnan(q).sum() == 3 * len(u)
    neck = at(body, "Neck")
    plain = np.asarray(limits.apply(body.replace(couplings=None), u))
    np.testing.assert_array_equal(q[:, neck], plain[:, neck])


def test_any_batch_shape_and_controllers_before_what_they_control():
    body = BODIES[0]
    for shape in ((), (0,), (1,), (2, 3)):
        u = np.zeros((*shape, body.num_coordinates), np.float32)
        for function in (limits.apply, limits.invert, limits.excess):
            assert jax.eval_shape(function, body, u).shape == u.shape
    for level in body.couplings.levels():
        assert not set(level.coordinates) & set(level.controllers)


def test_mirrored_couplings_bound_the_mirrored_poses():
    for body in BODIES:
        other = symmetry.mirror_skeleton(body)
        q = poses(body, 2)
        there = symmetry.mirror_coordinates(body, EXCESS(body, q))
        found = EXCESS(other, symmetry.mirror_coordinates(body, q))
        np.testing.assert_allclose(found, np.abs(there), atol=2e-6)
        again = symmetry.mirror_skeleton(other)
        assert again.couplings.coordinates == tuple(sorted(ROWS))
        twice = symmetry.mirror_skeleton(symmetry.mirror_skeleton(again))
        jax.tree.map(np.testing.assert_array_equal, twice, again)


def test_a_body_with_couplings_passes_through_jit():
    body = BODIES[0]
    same = jax.jit(lambda b: b.replace(offsets=2 * b.offsets))(body)
    assert jax.tree.structure(same) == jax.tree.structure(body)
    np.testing.assert_array_equal(same.couplings.lower, body.couplings.lower)


def simple(**changes):
    values = {
        "coordinates": (1,),
        "controllers": (0,),
        "start": [-1.0],
        "stop": [1.0],
        "lower": [[-0.5, 0.0]],
        "upper": [[0.5, 0.5]],
    }
    return Couplings(**{**values, **changes})


def build(couplings):
    return make_skeleton(
        ["root", "a", "b", "c"],
        [-1, 0, 1, 2],
        np.ones((4, 3)),
        ["free", "hinge", "hinge", "ball"],
        lower=-np.ones(5),
        upper=np.ones(5),
        couplings=couplings,
    )


def test_make_skeleton_keeps_couplings_as_float32():
    found = build(simple()).couplings
    assert found.lower.dtype == found.stop.dtype == np.float32
    np.testing.assert_array_equal(found.lower, [[-0.5, 0.0]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"controllers": (0, 1)}, "one controller"),
        ({"stop": [1.0, 2.0]}, "a stop"),
        ({"lower": [[0.0]], "upper": [[0.5]]}, "two control values"),
        ({"upper": [[0.5, 0.5, 0.5]]}, "as many lowest as highest"),
        ({"coordinates": (7,)}, "coupling of 7 to 0: there are 5"),
        ({"controllers": (-1,)}, "coupling of 1 to -1"),
        ({"coordinates": (2,)}, "coordinate 2 is a swing"),
        ({"controllers": (1,)}, "leads back to itself"),
        ({"start": [1.0]}, "start below where they stop"),
        ({"stop": [np.nan]}, "start below where they stop"),
        ({"lower": [[-0.5, 0.5]]}, "must leave a range"),
        ({"lower": [[np.nan, 0.0]]}, "must leave a range"),
        ({"upper": [[0.5, 1.5]]}, "within the limits"),
    ],
)
def test_what_is_no_coupling_is_refused_with_the_reason(changes, message):
    with pytest.raises(SkeletonError, match=message):
        build(simple(**changes))


def test_circles_and_repetitions_are_refused():
    two = {
        "start": [-1.0, -1.0],
        "stop": [1.0, 1.0],
        "lower": [[-0.5, 0.0]] * 2,
        "upper": [[0.5, 0.5]] * 2,
    }
    with pytest.raises(SkeletonError, match="leads back"):
        build(simple(coordinates=(0, 1), controllers=(1, 0), **two))
    with pytest.raises(SkeletonError, match="coupled twice"):
        build(simple(coordinates=(1, 1), controllers=(0, 4), **two))
