"""Laws of the newest poses: what is seen of them, at once or one by one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lmmjax.model.recent import Recent

FRAMES = 9


@pytest.fixture(scope="module", params=[1, 3, 12], ids="sees {}".format)
def recent(request):
    return Recent(width=8, frames=request.param, parities=2)


@pytest.fixture(scope="module")
def tokens():
    shape = (2, 3, FRAMES, 5)
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


@pytest.fixture(scope="module")
def params(recent, tokens):
    return recent.init(jax.random.key(0), tokens, recent.empty(3))


def test_a_pose_is_seen_as_long_as_it_is_new(recent, tokens, params):
    whole, _ = recent.apply(params, tokens, recent.empty(3))
    other, _ = recent.apply(params, tokens.at[:, :, 2].add(1.0), recent.empty(3))
    changed = np.abs(other - whole).max(axis=(0, 1, 3)) > 1e-4
    expected = [2 <= t < 2 + recent.frames for t in range(FRAMES)]
    assert changed.tolist() == expected
    assert whole.shape == (2, 3, FRAMES, 4)


def test_one_by_one_is_all_at_once(recent, tokens, params):
    whole, kept = recent.apply(params, tokens, recent.empty(3))
    parts, before = [], recent.empty(3)
    for n in range(FRAMES):
        part, before = recent.apply(params, tokens[:, :, n : n + 1], before)
        parts.append(part)
    np.testing.assert_allclose(np.concatenate(parts, axis=2), whole, atol=1e-6)
    np.testing.assert_allclose(before, kept, atol=1e-6)
    assert before.shape == recent.empty(3).shape


def test_the_mirror_image_is_seen_as_the_mirror_image(recent, tokens, params):
    odd = np.float32([1, -1]).reshape(2, 1, 1, 1)
    whole, _ = recent.apply(params, tokens, recent.empty(3))
    mirrored, _ = recent.apply(params, tokens * odd, recent.empty(3))
    np.testing.assert_array_equal(mirrored, whole * odd)
