"""Bodies and states that the tests of dynamics share."""

import functools

import jax
import numpy as np

from kinematics import dynamics
from kinematics.dynamics import Inertia, Rates
from kinematics.motion import Motion, Poses
from tests.kinematics import reference


def random_inertia(skeleton, seed=0) -> Inertia:
    """Masses of solids that can exist, one on every joint."""
    rng = np.random.default_rng(seed)
    count = skeleton.num_joints
    mass = rng.uniform(0.5, 5, count)
    spread = rng.normal(size=(count, 3, 3)) * 0.1
    square = spread @ np.swapaxes(spread, -1, -2)
    trace = np.trace(square, axis1=-2, axis2=-1)[:, None, None]
    tensor = mass[:, None, None] * (trace * np.eye(3) - square)
    center = 0.1 * rng.normal(size=(count, 3))
    return Inertia(*(x.astype(np.float32) for x in (mass, center, tensor)))


@functools.cache
def small():
    """A random tree of six joints of every kind, with its masses."""
    skeleton = reference.scattered(seed=5, count=6)
    assert {"hinge", "universal", "ball"} <= set(skeleton.kinds)
    return skeleton, random_inertia(skeleton)


def movement(skeleton, batch, seed=0):
    """Random poses, rates and accelerations, float32."""
    rng = np.random.default_rng(seed)
    poses = Poses(*reference.poses(skeleton, batch, seed))

    def rates():
        sizes = (3, 3, skeleton.num_coordinates)
        return Rates(*(np.float32(rng.normal(size=(*batch, n))) for n in sizes))

    return poses, rates(), rates()


def swinging(skeleton, fps=100.0, count=40):
    """A smooth motion, its rates and accelerations: all swings to and fro."""
    rng = np.random.default_rng(3)
    times = np.arange(count)[:, None] / fps
    size = skeleton.num_coordinates
    speeds, phases = rng.uniform(3, 6, size), rng.uniform(0, 6, size)
    angles = speeds * times + phases
    paces, axis = np.array([2.0, 3.0, 4.0]), np.array([0.6, 0.0, 0.8])
    shifts = paces * times + np.arange(3.0)
    turn = 0.8 * np.sin(3 * times)
    quaternion = np.concatenate([np.cos(turn / 2), np.sin(turn / 2) * axis], axis=1)
    motion = Motion(
        skeleton,
        np.float32(np.sin(shifts)),
        np.float32(quaternion),
        np.float32(0.5 * np.sin(angles)),
        fps=fps,
    )
    first = (
        paces * np.cos(shifts),
        2.4 * np.cos(3 * times) * axis,
        0.5 * speeds * np.cos(angles),
    )
    second = (
        -(paces**2) * np.sin(shifts),
        -7.2 * np.sin(3 * times) * axis,
        -0.5 * speeds**2 * np.sin(angles),
    )
    return motion, *(Rates(*(np.float32(x) for x in r)) for r in (first, second))


@jax.jit
def loads(skeleton, inertia, poses, rates, accelerations):
    """State and loads of a movement."""
    state = dynamics.from_rates(skeleton, poses, rates, accelerations)
    return state, dynamics.inverse_dynamics(skeleton, inertia, state)
