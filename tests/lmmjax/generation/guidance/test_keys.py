"""Laws of key poses."""

import numpy as np
import pytest

from lmmjax.generation import guidance
from lmmjax.model import poses
from tests.lmmjax.generation.guidance.wishing import EVERY, K, model, sampled, walk


def test_a_posture_that_the_body_takes_at_times_is_taken_when_it_is_wished():
    """Another sample's, at another time and a little elsewhere."""
    rng = np.random.default_rng(3)
    parities, count = model().statistics.shape
    noise = 0.7 * rng.normal(size=(3, parities, 2, count)).astype(np.float32)
    _, other = sampled((), noise)
    key = other.at(EVERY, slice(K - 2, K))
    wishes = guidance.keyframe(model(), walk(), key, K / model().fps)
    goal = np.asarray(poses.positions(model().body, key))[:, -1]
    missed = [
        np.linalg.norm(sampled(w)[0][:, -1] - goal, axis=-1).max(-1)
        for w in ((), wishes)
    ]
    assert (missed[1] < 0.4 * missed[0]).all()


def test_the_way_to_a_key_begins_and_ends_as_the_body_moves():
    past = walk()
    key = past.at(EVERY, slice(-2, None))
    away = np.float32([1.0, 0.5, 0.0])
    key = key._replace(root_position=key.root_position + away)
    _, way = guidance.keyframe(model(), past, key, 1.0)
    place = way.places[:, :, 0]
    assert place.shape == (2, 30, 3)
    np.testing.assert_allclose(place[:, -1], key.root_position[:, -1], atol=1e-5)
    steps = np.diff(place, axis=1)
    for found, pair in ((steps[:, 0], past), (steps[:, -1], key)):
        speed = np.diff(pair.root_position[:, -2:], axis=1)[:, 0]
        np.testing.assert_allclose(found, speed, atol=0.004)


def test_too_little_time_is_said():
    key = walk().at(EVERY, slice(-2, None))
    with pytest.raises(ValueError, match="a frame or more"):
        guidance.keyframe(model(), walk(), key, 0.001)
