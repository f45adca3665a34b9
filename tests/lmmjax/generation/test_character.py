"""Laws of the character: whatever is ordered, one pose follows from the other."""

import dataclasses

import jax
import numpy as np
import pytest

from kinematics import Poses, limits, rotations
from kinematics import motion as motions
from lmmjax.generation import Stream
from lmmjax.generation import stream as streams
from lmmjax.generation.character import (
    BLEND_SECONDS,
    DIRECTIONS,
    PUSH_SECONDS,
    Character,
    prompt_of,
)
from lmmjax.generation.continuation import PromptError
from lmmjax.model import poses as poses_of
from tests.lmmjax import tiny

BODY = tiny.body()
PUSH_FRAMES = round(PUSH_SECONDS * tiny.FPS)


@pytest.fixture(scope="module")
def prompts():
    """Two people's ways of moving, on one body: in other places and directions."""
    return [
        prompt_of(tiny.lively_model(), tiny.motion(seed), seconds=0.6)
        for seed in (0, 3)
    ]


@pytest.fixture(scope="module")
def start(prompts):
    stream = Stream(
        tiny.lively_model(), commit=2, steps=2, churn=0.0, temperature=0.5, inertia=0.5
    )
    return Character.start(stream, prompts[0], seed=1)


@pytest.fixture(scope="module")
def free(start, prompts):
    """Somebody whose prompt is over."""
    _, character = played(start, len(prompts[0].joints) // 2)
    assert not len(character.script.joints)
    return character


def joined(parts):
    return Poses(*(np.concatenate(x) for x in zip(*parts, strict=True)))


def played(character, steps):
    """Poses [n] of some steps, and the character after them."""
    parts = []
    for _ in range(steps):
        poses, character = character.step()
        parts.append(poses)
    return joined(parts), character


def places(poses):
    return motions.positions(poses_of.to_motion(poses, BODY, tiny.FPS))


def velocity(poses):
    return np.diff(poses.root_position, axis=0) * tiny.FPS


def story(character, prompts):
    """A bit of everything, so that orders meet: poses of all of it."""
    parts = []

    def go(character, steps):
        poses, character = played(character, steps)
        parts.append(poses)
        return character

    character = go(character, 3)
    character = go(character.push("left", 2.0), 1)
    character = go(character.reach("Head", (0.3, 0.2, 1.3), 0.4), 3)
    character = go(character.push("back", 1.5), 4)
    character = go(character.prompt(prompts[1]), 3)
    character = go(character.push("forward", 3.0).with_temperature(0.9), 10)
    character = go(character.reach("LeftToe", (5.0, -5.0, 9.0), 9.0), 4)
    go(character.release(), 3)
    return joined(parts)


@pytest.fixture(scope="module")
def told(start, prompts):
    return story(start, prompts)


def test_the_same_seed_and_orders_give_the_same_poses_and_others_do_not(
    start, prompts, told
):
    for a, b in zip(told, story(start, prompts), strict=True):
        np.testing.assert_array_equal(a, b)
    other = story(
        Character.start(start.stream, prompts[0], seed=2),
        prompts,
    )
    assert np.abs(other.joints - told.joints).max() > 1e-4


def test_limits_hold_and_bones_keep_their_lengths_whatever_is_ordered(told):
    assert limits.share_outside(BODY, told.joints) == 0
    found = places(told)
    bones = found[:, 1:] - found[:, list(BODY.parents[1:])]
    length = np.linalg.norm(np.asarray(BODY.offsets)[1:], axis=-1)
    np.testing.assert_allclose(
        np.linalg.norm(bones, axis=-1), length + 0 * bones[..., 0], atol=2e-6
    )
    np.testing.assert_allclose(
        np.linalg.norm(told.root_rotation, axis=-1), 1, atol=1e-5
    )


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_push_adds_its_speed_to_the_root_while_it_lasts(free, direction):
    yaw = float(rotations.heading(free.recent.root_rotation[-1]))
    ahead = np.array([np.cos(yaw), np.sin(yaw), 0])
    side = {"forward": ahead, "back": -ahead, "left": [-ahead[1], ahead[0], 0]}
    side["right"] = -np.array(side["left"])
    plain, _ = free.step()
    pushed, _ = free.push(direction, 1.5).step()
    before = free.recent.at(slice(1, None))
    gained = velocity(joined([before, pushed])) - velocity(joined([before, plain]))
    np.testing.assert_allclose(gained, 1.5 * np.array([side[direction]] * 2), atol=1e-3)
    np.testing.assert_array_equal(pushed.joints, plain.joints)


def test_a_push_is_over_in_time_and_the_model_has_seen_it(free):
    steps = -(-PUSH_FRAMES // 2)
    poses, after = played(free.push("left", 1.5), steps)
    assert after.push_left is None
    seen = free.stream.observe(free.state, Poses(*(x[None] for x in poses)))
    np.testing.assert_allclose(after.state.summary, seen.summary, atol=1e-4)
    np.testing.assert_array_equal(
        after.state.last.root_position[0], poses.root_position[-1]
    )


def test_a_push_carries_what_a_prompt_still_plays(start):
    plain, _ = played(start, 5)
    pushed, _ = played(start.push("left", 2.0), 5)
    moved = pushed.root_position - plain.root_position
    distance = np.linalg.norm(moved, axis=-1)
    np.testing.assert_allclose(
        distance[PUSH_FRAMES - 1 :], 2 * PUSH_FRAMES / 30, atol=1e-3
    )
    assert (np.diff(distance) >= -1e-5).all()


def test_a_prompt_takes_over_without_a_jump(free, prompts):
    before, character = played(free, 2)
    after, _ = played(character.prompt(prompts[1]), 9)
    path = places(joined([before, after]))
    steps = np.linalg.norm(np.diff(path, axis=0), axis=-1) * tiny.FPS
    switch = len(before.joints) - 1
    # From one to the other in `BLEND_SECONDS`, on a curve with a peak of 15 / 8.
    apart = _apart(character, prompts[1])
    usual = max(steps[:switch].max(), _speed(prompts[1]))
    allowed = usual + 15 / 8 * apart / BLEND_SECONDS + 1.0
    assert steps[switch:].max() < allowed
    # The first pose goes on as the one before it.
    first = steps[switch]
    assert np.abs(first - steps[switch - 1]).max() < 0.35 * usual + 0.2


def _apart(character, prompt):
    """Metres between joints of the newest pose and of a prompt's first, rooted."""
    first = places(Poses(*(np.asarray(x[:1]) for x in prompt)))[0]
    newest = places(character.recent)[-1]
    height = abs(first[0, 2] - newest[0, 2])

    def shape(found, rotation):
        yaw = float(rotations.heading(rotation))
        c, s = np.cos(yaw), np.sin(yaw)
        return (found - found[0]) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])

    a = shape(first, prompt.root_rotation[0])
    b = shape(newest, character.recent.root_rotation[-1])
    return height + np.linalg.norm(a - b, axis=-1).max()


