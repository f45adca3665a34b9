"""Laws of the sweeps over a tree."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kinematics import columns, tree

parents_lists = st.integers(0, 9).flatmap(
    lambda n: st.tuples(st.just(-1), *(st.integers(0, k) for k in range(n)))
)


@given(parents_lists)
def test_levels_hold_every_joint_once_and_parents_one_level_above(parents):
    levels = tree.levels_of(parents)
    order = levels.order.tolist()
    assert sorted(order) == list(range(len(parents)))
    assert [order[b] for b in levels.back] == list(range(len(parents)))
    above = None
    for level in levels.levels:
        joints = order[level.start : level.stop]
        for i, j in enumerate(joints):
            assert (j in parents) == (level.start + i < level.inner)
            if above is not None:
                assert above[level.parents[i]] == parents[j]
        above = joints


@settings(max_examples=8)
@given(parents_lists, st.booleans())
def test_inward_is_the_transpose_of_velocities(parents, all_turns):
    """Power is one number whether joints or places are asked for it."""
    levels, rng = tree.levels_of(parents), np.random.default_rng(len(parents))
    count = len(parents)
    local = np.moveaxis(np.linalg.qr(rng.normal(size=(count, 3, 3)))[0], 0, -1)
    offsets, spins, pull, turn = rng.normal(size=(4, 3, count, 1))

    def cut(x, rows):
        return [
            x[:, at.start : at.start + k]
            for at, k in zip(levels.levels, rows, strict=True)
        ]

    def powers(local, offsets, spins, pull, turn):
        places, turns = tree.outward(levels, local, offsets, all_turns)
        speeds, angular = tree.velocities(levels, places, turns, spins, None)
        whole = [level.stop - level.start for level in levels.levels]
        forces, moments = cut(pull, whole), cut(turn, whole) if all_turns else None
        total, about = tree.inward(levels, places, forces, moments)
        power = sum(jnp.sum(f * v) for f, v in zip(forces, speeds, strict=True))
        if all_turns:
            power += sum(jnp.sum(m * w) for m, w in zip(moments, angular, strict=True))
        rows = [m.shape[1] for m in about]
        torque = 0.0
        for t, m, s in zip(turns, about, cut(spins, rows), strict=True):
            torque += jnp.sum(columns.rotate_back(t[:, :, : m.shape[1]], m) * s)
        return power, torque, total[0][:, 0]

    with jax.enable_x64(True):
        power, torque, total = jax.jit(powers)(
            local[..., None], offsets, spins, pull, turn
        )
    np.testing.assert_allclose(torque, power, atol=1e-10)
    np.testing.assert_allclose(total, pull.sum(axis=1), atol=1e-12)


def test_collect_is_the_transpose_of_take():
    index, rng = (0, 2, 2, 1, 2), np.random.default_rng(0)
    x, y = rng.normal(size=(3, 3, 4)), rng.normal(size=(3, 5, 4))
    there = np.sum(np.asarray(tree.take(jnp.asarray(x), index)) * y)
    back = np.sum(np.asarray(tree.collect(jnp.asarray(y), index, 3)) * x)
    np.testing.assert_allclose(there, back, rtol=1e-5)
