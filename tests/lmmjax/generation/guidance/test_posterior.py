"""Laws of wishes: granted, by as little as can be, and never at the body's cost."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import Poses, limits, symmetry
from lmmjax.generation.guidance import Guide, Track
from lmmjax.generation.guidance.posterior import channels_of_components, granted
from lmmjax.model import movement
from lmmjax.model.sampler import Sampler, draw
from tests.lmmjax import tiny
from tests.lmmjax.generation.guidance.wishing import run

K = tiny.CONFIG.horizon
EVERY = slice(None)


@pytest.fixture(scope="module")
def model():
    person = limits.widen(tiny.body(), tiny.motion().joints)
    return tiny.lively_model().replace(body=person)


@pytest.fixture(scope="module")
def walk():
    return tiny.poses(count=2, frames=9)


def track(joint, places, precision, **options):
    """One joint's places: [B, K, 3], or [B, 3] in every frame."""
    places = np.asarray(places, np.float32)
    if places.ndim == 2:
        places = np.repeat(places[:, None], K, axis=1)
    places = places[:, :, None]
    return Track(
        np.array([joint]),
        places,
        np.full((1, K, 1, 3), precision, np.float32),
        **options,
    )


def sampled(model, walk, wishes, key=0, noise=None):
    """Places [B, K, J, 3] of a future that grants wishes, and its poses."""
    if noise is None:
        parities, count = model.statistics.shape
        noise = draw(Sampler(2), jax.random.key(key), (parities, 2, count))
    guide = Guide.to(model, *wishes) if wishes else None
    return run(model, guide, walk, noise)


def nearby(model, walk, joint, by=0.03):
    """Places [B, K, 3] a little beside where a joint would be."""
    free, _ = sampled(model, walk, ())
    aside = np.float32([[[1, 0, 0.5]], [[0, -1, 0.5]]])
    return np.asarray(free)[:, :, joint] + by * aside


def test_a_place_that_can_be_reached_is_reached(model, walk):
    goal = nearby(model, walk, 2)
    free, _ = sampled(model, walk, ())
    found, _ = sampled(model, walk, [track(2, goal, 1000.0)])
    before, after = (
        np.linalg.norm(np.asarray(x)[:, :, 2] - goal, axis=-1) for x in (free, found)
    )
    assert before.min() > 0.03
    assert after.max() < 0.003


def test_what_does_not_matter_changes_nothing(model, walk):
    free, _ = sampled(model, walk, ())
    for wish in (
        track(2, np.full((2, 3), 9.0), 0.0),
        track(2, np.full((2, 3), 9.0), 1e3, first=K + 1),
        track(2, np.full((2, 3), 9.0), 1e3, first=1 - K),
    ):
        found, _ = sampled(model, walk, [wish])
        np.testing.assert_allclose(found, free, atol=1e-6)


def test_wishes_compose(model, walk):
    goals = {joint: nearby(model, walk, joint, 0.02) for joint in (2, 4)}
    wishes = [track(joint, goal, 1000.0) for joint, goal in goals.items()]
    found, _ = sampled(model, walk, wishes)
    for joint, goal in goals.items():
        far = np.linalg.norm(np.asarray(found)[:, :, joint] - goal, axis=-1)
        assert far.max() < 0.005


def test_a_wish_told_many_times_more_weakly_is_the_same_wish(model, walk):
    """More residuals than components take the other form of the same update."""
    goal = nearby(model, walk, 2)
    _, count = model.statistics.shape
    times = 2 * model.config.parities * count // (3 * K)
    once, _ = sampled(model, walk, [track(2, goal, 50.0)])
    often, _ = sampled(model, walk, [track(2, goal, 50.0 / times**0.5)] * times)
    np.testing.assert_allclose(often, once, atol=1e-4)


@pytest.mark.parametrize("precision", [10.0, 1e6])
def test_no_wish_breaks_a_limit_or_a_bone(model, walk, precision):
    wishes = [track(j, np.full((2, 3), 30.0 * j), precision) for j in (2, 4, 6)]
    places, future = sampled(model, walk, wishes)
    assert np.isfinite(places).all()
    assert np.max(limits.excess(model.body, future.joints)) == 0
    parents = np.array(model.body.parents[1:])
    bones = np.linalg.norm(places[:, :, 1:] - places[:, :, parents], axis=-1)
    true = np.linalg.norm(model.body.offsets[1:], axis=-1)
    # As exactly as places so far away can be told.
    np.testing.assert_allclose(bones, np.broadcast_to(true, bones.shape), atol=1e-3)


