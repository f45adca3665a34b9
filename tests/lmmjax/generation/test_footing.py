"""Laws of movement that is put onto a floor: a walk that a model made."""

import functools

import numpy as np
import pytest

from kinematics import limits
from kinematics.bodies import segments
from kinematics.motion import positions
from lmmjax import pretrained
from lmmjax.evaluation import metrics
from lmmjax.generation import footing, guidance
from tests.lmmjax import tiny

FLOORS = {
    "slope up": guidance.slope(10.0, begin=-1.0),
    "slope down": guidance.slope(-10.0, begin=-1.0),
    "stairs up": guidance.stairs(0.15, 0.3, begin=-1.0),
    "stairs down": guidance.stairs(-0.15, 0.3, begin=-1.0),
}
EVERY = pytest.mark.parametrize("name", FLOORS)


@functools.cache
def walk():
    return pretrained.prompts("human-mocap")["walk"]


@functools.cache
def stood(name):
    return footing.stand(walk(), FLOORS[name])


@functools.cache
def feet():
    """Joints of both feet, level places of these, and when each foot stands."""
    flat = positions(walk())
    found = []
    for foot in segments.feet(walk().skeleton):
        stands = footing.standing(flat[:, foot].astype(float), walk().fps) > 0.9
        assert 10 < stands.sum() < len(stands)
        found.append((list(foot), flat[:, foot], stands))
    return found


def test_a_level_floor_changes_nothing():
    level = footing.stand(walk(), guidance.slope(0.0))
    np.testing.assert_allclose(positions(level), positions(walk()), atol=2e-3)


@EVERY
def test_a_foot_that_stands_is_on_the_floor(name):
    places = positions(stood(name))
    climbed = np.ptp(np.asarray(stood(name).root_position)[:, 2])
    assert climbed > 0.1
    for foot, flat, stands in feet():
        above = places[:, foot, 2] - np.asarray(FLOORS[name].height(places[:, foot]))
        # A stiff sole half over an edge is carried by the part that is not.
        off = np.min(above - flat[..., 2], axis=1)[stands]
        # Down two stairs at each step of a walk, a heel does not find its way.
        assert np.abs(off).max() < (0.05 if name == "stairs down" else 0.02)


@EVERY
def test_a_foot_that_stands_does_not_slide(name):
    places = positions(stood(name))
    for foot, flat, stands in feet():
        both = stands[1:] & stands[:-1]
        found, level = (
            np.linalg.norm(np.diff(x[:, 1, :2], axis=0), axis=-1)[both].mean()
            for x in (places[:, foot], flat)
        )
        assert found < 1.1 * level + 1e-3


@EVERY
def test_no_foot_is_in_the_floor(name):
    places = positions(stood(name))
    for foot, *_ in feet():
        above = places[:, foot, 2] - np.asarray(FLOORS[name].height(places[:, foot]))
        assert above.min() > -0.02


@EVERY
def test_limits_and_bones_hold(name):
    body = walk().skeleton
    found = stood(name)
    assert np.max(limits.excess(body, found.joints)) == 0
    places = positions(found)
    bones = np.linalg.norm(places[:, 1:] - places[:, body.parents[1:]], axis=-1)
    np.testing.assert_allclose(
        bones,
        np.tile(np.linalg.norm(body.offsets[1:], axis=-1), (len(bones), 1)),
        atol=1e-4,
    )


@EVERY
def test_nothing_jumps_at_an_edge(name):
    rough = metrics.jerk(positions(stood(name)), walk().fps)
    assert rough < 1.5 * metrics.jerk(positions(walk()), walk().fps)


def test_who_sank_into_a_level_floor_is_taken_out_of_it():
    place = np.asarray(walk().root_position) - np.float32([0, 0, 0.08])
    sunk = walk().replace(root_position=place)
    found = footing.stand(sunk, guidance.slope(0.0))
    for foot, *_ in feet():
        assert positions(sunk)[:, foot, 2].min() < -0.03
        assert positions(found)[:, foot, 2].min() > -0.02


def test_arms_do_as_they_did():
    found, level = stood("stairs up"), walk()
    part = level.skeleton.coordinates("LeftArm")
    np.testing.assert_allclose(
        np.asarray(found.joints)[:, part], np.asarray(level.joints)[:, part], atol=1e-4
    )


def test_the_far_past_and_future_do_not_matter():
    """So it can be done while somebody moves, so long behind."""
    motion = walk()
    whole, cut = footing.footing(motion, FLOORS["stairs up"]), 26
    part = footing.footing(motion[: len(motion) // 2 + cut], FLOORS["stairs up"])
    first = slice(len(motion) // 2)
    for name, places in whole.targets.items():
        np.testing.assert_allclose(part.targets[name][first], places[first], atol=2e-3)


def test_a_body_without_feet_says_so():
    with pytest.raises(ValueError, match="this body has"):
        footing.stand(tiny.motion(), FLOORS["slope up"])


def test_a_floor_far_away_is_as_good():
    """Wherever it begins, a slope is the same to one who walks there."""
    far = walk().replace(
        root_position=np.asarray(walk().root_position) + np.float32([7, 3, 0])
    )
    there = footing.footing(far, guidance.slope(10.0, begin=6.0))
    here = footing.footing(walk(), FLOORS["slope up"])
    np.testing.assert_allclose(
        there.poses.root_position - np.float32([7, 3, 0]),
        here.poses.root_position,
        atol=1e-4,
    )
