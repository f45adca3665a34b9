"""Laws of the stream: pure, cached without a trace, the same scanned or stepped."""

import dataclasses

import jax
import numpy as np
import pytest

from kinematics import limits
from lmmjax.generation import Stream
from lmmjax.model import movement
from tests.lmmjax import tiny

KEY = jax.random.key(1)
every = slice(None)


@pytest.fixture(scope="module")
def stream():
    return Stream(tiny.lively_model(), commit=2, steps=2)


@pytest.fixture(scope="module")
def context():
    return tiny.poses(count=2, frames=9)


@pytest.fixture(scope="module")
def start(stream, context):
    return stream.init(context)


@pytest.fixture(scope="module")
def sampled(stream, start):
    """Forty poses, so that the ring of four is gone round, and the state after."""
    return stream.sample(start, KEY, 40)


def joined(parts):
    return jax.tree.map(lambda *x: np.concatenate(x, axis=1), *parts)


def stepped(stream, state, keys):
    parts = []
    for key in keys:
        poses, state = stream.step(state, key)
        parts.append(poses)
    return joined(parts), state


def assert_close(a, b, atol=1e-5):
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, atol=atol)


def test_sampling_is_stepping(stream, start, sampled):
    poses, state = stepped(stream, start, jax.random.split(KEY, 20))
    assert_close(sampled[0], poses)
    assert_close(sampled[1], state, atol=1e-4)


def test_frames_that_are_no_multiple_of_a_step_are_cut(stream, start, sampled):
    poses, _ = stream.sample(start, KEY, 39)
    assert_close(poses, sampled[0].at(every, slice(39)), atol=0)


def test_all_poses_of_the_horizon_can_be_handed_out_and_are_read(stream, context):
    far = dataclasses.replace(stream, commit=3)
    poses, state = stepped(far, far.init(context), jax.random.split(KEY, 2))
    assert poses.joints.shape == (2, 6, 7)
    assert int(state.memory.cache.length) == 9 + 6
    for last, emitted in zip(state.last, poses.at(every, -1), strict=True):
        np.testing.assert_array_equal(last, emitted)


def test_after_many_steps_the_cache_is_reading_the_whole_history(
    stream, context, sampled
):
    poses, state = sampled
    history = joined([context, poses])
    z = jax.jit(movement.read)(stream.model, history)[:, -1]
    np.testing.assert_allclose(state.summary, z, atol=2e-4)
    forecast = jax.jit(movement.forecast)
    last = history.at(every, -1)
    assert_close(
        forecast(stream.model, state.last, state.summary).joints,
        forecast(stream.model, last, z).joints,
        atol=1e-5,
    )


def test_observing_is_having_been_given_it_at_once(stream, context, start):
    early = stream.init(context.at(every, slice(4)))
    state = stream.observe(early, context.at(every, slice(4, None)))
    np.testing.assert_allclose(state.summary, start.summary, atol=1e-4)
    assert_close(state.last, start.last, atol=0)


def test_equal_inputs_give_equal_outputs_and_inputs_stay(stream, context, start):
    before = [np.array(x) for x in jax.tree.leaves(start)]
    first, second = stream.step(start, KEY), stream.step(start, KEY)
    assert_close(first, second, atol=0)
    assert_close(stream.init(context), start, atol=0)
    assert_close(jax.tree.leaves(start), before, atol=0)


def test_other_keys_give_other_motion(stream, start, sampled):
    other, _ = stream.sample(start, jax.random.key(2), 40)
    assert np.abs(other.joints - sampled[0].joints).max(axis=(1, 2)).min() > 1e-3


def test_streams_of_a_batch_do_not_meet(stream, context, sampled):
    changed = [np.array(x) for x in context]
    changed[2][1] *= 0.5
    other = type(context)(*changed)
    poses, _ = stream.sample(stream.init(other), KEY, 40)
    for a, b in zip(poses, sampled[0], strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert np.abs(poses.joints[1] - sampled[0].joints[1]).max() > 1e-3


def test_rows_with_the_same_past_have_different_futures(stream, context):
    same = jax.tree.map(lambda x: np.stack([x[0], x[0]]), context)
    poses, _ = stream.sample(stream.init(same), KEY, 40)
    assert np.abs(poses.joints[0] - poses.joints[1]).max() > 1e-3


@pytest.mark.parametrize(
    "options", [{"temperature": 0.0}, {"steps": 1, "churn": 0.0}], ids=str
)
def test_without_temperature_or_with_one_step_of_the_flow_keys_do_not_matter(
    stream, start, options
):
    calm = dataclasses.replace(stream, **options)
    first, second = (calm.step(start, jax.random.key(n))[0].joints for n in (0, 1))
    np.testing.assert_array_equal(first, second)


def test_long_samples_stay_finite_and_within_limits(stream, sampled):
    poses, _ = sampled
    assert all(np.isfinite(x).all() for x in poses)
    assert np.max(limits.excess(stream.model.body, poses.joints)) == 0
    lengths = np.linalg.norm(poses.root_rotation, axis=-1)
    np.testing.assert_allclose(lengths, 1, atol=1e-6)


@pytest.mark.parametrize("commit", [0, 4])
def test_more_poses_than_the_horizon_are_told(commit):
    with pytest.raises(ValueError, match="commit must be 1 to 3, the model's horizon"):
        Stream(tiny.fresh_model(), commit=commit)


def test_steps_below_one_are_told():
    with pytest.raises(ValueError, match="steps must be at least 1; got 0"):
        Stream(tiny.fresh_model(), commit=1, steps=0)


def test_inertia_keeps_to_what_was_planned(context):
    """Wholly at the first pose, where components hold all that there is."""
    stream = Stream(tiny.lively_model(), commit=2, steps=2, inertia=1.0)
    _, state = stream.step(stream.init(context), KEY)
    planned = state.plan.poses.at(every, 2)
    poses, _ = stream.step(state, jax.random.key(7))
    for a, b in zip(poses.at(every, 0), planned, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    free = dataclasses.replace(stream, inertia=0.0)
    poses, _ = free.step(state, jax.random.key(7))
    assert np.abs(poses.joints[:, 0] - planned.joints).max() > 1e-2


def test_there_is_no_inertia_without_a_plan(stream, context):
    steady = dataclasses.replace(stream, inertia=1.0)
    state = stream.init(context)
    assert_close(stream.step(state, KEY)[0], steady.step(state, KEY)[0])
    _, state = steady.step(state, KEY)
    seen = steady.observe(state, context)
    assert_close(stream.step(seen, KEY)[0], steady.step(seen, KEY)[0])


@pytest.mark.parametrize("inertia", [-0.1, 1.1, float("nan")])
def test_inertia_that_cannot_be_is_refused(inertia):
    with pytest.raises(ValueError, match="inertia must be between 0 and 1"):
        Stream(tiny.fresh_model(), commit=1, inertia=inertia)


def test_a_state_knows_the_two_newest_poses(stream, start, context, sampled):
    def assert_newest(state, poses):
        for known, n in ((state.previous, -2), (state.last, -1)):
            for x, y in zip(known, poses, strict=True):
                np.testing.assert_array_equal(x, np.asarray(y)[:, n])

    assert_newest(start, context)
    assert_newest(sampled[1], sampled[0])
    one = tiny.poses(count=2, frames=1, seed=4)
    both = joined([context.at(every, slice(-1, None)), one])
    assert_newest(stream.observe(start, one), both)
    alone = stream.init(one)
    assert_newest(alone, joined([one, one]))
