"""Laws of reaches that nobody made: by one limb, smooth and within limits."""

import dataclasses

import jax
import numpy as np
import pytest

from kinematics import limits
from kinematics.bodies import mocap
from lmmjax.model import poses
from lmmjax.training import reaches
from lmmjax.training.loss import LossConfig, loss
from tests.lmmjax import tiny

# Head reaches by the chest it hangs from; toes hang from what carries the body.
CONFIG = dataclasses.replace(tiny.CONFIG, goals=("Head", "Hips"))
WINDOWS, FRAMES = 64, 40
judged = jax.jit(loss, static_argnums=3)


@pytest.fixture(scope="module")
def batch():
    found = tiny.windows(length=FRAMES)
    return found.take(np.arange(WINDOWS) % len(found))


def reached(batch, share, config=CONFIG):
    model = tiny.lively_model(config)
    keys = jax.random.split(jax.random.key(0), WINDOWS)
    return model, *reaches.reach_some(model, batch, keys, share)


def places(model, batch):
    body = model.body.replace(offsets=batch.offsets[:, None])
    return np.asarray(poses.positions(body, batch.poses))


def test_a_limb_is_what_moves_a_joint_alone():
    body = tiny.body()
    limb = {name: reaches.limb(body, j) for j, name in enumerate(body.names)}
    assert limb["Head"] == [body.names.index("Chest")]
    assert limb["LeftToe"] == [body.names.index("LeftLeg")]
    assert limb["Hips"] == limb["Chest"] == []


def test_arms_reach_and_what_people_stand_on_does_not():
    body = mocap.cmu38()
    limb = {name: reaches.limb(body, j) for j, name in enumerate(body.names)}
    arm = [body.names.index(name) for name in ("LeftForeArm", "LeftArm")]
    assert limb["LeftHand"] == arm
    assert limb["LeftFoot"] == limb["RightToeBase"] == []


def test_nothing_but_the_limb_moves_and_stays_within_limits(batch):
    model, after, who = reached(batch, 1.0)
    made = np.asarray(who.made)
    assert made[:, 0].any()
    assert not made[:, 1].any()
    body = model.body
    assert not np.asarray(limits.excess(body, after.poses.joints)).any()
    joints = np.asarray(after.poses.joints)
    changed = (joints != batch.poses.joints).any(axis=(0, 1))
    # Of a ball before a universal joint and two hinges.
    np.testing.assert_array_equal(changed, [1, 1, 1, 0, 0, 0, 0])
    for ours, theirs in zip(after.poses[:2], batch.poses[:2], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(joints[~made[:, 0]], batch.poses.joints[~made[:, 0]])


def test_where_one_arrives_has_nothing_to_do_with_what_one_did(batch):
    stiff = batch._replace(poses=batch.poses._replace(joints=0.3 * batch.poses.joints))
    (model, one, who), (_, other, same) = (reached(x, 1.0) for x in (batch, stiff))
    made = np.asarray(who.made & same.made)[:, 0]
    assert made.mean() > 0.8
    rows, arrives = np.flatnonzero(made), np.asarray(who.frame)[made]
    u = [
        np.asarray(limits.invert(model.body, x.poses.joints))[rows, arrives, :3]
        for x in (batch, one, other)
    ]
    np.testing.assert_allclose(u[1], u[2], atol=1e-3)
    assert np.abs(u[1] - u[0]).max(axis=-1).mean() > 0.5


def test_one_gets_there_and_back_without_a_jump(batch):
    model, after, _ = reached(batch, 1.0)
    head = model.body.names.index("Head")
    true, ours = (places(model, x)[:, :, head] for x in (batch, after))
    assert np.linalg.norm(ours - true, axis=-1).max() > 0.2
    # Nothing is faster than minimum jerk over all that the limb can reach.
    step = np.linalg.norm(np.diff(ours - true, axis=1), axis=-1)
    assert step.max() < 1.875 * 0.6 * np.pi / (0.4 * tiny.FPS)


def test_as_many_reach_as_asked_each_by_the_toss_of_its_own_key(batch):
    everybody = np.asarray(reached(batch, 1.0)[2].made).any(axis=-1)
    _, after, who = reached(batch, 0.5)
    half = np.asarray(who.made).any(axis=-1)
    assert 0.3 * everybody.sum() < half.sum() < 0.7 * everybody.sum()
    assert not (half & ~everybody).any()
    few = jax.tree.map(lambda x: x[:8], batch)
    keys = jax.random.split(jax.random.key(0), WINDOWS)[:8]
    alone, _ = reaches.reach_some(tiny.lively_model(CONFIG), few, keys, 0.5)
    np.testing.assert_allclose(alone.poses.joints, after.poses.joints[:8], atol=1e-6)
    assert not np.asarray(reached(batch, 0.0)[2].made).any()


def test_nobody_reaches_without_a_limb(batch):
    config = dataclasses.replace(CONFIG, goals=("Hips",))
    _, after, who = reached(batch, 1.0, config)
    np.testing.assert_array_equal(after.poses.joints, batch.poses.joints)
    assert who.made.shape == (WINDOWS, 1)
    assert not np.asarray(who.made).any()


def test_joints_of_which_it_is_told_where_they_will_be_count_more(batch):
    model = tiny.lively_model(CONFIG)
    keys = jax.random.split(jax.random.key(0), WINDOWS)
    config = LossConfig(places=3, draws=2, aimed=1.0)
    plain, parts = judged(model, batch, keys, config)
    more, others = judged(model, batch, keys, dataclasses.replace(config, goal=2.0))
    assert "goal" not in parts
    assert others["goal"] > 0
    np.testing.assert_allclose(more, plain + 2 * others["goal"], rtol=1e-5)
    # Who reaches is told where to, if nobody else is told anything.
    reaching = dataclasses.replace(config, goal=2.0, aimed=0.0, reaches=1.0)
    assert 0 < judged(model, batch, keys, reaching)[1]["goal"] < np.inf
