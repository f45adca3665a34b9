"""Laws of the backbone: causal, limited in reach, and the same with its cache."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model.backbone import Backbone

WINDOW, LAYERS, FRAMES, FEATURES = 4, 2, 23, 5
BACKBONE = Backbone(width=16, layers=LAYERS, heads=2, window=WINDOW, parities=2)


@jax.jit
def read(params, tokens):
    return BACKBONE.apply(params, tokens)


@jax.jit
def extend(params, tokens, cache):
    return BACKBONE.apply(params, tokens, cache, method="extend")


@pytest.fixture(scope="module")
def tokens():
    shape = (2, 2, FRAMES, FEATURES)
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


@pytest.fixture(scope="module")
def params(tokens):
    return jax.jit(BACKBONE.init)(jax.random.key(0), tokens)


@pytest.fixture(scope="module")
def whole(params, tokens):
    return np.asarray(read(params, tokens))


def in_chunks(params, tokens, sizes):
    """The summaries, read chunk by chunk, and the cache at the end."""
    cache = BACKBONE.empty_cache(tokens.shape[1])
    parts, start = [], 0
    for size in sizes:
        z, cache = extend(params, tokens[:, :, start : start + size], cache)
        parts.append(z)
        start += size
    assert start == tokens.shape[2]
    return np.concatenate(parts, axis=2), cache


@pytest.mark.parametrize("t", [0, 7, FRAMES - 2])
def test_the_future_changes_nothing_at_all(params, tokens, whole, t):
    changed = read(params, tokens.at[:, :, t + 1 :].add(3.0))
    np.testing.assert_array_equal(changed[:, :, : t + 1], whole[:, :, : t + 1])
    assert np.abs(changed[:, :, t + 1] - whole[:, :, t + 1]).min() > 0


def test_the_past_reaches_as_far_as_layers_times_window_and_no_further(
    params, tokens, whole
):
    reach = LAYERS * (WINDOW - 1)
    changed = np.abs(read(params, tokens.at[:, :, 5].add(3.0)) - whole).max((0, 1, 3))
    np.testing.assert_array_equal(changed[5 + reach + 1 :], 0)
    assert changed[5 : 5 + reach + 1].min() > 0


@pytest.mark.parametrize(
    "sizes",
    [[1] * FRAMES, [3] * 7 + [2], [9, 9, 5], [FRAMES], [1, 9, 1, 3, 9]],
    ids=["1", "3", "over the window", "at once", "mixed"],
)
def test_reading_in_chunks_is_reading_at_once(params, tokens, whole, sizes):
    found, _ = in_chunks(params, tokens, sizes)
    np.testing.assert_allclose(found, whole, atol=1e-5)


def test_the_cache_is_a_ring_of_constant_size(params, tokens):
    empty = BACKBONE.empty_cache(2)
    _, cache = in_chunks(params, tokens, [1] * FRAMES)
    assert jax.tree.map(jnp.shape, cache) == jax.tree.map(jnp.shape, empty)
    assert [x.shape for x in cache.keys] == LAYERS * [(2, 2, 8, WINDOW)]
    assert int(cache.length) == FRAMES


@pytest.mark.parametrize("count", [1, 3])
def test_after_any_number_of_rounds_of_the_ring_a_stream_goes_on_the_same(
    params, tokens, count
):
    _, cache = in_chunks(params, tokens, [9, 9, 5])
    later = cache._replace(length=cache.length + 25_000 * WINDOW)
    (here, now), (there, then) = (
        extend(params, tokens[:, :, :count], x) for x in (cache, later)
    )
    np.testing.assert_array_equal(here, there)
    for a, b in zip(jax.tree.leaves(now[:2]), jax.tree.leaves(then[:2]), strict=True):
        np.testing.assert_array_equal(a, b)


def test_caches_agree_however_the_past_was_read(params, tokens):
    _, slow = in_chunks(params, tokens, [1] * FRAMES)
    _, fast = in_chunks(params, tokens, [9, 9, 5])
    for a, b in zip(slow, fast, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_sequences_of_a_batch_do_not_meet(params, tokens, whole):
    changed = read(params, tokens.at[:, 1].add(1.0))
    np.testing.assert_array_equal(changed[:, 0], whole[:, 0])


def test_the_mirror_of_the_past_has_the_mirror_of_its_summary(params, tokens, whole):
    odd = np.float32([1, -1]).reshape(2, 1, 1, 1)
    np.testing.assert_array_equal(read(params, tokens * odd), whole * odd)
    chunks, _ = in_chunks(params, tokens, [9, 9, 5])
    mirrored, _ = in_chunks(params, tokens * odd, [9, 9, 5])
    np.testing.assert_array_equal(mirrored, chunks * odd)


def test_a_plain_backbone_has_twice_the_weights_in_its_layers(params, tokens):
    plain = Backbone(width=16, layers=LAYERS, heads=2, window=WINDOW)
    shapes = jax.eval_shape(plain.init, jax.random.key(0), tokens[:1])["params"]
    ours = params["params"]
    for name in ("attention", "feed_forward"):
        matrices = [
            sum(x.size for x in jax.tree.leaves(p["blocks_0"][name]) if x.ndim == 3)
            for p in (shapes, ours)
        ]
        assert matrices[0] == 2 * matrices[1]
