"""Laws of sides: exchanged twice is as before, and only what is wrong is exchanged."""

import numpy as np

from lmmjax.capture.associate.geometry import make_rig, project
from lmmjax.capture.associate.landmarks import PARTS, describe
from lmmjax.capture.associate.sides import exchange, mirrored
from tests.lmmjax.capture.associate.scene import LEGS, NAMES, TWINS, crossing, ring

MARKS = describe(NAMES)


def test_exchanged_twice_is_as_before():
    rng = np.random.default_rng(0)
    values, which = rng.normal(size=(6, len(NAMES), 2)), rng.random((6, 5)) < 0.5
    once = exchange(values, MARKS.twins, MARKS.parts, which)
    np.testing.assert_array_equal(
        exchange(once, MARKS.twins, MARKS.parts, which), values
    )
    np.testing.assert_array_equal(
        exchange(values[..., 0], MARKS.twins, MARKS.parts, which), once[..., 0]
    )
    legs = np.array([part == "legs" for part in PARTS])
    swapped = exchange(values, MARKS.twins, MARKS.parts, legs)
    np.testing.assert_array_equal(swapped[:, LEGS], values[:, TWINS][:, LEGS])
    np.testing.assert_array_equal(swapped[:, ~LEGS], values[:, ~LEGS])


def test_what_is_mirrored_is_found_and_nothing_else():
    rig = make_rig(ring(), ring().names)
    places = crossing(4, 120)[60, 0]
    points, _ = project(rig, places)
    points += np.random.default_rng(1).normal(size=points.shape) * 0.002
    weights = np.ones(points.shape[:-1])
    known = np.ones(len(NAMES), bool)
    assert not mirrored(MARKS, rig, places, points, weights, known).any()
    points[2] = points[2, TWINS]
    points[5, LEGS] = points[5, TWINS][LEGS]
    weights[6], points[6] = 0, points[6, TWINS]
    found = mirrored(MARKS, rig, places, points, weights, known)
    assert found[2].all()
    assert found[5].tolist() == [part == "legs" for part in PARTS]
    assert not found[[0, 1, 3, 4, 6, 7]].any()