def _speed(prompt):
    return np.linalg.norm(np.diff(places(prompt), axis=0), axis=-1).max() * tiny.FPS


def test_a_prompt_is_then_played_as_it_is_where_the_character_stands_and_faces(
    free, prompts
):
    poses, after = played(free.prompt(prompts[1]), 9)
    blend = round(BLEND_SECONDS * tiny.FPS)
    np.testing.assert_allclose(
        poses.joints[blend:], prompts[1].joints[blend + 1 : 19], atol=1e-5
    )
    heights = prompts[1].root_position[blend + 1 : 19, 2]
    np.testing.assert_allclose(poses.root_position[blend:, 2], heights, atol=1e-5)
    here = free.recent.root_position[-1]
    gone = poses.root_position[-1, :2] - here[:2]
    theirs = prompts[1].root_position[18, :2] - prompts[1].root_position[0, :2]
    np.testing.assert_allclose(np.linalg.norm(gone), np.linalg.norm(theirs), atol=1e-4)
    turned = rotations.heading(poses.root_rotation[-1]) - rotations.heading(
        free.recent.root_rotation[-1]
    )
    their = rotations.heading(prompts[1].root_rotation[18]) - rotations.heading(
        prompts[1].root_rotation[0]
    )
    np.testing.assert_allclose(np.sin(turned - their), 0, atol=1e-4)
    np.testing.assert_array_equal(after.state.last.joints[0], poses.joints[-1])


def test_a_joint_comes_nearer_to_its_goal_than_without(free):
    number = BODY.index("Head")
    place = places(free.recent)[-1, number] + np.array([0.1, 0.1, -0.05])
    wished, _ = played(free.reach("Head", place, 0.4), 6)
    plain, _ = played(free, 6)
    near, far = (np.linalg.norm(places(x)[-1, number] - place) for x in (wished, plain))
    assert near < 0.3 * far


