"""Laws of loads: statics, Newton and Euler, external forces, gradients, NaN."""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import dynamics, make_skeleton
from kinematics.dynamics import GRAVITY, Wrench, inverse_dynamics
from tests.kinematics.dynamics import bodies

INVERSE = jax.jit(inverse_dynamics)


def test_a_body_at_rest_weighs_what_it_does_on_every_joint():
    skeleton, masses = bodies.small()
    poses, rates, _ = bodies.movement(skeleton, (2, 3), seed=2)
    still = jax.tree.map(np.zeros_like, rates)
    state, loads = jax.tree.map(
        lambda x: x[0, 0], bodies.loads(skeleton, masses, poses, still, still)
    )
    centers = np.float64(state.positions) + np.einsum(
        "jab,jb->ja", np.float64(state.rotations), masses.center
    )
    for j in range(skeleton.num_joints):
        carried = [j]
        for k in range(j + 1, skeleton.num_joints):
            if skeleton.parents[k] in carried:
                carried.append(k)
        weight = np.zeros((len(carried), 3))
        weight[:, 2] = GRAVITY * masses.mass[carried]
        arm = centers[carried] - np.float64(state.positions[j])
        np.testing.assert_allclose(loads.forces[j], weight.sum(axis=0), atol=1e-4)
        moment = np.cross(arm, weight).sum(axis=0)
        np.testing.assert_allclose(loads.moments[j], moment, atol=2e-4)


def test_the_residual_is_the_rate_of_momentum_and_the_weight():
    skeleton, masses = bodies.small()
    movement = bodies.movement(skeleton, (2, 3), seed=3)
    state, loads = bodies.loads(skeleton, masses, *movement)
    center = dynamics.center_of_mass(masses, state)
    total = np.float64(masses.mass).sum()
    upward = np.array([0, 0, GRAVITY])
    wanted = total * (np.float64(center.acceleration) + upward)
    np.testing.assert_allclose(loads.residual.force, wanted, rtol=1e-4, atol=1e-3)


def test_forces_from_outside_are_carried_inward_and_no_further():
    skeleton, masses = bodies.small()
    poses, rates, accelerations = bodies.movement(skeleton, (2, 3), seed=3)
    state, loads = bodies.loads(skeleton, masses, poses, rates, accelerations)
    rng = np.random.default_rng(0)
    force, moment = np.zeros((2, 2, 3, skeleton.num_joints, 3), np.float32)
    force[..., 3, :], moment[..., 3, :] = rng.normal(size=(2, 2, 3, 3)) * 50
    pushed = INVERSE(skeleton, masses, state, Wrench(force, moment))
    above = [3]
    while above[-1]:
        above.append(skeleton.parents[above[-1]])
    for j in range(skeleton.num_joints):
        less = loads.moments[..., j, :] - pushed.moments[..., j, :]
        arm = state.positions[..., 3, :] - state.positions[..., j, :]
        wanted = moment[..., 3, :] + np.cross(arm, force[..., 3, :])
        wanted = wanted if j in above else np.zeros_like(wanted)
        np.testing.assert_allclose(less, wanted, atol=2e-3)
        less = loads.forces[..., j, :] - pushed.forces[..., j, :]
        wanted = force[..., 3, :] if j in above else np.zeros_like(less)
        np.testing.assert_allclose(less, wanted, atol=1e-3)


def test_pushing_the_root_by_the_residual_leaves_none():
    skeleton, masses = bodies.small()
    movement = bodies.movement(skeleton, (2, 3), seed=3)
    state, loads = bodies.loads(skeleton, masses, *movement)
    force, moment = np.zeros((2, 2, 3, skeleton.num_joints, 3), np.float32)
    force[..., 0, :], moment[..., 0, :] = loads.residual
    pushed = INVERSE(skeleton, masses, state, Wrench(force, moment))
    np.testing.assert_allclose(pushed.residual.force, 0, atol=1e-3)
    np.testing.assert_allclose(pushed.residual.moment, 0, atol=1e-3)
    np.testing.assert_allclose(pushed.torques, loads.torques, atol=1e-4)


def test_a_missing_branch_leaves_the_loads_of_the_others():
    skeleton, masses = bodies.small()
    movement = bodies.movement(skeleton, (2, 3), seed=3)
    state, loads = bodies.loads(skeleton, masses, *movement)
    gone = jax.tree.map(lambda x: jnp.asarray(x).at[..., 5, :].set(jnp.nan), state)
    found = INVERSE(skeleton, masses, gone)
    kept = [j for j in range(6) if j not in (0, skeleton.parents[5], 5)]
    np.testing.assert_allclose(
        found.moments[..., kept, :], loads.moments[..., kept, :], atol=1e-4
    )
    assert np.isnan(found.moments[..., 0, :]).all()


def test_gradients_of_torque_are_finite_at_rest_and_the_numeric_ones():
    offsets = np.random.default_rng(0).normal(size=(3, 3))
    kinds = ["free", "ball", "universal"]
    skeleton = make_skeleton(list("abc"), [-1, 0, 1], offsets, kinds)
    masses = bodies.random_inertia(skeleton)
    poses, rates, accelerations = bodies.movement(skeleton, (), seed=6)

    def effort(curve):
        q, rate, acceleration = curve
        state = dynamics.from_rates(
            skeleton,
            poses._replace(joints=q),
            rates._replace(joints=rate),
            accelerations._replace(joints=acceleration),
        )
        return jnp.sum(inverse_dynamics(skeleton, masses, state).torques ** 2)

    with jax.enable_x64(True):
        both = jax.jit(jax.value_and_grad(effort))
        for size in (0.0, 1e-8, 1.0):
            at = size * np.float64([x[2] for x in (poses, rates, accelerations)])
            slope = np.asarray(both(at)[1])
            scale = 1 + np.abs(slope).max()
            for i in np.ndindex(at.shape):
                step = np.zeros_like(at)
                step[i] = 1e-5
                numeric = (both(at + step)[0] - both(at - step)[0]) / 2e-5
                assert abs(slope[i] - numeric) < 1e-6 * scale
