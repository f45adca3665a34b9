"""Feet on the ground: whether they slide, and whether they hold the body up."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Skeleton, dynamics
from kinematics.bodies import anthropometry
from kinematics.bodies.segments import feet
from kinematics.dynamics import Ground
from kinematics.skeleton import rest_places

# A toe is in contact while it is below this height in both frames, and slides where it
# is faster than that.
CONTACT_HEIGHT = 0.05
SLIDING_SPEED = 0.2
# Breadth of a foot as a share of stature (Drillis and Contini 1966).
_FOOT_BREADTH = 0.055


class FootSkate(NamedTuple):
    """Sliding of toes that are on the ground, by clip.

    Attributes:
      speed: [...] mean horizontal speed, m/s; NaN without contact.
      share: [...] of the contacts that are faster than 0.2 m/s; NaN without contact.
      contacts: [...] pairs of frames in which a toe was in contact, summed over toes:
        the weights of a mean over clips.
    """

    speed: np.ndarray
    share: np.ndarray
    contacts: np.ndarray


def foot_skate(
    positions: np.ndarray,
    toes: Sequence[int],
    fps: float,
    floor: np.ndarray | float = 0.0,
) -> FootSkate:
    """How fast toes go over the ground that they stand on.

    Captured people slide a little, too: print their values beside it.

    Args:
      positions: [..., T, J, 3] metres, z up; where a toe is missing (NaN) in either
        frame it is not in contact.
      toes: indices of the toe joints; see `kinematics.bodies.segments.toe_joints`.
      fps: frames per second.
      floor: [...] height of the ground, metres; in captures it is rarely 0.
    """
    places = np.asarray(positions, np.float64)[..., np.asarray(toes), :]
    height = places[..., 2] - np.asarray(floor, float)[..., None, None]
    # A comparison with NaN is false.
    low = height < CONTACT_HEIGHT
    touch = low[..., 1:, :] & low[..., :-1, :]
    speed = np.linalg.norm(np.diff(places[..., :2], axis=-3), axis=-1) * fps
    touch &= ~np.isnan(speed)
    count = touch.sum(axis=(-2, -1))
    sums = (
        np.where(touch, speed, 0).sum(axis=(-2, -1)),
        (touch & (speed > SLIDING_SPEED)).sum(axis=(-2, -1)),
    )
    mean, share = (np.where(count, x, np.nan) / np.maximum(count, 1) for x in sums)
    return FootSkate(mean, share, count)


def margin_of_stability(motion: Motion, floor: float | None = None) -> np.ndarray:
    """Distance of the extrapolated centre of mass inside of the feet on the ground.

    `kinematics.dynamics.margin_of_stability` with masses by de Leva (1996), contacts by
    height and speed, and soles 0.055 of stature wide; the mass of the body cancels.

    Args:
      motion: [T] frames of a human body, 4 or more. Smooth captured motion first
        (`kinematics.dynamics.smooth`): velocities enter.
      floor: height of level ground, metres; found from the clip by default.

    Returns:
      [T] metres, negative where only a step can keep the body up, NaN where no foot is
      on the ground.

    Raises:
      ValueError: the body has no feet that can be told by name.
    """
    body = motion.skeleton
    heights = rest_places(body)[..., 2]
    joints = np.ravel(_foot_points(body))
    state = _STATE(motion)
    points = state.positions[:, joints]
    if floor is None:
        ground = _GROUND(points, fps=motion.fps)
    else:
        # Joints are inside of the foot, each at its own height above the sole.
        lift = (heights - heights.min())[joints]
        ground = Ground(jnp.asarray(floor + lift, jnp.float32), jnp.zeros(2))
    breadth = _FOOT_BREADTH * float(np.ptp(heights))
    masses = anthropometry.inertia(body)
    return np.asarray(_margin(state, points, masses, ground, breadth, fps=motion.fps))


def _foot_points(skeleton: Skeleton) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Ankle and further joints of both feet, as many of each as both have."""
    left, right = feet(skeleton)
    count = min(len(left), len(right))
    return left[:count], right[:count]


_STATE = jax.jit(dynamics.from_motion)
_GROUND = jax.jit(dynamics.find_ground, static_argnames="fps")


@functools.partial(jax.jit, static_argnames="fps")
def _margin(state, points, masses, ground, breadth, *, fps):
    touch = dynamics.contacts(points, fps, ground)
    feet = points.reshape(len(points), 2, -1, 3)
    support = dynamics.soles(feet, touch.reshape(feet.shape[:-1]), breadth)
    center = dynamics.center_of_mass(masses, state)
    return dynamics.margin_of_stability(center, support, ground.floor(center.position))
