"""Laws of scenes: everybody does what is wished of him, on his own bones."""

import dataclasses

import numpy as np
import pytest

from kinematics import limits, rotations
from kinematics.motion import positions
from lmmjax.generation import guidance, scene
from lmmjax.generation.continuation import PromptError
from lmmjax.generation.scene import (
    Goal,
    Grasp,
    Obstacle,
    Path,
    Person,
    Push,
    Scene,
    playing,
)
from tests.lmmjax import tiny

OPTIONS = {"commit": 2, "steps": 2, "churn": 0.0, "inertia": 0.5}
PROMPT = 31


def model():
    body = limits.widen(tiny.body(), tiny.motion().joints)
    return tiny.lively_model().replace(body=body)


def person(seed, **wishes):
    return Person(f"p{seed}", tiny.motion(seed), **wishes)


def played(*people, seconds=1.0, **things):
    return scene.play(model(), Scene(people, seconds, **things), seed=3, **OPTIONS)


def root(motion):
    return np.asarray(motion.root_position)[PROMPT - 1 :]


def test_everybody_goes_on_from_his_prompt_on_his_own_bones():
    places = [(0.0, 0.0), (30.0, 5.0)]
    people = [person(n, place=place, facing=90.0 * n) for n, place in enumerate(places)]
    for n, motion in enumerate(played(*people)):
        assert (motion.name, len(motion)) == (f"p{n}", PROMPT + 30)
        np.testing.assert_allclose(
            motion.skeleton.offsets, tiny.motion(n).skeleton.offsets, atol=1e-6
        )
        np.testing.assert_allclose(root(motion)[0, :2], places[n], atol=1e-5)
        facing = rotations.heading(np.asarray(motion.root_rotation)[PROMPT - 1])
        np.testing.assert_allclose(facing, np.radians(90 * n), atol=1e-5)
        assert np.max(limits.excess(model().body, motion.joints[PROMPT:])) == 0
        # How he moved before is as in the prompt, wherever that is.
        there = tiny.motion(n)
        steps = [
            np.linalg.norm(np.diff(np.asarray(x)[:, :2], axis=0), axis=-1)
            for x in (motion.root_position[:PROMPT], there.root_position[-PROMPT:])
        ]
        np.testing.assert_allclose(*steps, atol=1e-5)


def test_a_prompt_that_is_not_moved_stays_as_it_is():
    motion = tiny.motion(2)
    found = scene.placed(motion, None, None)
    np.testing.assert_allclose(found.root_position, motion.root_position, atol=1e-6)
    turn = np.sum(np.asarray(found.root_rotation) * motion.root_rotation, axis=-1)
    np.testing.assert_allclose(np.abs(turn), 1, atol=1e-6)


def test_goals_on_a_floor_are_of_the_world(monkeypatch):
    """What is wished above a slope is wished as high above a level floor, less it."""
    floor = guidance.slope(20.0, begin=-80.0, length=160.0)
    under = floor.smoothed()
    stood = []
    monkeypatch.setattr(
        playing, "stand", lambda motion, on: stood.append((motion, on)) or motion
    )
    people = person(0), person(1, place=(40.0, 0.0))
    free, _ = played(*people, floor=floor)
    there = positions(free)[PROMPT + 11]
    rise = float(under.height(there[0]))
    assert rise > 5
    place = there[2] + [0.03, 0, 0.02 + rise]
    goal = Goal("Head", tuple(map(float, place)), 0.4, 0.1)
    led, _ = played(person(0, goals=(goal,)), people[1], floor=floor)
    found = positions(led)[PROMPT + 11]
    up = float(under.height(found[0])) * np.array([0, 0, 1])
    assert np.linalg.norm(found[2] + up - place) < 0.02
    assert [on for _, on in stood] == [floor] * 4


def test_goals_one_after_another_are_reached_by_whom_they_are_meant_for():
    (free, _) = played(person(0), person(1, place=(40.0, 0.0)))
    head = positions(free)[:, 2]
    goals = [
        Goal("Head", tuple(map(float, head[PROMPT + t] + [0.03, 0, 0.02])), at, 0.1)
        for t, at in ((11, 0.4), (23, 0.8))
    ]
    found, other = played(
        person(0, goals=tuple(reversed(goals))), person(1, place=(40.0, 0.0))
    )
    moved = positions(found)[:, 2]
    for goal, frame in zip(goals, (11, 23), strict=True):
        before = np.linalg.norm(head[PROMPT + frame] - goal.place)
        after = np.linalg.norm(moved[PROMPT + frame] - goal.place)
        assert after < before / 2
    again = played(person(0), person(1, place=(40.0, 0.0)))[1]
    np.testing.assert_allclose(other.joints, again.joints, atol=1e-4)


