"""Laws of who takes things: the hand is at the thing in time, and keeps hold of it."""

import functools

import numpy as np
import pytest

from kinematics import bodies
from kinematics.bodies import segments
from kinematics.motion import positions
from lmmjax.data import primitives
from lmmjax.generation.grasping import GraspError
from lmmjax.generation.scene import Grasp, taking

BEGIN, AT = 10, 1.2


@functools.cache
def stander():
    return primitives.PRIMITIVES["stand"](0, fps=20.0)[:60]


def grasp(**changes):
    """A rod before the right shoulder."""
    motion = stander()
    places = positions(motion)[BEGIN + round(AT * motion.fps)]
    arm = segments.segments(motion.skeleton)
    upper = [s.joints[0] for s in arm if s.name == "upper arm"]
    shoulder = min(places[upper], key=lambda place: place[1])
    place = tuple(np.add(shoulder, [0.35, 0.0, -0.2]).tolist())
    told = {"hand": "right", "place": place, "at": AT, "radius": 0.03, "length": 0.15}
    return Grasp(**(told | changes))


def test_a_hand_with_fingers_takes_what_it_is_to_take():
    one = grasp()
    found = taking.taking(stander(), [one], BEGIN)
    assert found.skeleton.names == bodies.smplh52().names
    assert (len(found), found.fps) == (60, 20.0)
    places = positions(found)
    tips = [n for n, name in enumerate(found.skeleton.names) if name == "right_index3"]
    frame = BEGIN + round(AT * found.fps)
    away = np.linalg.norm(places[frame, tips] - one.place, axis=-1)
    assert away.max() < one.radius + 0.03
    before = np.linalg.norm(places[BEGIN, tips] - one.place, axis=-1)
    assert before.min() > 0.2
    # Roots are as high as they were.
    height = np.asarray(found.root_position)[:, 2]
    np.testing.assert_allclose(
        height, np.asarray(stander().root_position)[:, 2], atol=0.03
    )


def test_wrists_are_led_to_things_on_their_side():
    body = stander().skeleton
    goals = taking.hand_goals(body, [grasp(), grasp(hand="left", at=2.0)])
    y = [
        np.asarray(positions(stander()))[0, body.names.index(g.joint), 1] for g in goals
    ]
    assert y[0] < 0 < y[1]
    assert [goal.at for goal in goals] == [AT, 2.0]
    assert goals[0].place == grasp().place


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hand": "third"}, "no hand 'third'; there are left, right"),
        ({"axis": (0.0, 0.0, 0.0)}, "axis of a thing is a direction"),
        ({"radius": -1.0}, "a thing needs a finite place and a size above 0"),
    ],
)
def test_what_cannot_be_taken_is_said_before_anything_is_made(changes, told):
    with pytest.raises(ValueError, match=told):
        taking.hand_goals(stander().skeleton, [grasp(**changes)])


def test_what_is_out_of_reach_is_said():
    with pytest.raises(GraspError, match="reach"):
        taking.taking(stander(), [grasp(place=(9.0, 0.0, 1.0))], BEGIN)


def test_a_rod_lies_along_its_axis_and_a_ball_has_none():
    rod = grasp(axis=(0.0, 2.0, 0.0))
    np.testing.assert_allclose(rod.half, [0, 0.15 / 2 - 0.03, 0], atol=1e-9)
    thing = taking._thing(rod)
    ends = np.add(rod.place, [[0, 0.075, 0], [0, -0.075, 0]])
    np.testing.assert_allclose(thing.distance(ends), 0, atol=1e-5)
    down = taking._thing(grasp(axis=(0.0, 0.0, -1.0)))
    up = np.add(rod.place, [0, 0, 0.075])
    np.testing.assert_allclose(down.distance(up), 0, atol=1e-5)
    np.testing.assert_array_equal(grasp(length=0.0).half, 0)
