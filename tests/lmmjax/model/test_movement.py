"""Laws of the movement model: its answers, and what they obey."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses, limits, symmetry
from lmmjax.model import movement, num_parameters, parity, poses
from lmmjax.model.sampler import Sampler
from tests.kinematics import reference
from tests.lmmjax import tiny
from tests.lmmjax.model import causality

every = slice(None)
# The mirror of components: those of odd parity change their sign.
SIGNS = np.float32([1, -1])
READ, FORECAST = jax.jit(movement.read), jax.jit(movement.forecast)
SAMPLE = jax.jit(movement.sample, static_argnames="settings")
POSITIONS = jax.jit(poses.positions)


@pytest.fixture(scope="module")
def model():
    return tiny.lively_model()


@pytest.fixture(scope="module")
def walk():
    return tiny.poses()


@pytest.fixture(scope="module")
def last(walk):
    return walk.at(every, -1)


@pytest.fixture(scope="module")
def z(model, walk):
    return READ(model, walk)[:, -1]


def bones(body, future):
    """Bone lengths [N, J - 1] of poses, by float64 kinematics."""
    flat = [np.asarray(x).reshape(-1, x.shape[-1]) for x in future]
    places = np.stack(
        [reference.forward(body, *pose)[0] for pose in zip(*flat, strict=True)]
    )
    return np.linalg.norm(places[:, 1:] - places[:, list(body.parents[1:])], axis=-1)


def test_forecast_has_one_answer_and_the_flow_with_one_step_gives_it(model, last, z):
    answer = FORECAST(model, last, z)
    for seed in (0, 1):
        key = jax.random.key(seed)
        found = SAMPLE(model, key, last, z, Sampler(1, 0.0))
        for a, b in zip(found, answer, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_samples_follow_their_key_and_temperature(model, last, z):
    def joints(seed, temperature=1.0):
        key = jax.random.key(seed)
        return SAMPLE(model, key, last, z, Sampler(3, 1.0, temperature)).joints

    np.testing.assert_array_equal(joints(0), joints(0))
    assert np.abs(joints(0) - joints(1)).max() > 1e-4
    np.testing.assert_array_equal(joints(0, 0.0), joints(1, 0.0))


@pytest.mark.parametrize("size", [1.0, 1e3, 1e6])
def test_outputs_obey_limits_exactly_and_stay_finite(model, last, z, size):
    # Scaling the residual stands for a network that says anything at all.
    wild = model.replace(
        statistics=dataclasses.replace(
            model.statistics, horizon_error=size * model.statistics.horizon_error
        )
    )
    for future in (
        FORECAST(wild, last, z),
        SAMPLE(wild, jax.random.key(0), last, z, Sampler(3)),
    ):
        assert np.max(limits.excess(wild.body, future.joints)) == 0
        assert all(np.isfinite(x).all() for x in future)


def test_bones_are_constant_in_every_sampled_pose(model, last, z):
    future = SAMPLE(model, jax.random.key(0), last, z, Sampler(3))
    lengths = np.linalg.norm(np.float64(model.body.offsets[1:]), axis=-1)
    found = bones(model.body, future)
    np.testing.assert_allclose(found, np.tile(lengths, (len(found), 1)), atol=1e-6)


def test_outputs_are_finite_for_huge_observations(model, walk):
    glitch = walk._replace(
        root_position=1e6 * walk.root_position, joints=1e6 * walk.joints
    )
    summary = READ(model, glitch)
    future = FORECAST(model, glitch.at(every, -1), summary[:, -1])
    assert np.isfinite(summary).all()
    assert all(np.isfinite(x).all() for x in future)
    assert np.max(limits.excess(model.body, future.joints)) == 0


def test_one_glitch_in_the_past_is_bounded(model, walk):
    at = [np.array(x) for x in walk]
    at[0][:, 5] += 1e4
    far = READ(model, walk._replace(root_position=at[0]))
    at[0][:, 5] += 1e4
    further = READ(model, walk._replace(root_position=at[0]))
    # Beyond the bound a glitch of twice the size is no other glitch.
    np.testing.assert_allclose(further[:, 5], far[:, 5], atol=2e-2)


def test_summary_is_causal_and_the_same_anywhere(model, walk):
    whole = causality.check(READ, model, walk)
    shifted = walk.root_position + np.float32([5, -3, 0])
    moved = READ(model, walk._replace(root_position=shifted))
    np.testing.assert_allclose(moved, whole, atol=2e-3)


@pytest.mark.parametrize("which", range(movement.TOLD))
def test_what_training_changed_is_an_input(model, walk, which):
    told = np.zeros((2, movement.TOLD), np.float32)
    told[1, which] = 1
    changed, clean = READ(model, walk, told), READ(model, walk)
    np.testing.assert_array_equal(changed[0], clean[0])
    assert np.abs(changed[1] - clean[1]).max() > 1e-3


def test_extending_the_memory_is_reading_the_whole(model, walk):
    memory = movement.empty_memory(model, 2)
    extend = jax.jit(movement.extend)
    first, memory = extend(model, walk.at(every, 0), walk.at(every, slice(7)), memory)
    rest, _ = extend(model, walk.at(every, 6), walk.at(every, slice(7, None)), memory)
    found = np.concatenate([first, rest], axis=1)
    np.testing.assert_allclose(found, READ(model, walk), atol=1e-4)


def test_another_person_has_other_joint_places(model, last, z):
    tall = model.with_offsets(1.2 * model.body.offsets)
    future = FORECAST(tall, last, z)
    ours, theirs = (POSITIONS(m.body, future) for m in (model, tall))
    root = np.asarray(future.root_position)[..., None, :]
    np.testing.assert_allclose(theirs - root, 1.2 * (ours - root), atol=1e-5)


def test_past_of_another_person_is_read_on_their_bones(model, walk):
    tall = READ(model.with_offsets(1.2 * model.body.offsets), walk)
    assert np.abs(tall - READ(model, walk)).max() > 1e-3
    both = np.stack([model.body.offsets, 1.2 * model.body.offsets])[:, None]
    each = READ(model.with_offsets(both), walk)
    np.testing.assert_allclose(each[1], tall[1], atol=1e-5)


def test_fresh_model_forecasts_that_nothing_moves(walk, last):
    model = tiny.fresh_model()
    future = FORECAST(model, last, READ(model, walk)[:, -1])
    still = POSITIONS(model.body, last)[:, None]
    assert np.abs(POSITIONS(model.body, future) - still).max() < 5e-3


def test_size_of_the_model_is_that_of_its_configuration():
    model = tiny.fresh_model()
    assert num_parameters(model) == sum(x.size for x in jax.tree.leaves(model.params))
    channels = poses.num_channels(model.body)
    assert model.statistics.residual_scale.shape == (model.config.horizon, channels)


def test_components_are_of_either_parity_and_tell_the_residual_between_them(symmetric):
    model, _, residual_mirror = symmetric
    shape = 4, model.config.horizon, len(residual_mirror.source)
    residual = jax.random.normal(jax.random.key(0), shape)
    told = movement.encode(model, residual)
    np.testing.assert_allclose(movement.decode(model, told), residual, atol=1e-5)
    mirrored = movement.encode(model, residual_mirror(residual))
    np.testing.assert_array_equal(mirrored, SIGNS[:, None, None] * told)
    found = movement.decode(model, SIGNS[:, None, None] * told)
    expected = residual_mirror(movement.decode(model, told))
    np.testing.assert_array_equal(found, expected)


def mirror_image(body, x):
    return Poses(
        symmetry.mirror_vector(x.root_position),
        symmetry.mirror_rotation(x.root_rotation),
        symmetry.mirror_coordinates(body, x.joints),
    )


@pytest.fixture(scope="module")
def symmetric():
    """A model with scales that do not tell left from right, and the two mirrors."""
    person = limits.widen(tiny.body(), tiny.motion().joints)
    model = tiny.lively_model().replace(body=person)
    return model, poses.token_mirror(person), poses.residual_mirror(person)


@pytest.mark.parametrize(("batch", "frames"), [(1, 2), (3, 7), (5, 33)])
def test_the_network_commutes_with_the_mirror_to_the_last_bit(symmetric, batch, frames):
    model, token_mirror, _ = symmetric
    rng = np.random.default_rng(frames)
    told = parity.signs(*[1] * movement.TOLD)
    token_mirror = parity.chain(token_mirror, told)
    parities, components = model.statistics.shape

    def normal(*shape):
        return jnp.asarray(rng.normal(size=shape), jnp.float32)

    @jax.jit
    def network(tokens, noisy, tau):
        split = parity.split(token_mirror, tokens)
        z = model.network.apply({"params": model.params}, split, method="read")
        return movement.denoise(model, noisy, tau, z[:, -1])

    tokens = normal(batch, frames, len(token_mirror.source))
    noisy = normal(parities, batch, components)
    tau = jnp.linspace(0.1, 1.0, batch)
    signs = SIGNS[:, None, None]
    found, spread = network(token_mirror(tokens), signs * noisy, tau)
    mean, deviation = network(tokens, noisy, tau)
    np.testing.assert_array_equal(found, signs * mean)
    np.testing.assert_array_equal(spread, deviation)


def test_the_sampler_commutes_with_the_mirror(symmetric, walk):
    model, _, _ = symmetric
    parities, components = model.statistics.shape

    @jax.jit
    def sampled(model, observed, noise):
        z = movement.read(model, observed)[:, -1]
        future = movement.denoised(
            model, noise, observed.at(every, -1), z, Sampler(4, 0.5)
        )
        return future, poses.positions(model.body, future)

    noise = jax.random.normal(jax.random.key(0), (5, parities, 2, components))
    future, places = sampled(model, walk, noise)
    mirrored = model.with_offsets(symmetry.mirror_skeleton(model.body).offsets)
    found, found_places = sampled(
        mirrored, mirror_image(model.body, walk), SIGNS[:, None, None] * noise
    )
    for a, b in zip(found, mirror_image(model.body, future), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(
        found_places, symmetry.mirror_positions(model.body, places), atol=1e-6
    )


def test_what_cannot_be_mirrored_is_said():
    config = tiny.CONFIG
    lone = tiny.body(mirror=None)
    with pytest.raises(ValueError, match="no mirror"):
        movement.initialize(jax.random.key(0), lone, tiny.statistics(), config, 30.0)
    odd = dataclasses.replace(config, width=20)
    with pytest.raises(ValueError, match="multiple"):
        movement.initialize(jax.random.key(0), tiny.body(), tiny.statistics(), odd, 30)
    plain = dataclasses.replace(config, equivariant=False)
    tiny.statistics()
    movement.initialize(jax.random.key(0), lone, tiny.statistics(), plain, 30.0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_of_a_million_poses_each_none_is_over_a_limit(dtype):
    config = dataclasses.replace(tiny.CONFIG, dtype=dtype)
    model = tiny.lively_model(config)
    count = 1 + 1_000_000 // config.horizon

    @jax.jit
    def violations(model, key):
        first, second, third = jax.random.split(key, 3)
        width = config.width + config.head_width
        z = 3 * jax.random.normal(first, (2, count, width))
        parities, components = model.statistics.shape
        noisy = jax.random.normal(second, (parities, count, components))
        low = jax.random.uniform(third, (count, model.body.num_coordinates))
        low = 2 * (model.body.lower + low * (model.body.upper - model.body.lower))
        last = Poses(
            jnp.zeros((count, 3)), jnp.tile(jnp.array([1.0, 0, 0, 0]), (count, 1)), low
        )
        tau = jnp.ones(count)
        plain, wanted = (movement.denoise(model, noisy, tau, x)[0] for x in z)
        # Classifier-free guidance with scale 10, the wildest that anybody asks for.
        future = movement.emit(model, last, plain + 10 * (wanted - plain))
        over = limits.excess(model.body, future.joints) > 0
        return jnp.sum(over), jnp.all(jnp.isfinite(future.joints)), over.size

    found, finite, size = violations(model, jax.random.key(0))
    assert size >= 1_000_000 * model.body.num_coordinates
    assert finite
    assert found == 0
