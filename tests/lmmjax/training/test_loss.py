"""Laws of the loss: what it depends on, and what it must not depend on."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses
from lmmjax.data.windows import WindowBatch, Windows
from lmmjax.training.loss import LossConfig, loss
from tests.lmmjax import tiny

CONFIG = LossConfig(places=3, draws=3, turn=0.5, coordinates=0.3)
every = slice(None)


@jax.jit
def value_and_gradient(model, batch, keys):
    def objective(params):
        return loss(model.replace(params=params), batch, keys, CONFIG)

    return jax.value_and_grad(objective, has_aux=True)(model.params)


@pytest.fixture(scope="module")
def model():
    return tiny.lively_model()


@pytest.fixture(scope="module")
def batch():
    return tiny.batch(count=4, frames=10)


@pytest.fixture(scope="module")
def keys():
    return jax.random.split(jax.random.key(0), 4)


@pytest.fixture(scope="module")
def found(model, batch, keys):
    return value_and_gradient(model, batch, keys)


def assert_same(a, b, rtol=1e-5, atol=1e-6):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=rtol, atol=atol)


def test_early_poses_can_count_more(model, batch, keys):
    def position(batch, early):
        config = dataclasses.replace(CONFIG, early=early, mirror=0.0, context_noise=0.0)
        return float(loss(model, batch, keys, config)[1]["position"])

    # Without noise or mirror only the futures differ: that of the last frame is late.
    joints = np.array(batch.poses.joints)
    joints[:, -1] += 0.5
    late = batch._replace(poses=batch.poses._replace(joints=joints))
    harm = [position(late, e) - position(batch, e) for e in (0.0, 0.5, 2.0)]
    assert harm[0] > harm[1] > harm[2] > 0


def test_turns_that_move_no_joint_are_not_seen_by_where_joints_are(model, batch, keys):
    """Of the head, from which nothing hangs."""
    config = dataclasses.replace(
        CONFIG, mirror=0.0, context_noise=0.0, turn=1.0, coordinates=1.0
    )
    head = slice(3, 5)
    joints = np.array(batch.poses.joints)
    joints[:, -1, head] += 0.3
    turned = batch._replace(poses=batch.poses._replace(joints=joints))
    before, after = (loss(model, x, keys, config)[1] for x in (batch, turned))
    np.testing.assert_allclose(after["position"], before["position"], rtol=1e-6)
    np.testing.assert_allclose(after["velocity"], before["velocity"], rtol=1e-6)
    for part in ("turn", "coordinates"):
        assert float(after[part]) > float(before[part]) + 1e-3


def test_parts_times_their_weights_are_the_loss(found):
    (total, metrics), _ = found
    parts = {f.name for f in dataclasses.fields(LossConfig)} & set(metrics)
    assert {"position", "velocity", "residual", "turn", "coordinates"} <= parts
    expected = sum(getattr(CONFIG, name) * metrics[name] for name in parts)
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    np.testing.assert_array_equal(total, metrics["loss"])
    assert all(float(metrics[name]) > 0 for name in ("position", "velocity", "error_m"))
    assert all(np.isfinite(metrics[name]) for name in parts)


def test_frames_after_the_end_of_a_clip_have_no_influence(model, keys):
    clips = [tiny.motion(n, frames=7) for n in range(4)]
    padded = Windows(clips, 10, least=7).take(np.arange(4))
    assert not padded.valid[:, 7:].any()
    changed = [np.array(x) for x in padded.poses]
    changed[0][:, 7:] += 2.0
    changed[2][:, 7:] += 0.2
    other = padded._replace(poses=Poses(*changed))
    (here, _), slope = value_and_gradient(model, padded, keys)
    (there, _), other_slope = value_and_gradient(model, other, keys)
    assert float(here) > 0
    np.testing.assert_allclose(there, here, rtol=1e-6)
    assert_same(other_slope, slope)


def test_valid_frames_do_have_influence(model, batch, keys, found):
    changed = np.array(batch.poses.joints)
    changed[:, 7:] += 0.2
    other = batch._replace(poses=batch.poses._replace(joints=changed))
    (there, _), _ = value_and_gradient(model, other, keys)
    assert abs(float(there - found[0][0])) > 1e-3


def test_loss_of_a_batch_is_the_mean_over_its_shares(model, batch, keys, found):
    # A share is repeated to fill the batch, which does not change a mean.
    shares = [
        value_and_gradient(
            model, jax.tree.map(lambda x, at=at: x[at], batch), keys[np.array(at)]
        )
        for at in ([0, 1, 0, 1], [2, 3, 2, 3])
    ]
    mean = jax.tree.map(lambda a, b: (a + b) / 2, *shares)
    assert_same(mean, found, atol=1e-5)


def test_every_window_has_noise_of_its_own_key(model, batch, keys, found):
    again = value_and_gradient(model, batch, keys)
    assert_same(again, found, rtol=0, atol=0)
    (there, _), _ = value_and_gradient(model, batch, keys[::-1])
    assert abs(float(there - found[0][0])) > 1e-4


def still(joints, place=(0, 0, 0.8)):
    """Windows [4, 10] of people who do not move at all."""
    shape = (4, 10)
    poses = Poses(
        np.broadcast_to(np.float32(place), (*shape, 3)),
        np.broadcast_to(np.float32([1, 0, 0, 0]), (*shape, 4)),
        np.broadcast_to(np.float32(joints), (*shape, 7)),
    )
    body = tiny.body()
    offsets = np.tile(np.float32(body.offsets), (4, 1, 1))
    return WindowBatch(poses, np.ones(shape, bool), offsets)


@pytest.mark.parametrize("posture", ["rest", "lower limits", "upper", "outside"])
def test_gradient_is_finite_on_data_that_stands_still(model, keys, posture):
    body = tiny.body()
    joints = {
        "rest": np.zeros(7),
        "lower limits": body.lower,
        "upper": body.upper,
        "outside": 2 * body.upper,
    }[posture]
    for other in (model, tiny.fresh_model()):
        (total, _), slope = value_and_gradient(other, still(joints), keys)
        assert np.isfinite(total)
        assert all(np.isfinite(x).all() for x in jax.tree.leaves(slope))
        assert max(np.abs(x).max() for x in jax.tree.leaves(slope)) > 0


def test_a_forecast_that_is_right_costs_nothing_where_the_context_is_clean():
    model = tiny.fresh_model()
    zero = model.replace(params=jax.tree.map(jnp.zeros_like, model.params))
    errors = []
    for seed in range(8):
        keys = jnp.repeat(jax.random.split(jax.random.key(seed), 1), 4)
        (_, metrics), _ = value_and_gradient(zero, still(np.zeros(7)), keys)
        errors.append(float(metrics["error_m"]))
    # Half of the windows are left as they are, the others are disturbed.
    clean = [error < 3e-5 for error in errors]
    assert 1 <= sum(clean) <= 7
    assert max(errors) > 1e-3


def test_steps_down_the_gradient_lower_the_loss(batch, keys):
    model, values = tiny.fresh_model(), []
    for _ in range(20):
        (value, _), slope = value_and_gradient(model, batch, keys)
        norm = np.sqrt(sum(np.sum(np.square(x)) for x in jax.tree.leaves(slope)))
        params = jax.tree.map(
            lambda p, g, norm=norm: p - np.float32(0.03 / norm) * g,
            model.params,
            slope,
        )
        model = model.replace(params=params)
        values.append(float(value))
    assert values[-1] < 0.9 * values[0]


def test_of_own_movement_only_the_end_is_judged(model, batch, keys, found):
    # 7 poses of context, of which the last is known, and the 3 that follow.
    known = np.zeros((4, 10), bool)
    known[:, 6:] = True
    own = batch._replace(valid=known)
    changed = jax.tree.map(np.copy, own)
    changed.poses.joints[:, :3] += 0.01
    (total, metrics), _ = value_and_gradient(model, own, keys)
    assert abs(float(total - found[0][0])) > 1e-4
    assert float(metrics["error_m"]) > 0
    nothing = own._replace(valid=np.zeros((4, 10), bool))
    assert float(value_and_gradient(model, nothing, keys)[0][0]) == 0
    # What comes before the end is seen, though not judged.
    other = float(value_and_gradient(model, changed, keys)[0][0])
    assert other != float(total)
