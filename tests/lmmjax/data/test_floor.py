"""Laws of the level floor: feet come to stand on it, and nothing else changes."""

import numpy as np
import pytest

from kinematics import Motion, rotations
from kinematics.motion import positions
from lmmjax.data.mocap.common_body import common_body
from lmmjax.data.mocap.floor import BALL_M, level

BALLS = [common_body().index(f"{side}ToeBase") for side in ("Left", "Right")]


def standing(slope=(0.0, 0.0), height=0.0, stay=30) -> Motion:
    """Somebody who stands still in six places of a tilted floor, facing many ways."""
    body = common_body()
    rng = np.random.default_rng(3)
    spots = np.repeat(rng.uniform(-2, 2, (6, 2)), stay, axis=0)
    yaw = np.float32(np.repeat(rng.uniform(-3, 3, 6), stay))
    flat = np.concatenate([spots, np.zeros((len(spots), 1))], axis=1)
    still = Motion(
        body,
        np.float32(flat),
        np.asarray(rotations.about_z(yaw)),
        np.zeros((len(spots), body.num_coordinates), np.float32),
        30.0,
        name="stand",
    )
    lift = BALL_M - positions(still)[:, BALLS, 2].mean()
    axis = np.float32([slope[1], -slope[0], 0.0])
    tilt = np.asarray(rotations.quaternion_exp(axis))
    place = np.asarray(
        rotations.quaternion_rotate(tilt, np.float32(flat + np.array([0, 0, lift])))
    )
    return still.replace(
        root_position=np.float32(place + np.array([0, 0, height])),
        root_rotation=np.asarray(
            rotations.quaternion_multiply(tilt, still.root_rotation)
        ),
    )


@pytest.mark.parametrize("slope", [(0.02, 0.0), (0.0, -0.02), (-0.01, 0.015)])
@pytest.mark.parametrize("height", [0.0, -0.05])
def test_a_tilted_floor_is_found_and_made_level(slope, height):
    found, floor = level(standing(slope, height))
    # The fit holds a floor for level until feet have travelled.
    np.testing.assert_allclose(floor.slope, slope, atol=2.5e-3)
    assert floor.height == pytest.approx(height, abs=5e-3)
    balls = positions(found)[:, BALLS, 2]
    assert np.ptp(balls.mean(axis=1)) < 0.015
    assert np.abs(balls.mean() - BALL_M) < 0.003


def test_bones_and_joints_stay():
    motion = standing((0.02, 0.01), 0.03)
    found, _ = level(motion)
    np.testing.assert_array_equal(found.joints, motion.joints)
    a, b = positions(motion), positions(found)
    np.testing.assert_allclose(
        np.linalg.norm(a[:, 5] - a[:, 20], axis=-1),
        np.linalg.norm(b[:, 5] - b[:, 20], axis=-1),
        atol=1e-5,
    )


@pytest.mark.parametrize(
    "motion",
    [standing((0.1, 0.0)), standing(height=0.5), standing()[:1], standing(stay=2)],
    ids=["steep", "on a box", "one frame", "never still"],
)
def test_what_tells_no_floor_is_left_alone(motion):
    found, floor = level(motion)
    assert floor is None
    assert found is motion
