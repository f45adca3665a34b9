"""The same body in MuJoCo, float64: an engine that shares nothing with the library.

Movements are curves q + q' t + q'' t^2 / 2 of our coordinates. What MuJoCo wants,
quaternions and angular velocities in the axes of each body, comes from rotations at
five times by differences of fourth order.
"""

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from kinematics.dynamics import GRAVITY, Rates
from kinematics.formats import mjcf
from kinematics.motion import Poses
from tests.kinematics import reference

_STEP = 1e-3


def model(path, skeleton, inertia):
    """The model of a body as MuJoCo compiles it from our file."""
    mjcf.write(path, skeleton, inertia)
    model = mujoco.MjModel.from_xml_path(str(path))
    model.opt.gravity[:] = [0, 0, -GRAVITY]
    # Beyond a joint limit MuJoCo pushes back, which is no part of the movement.
    model.opt.disableflags |= int(mujoco.mjtDisableBit.mjDSBL_CONSTRAINT)
    return model


def movement(skeleton, seed=0, scale=1.0):
    """A random pose with rates and accelerations, float64."""
    rng = np.random.default_rng(seed)
    pose = Poses(*(np.float64(x) for x in reference.poses(skeleton, (), seed, scale)))
    # A unit quaternion in float64, or the rotation is none.
    pose = pose._replace(root_rotation=pose[1] / np.linalg.norm(pose[1]))
    count = skeleton.num_coordinates
    rates = Rates(*(rng.normal(size=n) for n in (3, 3, count)))
    accelerations = Rates(*(10 * rng.normal(size=n) for n in (3, 3, count)))
    return pose, rates, accelerations


def data(model, skeleton, pose, rates, accelerations):
    """MuJoCo's data of a movement, its inverse dynamics computed."""
    data = mujoco.MjData(model)
    columns = {}
    start = 0
    for j, kind in enumerate(skeleton.kinds):
        at = slice(start, start + reference.DOFS[kind])
        start = at.stop
        if kind == "ball":
            columns[j] = _ball(
                skeleton.frames[j], pose[2][at], rates[2][at], accelerations[2][at]
            )
        elif kind != "free":
            columns[j] = (pose[2][at], rates[2][at], accelerations[2][at])
    turn = reference.turn_of_quaternion(pose[1])
    # MuJoCo turns a free body about its own axes, and moves it along the world's.
    data.qpos[:7] = [*pose[0], *pose[1]]
    data.qvel[:6] = [*rates[0], *(turn.T @ rates[1])]
    data.qacc[:6] = [*accelerations[0], *(turn.T @ accelerations[1])]
    for j, (position, velocity, acceleration) in columns.items():
        body = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, skeleton.names[j])
        first = model.body_jntadr[body]
        if len(velocity):
            q, v = model.jnt_qposadr[first], model.jnt_dofadr[first]
            data.qpos[q : q + len(position)] = position
            data.qvel[v : v + len(velocity)] = velocity
            data.qacc[v : v + len(velocity)] = acceleration
    mujoco.mj_inverse(model, data)
    mujoco.mj_energyPos(model, data)
    mujoco.mj_energyVel(model, data)
    mujoco.mj_subtreeVel(model, data)
    return data


def joint_forces(model, data, skeleton, j):
    """MuJoCo's generalised forces of one joint."""
    body = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, skeleton.names[j])
    start = model.body_dofadr[body]
    return data.qfrc_inverse[start : start + model.body_dofnum[body]]


def _ball(frame, q, rate, acceleration):
    times = _STEP * np.arange(-2, 3)
    turns = np.stack(
        [
            reference.joint_turn("ball", frame, q + rate * t + acceleration * t * t / 2)
            for t in times
        ]
    )
    first = np.einsum("t,tij->ij", [1, -8, 0, 8, -1], turns) / (12 * _STEP)
    second = np.einsum("t,tij->ij", [-1, 16, -30, 16, -1], turns) / (12 * _STEP**2)
    turn = turns[2]
    spin = turn.T @ first
    # R' = R [w], so R'' = R ([w]^2 + [w']).
    growth = turn.T @ second - spin @ spin
    x, y, z, w = Rotation.from_matrix(turn).as_quat()
    return [w, x, y, z], _vector(spin), _vector(growth)


def _vector(skew):
    return np.array([skew[2, 1], skew[0, 2], skew[1, 0]])
