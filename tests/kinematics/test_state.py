"""Laws of states: derivatives of positions, of rotations, and differences of frames."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics.dynamics import from_motion
from kinematics.motion import Motion
from kinematics.skeleton import coordinate_table
from kinematics.state import joint_axes
from tests.kinematics import reference
from tests.kinematics.dynamics import bodies

FROM_MOTION = jax.jit(from_motion)


def places_in_time(skeleton, poses, rates, accelerations, times):
    """Reference positions and rotations along the curve, with a turning root."""
    result = []
    for t in times:
        step = [
            np.float64(r) * t + np.float64(a) * t * t / 2
            for r, a in zip(rates, accelerations, strict=True)
        ]
        place, turn = reference.forward(
            skeleton, poses[0] + step[0], poses[1], poses[2] + step[2]
        )
        # The root turns by an exponential whose rate at 0 is the angular velocity and
        # whose acceleration there is the angular acceleration.
        root = reference.turn(step[1])
        place = place[0] + (place - place[0]) @ root.T
        result.append((place, root @ turn))
    places, turns = zip(*result, strict=True)
    return np.stack(places), np.stack(turns)


def test_velocities_and_accelerations_are_derivatives_of_the_reference():
    skeleton, masses = bodies.small()
    many = jax.tree.map(np.float64, bodies.movement(skeleton, (60,), seed=1))
    unit = many[0].root_rotation
    unit = unit / np.linalg.norm(unit, axis=-1, keepdims=True)
    many = (many[0]._replace(root_rotation=unit), *many[1:])
    poses, rates, accelerations = jax.tree.map(lambda x: x[7], many)
    step = 1e-3
    times = step * np.arange(-2, 3)
    places, turns = places_in_time(skeleton, poses, rates, accelerations, times)
    first, second = (
        np.array([1, -8, 0, 8, -1]) / (12 * step),
        np.array([-1, 16, -30, 16, -1]) / (12 * step**2),
    )

    def along(weights, x):
        return np.tensordot(weights, x, axes=1)

    with jax.enable_x64(True):
        state, _ = bodies.loads(skeleton, masses, *many)
        state = jax.tree.map(lambda x: np.asarray(x)[7], state)
    # Frames of joints are float32, orthonormal to 1e-7; accelerations are near 100.
    np.testing.assert_allclose(state.velocities, along(first, places), atol=3e-6)
    np.testing.assert_allclose(state.accelerations, along(second, places), atol=1e-4)
    back = np.swapaxes(turns[2], -1, -2)
    spin = along(first, turns) @ back
    growth = along(second, turns) @ back - spin @ spin
    for ours, skew in ((state.spins, spin), (state.turns, growth)):
        wanted = np.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], axis=-1)
        np.testing.assert_allclose(ours, wanted, atol=1e-4)


@pytest.mark.parametrize("size", [0.0, 1e-8, 1e-4, 1.0, 3.1])
def test_axes_are_the_angular_velocities_of_single_coordinates(size):
    skeleton, _ = bodies.small()
    table = coordinate_table(skeleton.kinds)
    q = size * np.random.default_rng(0).uniform(0.2, 0.7, skeleton.num_coordinates)
    with jax.enable_x64(True):
        padded = np.append(q, 0.0)[table]
        axes = joint_axes(skeleton, jnp.asarray(padded.T[..., None]))
        axes = np.moveaxis(np.asarray(axes)[..., 0], -1, 0)
    h = 1e-4
    for j, kind in enumerate(skeleton.kinds):
        count = reference.DOFS[kind]
        at = table[j, :count]
        for k in range(3):
            if k >= count:
                assert not axes[j, :, k].any()
                continue
            step = h * np.eye(count)[k]
            turn, ahead, behind = (
                reference.joint_turn(kind, skeleton.frames[j], q[at] + s)
                for s in (0 * step, step, -step)
            )
            skew = (ahead - behind) @ turn.T / (2 * h)
            wanted = [skew[2, 1], skew[0, 2], skew[1, 0]]
            # Frames are float32, orthonormal to 1e-7.
            np.testing.assert_allclose(axes[j, :, k], wanted, atol=2e-7)


def test_differences_of_frames_are_of_second_order_to_the_ends():
    skeleton = reference.single()
    axis, errors = np.array([0.6, 0.0, 0.8]), []
    for fps in (20.0, 40.0):
        t = np.arange(int(fps) + 1)[:, None] / fps
        angle, rate = np.sin(3 * t), 3 * np.cos(3 * t)
        place, speed = np.cos(2 * t) * [1.0, 2.0, 3.0], -2 * np.sin(2 * t) * [1, 2, 3]
        turn = np.concatenate([np.cos(angle / 2), np.sin(angle / 2) * axis], axis=1)
        with jax.enable_x64(True):
            motion = Motion(skeleton, place, turn, np.zeros((len(t), 0)), fps)
            state = [np.asarray(x) for x in FROM_MOTION(motion)]
        exact = (speed, rate * axis, -4 * place, -9 * angle * axis)
        errors.append(
            [
                np.abs(ours[:, 0] - wanted)[[0, len(t) // 2, -1]].max(axis=-1)
                for ours, wanted in zip(state[2:6], exact, strict=True)
            ]
        )
    ratio = np.array(errors[0]) / np.array(errors[1])
    assert (ratio > 3).all(), ratio
    assert np.max(errors[1]) < 0.1


def test_frames_and_exact_rates_give_the_same_state():
    skeleton, masses = bodies.small()
    motion, *rates = bodies.swinging(skeleton, fps=200.0, count=60)
    found = FROM_MOTION(motion)
    with jax.enable_x64(True):
        exact = jax.tree.map(np.float64, (motion.poses, *rates))
        exact, _ = jax.tree.map(np.asarray, bodies.loads(skeleton, masses, *exact))
    np.testing.assert_allclose(found.axes, exact.axes, atol=1e-5)
    for ours, wanted, bound in zip(
        found[2:6], exact[2:6], (5e-3, 5e-3, 0.2, 0.2), strict=True
    ):
        assert np.abs(wanted).max() > 20 * bound
        np.testing.assert_allclose(ours, wanted, atol=bound)


def test_a_clip_too_short_for_differences_is_refused():
    skeleton, _ = bodies.small()
    with pytest.raises(ValueError, match="4 frames or more, not 3"):
        from_motion(bodies.swinging(skeleton, count=3)[0])


def test_poses_of_a_batch_do_not_touch_each_other():
    skeleton, masses = bodies.small()
    movement = bodies.movement(skeleton, (2, 3), seed=4)
    state, loads = bodies.loads(skeleton, masses, *movement)
    assert state.axes.shape == (2, 3, skeleton.num_joints, 3, 3)
    other = jax.tree.map(np.array, movement)
    other[0].joints[0, 1], other[1].angular[1, 2] = 0.5, -1.0
    changed = bodies.loads(skeleton, masses, *other)[1].moments != loads.moments
    changed = np.asarray(changed).any(axis=(-1, -2))
    assert changed.tolist() == [[False, True, False], [False, False, True]]


@pytest.mark.parametrize("batch", [(0,), (1,), (3, 0)], ids=str)
def test_empty_and_single_batches_keep_their_shape(batch):
    skeleton, masses = bodies.small()
    movement = bodies.movement(skeleton, batch)
    state, loads = jax.eval_shape(bodies.loads, skeleton, masses, *movement)
    assert state.turns.shape == (*batch, skeleton.num_joints, 3)
    assert loads.torques.shape == (*batch, skeleton.num_coordinates)
