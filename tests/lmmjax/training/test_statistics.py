"""Laws of the statistics: NumPy's numbers, of real frames only, never zero."""

import jax
import numpy as np
import pytest

from kinematics import Poses, limits
from lmmjax.data.windows import Windows
from lmmjax.model import parity, poses, scales
from lmmjax.training import statistics
from tests.lmmjax import tiny

# As many components as there are, of the parity that has more: 7 of 13 channels.
HORIZON, LENGTH, COMPONENTS = 2, 6, 28
every = slice(None)


@pytest.fixture(scope="module")
def windows():
    """64 windows: no more than one block, so that each is looked at once."""
    clips = [tiny.motion(n, LENGTH + 15) for n in range(4)]
    return Windows(clips, LENGTH)


@pytest.fixture(scope="module")
def found(windows):
    assert len(windows) == 64
    return statistics.fit_statistics(
        tiny.body(), windows, HORIZON, tiny.FPS, COMPONENTS
    )


def test_scales_are_those_of_numpy(windows, found):
    batch = windows.take(np.arange(64))
    body = tiny.body().replace(offsets=batch.offsets[:, None])
    tokens = jax.jit(poses.tokens, static_argnums=3)
    features, places = tokens(body, batch.poses.at(every, 0), batch.poses, tiny.FPS)
    flat = np.float64(features).reshape(-1, features.shape[-1])
    np.testing.assert_allclose(found.token_mean, flat.mean(0), rtol=1e-3, atol=1e-4)
    scale = np.maximum(flat.std(0), 1e-2)
    np.testing.assert_allclose(found.token_scale, scale, rtol=5e-3)
    for h in (1, 2):
        start, end = (
            batch.poses.at(every, slice(-h)),
            batch.poses.at(every, slice(h, None)),
        )
        if h == 1:
            r = np.float64(jax.jit(poses.difference)(body, start, end))
            root = np.sqrt((r**2).mean((0, 1)))
            np.testing.assert_allclose(found.frame_scale, root, rtol=1e-3)
        moved = np.linalg.norm(places[:, h:] - places[:, :-h], axis=-1).mean()
        np.testing.assert_allclose(found.horizon_error[h - 1], moved, rtol=1e-4)


class Disturbed(Windows):
    """Windows whose frames after the end of a clip are something else."""

    def take(self, index):
        batch = super().take(index)
        poses = [np.where(batch.valid[..., None], x, x + 0.5) for x in batch.poses]
        return batch._replace(poses=Poses(*poses))


def test_frames_after_the_end_of_a_clip_do_not_count(found):
    clips = [tiny.motion(n, LENGTH - 1) for n in range(4)]
    padded, disturbed = (
        statistics.fit_statistics(
            tiny.body(), kind(clips, LENGTH, least=5), HORIZON, tiny.FPS, COMPONENTS
        )
        for kind in (Windows, Disturbed)
    )
    for x, y in zip(*map(jax.tree.leaves, (padded, disturbed)), strict=True):
        np.testing.assert_array_equal(x, y)
    assert np.abs(padded.token_mean - found.token_mean).max() > 1e-2


def test_scales_of_what_never_moves_are_above_zero():
    clip = tiny.motion(0, LENGTH + 15)
    still = clip.replace(
        root_position=np.tile(clip.root_position[:1], (len(clip), 1)),
        root_rotation=np.tile(clip.root_rotation[:1], (len(clip), 1)),
        joints=np.zeros_like(clip.joints),
    )
    found = statistics.fit_statistics(
        tiny.body(), Windows([still], LENGTH), HORIZON, tiny.FPS, COMPONENTS
    )
    assert found.token_scale.min() == np.float32(1e-2)
    assert found.frame_scale.min() == np.float32(1e-4)
    assert found.component_scale.min() > 0
    assert found.horizon_error.min() == np.float32(1e-4)
    assert all(x.dtype == np.float32 for x in jax.tree.leaves(found))


def residuals(body, windows, horizon):
    """Residuals [N, K, C] of all windows from each of their poses on."""
    batch = windows.take(np.arange(len(windows)))
    body = body.replace(offsets=batch.offsets[:, None])
    starts = range(LENGTH - horizon)
    parts = [
        jax.jit(poses.difference)(
            body, batch.poses.at(every, [s]), batch.poses.at(every, slice(s + 1, None))
        )[:, :horizon]
        for s in starts
    ]
    return np.concatenate(parts)


