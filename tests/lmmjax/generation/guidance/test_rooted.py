"""Laws of wishes of the root: the same movement, for less."""

import jax
import numpy as np

from lmmjax.generation import guidance
from lmmjax.generation.guidance import Facing, Guide, Track
from lmmjax.generation.guidance.company import Apart
from lmmjax.generation.guidance.level import Level
from lmmjax.generation.guidance.rooted import RootGuide, cheapest, rows
from lmmjax.model import movement
from lmmjax.model.sampler import Sampler, draw
from tests.lmmjax.generation.guidance.wishing import K, model, run, walk


def noise():
    parities, count = model().statistics.shape
    return draw(Sampler(2), jax.random.key(0), (parities, 2, count))


def wishes():
    """One of each kind, all of which ask for something."""
    last = np.asarray(walk().root_position)[:, -1, :2]
    places = last[:, None] + 0.1 * np.arange(1, K + 1)[:, None]
    way = guidance.along(walk(), places, model().fps, 0.1)[0]
    heading = np.full((2, K), 0.3, np.float32)
    first = np.zeros((2, 1), np.int32)
    apart = np.where(np.eye(2, dtype=bool), -1, 9.0).astype(np.float32)
    return (
        way,
        Facing(heading, np.ones((1, K), np.float32)),
        Apart(last, np.zeros((2, 2), np.float32), apart, 0.05, first),
        Level(np.float32([0.7, 1.0])),
    )


def test_it_moves_as_any_guide_does():
    asked = wishes()
    cheap, plain = RootGuide(asked, Guide.to(model()).basis), Guide.to(model(), *asked)
    found = run(model(), cheap, walk(), noise())
    expected = run(model(), plain, walk(), noise())
    free = run(model(), None, walk(), noise())
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=3e-5)
    assert np.abs(np.asarray(found[0]) - np.asarray(free[0])).max() > 0.02


def test_a_pose_that_is_looked_at_counts_for_those_beside_it():
    (way, *_), last = wishes(), walk().at(slice(None), -1)
    channels = movement.decode(model(), noise()[0])
    args = model(), Guide.to(model()).basis, (way,), last, np.zeros(2, int), channels
    whole, few = rows(*args), rows(*args, 3)
    # The middle one of three.
    for all_of, one_of in zip(whole, few, strict=True):
        middle = np.split(np.asarray(all_of), K, axis=1)[1]
        np.testing.assert_allclose(one_of, np.sqrt(3) * middle, rtol=1e-5, atol=1e-6)


def test_only_wishes_of_the_root_alone_go_without_kinematics():
    guide = Guide.to(model(), *wishes())
    assert isinstance(cheapest(guide), RootGuide)
    none = np.zeros((1, K, 1, 3), np.float32)
    post = guidance.keep_out(model().body, [[[0.0, 0, 0], [0.0, 0, 2]]], 0.1)
    for other in (Track(np.array([1]), none, none), post):
        mixed = guide.wish(*guide.wishes, other)
        assert cheapest(mixed) is mixed
