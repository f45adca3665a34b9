"""Laws of what a stream is told."""

import dataclasses

import jax
import numpy as np
import pytest

import lmmjax
from lmmjax import pretrained
from lmmjax.generation import Stream
from lmmjax.generation.continuation import fit_to_model
from lmmjax.generation.intent import Intent
from lmmjax.model import poses
from tests.lmmjax import tiny

CONFIG = dataclasses.replace(
    tiny.CONFIG, labels=("hop", "walk"), goals=("Hips", "LeftToe", "RightToe")
)
PLACE = np.float32([1.0, 2.0, 0.5])


def past():
    """Poses [2, 6]."""
    return tiny.windows(length=6).take(np.array([0, 1])).poses


def walking(scale=1.0):
    return Intent.label(CONFIG, "walk", 2, scale=scale)


def test_goals_come_nearer_with_every_frame_and_then_are_past():
    aimed = walking().aim(CONFIG, "LeftToe", PLACE, 0.5, tiny.FPS)
    last = past().at(slice(None), -1)
    model = tiny.lively_model(CONFIG)
    for frame, left in ((0, 0.5), (6, 0.3), (15, None), (20, None)):
        told = aimed.told(model, last, np.full(2, frame))
        goal = np.asarray(told.vector)[:, 2:].reshape(2, 3, 8)
        assert not goal[:, [0, 2]].any()
        if left is None:
            assert not goal.any()
        else:
            np.testing.assert_allclose(goal[:, 1, 7], left, atol=1e-6)
            toe = model.body.names.index("LeftToe")
            height = poses.positions(model.body, last)[:, toe, 2]
            np.testing.assert_allclose(
                0.3 * goal[:, 1, 3], PLACE[2] - height, atol=1e-6
            )
    np.testing.assert_array_equal(told.vector[:, :2], [[0, 1]] * 2)


def test_goals_may_be_of_some_and_at_times_and_places_of_their_own():
    places = np.float32([[1, 0, 1], [0, 1, 1]])
    times, mine = np.float32([0.4, 0.8]), np.float32([0, 1])
    both = walking().aim(CONFIG, "Hips", places, times, tiny.FPS, mine)
    model, last = tiny.lively_model(CONFIG), past().at(slice(None), -1)
    goal = np.asarray(both.told(model, last, np.zeros(2, int)).vector)
    assert not goal[0, 2:].any()
    np.testing.assert_allclose(goal[1, 9], 0.8, atol=1e-6)


def test_what_is_said_may_change_with_every_frame():
    said = np.zeros((2, 4, 2), np.float32)
    said[:, np.arange(4), [0, 1, 1, 0]] = 1.0
    intent = Intent(said, scale=2.0)
    last = past().at(slice(None), -1)
    for frames, expected in (([0, 1], [0, 1]), ([2, 3], [1, 0]), ([9, 2], [0, 1])):
        told = intent.told(tiny.lively_model(CONFIG), last, np.array(frames))
        assert told.scale == 2.0
        np.testing.assert_array_equal(
            np.asarray(told.vector)[:, :2], np.eye(2)[expected]
        )


def test_a_joint_without_goals_is_told():
    with pytest.raises(ValueError, match=r"no goals of 'Head' \(this model takes Hips"):
        walking().aim(CONFIG, "Head", PLACE, 0.5, tiny.FPS)


def test_a_stream_heeds_what_it_is_told():
    model = tiny.lively_model(CONFIG)
    stream = Stream(model, commit=2, steps=2, churn=0.0)
    state = stream.init(past())
    key = jax.random.key(0)

    def made(told):
        found, _ = dataclasses.replace(stream, intent=told).sample(state, key, 6)
        return np.asarray(found.joints)

    free = made(None)
    silent = Intent(np.zeros((2, 2), np.float32))
    np.testing.assert_allclose(made(silent), free, atol=1e-6)
    once, twice = made(walking()), made(walking(3.0))
    assert np.abs(once - free).max() > 1e-5
    assert np.abs(twice - free).max() > np.abs(once - free).max()


def test_a_stream_of_a_model_that_heeds_nothing_is_as_without():
    model = tiny.lively_model()
    stream = Stream(model, commit=2, steps=1, churn=0.0)
    state = stream.init(past())
    told = Intent(np.zeros((2, 0), np.float32))
    key = jax.random.key(0)
    ours, _ = dataclasses.replace(stream, intent=told).sample(state, key, 4)
    theirs, _ = stream.sample(state, key, 4)
    np.testing.assert_array_equal(ours.joints, theirs.joints)


def test_hands_of_a_trained_model_come_near_where_they_are_told_to_be():
    model, hand = lmmjax.load_pretrained("human-goals"), "LeftHand"
    stand = fit_to_model(model, pretrained.prompts("human-goals")["stand"])
    past = stand.poses.at(None)
    stream = Stream(
        model.with_offsets(np.asarray(stand.skeleton.offsets)[None, None]),
        churn=0.0,
        temperature=0.5,
        inertia=0.5,
    )
    frames = round(0.8 * model.fps)
    number = model.body.names.index(hand)

    def reached(told):
        made = dataclasses.replace(stream, intent=told)
        found, _ = made.sample(made.init(past), jax.random.key(0), frames)
        return np.asarray(poses.positions(stream.model.body, found))[0, -1, number]

    free = reached(Intent.label(model.config, ""))
    goal = free + np.float32([0.3, 0.0, 0.35])
    aim = Intent.label(model.config, "", scale=3.0)
    there = reached(aim.aim(model.config, hand, goal, 0.8, model.fps))
    assert np.linalg.norm(there - goal) < 0.5 * np.linalg.norm(free - goal)
