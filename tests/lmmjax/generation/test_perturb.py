"""Laws of perturbations: what a blow does, and how a stream goes on from there."""

import dataclasses

import jax
import numpy as np
import pytest

from kinematics import limits, rotations
from lmmjax.generation import Stream, perturb
from lmmjax.model import movement
from tests.lmmjax import tiny

KEY = jax.random.key(1)
BODY = tiny.body()
FPS = tiny.FPS
every = slice(None)


@pytest.fixture(scope="module")
def stream():
    return Stream(tiny.lively_model(), commit=2, steps=2, inertia=0.5)


@pytest.fixture(scope="module")
def context():
    return tiny.poses(count=2, frames=9)


@pytest.fixture(scope="module")
def start(stream, context):
    return stream.init(context)


@pytest.fixture(scope="module")
def future():
    """Real poses [2, 6] after the context."""
    return tiny.poses(count=2, frames=15).at(every, slice(9, None))


def at(*frames):
    """Frames [2, M] of blows against both streams."""
    return np.float32([frames, frames])


def row(*values):
    """The same blow [2, 1, ...] against both streams."""
    return np.float32([[values], [values]])


def struck(blow, poses, fps=FPS, since=0.0):
    ahead = np.arange(1, 1 + poses.joints.shape[1])
    return perturb.struck(BODY, blow, poses, np.full(2, since), ahead, fps)


def still(frames):
    pose = tiny.poses(count=2, frames=1)
    return jax.tree.map(lambda x: np.repeat(x, frames, axis=1), pose)


