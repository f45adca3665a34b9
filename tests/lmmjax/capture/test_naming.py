"""Laws of naming people: by where they stood, else in order of appearance."""

import numpy as np

from kinematics.points import make_points
from lmmjax.capture.naming import Names, Sighting


def standing(*places, frames=20):
    """People who stand still, [P, T, 1, 3]."""
    at = np.array([[x, y, 1.0] for x, y in places])
    return make_points(["nose"], np.tile(at[:, None, None], (1, frames, 1, 1)), 10.0)


def test_people_are_those_who_stood_there():
    told = [Sighting("A", 0.5, (2.0, 0.1)), Sighting("B", 0.5, (0.0, 0.0))]
    names = Names(["A", "B"], told)
    names.learn(["1", "2"], standing((0.1, 0), (2, 0)), 0)
    assert (names["1"], names["2"]) == ("B", "A")


def test_who_is_too_far_from_any_sighting_keeps_the_number():
    names = Names(["A"], [Sighting("A", 0.5, (9.0, 9.0))])
    names.learn(["1"], standing((0, 0)), 0)
    assert names["1"] == "1"


def test_sightings_count_when_their_time_comes():
    names = Names(["A"], [Sighting("A", 2.5, (0.0, 0.0))])
    names.learn(["1"], standing((5, 5)), 0)
    names.learn(["1", "2"], standing((5, 5), (0, 0)), 20)
    assert (names["1"], names["2"]) == ("1", "A")


def test_without_sightings_names_go_round_in_order_of_appearance():
    names = Names(["A", "B"], [])
    names.learn(["3"], standing((0, 0)), 0)
    names.learn(["3", "4", "5"], standing((0, 0), (1, 0), (2, 0)), 20)
    assert [names[p] for p in ("3", "4", "5")] == ["A", "B", "5"]
