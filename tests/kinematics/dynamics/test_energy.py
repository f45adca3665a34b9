"""Laws of energy: what the loads do is what the energy becomes."""

import jax
import numpy as np
import pytest

from kinematics.dynamics import Work, energy
from tests.kinematics.dynamics import bodies

JOINT_POWERS = jax.jit(energy.joint_powers)


@jax.jit
def total_energy(masses, state):
    kinetic = energy.kinetic_energy(masses, state)
    return kinetic + energy.potential_energy(masses, state)


def test_power_of_all_loads_is_the_rate_of_the_energy():
    skeleton, masses = bodies.small()
    fps = 500.0
    motion, rates, accelerations = bodies.swinging(skeleton, fps, count=60)

    with jax.enable_x64(True):
        exact = jax.tree.map(np.float64, (motion.poses, rates, accelerations))
        state, loads = bodies.loads(skeleton, masses, *exact)
        powers = np.asarray(JOINT_POWERS(skeleton, state, loads))
        total = np.asarray(total_energy(masses, state))
        outer = loads.residual
        given = np.sum(outer.force * np.asarray(state.velocities[:, 0]), axis=-1)
        given += np.sum(outer.moment * np.asarray(state.spins[:, 0]), axis=-1)
        given += powers.sum(axis=-1)
    rate = (total[2:] - total[:-2]) * fps / 2
    assert np.ptp(total) > 10
    np.testing.assert_allclose(given[1:-1], rate, atol=2e-3 * np.abs(given).max())


def test_work_is_done_and_taken_up_by_its_sign():
    times = np.arange(101) / 100
    powers = np.stack([np.sin(2 * np.pi * times), 3 + 0 * times], axis=-1)
    found = energy.work(np.float32(powers), 100.0)
    assert isinstance(found, Work)
    np.testing.assert_allclose(found.positive, [1 / np.pi, 3.0], rtol=1e-3)
    np.testing.assert_allclose(found.negative, [-1 / np.pi, 0.0], atol=3e-4)


@pytest.mark.parametrize("count", [1, 0])
def test_no_time_is_no_work(count):
    found = energy.work(np.ones((count, 2), np.float32), 100.0)
    np.testing.assert_array_equal(found.positive, [0.0, 0.0])
