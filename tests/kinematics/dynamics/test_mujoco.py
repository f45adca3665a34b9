"""Dynamics against MuJoCo, on models that our own writer exports.

MuJoCo computes in float64; so do we here, to see more than the rounding of float32.
What remains, 1e-7, is the float32 of quaternions and masses and MuJoCo's use of the
principal axes of the tensors.
"""

import functools

import jax
import numpy as np
import pytest

from kinematics import dynamics
from kinematics.bodies import anthropometry, human, smpl24
from tests.kinematics import reference
from tests.kinematics.dynamics import bodies, mujoco_reference


@functools.cache
def body(name):
    if name == "scattered":
        skeleton = reference.scattered(seed=2, count=12)
        return skeleton, bodies.random_inertia(skeleton)
    skeleton = {"human": human, "smpl24": smpl24}[name]()
    return skeleton, anthropometry.inertia(skeleton, 75.0)


@functools.partial(jax.jit, static_argnums=0)
def quantities(name, poses, rates, accelerations):
    skeleton, masses = body(name)
    state = dynamics.from_rates(skeleton, poses, rates, accelerations)
    loads = dynamics.inverse_dynamics(skeleton, masses, state)
    return {
        "state": state,
        "loads": loads,
        "center": dynamics.center_of_mass(masses, state),
        "linear": dynamics.linear_momentum(masses, state),
        "angular": dynamics.angular_momentum(masses, state),
        "kinetic": dynamics.kinetic_energy(masses, state),
        "potential": dynamics.potential_energy(masses, state),
        "power": dynamics.joint_powers(skeleton, state, loads).sum(),
    }


@pytest.mark.parametrize(
    ("name", "double", "tolerance"),
    [
        ("human", False, 2e-6),
        ("smpl24", True, 1e-6),
        ("scattered", True, 1e-6),
    ],
)
def test_loads_momentum_and_energy_are_those_of_mujoco(
    name, double, tolerance, tmp_path
):
    skeleton, masses = body(name)
    model = mujoco_reference.model(tmp_path / "body.xml", skeleton, masses)
    for seed in range(3):
        movement = mujoco_reference.movement(skeleton, seed, scale=0.7)
        data = mujoco_reference.data(model, skeleton, *movement)
        with jax.enable_x64(double):
            found = jax.tree.map(np.asarray, quantities(name, *movement))
        assert found["linear"].dtype == (np.float64 if double else np.float32)
        loads, state = found["loads"], found["state"]
        largest = np.abs(data.qfrc_inverse).max()
        seen = 0
        for j, kind in enumerate(skeleton.kinds):
            wanted = mujoco_reference.joint_forces(model, data, skeleton, j)
            turn = state.rotations[j]
            if kind == "free":
                moment = turn.T @ loads.residual.moment
                ours = np.concatenate([loads.residual.force, moment])
            elif kind == "ball":
                ours = turn.T @ loads.moments[j]
            else:
                ours = loads.torques[skeleton.coordinates(skeleton.names[j])]
            assert np.abs(ours - wanted).max(initial=0) < tolerance * largest
            seen += len(wanted)
        assert seen == model.nv
        total = np.float64(masses.mass).sum()
        center = found["center"].position
        np.testing.assert_allclose(center, data.subtree_com[1], atol=3e-7)
        for ours, wanted in (
            (found["linear"], total * data.subtree_linvel[1]),
            (found["angular"], data.subtree_angmom[1]),
            ([found["kinetic"]], [data.energy[1]]),
            ([found["potential"]], [data.energy[0]]),
        ):
            scale = np.abs(wanted).max()
            np.testing.assert_allclose(ours, wanted, atol=2e-6 * max(scale, 100.0))
        # The generalised forces are those of our coordinates.
        power = loads.torques @ movement[1].joints
        assert found["power"] == pytest.approx(power, abs=1e-6 * largest * 50)