def test_a_path_is_gone_along():
    (free,) = played(person(0))
    start = root(free)[0, :2]
    aside = start + np.float32([0.4, -0.3])
    path = Path((tuple(start), tuple(aside)), speed=0.6)
    (found,) = played(person(0, path=path))
    missed = [np.linalg.norm(root(x)[-1, :2] - aside) for x in (free, found)]
    assert missed[1] < 0.5 * missed[0]


def test_a_push_carries_along_and_only_from_then_on():
    (free,) = played(person(0))
    (found,) = played(person(0, pushes=(Push((3.0, 0.0), 0.4),)))
    before = slice(0, PROMPT + 12)
    np.testing.assert_allclose(
        found.root_position[before], free.root_position[before], atol=1e-5
    )
    # A decaying impulse of 3 m/s.
    assert (root(found) - root(free))[18, 0] > 0.1


def test_nobody_goes_into_an_obstacle():
    (free,) = played(person(0))
    place = root(free)[-1]
    post = Obstacle(((place[0], place[1], -5.0), (place[0], place[1], 5.0)), radius=0.1)
    (found,) = played(person(0), obstacles=(post,))
    away = np.linalg.norm(root(found)[:, :2] - place[:2], axis=-1)
    assert away[-1] > 0.1


def test_who_is_told_to_do_something_is_the_only_one_who_does_otherwise(monkeypatch):
    config = dataclasses.replace(
        tiny.CONFIG, labels=("hop",), goals=("Hips", "LeftToe", "RightToe")
    )
    heeding = tiny.lively_model(config).replace(body=model().body)
    monkeypatch.setitem(globals(), "model", lambda: heeding)
    far = person(1, place=(40.0, 0.0))
    plain = played(person(0), far)
    told = played(person(0, label="hop"), far)
    aimed = played(person(0, goals=(Goal("LeftToe", (0.1, 0.2, 0.5), 0.6),)), far)
    for found in (told, aimed):
        assert np.abs(found[0].joints - plain[0].joints).max() > 1e-3
        np.testing.assert_allclose(found[1].joints, plain[1].joints, atol=1e-4)


def test_on_a_floor_goals_are_told_as_over_level_ground():
    config = dataclasses.replace(tiny.CONFIG, goals=("LeftToe", "RightToe"))
    heeding = tiny.lively_model(config)
    floor = guidance.slope(20.0, begin=-80.0, length=160.0)
    goal = Goal("LeftToe", (10.0, 0.2, 9.0), 0.6)
    level, uphill = (
        playing._intent(heeding, Scene((person(0, goals=(goal,)),), floor=on))
        for on in (None, floor)
    )
    rise = float(floor.smoothed().height(np.array(goal.place)))
    assert rise > 5
    lower = np.asarray(level.aims.places - uphill.aims.places)
    np.testing.assert_allclose(lower[0, 0], [0, 0, rise], atol=1e-4)
    assert not lower[0, 1].any()


def test_the_same_seed_is_the_same_scene():
    first, second = (played(person(0), person(1))[1] for _ in range(2))
    np.testing.assert_array_equal(first.joints, second.joints)


@pytest.mark.parametrize(
    ("people", "seconds", "told"),
    [
        ([], 1.0, "needs people"),
        ([person(0)], 0.0, "more than 0 s"),
        ([person(0, goals=(Goal("Nose", (0, 0, 1), 0.5),))], 1.0, "goal of p0: no jo"),
        ([person(0, goals=(Goal("Head", (0, 0, 1), 0.0),))], 1.0, "goal of p0: sec"),
        ([person(0, path=Path(((0, 0),)))], 1.0, "path of p0: a path is"),
        (
            [person(0, path=Path(((0, 0), (1, 0))), along=tiny.motion())],
            1.0,
            "path of p0: he cannot",
        ),
        ([person(0, key=(tiny.motion(), 0.0))], 1.0, "key pose of p0: seconds"),
        (
            [person(0, grasps=(Grasp("third", (0, 0, 1), 0.5),))],
            1.0,
            "grasp of p0: no hand 'third'",
        ),
        ([person(0, effort=0.0)], 1.0, "effort of p0: effort must be"),
        ([person(0, torque={"Nose": 5.0})], 1.0, "effort of p0: no joint 'Nose'"),
        ([person(0, torque={"Head": -5.0})], 1.0, "effort of p0: torque must be"),
        ([person(0, effort=1.0, mass=0.0)], 1.0, "effort of p0: mass must be above 0"),
        ([person(0, label="run")], 1.0, "label of p0: no label 'run'"),
    ],
)
def test_what_cannot_be_done_is_said_with_whose_wish_it_was(people, seconds, told):
    with pytest.raises(ValueError, match=told):
        played(*people, seconds=seconds)


def test_a_prompt_of_another_body_is_told_with_the_name():
    other = tiny.motion()
    body = other.skeleton.replace(names=("Root", *other.skeleton.names[1:]))
    with pytest.raises(PromptError, match="p0: "):
        played(Person("p0", other.replace(skeleton=body)))
