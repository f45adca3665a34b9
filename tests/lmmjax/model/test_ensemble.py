"""Laws of several networks as one model: their mean, less sure where they differ."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import limits
from lmmjax.generation import Stream
from lmmjax.model import initialize, intent, movement, num_parameters, parity, poses
from lmmjax.model.ensemble import gather
from tests.lmmjax import tiny
from tests.lmmjax.model import causality
from tests.lmmjax.pretrained import example

every = slice(None)
SIGNS = np.float32([1, -1])
CONFIG = dataclasses.replace(
    tiny.CONFIG, labels=("hop", "walk"), goals=("Hips", "LeftToe", "RightToe")
)
READ, DENOISE = jax.jit(movement.read), jax.jit(movement.denoise)
EXTEND = jax.jit(movement.extend)


@functools.cache
def parts(count=3, config=CONFIG):
    """Models that differ in every parameter, on a body that is alike left and right."""
    model = tiny.lively_model(config)
    body = limits.widen(model.body, tiny.motion().joints)

    def other(seed):
        rng = np.random.default_rng(seed)
        return jax.tree.map(
            lambda x: x + jnp.asarray(0.1 * rng.normal(size=x.shape), x.dtype),
            model.params,
        )

    return tuple(model.replace(params=other(seed), body=body) for seed in range(count))


@pytest.fixture(scope="module")
def model():
    return gather(parts())


@pytest.fixture(scope="module")
def walk():
    return tiny.poses()


def noise(model, count, seed=0):
    parities, components = model.statistics.shape
    return jax.random.normal(jax.random.key(seed), (parities, count, components))


def estimates(model, walk, tau, vector=None):
    """Mean and deviation after the newest pose, of the same noise for all models."""
    z = READ(model, walk)[:, -1]
    if vector is not None:
        z = movement.intend(model, z, vector)
    count = len(z)
    return DENOISE(model, noise(model, count), jnp.full(count, tau), z)


@pytest.mark.parametrize("tau", [1.0, 0.4])
@pytest.mark.parametrize("told", [False, True])
def test_estimates_are_the_mean_of_the_members(model, walk, tau, told):
    vector = None
    if told:
        rng = np.random.default_rng(1)
        vector = rng.normal(size=(2, intent.size(CONFIG))).astype(np.float32)
    mean, deviation = estimates(model, walk, tau, vector)
    each = [estimates(part, walk, tau, vector) for part in parts()]
    means, deviations = (np.float64(x) for x in zip(*each, strict=True))
    np.testing.assert_allclose(mean, means.mean(0), atol=1e-5)
    # Of a mixture: the mean of the variances and the variance of the means.
    variance = (deviations**2).mean(0) + means.var(0)
    np.testing.assert_allclose(deviation, np.sqrt(variance), rtol=1e-4, atol=1e-5)
    assert (means.var(0) > 1e-4).mean() > 0.3


def test_what_is_told_reaches_every_member(model, walk):
    z = READ(model, walk)[:, -1]
    vector = np.ones((2, intent.size(CONFIG)), np.float32)
    aware = movement.intend(model, z, vector)
    assert aware.shape == z.shape
    for n in range(model.config.members):
        # Members that are all alike but for one: only through it can it be heard.
        mute = jax.tree.map(jnp.zeros_like, parts()[0].params)
        deaf = [parts()[0].replace(params=mute)] * 3
        deaf[n] = parts()[n]
        one = gather(deaf)
        tau = jnp.ones(2)
        heard, silent = (DENOISE(one, noise(one, 2), tau, x)[0] for x in (aware, z))
        assert np.abs(heard - silent).max() > 1e-4
    silent = movement.intend(model, aware, 0 * vector)
    np.testing.assert_array_equal(silent, z)


def test_members_that_are_all_the_same_are_the_one(walk):
    one = parts()[0]
    same = gather([one] * 3)
    for tau in (1.0, 0.3, 1e-3):
        ours, theirs = (estimates(m, walk, tau) for m in (same, one))
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("batch", "frames"), [(1, 2), (3, 7)])
def test_it_commutes_with_the_mirror_to_the_last_bit(model, batch, frames):
    rng = np.random.default_rng(frames)
    told = parity.signs(*[1] * movement.TOLD)
    mirror = parity.chain(poses.token_mirror(model.body), told)
    wish = intent.mirror(model.body, CONFIG)

    @jax.jit
    def network(tokens, vector, noisy, tau):
        split = parity.split(mirror, tokens)
        z = movement._apply(model, "read", split, axes=(None,))
        z = movement._with_room(model, movement._together(model, z))
        aware = movement.intend(model, z[:, -1], vector)
        return movement.denoise(model, noisy, tau, aware)

    tokens, vector = (
        jnp.asarray(rng.normal(size=shape), jnp.float32)
        for shape in ((batch, frames, len(mirror.source)), (batch, len(wish.source)))
    )
    noisy, signs = noise(model, batch), SIGNS[:, None, None]
    tau = jnp.linspace(0.1, 1.0, batch)
    found, spread = network(mirror(tokens), wish(vector), signs * noisy, tau)
    mean, deviation = network(tokens, vector, noisy, tau)
    np.testing.assert_array_equal(found, signs * mean)
    np.testing.assert_array_equal(spread, deviation)


def test_the_summary_is_causal(model, walk):
    causality.check(READ, model, walk)


@pytest.mark.parametrize("first", [1, 7])
def test_extending_the_memory_is_reading_the_whole(model, walk, first):
    memory = movement.empty_memory(model, 2)
    assert all(len(x) == 2 for x in (*memory.cache.keys, *memory.cache.values))
    start = slice(None, first)
    z, memory = EXTEND(model, walk.at(every, 0), walk.at(every, start), memory)
    found = [z]
    for n in range(first, walk.joints.shape[1]):
        now = walk.at(every, slice(n, n + 1))
        z, memory = EXTEND(model, walk.at(every, n - 1), now, memory)
        found.append(z)
    found = np.concatenate(found, axis=1)
    np.testing.assert_allclose(found, READ(model, walk), atol=1e-4)
    assert int(memory.cache.length) == walk.joints.shape[1]


def test_a_stream_samples_with_nothing_over_a_limit(model, walk):
    stream = Stream(model, commit=2, steps=3)
    future, state = stream.sample(stream.init(walk), jax.random.key(0), 20)
    assert future.joints.shape[:2] == (2, 20)
    assert all(np.isfinite(x).all() for x in future)
    assert np.max(limits.excess(model.body, future.joints)) == 0
    assert state.summary.shape[0] == 2
    # Streams do not hear each other.
    keys = jax.random.split(jax.random.key(1), 2)
    both, _ = stream.step(stream.init(walk), keys)
    alone, _ = stream.step(stream.init(walk.at(slice(1, 2))), keys[1:])
    np.testing.assert_allclose(both.joints[1:], alone.joints, atol=1e-5)


def test_dropout_leaves_out_others_of_every_member(walk):
    one = tiny.lively_model(dataclasses.replace(tiny.CONFIG, dropout=0.5))
    same = gather([one, one])

    def apart(key=None):
        """How far the two members' summaries are from each other."""
        z = np.asarray(movement.read(same, walk, key=key))
        # Parities, and then members.
        parts = z.reshape(*z.shape[:2], 2, 2, -1)
        return np.abs(parts[..., 0, :] - parts[..., 1, :]).max()

    assert apart() < 1e-5
    assert apart(jax.random.key(0)) > 1e-2


