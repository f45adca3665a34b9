"""Laws of hindsight: what is told is what happened, and not always."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import rotations
from lmmjax.model import intent, poses
from lmmjax.training.hindsight import intentions
from lmmjax.training.loss import LossConfig
from lmmjax.training.reaches import Reaches
from tests.lmmjax import tiny

CONFIG = dataclasses.replace(
    tiny.CONFIG, labels=("hop", "walk"), goals=("Hips", "LeftToe", "RightToe")
)
WINDOWS, FRAMES, PLACES = 64, 30, 4


@pytest.fixture(scope="module")
def batch():
    found = tiny.windows(length=FRAMES)
    taken = found.take(np.arange(WINDOWS) % len(found))
    valid = taken.valid & (np.arange(FRAMES) < 24)
    said = np.eye(2, dtype=np.float32)[np.arange(WINDOWS) % 2]
    return taken._replace(valid=valid, said=said)


@pytest.fixture(scope="module")
def place():
    return np.random.default_rng(0).integers(0, 20, size=(WINDOWS, PLACES))


def told(batch, place, reaches=None, **shares):
    model = tiny.lively_model(CONFIG).with_offsets(batch.offsets[:, None])
    rows = np.arange(WINDOWS)[:, None]
    start = batch.poses.at(rows, place).at(slice(None), slice(None), None)
    keys = jax.random.split(jax.random.key(0), WINDOWS)
    where = jnp.asarray(place), keys, LossConfig(**shares), reaches
    return np.asarray(intentions(model, batch, start, *where).told)


def test_a_clip_is_said_to_show_what_it_shows_as_often_as_asked(batch, place):
    said = told(batch, place, said=0.7)[..., :2]
    spoken = said.sum(-1)
    assert set(np.unique(spoken)) == {0.0, 1.0}
    np.testing.assert_array_equal(said, spoken[..., None] * batch.said[:, None])
    assert abs(spoken.mean() - 0.7) < 0.1
    assert not told(batch, place, said=0.0)[..., :2].any()


def test_who_does_something_because_it_was_said_is_always_told(batch, place):
    obeys = np.arange(WINDOWS) % 4 == 0
    said = told(batch._replace(obeys=obeys), place, said=0.0)[..., :2]
    np.testing.assert_array_equal(
        said, obeys[:, None, None] * batch.said[:, None] + 0 * said
    )


def test_a_goal_is_where_the_joint_then_is(batch, place):
    goals = told(batch, place, aimed=1.0)[..., 2:].reshape(WINDOWS, PLACES, 3, 8)
    given = goals[..., 0] == 1
    assert given.any()
    assert not given.all()
    body = tiny.body().replace(offsets=batch.offsets[:, None])
    where = np.asarray(poses.positions(body, batch.poses))
    for b, p, g in np.argwhere(given):
        frame = place[b, p]
        ahead = round(goals[b, p, g, 7] * tiny.FPS)
        assert 3 <= ahead <= intent.SECONDS * tiny.FPS
        assert batch.valid[b, frame + ahead]
        now, there = where[b, [frame, frame + ahead], [0, 4, 6][g]]
        turn = rotations.heading(batch.poses.root_rotation[b, frame])
        way = rotations.quaternion_rotate(rotations.about_z(-turn), there - now)
        np.testing.assert_allclose(0.3 * goals[b, p, g, 1:4], way, atol=1e-5)
    assert not goals[~given].any()


def test_windows_of_which_nothing_is_said_say_nothing(batch, place):
    silent = told(batch._replace(said=None), place)
    assert not silent[..., :2].any()
    assert silent[..., 2:].any()


def test_who_reaches_is_told_where_to_alone_and_always(batch, place):
    frame = np.full(WINDOWS, 18)
    made = np.eye(3, dtype=bool)[np.arange(WINDOWS) % 3]
    made[::4] = False
    reaches = Reaches(jnp.asarray(frame), jnp.asarray(made))
    left = frame[:, None] - place
    due = made[:, None] & (left > 0)[..., None]
    for aimed in (0.0, 1.0):
        goals = told(batch, place, reaches, aimed=aimed)[..., 2:]
        goals = goals.reshape(WINDOWS, PLACES, 3, 8)
        given, busy = goals[..., 0] == 1, due.any(axis=-1)
        np.testing.assert_array_equal(given[busy], due[busy])
        seconds = np.broadcast_to(left[..., None] / tiny.FPS, due.shape)
        np.testing.assert_allclose(goals[..., 7][due], seconds[due], rtol=1e-5)
        # Others are told as often as ever.
        assert given[~busy].any() == (aimed > 0)