def test_a_goal_is_given_up_after_a_while_and_when_it_is_cleared(free):
    reaching = free.reach("Head", (0.0, 0.0, 1.0), 0.3)
    _, kept = played(reaching, 44)
    _, over = played(reaching, 45)
    assert kept.goal is not None
    assert over.goal is None
    cleared, plain = reaching.release().step()[0], free.step()[0]
    np.testing.assert_array_equal(cleared.joints, plain.joints)


def test_a_part_of_a_step_is_shown_and_the_rest_forgotten(free):
    poses, _ = free.step()
    half = free.shown(poses.at(slice(1)))
    assert half.frame == free.frame + 1
    np.testing.assert_array_equal(half.recent.joints[-1], poses.joints[0])
    np.testing.assert_array_equal(half.recent.joints[0], free.recent.joints[-1])
    pushed = free.push("left", 1.0)
    carried, _ = pushed.step()
    assert pushed.shown(carried.at(slice(1))).push_left.frames == PUSH_FRAMES - 1


def test_a_goal_that_is_dragged_and_other_orders_compile_nothing(start, prompts):
    start.warm(prompts[0], "Head")
    counted = (streams._step, streams._observe, streams._init)
    before = [f._cache_size() for f in counted]
    compiled = []

    def listen(name, *_, **__):
        if "backend_compile" in name:
            compiled.append(name)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        story(start, prompts)
        _, character = played(start, 10)
        for k in range(4):
            joint = ("Head", "RightToe")[k % 2]
            place = (0.1 * k, 0.2, 1.0)
            _, character = character.reach(joint, place, 0.2 + 0.3 * k).step()
        assert [f._cache_size() for f in counted] == before
        assert compiled == []
        jax.jit(lambda x: 3 * x + 17)(1.0)
        assert compiled, "and would have been heard"
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def test_what_it_is_told_counts_until_it_is_told_otherwise_and_compiles_nothing(
    prompts,
):
    model = tiny.lively_model(dataclasses.replace(tiny.CONFIG, labels=("hop", "walk")))
    stream = Stream(model, commit=2, steps=2, churn=0.0, temperature=0.0)
    character = Character.start(stream, prompts[0]).tell("")
    _, free = played(character, len(prompts[0].joints) // 2 + 1)
    compiled = streams._step._cache_size()
    plain, _ = played(free, 3)
    hopping, after = played(free.tell("hop"), 3)
    assert streams._step._cache_size() == compiled
    assert not np.allclose(plain.joints, hopping.joints, atol=1e-4)
    np.testing.assert_array_equal(played(free.tell("hop").tell(""), 3)[0][2], plain[2])
    assert not np.allclose(
        played(after, 3)[0].joints, played(after.tell(""), 3)[0].joints, atol=1e-4
    )


def test_a_model_without_labels_can_be_told_nothing(start):
    assert start.tell("") is start


def test_orders_leave_the_character_that_got_them_as_it_was(free):
    expected, _ = free.step()
    for other in (
        free.push("left", 2.0),
        free.reach("Head", (0, 0, 1), 1.0),
        free.with_temperature(1.0),
    ):
        other.step()
    for a, b in zip(expected, free.step()[0], strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(dataclasses.FrozenInstanceError):
        free.frame = 0


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (lambda c: c.push("up", 1.0), "no direction 'up'; there are left"),
        (lambda c: c.push("left", np.nan), "finite speed"),
        (lambda c: c.reach("Tail", (0, 0, 1), 1.0), "no joint 'Tail'"),
        (lambda c: c.reach("Head", (0, 0, np.inf), 1.0), "three finite numbers"),
        (lambda c: c.reach("Head", (0, 0), 1.0), "three finite numbers"),
        (lambda c: c.with_temperature(-1.0), "0 or more"),
        (lambda c: c.tell("fly"), "no label 'fly'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(start, order, message):
    with pytest.raises(ValueError, match=message):
        order(start)


def test_a_prompt_that_is_too_short_is_refused(start):
    with pytest.raises(PromptError, match="needs 11 poses"):
        prompt_of(tiny.lively_model(), tiny.motion(0, frames=8))
    with pytest.raises(PromptError, match="needs 11 poses"):
        start.prompt(start.script.at(slice(4)))


def test_what_is_played_of_a_motion_begins_where_it_is_asked_to():
    motion = tiny.motion(0)
    prompt = prompt_of(tiny.lively_model(), motion, start=0.3, seconds=0.5)
    np.testing.assert_allclose(prompt.joints, motion.joints[9:25], atol=1e-5)
