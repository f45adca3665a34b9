"""Laws of what can be told: what it means, and how the mirror changes it."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import rotations, symmetry
from kinematics.motion import Poses
from lmmjax.model import intent, movement, poses
from tests.lmmjax import tiny

CONFIG = dataclasses.replace(
    tiny.CONFIG,
    labels=("hop", "walk"),
    embedding=3,
    goals=("Hips", "LeftToe", "RightToe"),
)


@pytest.fixture(scope="module")
def model():
    return tiny.lively_model(CONFIG)


def start(seed=0):
    """Newest poses [2]."""
    return tiny.windows(length=6).take(np.array([0, 1])).poses.at(slice(None), 3)


def told(place, seconds=0.5, given=1.0, label="walk", last=None):
    last = start() if last is None else last
    said = np.tile(intent.said(CONFIG, label), (2, 1))
    ones = np.ones((2, 3), np.float32)
    joints = jnp.array(intent.goal_joints(tiny.body(), CONFIG))
    now = poses.positions(tiny.body(), last)[:, joints]
    return intent.encode(
        said, last, now, jnp.asarray(place), seconds * ones, given * ones
    )


PLACES = np.random.default_rng(0).normal(size=(2, 3, 3)).astype(np.float32)


def mirrored(last):
    body = tiny.body()
    return Poses(
        symmetry.mirror_vector(last.root_position),
        symmetry.mirror_rotation(last.root_rotation),
        symmetry.mirror_coordinates(body, last.joints),
    )


def test_goals_of_the_left_are_goals_of_the_right_in_the_mirror():
    swapped = symmetry.mirror_vector(PLACES)[:, jnp.array([0, 2, 1])]
    ours = told(swapped, last=mirrored(start()))
    mirror = intent.mirror(tiny.body(), CONFIG)
    np.testing.assert_allclose(ours, mirror(told(PLACES)), atol=1e-6)


def test_a_network_that_is_told_the_mirror_image_does_it(model):
    z = movement.read(model, tiny.windows(length=6).take(np.array([0, 1])).poses)[:, 3]
    vector = told(PLACES)
    mirror = intent.mirror(model.body, CONFIG)
    noisy = jax.random.normal(jax.random.key(1), movement._future_shape(model, z))
    sign = jnp.array([1.0, -1.0])[:, None, None]
    width = z.shape[-1] // 2
    z_mirror = jnp.concatenate([z[..., :width], -z[..., width:]], axis=-1)
    tau = jnp.full(2, 0.5)
    ours, _ = movement.denoise(model, noisy, tau, movement.intend(model, z, vector))
    theirs, _ = movement.denoise(
        model, sign * noisy, tau, movement.intend(model, z_mirror, mirror(vector))
    )
    np.testing.assert_array_equal(np.asarray(theirs), np.asarray(sign * ours))
    plain, _ = movement.denoise(model, noisy, tau, z)
    assert np.abs(ours - plain).max() > 1e-4


def test_goals_are_seen_from_where_one_stands_and_faces():
    last = start()
    turn = np.float32([np.cos(0.4), 0, 0, np.sin(0.4)])

    def moved(x):
        return rotations.quaternion_rotate(turn, x) + jnp.array([3.0, -2.0, 0.0])

    elsewhere = last._replace(
        root_position=moved(last.root_position),
        root_rotation=rotations.quaternion_multiply(turn, last.root_rotation),
    )
    np.testing.assert_allclose(
        told(moved(PLACES), last=elsewhere), told(PLACES), atol=1e-5
    )


def test_a_goal_is_told_as_the_way_there_and_how_fast_one_has_to_be():
    last = start()
    toe = np.asarray(poses.positions(tiny.body(), last))[:, 4]
    turn = rotations.about_z(rotations.heading(last.root_rotation))
    ahead = rotations.quaternion_rotate(turn, jnp.array([0.6, 0.0, 0.0]))
    goals = np.stack([np.asarray(toe + ahead)] * 3, axis=1)
    for seconds, speed in ((0.5, 1.2), (0.05, 6.0)):
        vector = np.asarray(told(goals, seconds=seconds))
        found = vector[:, intent.said_size(CONFIG) :].reshape(2, 3, 8)[:, 1]
        expected = [1, 2, 0, 0, speed, 0, 0, seconds]
        np.testing.assert_allclose(found, [expected] * 2, atol=1e-5)


def test_what_is_not_given_or_is_not_soon_says_nothing():
    count = intent.said_size(CONFIG)
    nowhere = np.full_like(PLACES, np.inf)
    for vector in (
        told(nowhere, given=0.0),
        told(PLACES, seconds=-0.1),
        told(PLACES, seconds=intent.SECONDS + 0.1),
    ):
        np.testing.assert_array_equal(vector[:, count:], 0)
    assert (np.asarray(told(PLACES))[:, count::8] == 1).all()


def test_saying_nothing_is_what_reading_leaves(model):
    z = movement.read(model, tiny.windows(length=6).take(np.array([0, 1])).poses)[:, 3]
    silent = movement.intend(model, z, jnp.zeros((2, intent.size(CONFIG))))
    np.testing.assert_array_equal(silent, z)
    again = movement.intend(
        model, movement.intend(model, z, told(PLACES)), 0 * told(PLACES)
    )
    np.testing.assert_array_equal(again, z)


def test_guidance_goes_on_past_what_is_told(model):
    last = start()
    z = movement.read(model, tiny.windows(length=6).take(np.array([0, 1])).poses)[:, 3]
    noise = jnp.zeros((1, *movement._future_shape(model, z)))
    settings = movement.Sampler(1, 0.0)

    def future(scale):
        what = movement.Told(told(PLACES), scale)
        found = movement.denoised(model, noise, last, z, settings, told=what)
        return found.root_position

    free = movement.denoised(model, noise, last, z, settings).root_position
    np.testing.assert_allclose(future(0.0), free, atol=1e-6)
    once, twice = future(1.0) - free, future(2.0) - free
    assert np.abs(once).max() > 1e-5
    np.testing.assert_allclose(twice, 2 * once, atol=1e-5)


def test_what_is_said_is_one_label_or_several_and_ones_own_numbers():
    np.testing.assert_array_equal(intent.said(CONFIG, "walk"), [0, 1, 0, 0, 0])
    both = intent.said(CONFIG, {"walk": 0.5, "hop": 0.25}, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(both, [0.25, 0.5, 1, 2, 3])
    with pytest.raises(ValueError, match=r"no label 'walc'; did you mean 'walk'\?"):
        intent.said(CONFIG, "walc")
    with pytest.raises(ValueError, match="an embedding has 3 finite numbers"):
        intent.said(CONFIG, "", np.zeros(2))
    with pytest.raises(ValueError, match="an embedding has 3 finite numbers"):
        intent.said(CONFIG, "", np.array([1, np.nan, 0]))


@pytest.mark.parametrize(
    ("goals", "message"),
    [
        (("Wing",), "goals of 'Wing', which is no joint of this body"),
        (("LeftToe",), "goals need RightToe, the twin"),
    ],
)
def test_goals_that_cannot_be_are_refused(goals, message):
    config = dataclasses.replace(CONFIG, goals=goals)
    with pytest.raises(ValueError, match=message):
        intent.mirror(tiny.body(), config)
