"""Laws of least squares on a tree, against dense matrices in float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics.inverse import articulated, geometry
from kinematics.inverse.rig import make_rig
from kinematics.motion import Poses
from kinematics.skeleton import free_limits
from tests.kinematics import reference

N = 3
TREES = ["single", "scattered", "human"]


@functools.cache
def scene(name):
    body = geometry.unlimited(reference.TREES[name])
    rng = np.random.default_rng(3)
    anchors = range(body.num_joints)
    places = rng.normal(size=(body.num_joints, 3)).astype(np.float32) / 5
    rig = make_rig(body, anchors, places)
    pose = Poses(*map(jnp.asarray, reference.poses(body, (N,), 1, 0.5)))
    at = jax.jit(geometry.geometry, static_argnums=1)(body, rig, places, pose)
    return body, rig, jnp.asarray(places), pose, at


def columns_of(name):
    """Jacobian [K, 3, 6 + 3 B, N] of keypoints, column by column."""
    _, rig, _, _, at = scene(name)
    bodies = len(rig.joints)
    velocities = jax.jit(
        jax.vmap(
            lambda unit: geometry.point_velocities(
                rig,
                at,
                jnp.broadcast_to(unit[:6, None], (6, N)),
                jnp.broadcast_to(unit[6:].reshape(bodies, 3, 1), (bodies, 3, N)),
            )
        )
    )
    eye = jnp.eye(6 + 3 * bodies)
    return np.moveaxis(np.asarray(velocities(eye), np.float64), 0, 2)


@pytest.mark.parametrize("name", TREES)
def test_keypoints_are_those_of_forward_kinematics(name):
    body, rig, places, pose, at = scene(name)
    for n in range(N):
        centres, turns = reference.forward(body, *(np.asarray(x)[n] for x in pose))
        truth = centres + np.einsum("jab,jb->ja", turns, np.asarray(places, float))
        np.testing.assert_allclose(at.points[:, :, n], truth, atol=2e-5)
        np.testing.assert_allclose(at.turns[..., n], turns, atol=1e-5)
        bones = centres - centres[np.maximum(body.parents, 0)]
        np.testing.assert_allclose(at.bones[:, :, n], bones, atol=2e-5)
    again = geometry.points(body, rig, places, pose)
    np.testing.assert_allclose(again, at.points, atol=1e-6)


@pytest.mark.parametrize("name", TREES)
def test_velocities_are_what_a_small_move_does(name):
    body, rig, places, pose, at = scene(name)
    rng = np.random.default_rng(5)
    bodies = len(rig.joints)
    used = geometry.freedoms(rig, body)[..., None]
    step = rng.normal(size=(bodies, 3, N)) * used
    root = rng.normal(size=(6, N))
    found = geometry.point_velocities(rig, at, jnp.float32(root), jnp.float32(step))
    table = np.asarray(
        geometry.coordinates(rig, body, jnp.arange(body.num_coordinates)[None])
    )[..., 0]
    for n in range(N):
        position, quaternion, q = (np.asarray(x, float)[n] for x in pose)
        rate = np.zeros(body.num_coordinates)
        rate[table[used[..., 0] > 0]] = step[..., n][used[..., 0] > 0]

        def keypoints(h, position=position, quaternion=quaternion, q=q, rate=rate, n=n):
            spin = reference.turn(h * root[:3, n])
            centres, turns = reference.forward(
                body, 0 * position, quaternion, q + h * rate
            )
            there = centres + np.einsum("jab,jb->ja", turns, np.asarray(places, float))
            return there @ spin.T + position + h * root[3:, n]

        numeric = (keypoints(1e-6) - keypoints(-1e-6)) / 2e-6
        np.testing.assert_allclose(found[..., n], numeric, atol=1e-4)


@pytest.mark.parametrize("name", TREES)
def test_the_solution_is_that_of_the_dense_system(name):
    _, rig, _, _, at = scene(name)
    rng = np.random.default_rng(7)
    jacobian, bodies = columns_of(name), len(rig.joints)
    count = len(rig.bodies)
    root = rng.normal(size=(count, 3, 3, N))
    precision = np.einsum("kabn,kcbn->kacn", root, root)
    floor = rng.uniform(0.5, 2, (bodies, 3, N))
    push, force = rng.normal(size=(6, N)), rng.normal(size=(bodies, 3, N))
    push, force, floor, precision = map(jnp.float32, (push, force, floor, precision))
    factor = articulated.factorise(
        rig.parents,
        at.columns,
        geometry.inertias(rig, at, precision),
        jnp.zeros(N),
        jnp.eye(3)[..., None] * floor[:, None],
        jnp.full(N, 0.7),
    )
    twist, step = articulated.solve(rig.parents, factor, push, force)
    for n in range(N):
        j, m = jacobian[..., n], np.asarray(precision[..., n], float)
        diagonal = [*np.full(6, 0.7), *np.asarray(floor[..., n]).ravel()]
        dense = np.einsum("kap,kab,kbq->pq", j, m, j) + np.diag(diagonal)
        right = np.concatenate([push[:, n], np.asarray(force[..., n]).ravel()])
        truth = np.linalg.solve(dense, right)
        np.testing.assert_allclose(twist[:, n], truth[:6], atol=1e-4)
        # The first body is turned by the root, not by coordinates.
        np.testing.assert_allclose(np.ravel(step[1:, :, n]), truth[9:], atol=1e-4)


@pytest.mark.parametrize("name", TREES)
def test_forces_are_the_transpose_of_velocities(name):
    _, rig, _, _, at = scene(name)
    jacobian = columns_of(name)
    force = np.random.default_rng(9).normal(size=(len(rig.bodies), 3, N))
    wrench = geometry.wrenches(rig, at, jnp.float32(force))
    root, joints = articulated.forces(rig.parents, at.columns, wrench)
    truth = np.einsum("kapn,kan->pn", jacobian, force)
    found = np.concatenate([root, np.reshape(joints, (-1, N))])
    np.testing.assert_allclose(found, truth, atol=1e-4)


def test_bodies_without_keypoints_take_no_part():
    body = reference.human()
    rig = make_rig(body, [body.index("LeftHand")], np.zeros((1, 3)))
    turned = [body.names[j] for j in rig.joints]
    assert turned == ["Hips", "Spine", "LeftArm", "LeftForeArm"]
    assert rig.parents == (-1, 0, 1, 2)
    assert rig.bodies == (3,)


def test_a_pose_is_brought_to_the_edge_of_its_limits():
    body = reference.limited(1)
    far = np.random.default_rng(0).normal(size=(50, body.num_coordinates)) * 5
    near = np.asarray(geometry.inside(body, jnp.float32(far)))
    from kinematics import limits

    assert np.asarray(limits.excess(body, near)).max() < 1e-5
    assert not np.asarray(limits.excess(body, geometry.obey(body, near))).any()
    low, high = free_limits(body.kinds)
    loose = body.replace(lower=low, upper=high)
    assert geometry.free(loose).all()
    assert not geometry.free(body).any()


def test_the_guard_balances_a_force_where_its_path_meets_the_bound():
    body = reference.limited(1)
    rig = make_rig(body, range(body.num_joints))
    middle = (body.lower + body.upper) / 2
    half = (body.upper - body.lower) / 2
    q = np.float32(middle + 0.6 * half * np.sin(np.arange(len(middle))))
    used = geometry.freedoms(rig, body)[..., None]
    force = np.random.default_rng(1).normal(size=(len(rig.joints), 3, N)) * used
    batch = jnp.broadcast_to(q, (N, len(q)))
    stiff = np.asarray(geometry.guard(body, rig, batch, jnp.float32(force)), float)
    assert np.isfinite(stiff).all()
    for b, n in np.ndindex(len(rig.joints), N):
        f, name = force[b, :, n], body.names[rig.joints[b]]
        at = body.coordinates(name)
        kind = body.kinds[rig.joints[b]]
        x = (q[at] - middle[at]) / half[at]
        singles = range(2 if kind == "ball" else 0, len(x))
        for k in singles:
            bound = half[at][k] * (np.sign(f[k]) - x[k])
            assert stiff[b, k, k, n] * bound == pytest.approx(f[k], rel=1e-3)
        if kind != "ball":
            continue
        direction = f[:2] / np.linalg.norm(f[:2])
        inner, outer = 0.0, 10.0
        for _ in range(60):
            length = (inner + outer) / 2
            there = x[:2] + length * direction / half[at][:2]
            inner, outer = (length, outer) if there @ there < 1 else (inner, length)
        normal = there / half[at][:2]
        back = stiff[b, :2, :2, n] @ (length * direction)
        assert normal @ back == pytest.approx(normal @ f[:2], rel=1e-2)
        along = np.array([-normal[1], normal[0]]) / np.linalg.norm(normal)
        loose = np.linalg.norm(f[:2]) / half[at][:2].min()
        np.testing.assert_allclose(
            stiff[b, :2, :2, n] @ along, loose * along, rtol=1e-2, atol=1e-2 * loose
        )
