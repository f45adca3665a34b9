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
    x = jnp.asarray(np.random.default_rng(0).normal(size=(3, 8)), jnp.float32)
    params = layer.init(jax.random.key(0), x)
    changed = layer.apply(params, x.at[1].add(1.0)) - layer.apply(params, x)
    assert np.abs(changed[1]).min() > 0
    np.testing.assert_array_equal(changed[::2], 0)