def test_a_push_adds_its_velocity_at_once_and_decays_to_nothing():
    poses, fps = still(400), 1000.0
    moved = struck(perturb.push(row(0.8, -0.6), at(100)), poses, fps)
    place = np.asarray(moved.root_position - poses.root_position)
    np.testing.assert_array_equal(place[:, :100], 0)
    speed = np.diff(place, axis=1) * fps
    np.testing.assert_allclose(speed[:, 99], row(0.8, -0.6, 0)[:, 0], atol=0.01)
    end = 100 + int(1000 * perturb.BLOW_SECONDS)
    half = np.linalg.norm(speed[:, (99 + end) // 2], axis=-1)
    np.testing.assert_allclose(half, 0.5, atol=0.01)
    np.testing.assert_allclose(speed[:, end:], 0, atol=1e-3)
    far = row(0.8, -0.6, 0)[:, 0] * perturb.BLOW_SECONDS / 2
    np.testing.assert_allclose(place[:, -1], far, atol=1e-6)
    np.testing.assert_array_equal(moved.joints, poses.joints)
    np.testing.assert_array_equal(moved.root_rotation, poses.root_rotation)


def test_a_tilt_turns_the_body_about_its_root():
    poses, turn = still(12), np.float32([0.1, -0.4, 0.2])
    moved = struck(perturb.tilt(row(*turn), at(1)), poses)
    found = rotations.quaternion_multiply(
        moved.root_rotation, rotations.quaternion_conjugate(poses.root_rotation)
    )
    found = np.asarray(rotations.quaternion_log(found))
    np.testing.assert_allclose(found[:, -1], [turn, turn], atol=1e-5)
    assert (np.diff(np.linalg.norm(found, axis=-1)[:, :6]) > 0)[:, 1:4].all()
    np.testing.assert_array_equal(moved.root_position, poses.root_position)
    np.testing.assert_array_equal(moved.joints, poses.joints)


@pytest.mark.parametrize("change", [0.3, -0.2, 50.0])
def test_a_knock_moves_its_joint_and_no_limit_gives_way(change):
    poses = still(9)
    blow = perturb.knock(BODY, "Head", row(change, -change), at(0))
    moved = struck(blow, poses)
    assert np.max(limits.excess(BODY, moved.joints)) == 0
    apart = np.abs(moved.joints - poses.joints)
    np.testing.assert_allclose(apart[..., [0, 1, 2, 5, 6]], 0, atol=1e-6)
    assert (apart[:, -1, 3:5] > min(0.15, abs(change) / 2)).all()
    free = limits.invert(BODY, moved.joints) - limits.invert(BODY, poses.joints)
    if abs(change) < 1:
        # In the coordinates in which limits are far away.
        np.testing.assert_allclose(
            free[:, -1, 3:5], row(change, -change)[:, 0], atol=1e-4
        )
    np.testing.assert_array_equal(moved.root_position, poses.root_position)


def test_a_joint_that_cannot_be_knocked_is_told():
    with pytest.raises(ValueError, match="no joint 'Tail'; there are Hips, Chest"):
        perturb.knock(BODY, "Tail", row(1.0), at(0))
    with pytest.raises(ValueError, match="joint Head has 2 coordinates to knock; got"):
        perturb.knock(BODY, "Head", row(1.0), at(0))
    with pytest.raises(ValueError, match="joint LeftToe has 0 coordinates"):
        perturb.knock(BODY, "LeftToe", row(1.0), at(0))


def test_blows_add_up_and_nobody_else_is_moved():
    poses = still(8)
    velocity = np.float32([[[1, 0], [0, 0.5]], [[0, 0], [0, 0]]])
    both = struck(perturb.push(velocity, at(0, 2)), poses)
    first, second = (
        struck(perturb.push(velocity[:, [n]], at(2 * n)), poses) for n in range(2)
    )
    total = first.root_position + second.root_position - poses.root_position
    np.testing.assert_allclose(both.root_position, total, atol=1e-6)
    for blow in (
        perturb.push(velocity, at(0, 2)),
        perturb.tilt(velocity[..., [0, 1, 0]], at(0, 2)),
        perturb.knock(BODY, "Head", velocity, at(0, 2)),
    ):
        for ours, theirs in zip(struck(blow, poses), poses, strict=True):
            np.testing.assert_array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("first", [1, 3])
def test_it_is_the_same_blow_however_steps_divide_it(first):
    poses = still(8)
    blow = perturb.push(row(0.3, 0.7), at(0))
    whole = struck(blow, poses).root_position
    part = struck(blow, poses.at(every, slice(first)))
    # The rest goes on from where that got.
    shift = part.root_position[:, -1:] - poses.root_position[:, :1]
    rest = poses.at(every, slice(first, None))
    rest = struck(
        blow, rest._replace(root_position=rest.root_position + shift), FPS, first
    )
    joined = np.concatenate([part.root_position, rest.root_position], axis=1)
    np.testing.assert_allclose(joined, whole, atol=1e-6)


def assert_close(a, b, atol=1e-5):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, atol=atol)


def joined(parts):
    return jax.tree.map(lambda *x: np.concatenate(x, axis=1), *parts)


NEVER = perturb.push(row(1.0, 1.0), at(np.inf))
PUSH = perturb.push(np.float32([[[0.9, 0.0]], [[0.0, 0.0]]]), at(3))


@pytest.fixture(scope="module")
def pushed(stream, start):
    return perturb.sample(stream, start, KEY, 12, PUSH)


def test_who_is_not_struck_moves_as_ever(stream, start, pushed):
    poses, state = stream.sample(start, KEY, 12)
    found, after = perturb.sample(stream, start, KEY, 12, NEVER)
    assert_close(found, poses)
    assert_close(after, state, atol=1e-4)
    assert_close(pushed[0].at(1), poses.at(1))
    # Before it is struck, too.
    assert_close(pushed[0].at(0, slice(3)), poses.at(0, slice(3)))
    apart = np.abs(pushed[0].root_position[0, 3:] - poses.root_position[0, 3:])
    assert (apart.max(-1) > 0.01).all()


def test_sampling_is_stepping(stream, start, pushed):
    state, parts = start, []
    for key in jax.random.split(KEY, 6):
        poses, state = perturb.step(stream, state, key, PUSH)
        parts.append(poses)
    assert_close(joined(parts), pushed[0])
    assert_close(state, pushed[1], atol=1e-4)
    short, _ = perturb.sample(stream, start, KEY, 11, PUSH)
    assert_close(short, pushed[0].at(every, slice(11)), atol=0)


def test_a_stream_reads_what_it_was_made_to_do(stream, context, pushed):
    poses, state = pushed
    history = joined([context, poses])
    z = jax.jit(movement.read)(stream.model, history)
    np.testing.assert_allclose(state.summary, z[:, -1], atol=1e-4)
    assert_close(state.last, poses.at(every, -1), atol=0)
    assert_close(state.plan.poses.at(every, slice(2)), poses.at(every, slice(-2, None)))
    assert list(state.frame) == [12, 12]
    assert np.max(limits.excess(BODY, poses.joints)) == 0


def test_what_was_planned_is_carried_along_no_further_than_the_poses(stream, start):
    blow = perturb.push(row(0.9, 0.0), at(0))
    poses, state = perturb.step(stream, start, KEY, blow)
    _, plain = stream.step(start, KEY)
    moved = np.asarray(state.plan.poses.root_position - plain.plan.poses.root_position)
    assert (np.linalg.norm(moved[:, 0], axis=-1) > 0.01).all()
    np.testing.assert_allclose(moved[:, 2], moved[:, 1], atol=1e-6)
    assert (np.linalg.norm(moved[:, 1], axis=-1) > 0.03).all()
    np.testing.assert_array_equal(poses.joints, state.plan.poses.joints[:, :2])


def nothing_but(*names):
    """Only these joints are known, of both streams in six frames."""
    known = np.zeros((2, 6, BODY.num_joints), bool)
    known[..., [BODY.names.index(name) for name in names]] = True
    return known


def test_who_sees_everything_follows_exactly(stream, start, future):
    poses, state = perturb.follow(stream, start, KEY, future, nothing_but(*BODY.names))
    assert_close(poses, future, atol=0)
    assert_close(state, stream.observe(start, future), atol=1e-4)


def test_who_sees_nothing_goes_on_as_expected(stream, context, future):
    one = dataclasses.replace(stream, commit=1, inertia=0.0)
    # A plan of whole steps has no say.
    _, start = stream.step(stream.init(context), KEY)
    unseen = jax.tree.map(lambda x: np.full_like(x, np.nan), future)
    poses, state = perturb.follow(stream, start, KEY, unseen, nothing_but())
    expected, after = one.sample(start, KEY, 6)
    assert_close(poses, expected, atol=1e-4)
    assert_close(state.last, after.last, atol=1e-4)


def test_what_is_seen_is_kept_and_what_is_not_is_within_limits(stream, start, future):
    known = nothing_but("Hips", "Head", "RightLeg")
    lost = [0, 1, 2, 5]
    broken = np.array(future.joints)
    broken[..., lost] = np.nan
    partly = future._replace(joints=broken)
    poses, state = perturb.follow(stream, start, KEY, partly, known)
    np.testing.assert_array_equal(poses.root_position, future.root_position)
    np.testing.assert_array_equal(poses.root_rotation, future.root_rotation)
    np.testing.assert_allclose(
        poses.joints[..., [3, 4, 6]], future.joints[..., [3, 4, 6]], atol=1e-5
    )
    assert np.max(limits.excess(BODY, poses.joints)) == 0
    assert all(np.isfinite(x).all() for x in jax.tree.leaves((poses, state)))
    # Not held, and not guessed.
    assert (np.abs(np.diff(poses.joints[..., lost], axis=1)).max(1) > 1e-4).all()
    assert (np.abs(poses.joints - future.joints)[..., lost].max(1) > 1e-3).all()


def test_what_is_not_seen_is_expected_in_the_light_of_what_is(stream, start, future):
    known = nothing_but("Hips", "Head", "RightLeg")
    other = future._replace(joints=np.array(future.joints))
    other.joints[:, 0, 6] += 0.3
    found, changed = (
        perturb.follow(stream, start, KEY, x, known)[0] for x in (future, other)
    )
    apart = np.abs(found.joints - changed.joints)[:, 0, [0, 1, 2, 5]]
    assert (apart.max(-1) > 1e-4).all()
    # What is lost itself is not looked at.
    other.joints[...] = future.joints
    other.joints[..., 5] += 0.3
    again, _ = perturb.follow(stream, start, KEY, other, known)
    assert_close(again, found, atol=0)


def test_held_is_what_was_known_last(context, future):
    known = np.ones((2, 6, BODY.num_joints), bool)
    leg, toe = BODY.names.index("LeftLeg"), BODY.names.index("LeftToe")
    known[:, 2:5, leg] = False
    known[1, 0, 0] = False
    known[..., toe] = False
    last = context.at(every, -1)
    found = perturb.hold(BODY, last, future, known)
    joints = np.array(future.joints)
    joints[:, 2:5, 5] = joints[:, 1:2, 5]
    np.testing.assert_allclose(found.joints, joints, atol=1e-5)
    place = np.array(future.root_position)
    place[1, 0] = last.root_position[1]
    np.testing.assert_array_equal(found.root_position, place)
    np.testing.assert_array_equal(found.root_rotation[1, 0], last.root_rotation[1])
