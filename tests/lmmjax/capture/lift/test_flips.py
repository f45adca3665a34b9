"""Laws of flips: bones keep their length and their picture."""

import numpy as np
import pytest

from lmmjax.capture.lift.flips import WAYS, flipped, limbs

NAMES = (
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "right_heel",
    "left_hip",
    "left_ankle",
)
ARM, LEG = limbs(NAMES)


def points():
    rng = np.random.default_rng(0)
    return rng.uniform(-0.3, 0.3, (4, len(NAMES), 3)) + np.array([0, 0, 1])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("limb", [ARM, LEG])
def test_bones_keep_their_length_and_others_their_place(limb, way):
    x = points()
    y = flipped(x, np.array([8.0, 0, 1]), limb, way)
    for start, end in ((limb.start, limb.middle), (limb.middle, limb.end)):
        before = np.linalg.norm(x[:, end] - x[:, start], axis=-1)
        after = np.linalg.norm(y[:, end] - y[:, start], axis=-1)
        np.testing.assert_allclose(after, before)
    still = [k for k in range(len(NAMES)) if k not in limb.moving]
    np.testing.assert_array_equal(y[:, still], x[:, still])


def test_from_far_away_flips_look_the_same_but_are_reflected_in_depth():
    x = points()
    y = flipped(x, np.array([1e5, 0, 1]), ARM, (True, True))
    np.testing.assert_allclose(y[..., 1:], x[..., 1:], atol=1e-4)
    depth = x[:, 1:3, 0] - x[:, [0], 0]
    np.testing.assert_allclose(y[:, 1:3, 0] - y[:, [0], 0], -depth, atol=1e-4)


def test_heels_ride_on_ankles():
    x = points()
    y = flipped(x, np.array([8.0, 0, 1]), LEG, (False, True))
    ankle, heel = NAMES.index("right_ankle"), NAMES.index("right_heel")
    np.testing.assert_allclose((y - x)[:, heel], (y - x)[:, ankle])


def test_limbs_need_all_their_joints():
    assert limbs(("left_hip", "left_ankle", "nose")) == []
