"""A pose as the unknown of a fit: where it puts keypoints, and how it may turn.

A pose stays inside the limits: steps are stiffer towards a bound that is near, and
what still passes one is brought back to it. (Two other ways were measured and are
worse. The bijection of `limits` as the unknown needs several times as many steps, being
nowhere straight in the narrow ranges of a spine. Holding what stands at its bound gets
stuck, as a clipped step is none that lowers the cost.) The batch N of poses is the last
axis of everything but the pose itself.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import forward, limits, rotations
from kinematics.inverse import articulated
from kinematics.inverse import rig as rigs
from kinematics.inverse.rig import Rig, incidence
from kinematics.motion import Poses
from kinematics.skeleton import (
    DOFS,
    Skeleton,
    coordinate_table,
    free_limits,
    swing_table,
)

Array = jax.Array


class Geometry(NamedTuple):
    """Where a pose puts things.

    Attributes:
      points: [K, 3, N] keypoints in the world, metres.
      origin: [3, N] the root, about which twists are taken.
      turns: [K, 3, 3, N] rotation of each keypoint's joint in the world.
      bones: [J, 3, N] from each joint's parent to it, 0 for the root.
      columns: [B, 3, 6, N] twist of each coordinate.
    """

    points: Array
    origin: Array
    turns: Array
    bones: Array
    columns: Array


# Bounds, in radians, of what may turn freely.
_FAR = 1e3
# Least distance from a bound, as a share of the range.
_NEAREST = 1e-3


def free(skeleton: Skeleton) -> Array:
    """[D] whether a coordinate may turn by half a turn either way."""
    low, high = free_limits(skeleton.kinds)
    return (jnp.asarray(skeleton.lower) <= low) & (jnp.asarray(skeleton.upper) >= high)


def unlimited(skeleton: Skeleton) -> Skeleton:
    """The body with wide limits where a joint may turn freely, and no couplings.

    Half a turn either way is what a body says of a joint of unknown range; as a limit
    it would stop a turn that passes there. Couplings are left to `obey`.
    """
    loose = free(skeleton)
    return skeleton.replace(
        lower=jnp.where(loose, -_FAR, skeleton.lower),
        upper=jnp.where(loose, _FAR, skeleton.upper),
        couplings=None,
    )


def obey(skeleton: Skeleton, q: Array) -> Array:
    """Joint coordinates [N, D] that obey all limits exactly, couplings too."""
    body = unlimited(skeleton).replace(couplings=skeleton.couplings)
    return limits.apply(body, limits.invert(body, q))


def inside(skeleton: Skeleton, q: Array) -> Array:
    """Coordinates [N, D] brought to the nearest bound, swings to that of their cone."""
    lower, upper = jnp.asarray(skeleton.lower), jnp.asarray(skeleton.upper)
    near = jnp.clip(q, lower, upper)
    swings = swing_table(skeleton.kinds)
    if not len(swings):
        return near
    center, half = (lower + upper)[swings] / 2, (upper - lower)[swings] / 2
    away = q[..., swings] - center
    radius = jnp.maximum(rotations.norm(away / half, keepdims=True), 1.0)
    return near.at[..., swings].set(center + away / radius)


def guard(skeleton: Skeleton, rig: Rig, q: Array, force: Array) -> Array:
    """Stiffness [B, 3, 3, N] that keeps a step inside the limits.

    After Coleman and Li (1996): the force on a coordinate over its distance from the
    bound that it is pushed towards. Far from bounds, and where forces vanish, it is
    nothing; alone it would let no coordinate pass its bound. A swing goes by its
    distance from the edge of its cone along the force, and along the edge by the cone's
    size.

    Args:
      skeleton: the body.
      rig: its bodies.
      q: [N, D] joint coordinates inside the limits.
      force: [B, 3, N] on them.
    """
    lower, upper = (
        coordinates(rig, skeleton, jnp.asarray(x)[None])
        for x in (skeleton.lower, skeleton.upper)
    )
    now, width = coordinates(rig, skeleton, q), upper - lower
    least = jnp.maximum(_NEAREST * width, 1e-9)
    room = jnp.maximum(jnp.where(force > 0, upper - now, now - lower), least)
    box = jnp.eye(3)[..., None] * (jnp.abs(force) / room)[:, None]
    # In units of the half axes the edge is the circle |x + s d| = 1.
    half = jnp.maximum(width[:, :2] / 2, 1e-9)
    x = (now - (lower + upper) / 2)[:, :2] / half
    size = jnp.sqrt((force[:, :2] ** 2).sum(1, keepdims=True))
    d = force[:, :2] / jnp.maximum(size, 1e-20) / half
    dd, dx = (d * d).sum(1, keepdims=True), (d * x).sum(1, keepdims=True)
    left = jnp.maximum(1 - (x * x).sum(1, keepdims=True), 0.0)
    dd = jnp.maximum(dd, 1e-20)
    room = (jnp.sqrt(dx * dx + dd * left) - dx) / dd
    normal = (x + room * d) / half
    normal = normal / jnp.sqrt(jnp.maximum((normal**2).sum(1, keepdims=True), 1e-20))
    room = jnp.maximum(room, least[:, :2].min(1, keepdims=True))
    across = normal[:, :, None] * normal[:, None]
    along = jnp.eye(2)[..., None] - across
    wide = half.min(1, keepdims=True)
    cone = (size / room)[:, None] * across + (size / wide)[:, None] * along
    ball = np.array([skeleton.kinds[j] == "ball" for j in rig.joints])
    swing = jnp.where(ball[:, None, None, None], cone, box[:, :2, :2])
    return box.at[:, :2, :2].set(swing)


def points(skeleton: Skeleton, rig: Rig, places: Array, pose: Poses) -> Array:
    """Keypoints [K, 3, N] of poses [N]; places [K, 3] on their joints."""
    return _keypoints(skeleton, rig, places, *_walk(skeleton, rig, pose))


def geometry(skeleton: Skeleton, rig: Rig, places: Array, pose: Poses) -> Geometry:
    """Keypoints and twists of poses [N]; places [K, 3] on their joints."""
    centres, turns = _walk(skeleton, rig, pose)
    carriers = turns[rigs.carriers(rig, skeleton.parents)]
    bones = articulated.contract(carriers, jnp.asarray(skeleton.offsets)[..., None])
    return Geometry(
        _keypoints(skeleton, rig, places, centres, turns),
        centres[0],
        turns[rig.bodies, :],
        bones,
        _columns(skeleton, rig, pose.joints, centres, turns),
    )


def _walk(skeleton, rig, pose):
    """Centres [B, 3, N] and turns [B, 3, 3, N] of bodies in the world.

    A loop over levels, not a program for each: a fit needs many walks, and programs
    take long to compile.
    """
    levels = articulated.levels_of(rig.parents)
    local = forward.joint_rotations(skeleton, pose.joints)
    local = jnp.moveaxis(local[:, np.array(rig.joints)], 0, -1)
    between = jnp.asarray(rigs.rigid_arms(rig, skeleton.parents)[0])
    arms = (between @ jnp.asarray(skeleton.offsets))[..., None]
    arms = articulated.by_level(levels, arms)

    def outward(above, level):
        turn, arm, up = level
        before = jnp.tensordot(up.T, above, 1)
        carrier, place = before[:, :, :3], before[:, :, 3]
        place = place + articulated.contract(carrier, arm)
        turned = _product(carrier, turn)
        here = jnp.concatenate([turned, place[:, :, None]], axis=2)
        here = jax.lax.optimization_barrier(here)
        return here, here

    root = rotations.matrix_from_quaternion(pose.root_rotation)
    root = jnp.concatenate([root, pose.root_position[..., None]], axis=-1)
    root = jnp.moveaxis(root, 0, -1)
    width = levels.bodies.shape[1]
    first = jnp.zeros((width, *root.shape), root.dtype).at[0].set(root)
    turns = articulated.by_level(levels, local)
    _, found = jax.lax.scan(outward, first, (turns, arms, levels.up), reverse=True)
    if not len(found):
        return root[None, :, 3], root[None, :, :3]
    found = articulated.by_body(levels, found, root)
    return found[:, :, 3], found[:, :, :3]


def _keypoints(skeleton, rig, places, centres, turns):
    arms = rigs.rigid_arms(rig, skeleton.parents)[1] @ jnp.asarray(skeleton.offsets)
    bodies = np.array(rig.bodies, int)
    arms = (arms + places)[..., None]
    return centres[bodies] + articulated.contract(turns[bodies], arms)


def _columns(skeleton, rig, q, centres, turns):
    parents = np.maximum(rig.parents, 0)
    frames = jnp.asarray(skeleton.frames)[np.array(rig.joints)]
    basis = _product(turns[parents], frames[..., None])
    axes = _product(basis, _axes(skeleton, rig, q))
    axes = jax.lax.optimization_barrier(jnp.swapaxes(axes, 1, 2))
    lever = jnp.broadcast_to((centres - centres[0])[:, None], axes.shape)
    linear = articulated.cross(lever, axes, 2)
    return jax.lax.optimization_barrier(jnp.concatenate([axes, linear], axis=2))


def _axes(skeleton, rig, q):
    """Axes [B, 3, 3, N], in columns, of a joint's coordinates in its own frame.

    The angular velocity of exp(a) is J(a) a', J the left Jacobian of SO(3), here
    written out for a swing a = (x, y, 0); see `skeleton` for the kinds of joints.
    """
    kinds = np.array([skeleton.kinds[j] for j in rig.joints])[:, None]
    angles = coordinates(rig, skeleton, q)
    x, y = angles[:, 0], jnp.where(kinds == "ball", angles[:, 1], 0.0)
    square = x * x + y * y
    a = 0.5 * rotations.sinc_of_square(square / 4) ** 2
    b = rotations.sinc_remainder(square)
    s, cosine = rotations.sinc_of_square(square), 1 - a * square
    ball = jnp.asarray(kinds == "ball")
    # Of a universal joint the second axis is turned by the first angle, x.
    columns = [
        (1 - b * y * y, b * x * y, -a * y),
        (
            jnp.where(ball, b * x * y, 0.0),
            jnp.where(ball, 1 - b * x * x, cosine),
            jnp.where(ball, a * x, s * x),
        ),
        (s * y, -s * x, cosine),
    ]
    used = freedoms(rig, skeleton)[:, :, None]
    return jnp.stack(
        [
            jnp.stack(column, axis=1) * used[:, c, None]
            for c, column in enumerate(columns)
        ],
        axis=2,
    )


def body_sums(rig: Rig, of_keypoints: Array) -> Array:
    """Sums [B, ..., N] over the keypoints [K, ..., N] fixed on each body."""
    return jnp.tensordot(incidence(len(rig.joints), rig.bodies), of_keypoints, 1)


def levers(at: Geometry) -> Array:
    """[K, 3, N] from the root to each keypoint."""
    return at.points - at.origin


def point_velocities(rig: Rig, at: Geometry, root: Array, step: Array) -> Array:
    """Motion [K, 3, N] of the keypoints for a step of the pose."""
    moved = articulated.twists(rig.parents, at.columns, root, step)[rig.bodies, :]
    return moved[:, 3:] + articulated.cross(moved[:, :3], levers(at), 1)


def wrenches(rig: Rig, at: Geometry, force: Array) -> Array:
    """Forces [K, 3, N] on keypoints as wrenches [B, 6, N] on bodies."""
    moment = articulated.cross(levers(at), force, 1)
    return body_sums(rig, jnp.concatenate([moment, force], axis=1))


def inertias(rig: Rig, at: Geometry, precision: Array) -> Array:
    """Weights [K, 3, 3, N] of keypoints as inertia [B, 6, 6, N] of bodies."""
    x, y, z = (levers(at)[:, k] for k in range(3))
    zero = jnp.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    skew = jnp.stack([jnp.stack(row, 1) for row in rows], 1)
    # v = v_root + w x r, so the moments are [r] M and the inertia [r] M [r]^T.
    mixed = _product(skew, precision)
    angular = _product(mixed, jnp.swapaxes(skew, 1, 2))
    top = jnp.concatenate([angular, mixed], axis=2)
    bottom = jnp.concatenate([jnp.swapaxes(mixed, 1, 2), precision], axis=2)
    return body_sums(rig, jnp.concatenate([top, bottom], axis=1))


def _product(a, b):
    terms = [a[:, :, k, None] * b[:, None, k] for k in range(3)]
    return terms[0] + terms[1] + terms[2]


def move(rig: Rig, skeleton: Skeleton, pose: Poses, root: Array, step: Array) -> Poses:
    """The pose after a turn and shift of the root [6, N] and a step [B, 3, N]."""
    joints = jnp.asarray(pose.joints)
    table = coordinate_table(skeleton.kinds)[list(rig.joints)]
    body, axis = np.nonzero(table < skeleton.num_coordinates)
    joints = joints.at[:, table[body, axis]].add(step[body, axis].T)
    turn = rotations.quaternion_multiply(
        rotations.quaternion_exp(root[:3].T), pose.root_rotation
    )
    return Poses(
        pose.root_position + root[3:].T,
        rotations.quaternion_normalize(turn),
        inside(skeleton, joints),
    )


def coordinates(rig: Rig, skeleton: Skeleton, q: Array) -> Array:
    """Coordinates [N, D] by body, [B, 3, N]; 0 where a joint has fewer."""
    table = coordinate_table(skeleton.kinds)[list(rig.joints)]
    return jnp.concatenate([q.T, jnp.zeros((1, len(q)), q.dtype)])[table]


def freedoms(rig: Rig, skeleton: Skeleton) -> np.ndarray:
    """[B, 3], 1 where a body's joint has a coordinate."""
    counts = np.array([DOFS[skeleton.kinds[j]] for j in rig.joints])
    return (np.arange(3) < counts[:, None]).astype(np.float32)
