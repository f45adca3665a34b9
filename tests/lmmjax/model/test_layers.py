"""Laws of the layers: what attention sees, and what positions mean."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model import layers

FRAMES, WINDOW = 9, 3


def heads(seed, frames=FRAMES):
    shape = (2, frames, 2, 4)
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


@pytest.fixture(scope="module")
def qkv():
    return heads(0), heads(1), heads(2)


def attend(q, k, v, start=0):
    frame = start + jnp.arange(FRAMES)
    return layers.attend(q, k, v, frame, frame, WINDOW)


def test_attention_is_a_weighted_mean_of_the_last_window_frames(qkv):
    q, k, v = qkv
    frame = np.arange(FRAMES)
    turned = [np.asarray(layers.rotate_by_position(x, frame)) for x in (q, k)]
    for t in (0, 1, 5):
        seen = slice(max(0, t - WINDOW + 1), t + 1)
        score = np.einsum("bhc,bshc->bhs", turned[0][:, t], turned[1][:, seen]) / 2
        weight = np.exp(score) / np.exp(score).sum(-1, keepdims=True)
        expected = np.einsum("bhs,bshc->bhc", weight, v[:, seen])
        np.testing.assert_allclose(attend(q, k, v)[:, t], expected, atol=2e-6)


def test_only_differences_of_positions_matter(qkv):
    now, later = attend(*qkv), attend(*qkv, start=100_000)
    np.testing.assert_array_equal(now, later)


def test_empty_slots_have_no_weight(qkv):
    q, k, v = qkv
    frame = jnp.arange(FRAMES)
    empty = jnp.full(2, -1)
    padded = layers.attend(
        q,
        jnp.concatenate([1e3 * jnp.ones_like(k[:, :2]), k], axis=1),
        jnp.concatenate([1e3 * jnp.ones_like(v[:, :2]), v], axis=1),
        frame,
        jnp.concatenate([empty, frame]),
        WINDOW,
    )
    np.testing.assert_allclose(padded, attend(q, k, v), atol=1e-6)


@pytest.mark.parametrize("start", [0, 1, 100_001])
@pytest.mark.parametrize("cut", [1, 4, FRAMES - 1])
def test_attention_to_a_ring_in_parts_is_attention(qkv, start, cut):
    q, k, v = qkv
    frame = start + jnp.arange(FRAMES)
    k = jnp.moveaxis(layers.rotate_by_position(k, frame % WINDOW), 1, 3)
    v = jnp.moveaxis(v, 1, 2)
    parts = [
        (k[..., at], v[..., at, :], frame[at])
        for at in (slice(cut), slice(cut, None), slice(0, 2))
    ]
    # Empty slots, whatever is in them.
    parts[2] = 1e3 * parts[2][0], 1e3 * parts[2][1], jnp.array([-1, -2])
    found = layers.attend_ring(q, frame, *parts, window=WINDOW)
    np.testing.assert_allclose(found, attend(*qkv), atol=2e-6)


def test_rotary_embedding_keeps_lengths_and_depends_on_the_frame(qkv):
    turned = layers.rotate_by_position(qkv[0], jnp.arange(FRAMES))
    norms = (np.linalg.norm(x, axis=-1) for x in (turned, qkv[0]))
    np.testing.assert_allclose(*norms, rtol=1e-5)
    np.testing.assert_array_equal(turned[:, 0], qkv[0][:, 0])
    assert np.abs(turned[:, 1:] - qkv[0][:, 1:]).max() > 0.1


def test_fourier_features_tell_noise_levels_apart():
    tau = jnp.linspace(0, 1, 101)
    features = np.asarray(layers.sinusoidal(tau, 32))
    assert features.shape == (101, 32)
    apart = np.linalg.norm(features[:, None] - features, axis=-1)
    assert apart[~np.eye(101, dtype=bool)].min() > 0.1


def test_feed_forward_acts_on_every_position_alone():
    layer = layers.FeedForward()
    x = normal((2, 3, 8))
    params = layer.init(jax.random.key(0), x)
    changed = layer.apply(params, x.at[:, 1].add(1.0)) - layer.apply(params, x)
    assert np.abs(changed[:, 1]).min() > 0
    np.testing.assert_array_equal(changed[:, ::2], 0)


def normal(shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


@pytest.mark.parametrize(
    "layer",
    [layers.Dense(5), layers.Norm(), layers.FeedForward()],
    ids=["dense", "norm", "feed forward"],
)
@pytest.mark.parametrize("rows", [1, 7, 64])
def test_layers_commute_with_the_mirror_to_the_last_bit(layer, rows):
    x, odd = normal((2, rows, 8)), np.float32([1, -1]).reshape(2, 1, 1)
    params = jax.tree.map(
        lambda p: p + 0.3 * normal(p.shape, 1), layer.init(jax.random.key(0), x)
    )
    apply = jax.jit(layer.apply)
    np.testing.assert_array_equal(apply(params, x * odd), apply(params, x) * odd)
    assert np.abs(apply(params, x)[1]).min() > 0


def test_only_even_features_have_a_constant():
    layer = layers.Dense(5)
    params = layer.init(jax.random.key(0), normal((2, 3, 8)))
    params = jax.tree.map(lambda p: p + 1.0, params)
    found = layer.apply(params, jnp.zeros((2, 3, 8)))
    np.testing.assert_array_equal(found[0], 1)
    np.testing.assert_array_equal(found[1], 0)


def test_half_precision_is_of_the_products_alone():
    x = normal((1, 3, 64))
    whole, half = layers.Dense(5), layers.Dense(5, dtype="bfloat16")
    params = whole.init(jax.random.key(0), x)
    found = half.apply(params, x)
    assert found.dtype == jnp.float32
    error = np.abs(found - whole.apply(params, x)).max()
    assert 0 < error < 0.05


@pytest.mark.parametrize(
    ("ours", "theirs"), [(layers.gelu, jax.nn.gelu), (layers.silu, jax.nn.silu)]
)
def test_activations_are_the_usual_ones(ours, theirs):
    x = jnp.linspace(-6, 6, 201)
    np.testing.assert_allclose(ours(x), theirs(x), atol=2e-6)
