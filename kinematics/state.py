"""The state of motion of a body: place, velocity and acceleration of every joint.

A state comes from exact rates of the coordinates (`from_rates`) or from the frames of
a motion by finite differences (`from_motion`); all else in this package takes it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import columns as col
from kinematics import forward, rotations
from kinematics.columns import columns, cross, product, rotate, rows
from kinematics.motion import Motion, Poses
from kinematics.skeleton import DOFS, Array, Skeleton, coordinate_table


class Rates(NamedTuple):
    """First or second derivatives of a pose by time.

    Attributes:
      linear: [..., 3] of the root's position, world, m/s or m/s^2.
      angular: [..., 3] angular velocity or acceleration of the root, world, rad/s or
        rad/s^2.
      joints: [..., D] of the joint coordinates, rad/s or rad/s^2.
    """

    linear: Array
    angular: Array
    joints: Array


class State(NamedTuple):
    """Motion of the J joints, and of the bodies fixed to them, in the world.

    Attributes:
      positions: [..., J, 3] metres.
      rotations: [..., J, 3, 3].
      velocities: [..., J, 3] m/s, of the joints' places.
      spins: [..., J, 3] angular velocities of what moves with each joint, rad/s.
      accelerations: [..., J, 3] m/s^2.
      turns: [..., J, 3] angular accelerations, rad/s^2.
      axes: [..., J, 3, 3] in columns the axes about which the joint turns as each of
        its coordinates grows; 0 where it has fewer than three.
    """

    positions: jax.Array
    rotations: jax.Array
    velocities: jax.Array
    spins: jax.Array
    accelerations: jax.Array
    turns: jax.Array
    axes: jax.Array


def from_rates(
    skeleton: Skeleton, poses: Poses, rates: Rates, accelerations: Rates
) -> State:
    """The state of given coordinates, rates and accelerations, exactly.

    Args:
      skeleton: the body; leading axes of its offsets broadcast with the batch.
      poses: [...] postures.
      rates: [...] their first derivatives.
      accelerations: [...] their second derivatives.
    """
    pose = forward.forward(skeleton, *(jnp.asarray(x) for x in poses))
    sizes = [x.shape[:-1] for x in (*rates, *accelerations)]
    batch = jnp.broadcast_shapes(pose.positions.shape[:-2], *sizes)
    place, turn = columns(pose.positions, 1, batch), columns(pose.rotations, 2, batch)
    up = np.maximum(skeleton.parents, 0)
    q, first, second = (
        columns(by_joint(skeleton, x.joints), 1, batch)
        for x in (poses, rates, accelerations)
    )
    linear, angular, pull, growth = (
        columns(jnp.asarray(x)[..., None, :], 1, batch)
        for r in (rates, accelerations)
        for x in (r.linear, r.angular)
    )
    axes, axes_rate = jax.jvp(lambda x: joint_axes(skeleton, x), (q,), (first,))
    axes, axes_rate = jax.lax.optimization_barrier((axes, axes_rate))
    frame = turn[:, :, up]
    spin = rotate(frame, rotate(axes, first))
    change = rotate(frame, rotate(axes, second) + rotate(axes_rate, first))

    def swept(root, joints):
        """Sums of angular and linear parts, those of the root given apart."""
        root, joints = jnp.concatenate(root), jnp.concatenate(joints)
        root = jnp.broadcast_to(root, (6, 1, *joints.shape[2:]))
        both = jnp.concatenate([root, joints[:, 1:]], axis=1)
        both = col.outward(skeleton.parents, both)
        return both[:3], both[3:]

    # All velocities are those of the point of each body that is at the root now.
    arm = place - place[:, :1]
    spins, drift = swept((angular, linear), (spin, cross(arm, spin)))
    velocity = drift + cross(spins, arm)
    change = change + cross(spins[:, up], spin)
    turns, drift = swept(
        (growth, pull - cross(angular, linear)),
        (change, cross(velocity, spin) + cross(arm, change)),
    )
    acceleration = drift + cross(turns, arm) + cross(spins, velocity)
    found = (place, turn, velocity, spins, acceleration, turns, product(frame, axes))
    return State(*(rows(x, batch) for x in found))


def from_motion(motion: Motion) -> State:
    """The state of every frame of a motion, by differences of second order.

    Differences are central and, in the first and last frame, to one side; those of
    rotations are logarithms of turns from frame to frame, so no joint coordinate and
    no parametrisation enters. Differences of captured motion are mostly noise: see
    `smoothing.smooth`.

    Args:
      motion: [..., T] frames, four or more.

    Returns:
      The state [..., T].
    """
    if len(motion) < 4:
        raise ValueError(f"differences need 4 frames or more, not {len(motion)}")
    skeleton = motion.skeleton
    place, turn = forward.forward(skeleton, *(jnp.asarray(x) for x in motion.poses))
    velocity, acceleration = _differences(jnp.diff(place, axis=-3), motion.fps)
    batch = turn.shape[:-3]
    matrix = columns(turn, 2, batch)
    spins, turns = _differences(_steps(turn), motion.fps)
    q = columns(by_joint(skeleton, motion.joints), 1, batch)
    axes = product(
        matrix[:, :, np.maximum(skeleton.parents, 0)], joint_axes(skeleton, q)
    )
    axes = rows(axes, batch)
    return State(place, turn, velocity, spins, acceleration, turns, axes)


def _steps(turn: jax.Array) -> jax.Array:
    """Rotation vectors [..., T-1, J, 3] of the world from frame to frame."""
    after, before = turn[..., 1:, :, :, :], turn[..., :-1, :, :, :]
    batch = after.shape[:-3]
    back = jnp.swapaxes(columns(before, 2, batch), 0, 1)
    return rotations.log(rows(product(columns(after, 2, batch), back), batch))


def _differences(steps: jax.Array, fps: float) -> tuple[jax.Array, jax.Array]:
    """First and second derivatives [..., T, J, 3] from T - 1 steps [..., T-1, J, 3].

    A step over its time is the velocity halfway; the ends extrapolate linearly.
    """
    first = (steps[..., 1:, :, :] + steps[..., :-1, :, :]) * (fps / 2)
    second = (steps[..., 1:, :, :] - steps[..., :-1, :, :]) * (fps * fps)

    def ends(inner, start, end):
        return jnp.concatenate(
            [start[..., None, :, :], inner, end[..., None, :, :]], axis=-3
        )

    one, two = steps[..., 0, :, :], steps[..., 1, :, :]
    last, before = steps[..., -1, :, :], steps[..., -2, :, :]
    return (
        ends(first, (3 * one - two) * (fps / 2), (3 * last - before) * (fps / 2)),
        ends(
            second,
            2 * second[..., 0, :, :] - second[..., 1, :, :],
            2 * second[..., -1, :, :] - second[..., -2, :, :],
        ),
    )


def by_joint(skeleton: Skeleton, q: Array) -> jax.Array:
    """Joint coordinates by joint: [..., D] to [..., J, 3], 0 where one has fewer."""
    q = jnp.asarray(q)
    q = jnp.concatenate([q, jnp.zeros((*q.shape[:-1], 1), q.dtype)], axis=-1)
    return q[..., coordinate_table(skeleton.kinds)]


def joint_axes(skeleton: Skeleton, q: jax.Array) -> jax.Array:
    """Axes of the coordinates in the parent's axes: [3, J, N] to [3, 3, J, N].

    Column k is the angular velocity of the joint while its coordinate k grows by a
    radian a second. With both exponentials exp(v) exp(w) it is the left Jacobian of
    SO(3) at v times an axis of the first, and exp(v) times an axis of the second;
    both have the form 1 + s [v] + c [v]^2 (Solà, arXiv:1711.02508, section 4).
    """
    dofs = np.array([[DOFS[kind]] for kind in skeleton.kinds])
    ball = np.array([[kind == "ball"] for kind in skeleton.kinds])
    a, b = jnp.where(dofs > 0, q[0], 0.0), jnp.where(ball, q[1], 0.0)
    square = a * a + b * b
    sinc = rotations.sinc_of_square(square)
    half = 0.5 * rotations.sinc_of_square(square / 4) ** 2
    rest = rotations.sinc_remainder(square)
    # Without the barrier XLA computes the sines anew for each of the nine numbers.
    sinc, half, rest = jax.lax.optimization_barrier((sinc, half, rest))
    s, c = jnp.where(ball, half, sinc), jnp.where(ball, rest, half)
    # v x e and v x (v x e) for v = (a, b, 0).
    local = [
        [1 - rest * b * b, c * a * b, sinc * b],
        [rest * a * b, 1 - c * a * a, -sinc * a],
        [-half * b, s * a, 1 - half * square],
    ]
    # Axes that a joint lacks are 0.
    masked = [
        jnp.stack([jnp.where(dofs > k, x, 0.0) for k, x in enumerate(row)])
        for row in local
    ]
    frames = columns(jnp.asarray(skeleton.frames, q.dtype), 2, ())
    return product(frames, jnp.stack(masked))
