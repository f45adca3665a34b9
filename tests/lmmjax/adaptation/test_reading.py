"""Laws of reading: moments are read as the backbone reads, each with its own future."""

import jax
import numpy as np
import pytest

from lmmjax.model import movement, poses
from tests.lmmjax import tiny
from tests.lmmjax.adaptation.person import CONFIG, HORIZON, PERSON, model, moments

CONTEXT = CONFIG.context


@jax.jit
def told(model, moments):
    """Where what is to be told leads, and the future: joint positions [N, K, J, 3]."""
    body = model.body.replace(offsets=moments.offsets[:, None])
    clean = np.moveaxis(moments.lesson.clean, 1, 0)
    found = movement.emit(model.replace(body=body), moments.start, clean)
    return poses.positions(body, found), poses.positions(body, moments.future)


def places(clip, poses):
    """The frames of a clip that poses [N] are nearest to."""
    apart = np.linalg.norm(poses.joints[:, None] - clip.joints, axis=-1)
    assert apart.min(1).max() < 1e-4
    return apart.argmin(1)


def test_each_moment_has_the_future_that_followed_it():
    found = moments([PERSON])
    at = places(PERSON, found.start)
    ahead = at[:, None] + 1 + np.arange(HORIZON)
    np.testing.assert_array_equal(found.future.joints, PERSON.joints[ahead])
    assert set(at) == set(range(CONTEXT // 2 - 1, max(at) + 1))
    assert len(PERSON) - HORIZON - max(at) <= CONTEXT // 2


@pytest.mark.parametrize(
    ("frames", "first", "count"), [(11, 3, 5), (11, 6, 2), (9, 3, 3)]
)
def test_moments_are_those_whose_past_and_future_are_there(frames, first, count):
    clips = [tiny.motion(n, frames) for n in range(2)]
    found = moments(clips, first=first)
    assert len(found.lesson.z) == 2 * count
    at = places(clips[1], found.start.at(slice(count, None)))
    assert at.tolist() == list(range(first, first + count))


def test_every_person_is_read_on_their_own_bones():
    clips = [tiny.motion(n, CONTEXT + HORIZON) for n in range(2)]
    found = moments(clips, first=3)
    assert not np.array_equal(clips[0].skeleton.offsets, clips[1].skeleton.offsets)
    read = jax.jit(movement.read)
    for n, clip in enumerate(clips):
        mine = slice(n * (CONTEXT - 3), (n + 1) * (CONTEXT - 3))
        offsets = clip.skeleton.offsets
        assert (found.offsets[mine] == offsets).all()
        z = read(
            model().with_offsets(offsets),
            clip.poses.at(None, slice(CONTEXT)),
            np.zeros((1, movement.TOLD), np.float32),
        )
        np.testing.assert_allclose(found.lesson.z[mine], z[0, 3:], atol=2e-5)


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_what_is_to_be_told_leads_from_what_was_read_to_the_true_future(noise):
    clean, found = moments([PERSON]), moments([PERSON], noise)
    moved = np.abs(found.start.joints - clean.start.joints)
    assert (moved.max() > 0.01) == bool(noise)
    np.testing.assert_array_equal(found.future.joints, clean.future.joints)
    there, truth = told(model(), found)
    np.testing.assert_allclose(there, truth, atol=2e-4)


def test_noise_is_that_of_the_seed():
    one, same, other = (moments([PERSON], 1.0, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.lesson.z, same.lesson.z)
    assert not np.array_equal(one.lesson.z, other.lesson.z)
