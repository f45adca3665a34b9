"""Postures and their rates of change as vectors, for densities.

A posture is the same for a person anywhere on the floor and facing any way. Its
vector [D + 3] holds

* ``height`` of the root over the floor, in units of its height over the lowest
  joint at rest, so that people of all sizes are alike;
* ``tilt``, two values: the root's rotation less its heading, as the rotation
  vector about the horizontal axes of the heading frame, radians;
* the D joint coordinates, radians.

Its rate [D + 6] holds the change of each of these per second, then the velocity
over the floor in the heading frame (forward, left; root heights per second) and the
turning of the heading (radians per second). Posture and rate together tell where the
body is one frame later, but for where on the floor it began.

All differences are plain, so densities are with respect to these very numbers.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.motion import Poses
from kinematics.skeleton import DOFS, Array, Skeleton
from kinematics.symmetry import coordinate_mirror

# Entries of a posture before the joint coordinates, of a rate after theirs.
ROOT, OVER_FLOOR = 3, 3
# In the mirror: height, tilt about x and y; forward, left, turning.
_ROOT_SIGNS = (1.0, -1.0, 1.0)
_FLOOR_SIGNS = (1.0, -1.0, -1.0)


def names(skeleton: Skeleton) -> tuple[str, ...]:
    """What each entry of a posture [D + 3] is; ``joint[k]`` for joint coordinates."""
    joints = zip(skeleton.names, skeleton.kinds, strict=True)
    coordinates = [f"{name}[{k}]" for name, kind in joints for k in range(DOFS[kind])]
    return ("height", "tilt_x", "tilt_y", *coordinates)


def size(skeleton: Skeleton) -> jax.Array:
    """Height [...] of the root over the lowest joint at rest; 1 m if it is lowest."""
    offsets = jnp.asarray(skeleton.offsets)
    heights = [jnp.zeros(offsets.shape[:-2])]
    for j in range(1, skeleton.num_joints):
        heights.append(heights[skeleton.parents[j]] + offsets[..., j, 2])
    lowest = -jnp.min(jnp.stack(heights), axis=0)
    return jnp.where(lowest > 0.01, lowest, 1.0)


def postures(skeleton: Skeleton, poses: Poses) -> jax.Array:
    """Vectors [..., D + 3] of poses [...]."""
    rotation = jnp.asarray(poses.root_rotation)
    yaw = rotations.heading(rotation)
    upright = rotations.quaternion_multiply(rotations.about_z(-yaw), rotation)
    tilt, _ = rotations.swing_twist_log(upright)
    height = jnp.asarray(poses.root_position)[..., 2] / size(skeleton)
    return jnp.concatenate([height[..., None], tilt, poses.joints], axis=-1)


def rates(skeleton: Skeleton, previous: Poses, poses: Poses, fps: float) -> jax.Array:
    """Rates [..., D + 6] that lead from the previous poses [...] to these."""
    change = postures(skeleton, poses) - postures(skeleton, previous)
    before = rotations.heading(previous.root_rotation)
    turn = rotations.heading(poses.root_rotation) - before
    turn = jnp.arctan2(jnp.sin(turn), jnp.cos(turn))
    moved = rotations.quaternion_rotate(
        rotations.about_z(-before),
        jnp.asarray(poses.root_position) - previous.root_position,
    )
    floor = moved[..., :2] / size(skeleton)[..., None]
    return fps * jnp.concatenate([change, floor, turn[..., None]], axis=-1)


def advance(skeleton: Skeleton, poses: Poses, rate: Array, fps: float) -> Poses:
    """The poses [...] that rates [..., D + 6] lead to; inverse of `rates`."""
    step = jnp.asarray(rate) / fps
    yaw = rotations.heading(poses.root_rotation)
    posture = postures(skeleton, poses) + step[..., :-OVER_FLOOR]
    flat = jnp.concatenate([step[..., -3:-1], jnp.zeros_like(yaw)[..., None]], axis=-1)
    scale = size(skeleton)
    moved = rotations.quaternion_rotate(rotations.about_z(yaw), flat)
    place = (poses.root_position + moved * scale[..., None])[..., :2]
    return to_poses(skeleton, posture, place, yaw + step[..., -1])


def to_poses(skeleton: Skeleton, posture: Array, place: Array, yaw: Array) -> Poses:
    """Poses of postures [..., D + 3] at places [..., 2] m, facing yaw [...] rad."""
    posture, yaw = jnp.asarray(posture), jnp.asarray(yaw)
    tilt = posture[..., 1:ROOT]
    still = jnp.zeros_like(tilt[..., :1])
    rotation = rotations.quaternion_multiply(
        rotations.about_z(yaw),
        rotations.quaternion_exp(jnp.concatenate([tilt, still], axis=-1)),
    )
    height = posture[..., :1] * size(skeleton)[..., None]
    position = jnp.concatenate([place, height], axis=-1)
    return Poses(position, rotation, posture[..., ROOT:])


def posture_mirror(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Index and sign [D + 3] with (M x)[i] = sign[i] x[index[i]]."""
    index, signs = coordinate_mirror(skeleton)
    return (
        np.concatenate([np.arange(ROOT), index + ROOT]),
        np.concatenate([_ROOT_SIGNS, signs]).astype(np.float32),
    )


def rate_mirror(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """The same for rates [D + 6]."""
    index, signs = posture_mirror(skeleton)
    return (
        np.concatenate([index, len(index) + np.arange(OVER_FLOOR)]),
        np.concatenate([signs, _FLOOR_SIGNS]).astype(np.float32),
    )


def state_mirror(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """The same for a posture followed by a rate [2 D + 9]."""
    (index, signs), (other, turns) = posture_mirror(skeleton), rate_mirror(skeleton)
    return (
        np.concatenate([index, len(index) + other]),
        np.concatenate([signs, turns]),
    )
