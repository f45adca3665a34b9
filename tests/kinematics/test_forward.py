"""Laws of forward kinematics: the float64 reference, batches, derivatives, inverse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinematics import forward
from tests.kinematics import reference

FORWARD = jax.jit(forward.forward)
every_tree = pytest.mark.parametrize("name", reference.TREES)


def reference_batch(body, position, rotation, q):
    batch = q.shape[:-1]
    pairs = [
        reference.forward(body, position[i], rotation[i], q[i])
        for i in np.ndindex(*batch)
    ]
    places, turns = (np.stack(x) for x in zip(*pairs, strict=True))
    return places.reshape(*batch, -1, 3), turns.reshape(*batch, -1, 3, 3)


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)], ids=str)
@every_tree
def test_forward_is_the_float64_reference_for_any_batch(name, batch):
    body = reference.TREES[name]
    pose = reference.poses(body, batch)
    places, turns = reference_batch(body, *pose)
    found = FORWARD(body, *pose)
    np.testing.assert_allclose(found.positions, places, atol=1e-5)
    np.testing.assert_allclose(found.rotations, turns, atol=1e-5)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 1e-6, 0.1, 1.0, 3.0]))
def test_forward_is_the_reference_for_any_coordinates(seed, scale):
    body = reference.TREES["scattered"]
    pose = reference.poses(body, (5,), seed, scale)
    places, _ = reference_batch(body, *pose)
    np.testing.assert_allclose(FORWARD(body, *pose).positions, places, atol=2e-5)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_forward_is_the_reference_for_random_trees(seed):
    body = reference.scattered(seed, count=7)
    pose = reference.poses(body, (5,), seed)
    places, _ = reference_batch(body, *pose)
    np.testing.assert_allclose(FORWARD(body, *pose).positions, places, atol=1e-5)


def test_each_pose_of_a_batch_may_have_a_body_of_its_own_size():
    body = reference.human()
    pose = reference.poses(body, (2, 3))
    sizes = np.float32([[0.8], [1.2]])[..., None, None]
    found = FORWARD(body.replace(offsets=body.offsets * sizes), *pose)
    for i in range(2):
        one = body.replace(offsets=body.offsets * sizes[i, 0])
        places, _ = reference_batch(one, *(x[i] for x in pose))
        np.testing.assert_allclose(found.positions[i], places, atol=1e-5)


def test_bodies_and_poses_broadcast_against_each_other():
    body = reference.human()
    pose = reference.poses(body, ())
    many = body.replace(offsets=np.stack([body.offsets, 2 * body.offsets]))
    found = FORWARD(many, *pose).positions
    assert found.shape == (2, body.num_joints, 3)
    root = found[:, :1]
    np.testing.assert_allclose(found[1] - root[1], 2 * (found[0] - root[0]), atol=1e-5)


@every_tree
def test_bones_keep_their_length_in_every_pose(name):
    body = reference.TREES[name]
    places = np.float64(FORWARD(body, *reference.poses(body, (5,), seed=4)).positions)
    bones = places[:, 1:] - places[:, list(body.parents[1:])]
    lengths = np.linalg.norm(body.offsets[1:], axis=-1)
    found = np.linalg.norm(bones, axis=-1)
    np.testing.assert_allclose(found, np.tile(lengths, (5, 1)), atol=5e-6)


@every_tree
def test_jit_vmap_and_the_batch_axis_agree(name):
    body = reference.TREES[name]
    pose = reference.poses(body, (5,))
    mapped = jax.jit(jax.vmap(forward.positions, in_axes=(None, 0, 0, 0)))(body, *pose)
    np.testing.assert_allclose(mapped, FORWARD(body, *pose).positions, atol=1e-6)


def test_pmap_over_two_devices_is_the_batch_axis():
    body = reference.human()
    pose = reference.poses(body, (2, 3))
    spread = jax.pmap(forward.positions, in_axes=(None, 0, 0, 0))(body, *pose)
    assert len(spread.sharding.device_set) == 2
    np.testing.assert_allclose(spread, FORWARD(body, *pose).positions, atol=1e-6)


def test_forward_reverse_and_numeric_jacobians_agree():
    body = reference.scattered(seed=5, count=6)
    assert {"hinge", "universal", "ball"} <= set(body.kinds)
    position, rotation, q = (np.float64(x) for x in reference.poses(body, (4,)))
    q *= np.array([0.0, 1e-8, 1e-5, 1.0])[:, None]

    def places(q, offsets):
        moved = body.replace(offsets=offsets)
        return forward.positions(moved, position[0], rotation[0], q)

    step = 1e-6 * np.eye(q.shape[-1])[:, None]
    with jax.enable_x64(True):
        offsets = jnp.float64(body.offsets)
        ahead = jax.jit(jax.vmap(jax.jacfwd(places), in_axes=(0, None)))(q, offsets)
        back = jax.jit(jax.vmap(jax.jacrev(places), in_axes=(0, None)))(q, offsets)
        value = jax.jit(places)
        numeric = (value(q + step, offsets) - value(q - step, offsets)) / 2e-6
    assert ahead.dtype == np.float64
    np.testing.assert_allclose(ahead, np.moveaxis(numeric, 0, -1), atol=1e-7)
    np.testing.assert_allclose(back, ahead, atol=1e-12)


def test_derivatives_by_every_argument_are_finite_at_rest_and_at_half_turns():
    body = reference.scattered(seed=5, count=6)
    position, rotation, q = reference.poses(body, (), scale=0.0)
    slopes = jax.jit(
        jax.grad(lambda *pose: forward.positions(*pose).sum(), argnums=(0, 1, 2, 3))
    )
    for angles in (q, q + np.float32(np.pi), q - np.float32(np.pi)):
        for leaf in jax.tree.leaves(slopes(body, position, rotation, angles)):
            assert np.isfinite(leaf).all()


@given(st.integers(0, 10_000), st.sampled_from([0.0, 1e-6, 0.1, 1.4]))
def test_joint_coordinates_come_back_from_their_rotations(seed, reach):
    body = reference.TREES["scattered"]
    q = np.random.default_rng(seed).uniform(-reach, reach, (5, body.num_coordinates))
    matrices = jax.jit(forward.joint_rotations)(body, np.float32(q))
    found = jax.jit(forward.joint_coordinates)(body, matrices)
    np.testing.assert_allclose(found, q, atol=3e-6)


@every_tree
def test_joint_rotations_are_those_against_the_parent(name):
    body = reference.TREES[name]
    position, rotation, q = reference.poses(body, (5,))
    turns = FORWARD(body, position, rotation, q).rotations
    local = jax.jit(forward.joint_rotations)(body, q)
    up = turns[:, list(body.parents[1:])]
    np.testing.assert_allclose(up @ local[:, 1:], turns[:, 1:], atol=1e-5)
    np.testing.assert_array_equal(local[:, 0], np.tile(np.eye(3), (5, 1, 1)))


def test_an_impossible_rotation_leaves_a_hinge_its_own_turn():
    body = reference.human()
    knee = body.index("LeftLeg")
    frame = np.float64(body.frames[knee])
    matrices = np.tile(np.eye(3, dtype=np.float32), (body.num_joints, 1, 1))
    matrices[knee] = reference.turn(0.7 * frame[:, 0]) @ reference.turn(
        0.01 * frame[:, 2]
    )
    found = jax.jit(forward.joint_coordinates)(body, matrices)[
        body.coordinates("LeftLeg")
    ]
    np.testing.assert_allclose(found, [0.7], atol=1e-3)