def test_fresh_members_are_others_and_all_are_counted():
    config = dataclasses.replace(tiny.CONFIG, members=2)
    fresh = initialize(
        jax.random.key(0), tiny.body(), tiny.statistics(), config, tiny.FPS
    )
    assert num_parameters(fresh) == 2 * num_parameters(tiny.fresh_model())
    first, second = fresh.params["backbone"]["embed"]["kernel"]
    assert np.abs(first - second).max() > 1e-2
    shapes = jax.tree.map(jnp.shape, gather([tiny.fresh_model()] * 2).params)
    assert jax.tree.map(jnp.shape, fresh.params) == shapes
    none = dataclasses.replace(config, members=0)
    with pytest.raises(ValueError, match="members must be at least 1; got 0"):
        initialize(jax.random.key(0), tiny.body(), tiny.statistics(), none, 30.0)


def test_one_model_is_returned_as_it_is():
    one = example.model()
    assert gather([one]) is one


def test_what_cannot_be_one_model_says_what_differs():
    one = example.model()
    lower = one.body.replace(lower=one.body.lower - 0.1)
    scales = dataclasses.replace(one.statistics, reach=1.1 * one.statistics.reach)
    narrow = dataclasses.replace(one.config, window=3)
    for other, told in (
        (one.replace(fps=60.0), "model 2 has another fps than the first"),
        (one.replace(body=lower), "model 2 has another body"),
        (one.replace(statistics=scales), "model 2 has another statistics.reach"),
        (one.replace(config=narrow), "model 2 has another config.window"),
    ):
        with pytest.raises(ValueError, match=told):
            gather([one, other])
    with pytest.raises(ValueError, match="model 2 has 2 members; give the models"):
        gather([one, gather([one, one])])
    with pytest.raises(ValueError, match="no model is given"):
        gather([])
    # Sums that were rounded elsewhere make no other model.
    near = one.replace(body=one.body.replace(offsets=one.body.offsets * (1 + 1e-7)))
    assert gather([one, near]).body is one.body