def encode(body, found, r):
    """Components [P, N, M] of residuals [N, K, C]."""
    scaled = parity.split(poses.residual_mirror(body), r / found.residual_scale)
    return np.asarray(scales.encode(found, scaled))


def decode(body, found, x):
    scaled = parity.join(poses.residual_mirror(body), scales.decode(found, x))
    return scaled * found.residual_scale


@pytest.fixture(scope="module")
def symmetric(windows):
    """A body that can be mirrored, and scales of all of its components and of few."""
    body = limits.widen(tiny.body(), windows.clips[0].joints)
    return body, *(
        statistics.fit_statistics(body, windows, HORIZON, tiny.FPS, count)
        for count in (COMPONENTS, 8)
    )


def test_components_have_unit_variance_and_lose_nothing_when_all_are_kept(
    windows, symmetric
):
    body, found, _ = symmetric
    r = residuals(body, windows, HORIZON)
    x = encode(body, found, r)
    assert (x.shape[0], x.shape[2]) == found.shape
    variance = (x**2).mean(1)
    # What hardly moves is not magnified.
    moving = found.component_scale > 1.01 * found.component_scale.min()
    np.testing.assert_allclose(variance[moving], 1.0, rtol=5e-3)
    assert (variance[~moving] < 1.01).all()
    assert moving.mean() > 0.5
    unit = found.residual_scale
    np.testing.assert_allclose(decode(body, found, x) / unit, r / unit, atol=1e-5)
    flat = found.basis.reshape(*found.shape, -1)
    gram = flat @ np.swapaxes(flat, 1, 2)
    np.testing.assert_allclose(
        gram, np.tile(np.eye(found.shape[1]), (2, 1, 1)), atol=1e-5
    )


def test_few_components_hold_the_most_that_as_many_can(windows, symmetric):
    body, _, few = symmetric
    assert few.shape == (2, 4)
    r = residuals(body, windows, HORIZON)
    mirror = poses.residual_mirror(body)
    scaled, kept = (
        np.float64(parity.split(mirror, x / few.residual_scale)).reshape(2, len(r), -1)
        for x in (r, decode(body, few, encode(body, few, r)))
    )
    for ours, theirs in zip(scaled, kept, strict=True):
        best = np.linalg.svd(ours, compute_uv=False)
        np.testing.assert_allclose(
            np.sum((ours - theirs) ** 2), np.sum(best[4:] ** 2), rtol=1e-3
        )


def test_a_network_that_tells_no_parity_has_the_same_components(windows, symmetric):
    body, found, _ = symmetric
    plain = statistics.fit_statistics(
        body, windows, HORIZON, tiny.FPS, COMPONENTS, equivariant=False
    )
    assert plain.shape == (1, found.shape[0] * found.shape[1])
    r = residuals(body, windows, HORIZON)
    x = scales.encode(plain, (r / plain.residual_scale)[None])[0]
    told = np.moveaxis(encode(body, found, r), 0, 1).reshape(len(r), -1)
    np.testing.assert_allclose(x, told, atol=1e-4)


def test_reach_is_how_far_a_small_turn_moves_the_joints(windows, symmetric):
    body, found, _ = symmetric
    # The first frame of each block, of which there is one.
    batch = windows.take(np.array([0]))
    body = body.replace(offsets=batch.offsets)
    start = batch.poses.at(every, 0)
    place = poses.positions(body, start)
    reach = []
    for channel in 1e-3 * np.eye(poses.num_channels(body), dtype=np.float32):
        moved = poses.positions(body, poses.advance(body, start, channel[None]))
        reach.append(np.sqrt(((moved - place) ** 2).sum(-1).mean()) / 1e-3)
    source = poses.residual_mirror(body).source
    expected = np.maximum(reach, 0.01)
    expected = (expected + expected[source]) / 2
    np.testing.assert_allclose(found.reach, expected, rtol=0.02, atol=1e-3)


def test_scales_of_a_body_with_a_mirror_do_not_tell_left_from_right(symmetric):
    body, found, _ = symmetric
    token, residual = poses.token_mirror(body), poses.residual_mirror(body)
    np.testing.assert_array_equal(token(found.token_mean), found.token_mean)
    for x in (found.token_scale, found.token_scale[token.source]):
        np.testing.assert_array_equal(x, found.token_scale)
    for x in (found.frame_scale, found.reach):
        np.testing.assert_array_equal(x[residual.source], x)
