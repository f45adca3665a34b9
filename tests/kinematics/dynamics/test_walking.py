"""Dynamics of captured walking: what force plates and gait laboratories measure.

Bounds are wide, as people and speeds differ, but a wrong sign, unit or axis is far
outside of them. Peaks of the vertical force are 1.1 to 1.3 times body weight with a
valley between, and a stride lasts about a second (Winter 2009, chapters 3 to 5).
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kinematics import dynamics
from kinematics.bodies import anthropometry, segments
from kinematics.dynamics import GRAVITY
from kinematics.formats import bvh

MASS = 70.0
JOINTS = ("UpLeg", "Leg", "Foot")


@pytest.fixture(scope="module")
def walk(shared_data):
    """All quantities of a walk, over its frames."""
    # Its first frame is a T-pose.
    motion = bvh.read(shared_data / "cmu_bvh" / "02" / "02_01.bvh")[1:]
    skeleton = motion.skeleton
    masses = anthropometry.inertia(skeleton, MASS)
    feet = segments.feet(skeleton)

    @jax.jit
    def analyse(motion):
        motion = dynamics.smooth(motion)
        state = dynamics.from_motion(motion)
        free = dynamics.inverse_dynamics(skeleton, masses, state)
        points = jnp.stack([state.positions[:, foot] for foot in feet], axis=1)
        flat = points.reshape(len(motion), -1, 3)
        ground = dynamics.find_ground(flat, motion.fps)
        touch = dynamics.contacts(flat, motion.fps, ground).reshape(points.shape[:-1])
        support = dynamics.soles(points, touch, 0.1)
        root = state.positions[:, 0]
        floor = ground.floor(root)
        reaction = dynamics.ground_reaction(free.residual, root, support, floor)
        pushes = reaction.external(state.positions, [foot[0] for foot in feet])
        center = dynamics.center_of_mass(masses, state)
        return {
            "state": state,
            "free": free,
            "loads": dynamics.inverse_dynamics(skeleton, masses, state, pushes),
            "touch": touch.any(axis=-1),
            "reaction": reaction,
            "center": center,
            "floor": floor,
            "margin": dynamics.margin_of_stability(center, support, floor),
            "slope": ground.slope,
        }

    return motion, jax.tree.map(np.asarray, analyse(motion))


def test_the_ground_carries_the_weight_with_two_peaks_per_step(walk):
    motion, found = walk
    vertical = found["free"].residual.force[:, 2] / (MASS * GRAVITY)
    assert vertical.mean() == pytest.approx(1.0, abs=0.02)
    assert 1.1 < np.percentile(vertical, 95) < 1.4
    assert 0.6 < np.percentile(vertical, 5) < 0.9
    left = found["reaction"].forces[:, 0, 2] / (MASS * GRAVITY)
    touch = found["touch"]
    starts = np.flatnonzero(np.diff(touch[:, 0].astype(int)) == 1)
    stance = left[starts[1] : starts[1] + int(0.6 * motion.fps)]
    early, middle, late = (part.max() for part in np.array_split(stance, 3))
    valley = np.array_split(stance, 3)[1].min()
    assert valley < min(early, late) - 0.05
    assert middle < 1.3


def test_feet_alternate_with_a_stride_of_about_a_second(walk):
    motion, found = walk
    touch = found["touch"]
    assert touch.any(axis=1).mean() > 0.97
    assert (touch.mean(axis=0) > 0.4).all()
    assert (touch.mean(axis=0) < 0.75).all()
    changes = np.diff(touch.astype(int), axis=0) == 1
    order = [(t, side) for t, side in zip(*np.nonzero(changes), strict=True)]
    sides = [side for _, side in order]
    assert all(a != b for a, b in itertools.pairwise(sides))
    strides = np.diff([t for t, side in order if side == 0]) / motion.fps
    assert ((strides > 0.9) & (strides < 1.3)).all()


def test_torques_of_the_legs_have_the_size_of_published_ones(walk):
    motion, found = walk
    skeleton = motion.skeleton
    inner = slice(20, -20)
    for joint in JOINTS:
        for side in ("Left", "Right"):
            moment = found["loads"].moments[inner, skeleton.index(side + joint)]
            size = np.percentile(np.linalg.norm(moment, axis=-1), 95) / MASS
            assert 0.5 < size < 2.2, (side, joint, size)
    # Pushing off presses the ball of the foot down: about y, to the left of the body.
    for side in ("Left", "Right"):
        moment = found["loads"].moments[inner, skeleton.index(side + "Foot")]
        across = found["state"].rotations[inner, 0, :, 1]
        ankle = (moment * across).sum(axis=-1) / MASS
        assert ankle.max() > 1.2
        assert ankle.min() > -0.4


def test_the_centre_of_mass_is_at_a_human_height_and_ahead_of_the_feet(walk):
    motion, found = walk
    skeleton, state = motion.skeleton, found["state"]
    height = (found["center"].position[:, 2] - found["floor"]).mean()
    top = state.positions[:, skeleton.index("Head_end"), 2] - found["floor"]
    # The end of this skeleton's head is below the vertex.
    assert 0.5 < height / top.max() < 0.62
    margin = found["margin"]
    assert np.isfinite(margin).mean() > 0.97
    assert -0.7 < np.nanmean(margin) < 0.0
