"""Poses as a network sees them: tokens going in, residuals coming out.

Both are the same for a person anywhere on the floor and facing any way: places
and turns are told in the frame of the body's own heading.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Poses, Skeleton, forward, limits, rotations, symmetry
from kinematics.skeleton import Array
from lmmjax.model import parity

# Residual channels before those of the joints: position (3), rotation (3).
ROOT_CHANNELS = 6
# Metres over which it is told how far the lowest joint is above the floor. The root's
# height alone, in units of its spread among people who sit, jump and climb, hides that
# a body floats.
CLEARANCES = (0.05, 0.3)
# Features of a token before those of the joints: height, clearances, velocity, turning,
# orientation.
_OF_ROOT = 1 + len(CLEARANCES) + 3 + 3 + 6


def to_motion(poses: Poses, body: Skeleton, fps: float, **labels: str) -> Motion:
    """A motion of poses [T]."""
    position, rotation, joints = poses
    return Motion(body, position, rotation, joints, fps, **labels)


def num_channels(body: Skeleton) -> int:
    """Channels C of a residual."""
    return ROOT_CHANNELS + body.num_coordinates


def num_features(body: Skeleton) -> int:
    """Features F of a token."""
    return _OF_ROOT + 2 * body.num_coordinates + 6 * (body.num_joints - 1)


# How the mirror changes a vector of the world, and one along a turn's axis.
_VECTOR, _TURN = parity.signs(1, -1, 1), parity.signs(-1, 1, -1)


def _coordinates_mirror(body: Skeleton) -> parity.Mirror:
    return parity.Mirror(*symmetry.coordinate_mirror(body))


def residual_mirror(body: Skeleton) -> parity.Mirror:
    """The mirror of a residual [..., C]."""
    return parity.chain(_VECTOR, _TURN, _coordinates_mirror(body))


def token_mirror(body: Skeleton) -> parity.Mirror:
    """The mirror of a token's features [..., F]; see `tokens` for their order."""
    twins = np.array(body.mirror)[1:] - 1
    places = parity.Mirror(
        (3 * twins[:, None] + np.arange(3)).ravel(), np.tile(_VECTOR.sign, len(twins))
    )
    joints = _coordinates_mirror(body)
    return parity.chain(
        parity.signs(1, *[1] * len(CLEARANCES)),
        _VECTOR,
        _TURN,
        # The first two columns of S R S, the reflection S on both sides.
        parity.signs(1, -1, 1, -1, 1, -1),
        joints,
        joints,
        places,
        places,
    )


def joint_features(body: Skeleton, features: Array) -> Array:
    """Of a token's features [..., F] the unconstrained joint coordinates [..., D]."""
    return features[..., _OF_ROOT : _OF_ROOT + body.num_coordinates]


def difference(body: Skeleton, start: Poses, end: Poses) -> jax.Array:
    """The residual [..., C] that leads from one pose to another.

    Channels: displacement in the heading frame of ``start`` (m), rotation vector
    in the frame of ``start`` (rad), change of the unconstrained coordinates (rad).
    """
    yaw = rotations.heading(start.root_rotation)
    displacement = rotations.quaternion_rotate(
        rotations.about_z(-yaw), end.root_position - start.root_position
    )
    turn = rotations.quaternion_log(
        rotations.quaternion_multiply(
            rotations.quaternion_conjugate(start.root_rotation), end.root_rotation
        )
    )
    joints = limits.invert(body, end.joints) - limits.invert(body, start.joints)
    return jnp.concatenate([displacement, turn, joints], axis=-1)


def advance(body: Skeleton, start: Poses, residual: Array) -> Poses:
    """The pose that a residual [..., C] leads to; inverse of `difference`.

    Whatever the residual, the joints of the result are within the body's limits.
    """
    yaw = rotations.heading(start.root_rotation)
    displacement = rotations.quaternion_rotate(
        rotations.about_z(yaw), residual[..., :3]
    )
    turned = rotations.quaternion_multiply(
        start.root_rotation, rotations.quaternion_exp(residual[..., 3:6])
    )
    return Poses(
        start.root_position + displacement,
        rotations.quaternion_normalize(turned),
        limits.apply(body, limits.invert(body, start.joints) + residual[..., 6:]),
    )


def positions(body: Skeleton, poses: Poses) -> jax.Array:
    """World positions [..., J, 3] of all joints."""
    return forward.positions(
        body, poses.root_position, poses.root_rotation, poses.joints
    )


def frames(body: Skeleton, poses: Poses) -> forward.Pose:
    """World positions [..., J, 3] and rotations [..., J, 3, 3] of all joints."""
    return forward.forward(body, poses.root_position, poses.root_rotation, poses.joints)


def tokens(
    body: Skeleton, previous: Poses, poses: Poses, fps: float
) -> tuple[jax.Array, jax.Array]:
    """What the backbone reads of each pose.

    Args:
      body: the body; its offsets broadcast with [..., T].
      previous: [...] the pose before the first (the first itself at a start).
      poses: [..., T].
      fps: frames per second, for velocities.

    Returns:
      Features [..., T, F], not normalised: height, the lowest joint's in bounded
      units of `CLEARANCES`, root velocity and turning, orientation against the heading
      (6D), unconstrained joint coordinates and
      their velocities, joint positions and velocities in the heading frame.
      And world positions [..., T, J, 3].
    """
    full = Poses(
        *(
            jnp.concatenate([a[..., None, :], b], axis=-2)
            for a, b in zip(previous, poses, strict=True)
        )
    )
    yaw = rotations.heading(poses.root_rotation)
    to_heading = rotations.about_z(-yaw)
    place = positions(body, full)
    here = place[..., 1:, :, :]
    velocity = (here - place[..., :-1, :, :]) * fps

    def facing(vectors):
        """World vectors [..., T, J, 3] in the heading frame."""
        return rotations.quaternion_rotate(to_heading[..., None, :], vectors)

    turn = rotations.quaternion_log(
        rotations.quaternion_multiply(
            rotations.quaternion_conjugate(full.root_rotation[..., :-1, :]),
            poses.root_rotation,
        )
    )
    tilt = rotations.matrix_from_quaternion(
        rotations.quaternion_multiply(to_heading, poses.root_rotation)
    )
    u = limits.invert(body, full.joints)
    relative = facing(here - here[..., :1, :])[..., 1:, :]
    moving = facing(velocity)
    flat = (*relative.shape[:-2], -1)
    lowest = jnp.min(here[..., 2], axis=-1, keepdims=True)
    features = jnp.concatenate(
        [
            poses.root_position[..., 2:],
            jnp.tanh(lowest / np.array(CLEARANCES, np.float32)),
            moving[..., 0, :],
            turn * fps,
            rotations.matrix_to_6d(tilt),
            u[..., 1:, :],
            (u[..., 1:, :] - u[..., :-1, :]) * fps,
            relative.reshape(flat),
            moving[..., 1:, :].reshape(flat),
        ],
        axis=-1,
    )
    return features, here