def test_a_linear_wish_is_the_posterior_of_a_normal_prior(model, walk):
    """Of the root's place, which is linear in the components."""
    rng = np.random.default_rng(0)
    parities, count = model.statistics.shape
    drawn = jnp.asarray(0.1 * rng.normal(size=(parities, 2, count)), jnp.float32)
    deviation = jnp.asarray(rng.uniform(0.1, 1, size=drawn.shape), jnp.float32)
    last = walk.at(EVERY, -1)
    goal = np.asarray(last.root_position) + np.float32([0.1, 0.2, 0.05])
    basis = channels_of_components(model)
    found = granted(
        model, basis, [track(0, goal, 20.0)], last, jnp.zeros(2, int), drawn, deviation
    )

    def place(components):
        """[K * 3] of the first stream, from its components [P * N]."""
        both = jnp.stack([components.reshape(parities, count), drawn[:, 1]], axis=1)
        return movement.emit(model, last, both).root_position[0].ravel()

    x0 = drawn[:, 0].ravel()
    slope = 20 * np.asarray(jax.jacobian(place)(x0), np.float64)
    missed = 20 * (np.asarray(place(x0)) - np.tile(goal[0], K))
    variance = np.asarray(deviation[:, 0].ravel(), np.float64) ** 2
    precision = np.diag(1 / variance) + slope.T @ slope
    expected = np.asarray(x0) - np.linalg.solve(precision, slope.T @ missed)
    np.testing.assert_allclose(np.asarray(found[:, 0]).ravel(), expected, atol=2e-4)


def test_what_is_certain_does_not_give_way(model, walk):
    parities, count = model.statistics.shape
    drawn = jnp.zeros((parities, 2, count))
    last = walk.at(EVERY, -1)
    goal = np.asarray(last.root_position) + 1
    sure = np.arange(count) % 2 == 0
    found = granted(
        model,
        channels_of_components(model),
        [track(2, goal, 100.0)],
        last,
        jnp.zeros(2, int),
        drawn,
        jnp.where(sure, jnp.zeros_like(drawn), 0.5),
    )
    np.testing.assert_array_equal(found[:, :, sure], 0)
    assert np.abs(found[:, :, ~sure]).max() > 1e-3


def test_guided_futures_commute_with_the_mirror(model, walk):
    parities, count = model.statistics.shape
    noise = draw(Sampler(2), jax.random.key(3), (parities, 2, count))
    goal = nearby(model, walk, 2)
    places, _ = sampled(model, walk, [track(4, goal, 30.0)], noise=noise)
    signs = np.ones((parities, 1, 1), np.float32)
    signs[1] = -1
    mirrored = model.with_offsets(symmetry.mirror_skeleton(model.body).offsets)
    image = Poses(
        symmetry.mirror_vector(walk.root_position),
        symmetry.mirror_rotation(walk.root_rotation),
        symmetry.mirror_coordinates(model.body, walk.joints),
    )
    wish = track(6, goal * np.float32([1, -1, 1]), 30.0)
    found, _ = sampled(mirrored, image, [wish], noise=signs * noise)
    expected = symmetry.mirror_positions(model.body, places)
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_only_the_first_poses_are_looked_at_where_that_is_wished(model, walk):
    goal = nearby(model, walk, 2)
    late = track(2, goal, 1e3, first=2)
    free, _ = sampled(model, walk, ())
    found, _ = sampled(model, walk, [dataclasses.replace(late, poses=1)])
    np.testing.assert_allclose(found, free, atol=1e-6)
    whole, _ = sampled(model, walk, [late])
    assert np.abs(whole - free).max() > 0.01


@dataclasses.dataclass(frozen=True)
class Told:
    """A track, told of the whole stretch at once."""

    track: Track
    poses: int | None = None

    def residuals(self, ahead):
        far = self.track.residuals(ahead)
        return far.reshape(len(far), -1)


jax.tree_util.register_dataclass(Told, ["track"], ["poses"])


def test_a_wish_of_the_whole_stretch_is_those_of_its_poses(model, walk):
    wish = track(2, nearby(model, walk, 2), 50.0)
    also = track(4, nearby(model, walk, 4), 30.0)
    apart, _ = sampled(model, walk, [wish, also])
    whole, _ = sampled(model, walk, [Told(wish), also])
    np.testing.assert_allclose(whole, apart, atol=2e-5)
    free, _ = sampled(model, walk, ())
    assert np.abs(apart - free).max() > 0.01


@dataclasses.dataclass(frozen=True)
class Steadily:
    """The root goes on as it went: the newest poses and the next are told together."""

    precision: float
    poses: int | None = None

    def residuals(self, ahead):
        both = zip(ahead.newest, ahead.poses, strict=True)
        root = Poses(*(jnp.concatenate(x, axis=1) for x in both)).root_position
        return self.precision * jnp.diff(root, n=2, axis=1).reshape(len(root), -1)


jax.tree_util.register_dataclass(Steadily, ["precision"], ["poses"])


def test_wishes_of_accelerations_know_the_two_newest_poses(model, walk):
    parities, count = model.statistics.shape
    drawn = jnp.zeros((parities, 2, count))
    last, previous = walk.at(EVERY, -1), walk.at(EVERY, -2)
    found = granted(
        model,
        channels_of_components(model),
        [Steadily(1e4)],
        last,
        jnp.zeros(2, int),
        drawn,
        jnp.full(drawn.shape, 0.5),
        previous,
    )
    step = last.root_position - previous.root_position
    ahead = np.arange(1, K + 1)[:, None] * step[:, None]
    root = movement.emit(model, last, found).root_position
    assert np.abs(step).max() > 0.01
    np.testing.assert_allclose(root, last.root_position[:, None] + ahead, atol=1e-3)
