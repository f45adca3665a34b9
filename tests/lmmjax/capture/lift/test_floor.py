"""Laws of the floor: what rests stands on it."""

import numpy as np
import pytest

from lmmjax.capture.lift.floor import standing

NAMES = ("nose", "left_heel", "right_ankle")


def known(speed_px, frames=30, **changes):
    """Keypoints that move at so many pixels a second, 1 cm each."""
    time = np.arange(frames)[:, None, None] / 30
    xy = np.array([100.0, 50]) + time * np.array([speed_px, 0])
    given = {
        "names": NAMES,
        "xy": np.repeat(xy, len(NAMES), axis=1),
        "metres_per_px": 0.01,
        "fps": 30.0,
        "stature_m": 1.8,
        "floor_m": 0.5,
    }
    return standing(**(given | changes))


def test_feet_that_rest_are_at_their_height_over_the_floor():
    found = known(10.0)
    assert (found.precision[1, 2, 2] > 0).all()
    assert found.target[1, 2] == pytest.approx(0.5)
    assert found.target[2, 2] == pytest.approx(0.5 + 0.039 * 1.8)
    # Nothing is said of where on the floor, nor of other keypoints.
    assert not found.precision[:, :2].any()
    assert not found.precision[0].any()


def test_feet_that_move_or_are_not_seen_say_nothing():
    assert not known(100.0).precision.any()
    assert not known(0.0, xy=np.full((30, 3, 2), np.nan)).precision.any()


def test_a_moment_of_rest_is_no_stance():
    assert not known(0.0, frames=4).precision.any()
