"""Reach: a pose that brings joints to places, from the pose one is in.

Positions, orientations and directions of gaze are asked of joints by name. All poses of
a batch are solved at once, each by Levenberg's and Marquardt's steps on the tree (see
`articulated`), which are few and cheap enough for every frame of a game or a robot.
The answer is inside the body's limits exactly, reachable or not.
"""

import functools
import math
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics import rotations
from kinematics.inverse import articulated, geometry
from kinematics.inverse.rig import Rig, make_rig
from kinematics.motion import Poses
from kinematics.skeleton import Array, Skeleton

# What counts as close: metres, radians. Weights of targets are relative to these.
_METRES, _RADIANS = 0.005, 0.05
# Radians that a joint may wander from where it was for what one such deviation costs.
_STAY = 3.0
_DAMPING = (1e-2, 1e-7, 1e5)
_LEAST = 1e-4


class Reached(NamedTuple):
    """Where a reach ended.

    Attributes:
      poses: [...] inside the limits.
      distances: by joint, [...] metres from the position asked for.
      angles: by joint, [...] radians from the orientation asked for.
      gazes: by joint, [...] radians from the gaze asked for.
    """

    poses: Poses
    distances: dict[str, jax.Array]
    angles: dict[str, jax.Array]
    gazes: dict[str, jax.Array]


def reach(
    body: Skeleton,
    poses: Poses,
    positions: Mapping[str, Array] | None = None,
    orientations: Mapping[str, Array] | None = None,
    gazes: Mapping[str, tuple[Array, Array]] | None = None,
    *,
    move_root: bool = False,
    steps: int = 15,
) -> Reached:
    """Move a body so that its joints come to targets, as little else as can be.

    May be called inside of `jax.jit`; outside it compiles once for each set of names
    and shapes.

    Args:
      body: the skeleton.
      poses: [...] where to start, for real time the last answer.
      positions: by joint, places [..., 3] in the world, metres; a target that is NaN
        is not asked for.
      orientations: by joint, its rotation [..., 4] in the world.
      gazes: by joint, a direction [3] in the joint's axes and the place [..., 3] in
        the world that it is to point at, such as a head's x axis.
      move_root: whether the root moves as well.
      steps: steps to try.

    Raises:
      ValueError: there is no target, or a joint is unknown.
    """
    asked = [dict(x or {}) for x in (positions, orientations, gazes)]
    names = tuple(tuple(x) for x in asked)
    if not sum(len(x) for x in names):
        raise ValueError("reach needs a position, an orientation or a gaze to reach")
    for name in sum(names, ()):
        if name not in body.names:
            raise ValueError(
                f"no joint {name!r} to reach with; this body has {list(body.names)}"
            )
    batch = jnp.shape(poses.joints)[:-1]

    def spread(values, size):
        rows = [jnp.broadcast_to(jnp.asarray(v), (*batch, size)) for v in values]
        if not rows:
            return jnp.zeros((0, size, math.prod(batch)))
        flat = jnp.stack(rows).reshape(len(rows), math.prod(batch), size)
        return jnp.moveaxis(flat.astype(jnp.float32), 1, -1)

    targets = _Targets(
        spread(asked[0].values(), 3),
        spread(asked[1].values(), 4),
        spread([place for _, place in asked[2].values()], 3),
        jnp.stack(
            [jnp.asarray(axis, jnp.float32) for axis, _ in asked[2].values()]
            or [jnp.zeros(3)]
        )[: len(names[2])],
    )
    flat = Poses(*(jnp.asarray(x).reshape(-1, x.shape[-1]) for x in poses))
    answer, distances, angles = _reach(body, names, flat, targets, move_root, steps)
    answer = Poses(*(x.reshape(*batch, x.shape[-1]) for x in answer))

    def by_name(names, values):
        return {n: v.reshape(batch) for n, v in zip(names, values, strict=True)}

    turned = len(names[1])
    return Reached(
        answer,
        by_name(names[0], distances),
        by_name(names[1], angles[:turned]),
        by_name(names[2], angles[turned:]),
    )


class _Targets(NamedTuple):
    """Positions [P, 3, N], quaternions [R, 4, N], places [G, 3, N], axes [G, 3]."""

    positions: Array
    orientations: Array
    places: Array
    axes: Array


class _Local(NamedTuple):
    """Near a pose: cost [N], wrench [B, 6, N], inertia [B, 6, 6, N], errors."""

    cost: Array
    wrench: Array
    inertia: Array
    distances: Array
    angles: Array


@functools.partial(jax.jit, static_argnames="names")
def _reach(body, names, poses, targets, move_root, steps):
    """Poses [N], distances [P, N] and angles [R + G, N]."""
    anchors = tuple(body.index(name) for name in sum(names, ()))
    wide = geometry.unlimited(body)
    rig = make_rig(body, anchors)
    pose = poses._replace(joints=geometry.inside(wide, poses.joints))
    none = jnp.zeros((len(anchors), 3), jnp.float32)
    home = geometry.coordinates(rig, wide, pose.joints)

    def near(pose):
        at = geometry.geometry(wide, rig, none, pose)
        away = home - geometry.coordinates(rig, wide, pose.joints)
        local = _local(rig, targets, at)
        cost = local.cost + 0.5 * (away**2).sum((0, 1)) / _STAY**2
        return at, away / _STAY**2, local._replace(cost=cost)

    def step(_, carry):
        pose, damping = carry
        at, away, local = near(pose)
        root, joints = articulated.forces(rig.parents, at.columns, local.wrench)
        joints = joints + away
        guard = geometry.guard(wide, rig, pose.joints, joints)
        factor = articulated.factorise(
            rig.parents,
            at.columns,
            local.inertia,
            damping,
            guard + (_LEAST + 1 / _STAY**2) * jnp.eye(3)[..., None],
            jnp.full_like(damping, jnp.where(move_root, 1.0, 1e12)),
        )
        change = articulated.solve(rig.parents, factor, root, joints)
        trial = geometry.move(rig, wide, pose, *change)
        trial = trial._replace(
            root_position=jnp.where(move_root, trial.root_position, pose.root_position),
            root_rotation=jnp.where(move_root, trial.root_rotation, pose.root_rotation),
        )
        better = near(trial)[2].cost < local.cost
        pose = jax.tree.map(
            lambda new, old: jnp.where(better[:, None], new, old), trial, pose
        )
        damping = jnp.clip(damping * jnp.where(better, 0.1, 8.0), *_DAMPING[1:])
        return pose, damping

    carry = (pose, jnp.full(poses.joints.shape[0], _DAMPING[0]))
    pose, _ = jax.lax.fori_loop(0, steps, step, carry)
    q = geometry.obey(body, pose.joints)
    local = near(pose)[2]
    return pose._replace(joints=q), local.distances, local.angles


def _local(rig: Rig, targets: _Targets, at: geometry.Geometry) -> _Local:
    """Cost of targets and its quadratic at a pose."""
    first, second = len(targets.positions), len(targets.orientations)
    count, batch = len(rig.bodies), at.points.shape[-1]
    wanted = jnp.isfinite(targets.positions).all(1)
    rest = jnp.where(wanted[:, None], targets.positions - at.points[:first], 0.0)
    weight = jnp.zeros((count, batch)).at[:first].set(wanted / _METRES**2)
    force = jnp.zeros((count, 3, batch)).at[:first].set(rest / _METRES**2)
    turned = _turn_errors(targets.orientations, at.turns[first : first + second])
    gazing = first + second
    aim, square = _gaze_errors(targets, at.points[gazing:], at.turns[gazing:])
    errors = jnp.concatenate([turned, aim]) / _RADIANS**2
    eye = jnp.broadcast_to(jnp.eye(3)[..., None], (second, 3, 3, batch))
    blocks = jnp.concatenate([eye, square]) / _RADIANS**2
    angular = jnp.zeros((count, 3, batch)).at[first:].set(errors)
    stiff = jnp.zeros((count, 6, 6, batch)).at[first:, :3, :3].set(blocks)
    wrench = geometry.wrenches(rig, at, force)
    wrench = wrench.at[:, :3].add(geometry.body_sums(rig, angular))
    precise = weight[:, None, None] * jnp.eye(3)[..., None]
    inertia = geometry.inertias(rig, at, precise) + geometry.body_sums(rig, stiff)
    angles = jnp.sqrt((jnp.concatenate([turned, aim]) ** 2).sum(1))
    cost = (rest**2).sum((0, 1)) / _METRES**2 + (angles**2).sum(0) / _RADIANS**2
    return _Local(0.5 * cost, wrench, inertia, jnp.sqrt((rest**2).sum(1)), angles)


def _turn_errors(quaternions: Array, turns: Array) -> Array:
    """Rotation vectors [R, 3, N] from turns [R, 3, 3, N] to quaternions [R, 4, N]."""
    now = rotations.quaternion_from_matrix(jnp.moveaxis(turns, -1, 1))
    wanted = jnp.moveaxis(quaternions, -1, 1)
    known = jnp.isfinite(wanted).all(-1, keepdims=True)
    wanted = jnp.where(known, wanted, now)
    left = rotations.quaternion_multiply(wanted, rotations.quaternion_conjugate(now))
    left = rotations.quaternion_log(rotations.quaternion_normalize(left))
    return jnp.moveaxis(left, 1, -1)


def _gaze_errors(
    targets: _Targets, points: jax.Array, turns: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Rotation vectors [G, 3, N] to where gazes should point, and their weights."""
    axes = jnp.broadcast_to(jnp.asarray(targets.axes)[..., None], points.shape)
    axes = axes / jnp.sqrt((axes**2).sum(1, keepdims=True))
    now = articulated.contract(turns, axes)
    known = jnp.isfinite(targets.places).all(1, keepdims=True)
    toward = jnp.where(known, targets.places - points, now)
    length = jnp.sqrt((toward**2).sum(1, keepdims=True))
    toward = jnp.where(length > 1e-6, toward / jnp.maximum(length, 1e-6), now)
    across = articulated.cross(now, toward, 1)
    square = (across**2).sum(1, keepdims=True)
    sine = jnp.sqrt(jnp.where(square > 1e-12, square, 1.0))
    angle = jnp.arctan2(sine, (now * toward).sum(1, keepdims=True))
    scale = jnp.where(square > 1e-12, angle / sine, 1.0)
    # Half a turn away every axis across is as good; this one is never along the gaze.
    smallest = (now**2).argmin(1)
    other = jnp.moveaxis(jnp.eye(3, dtype=now.dtype)[smallest], -1, 1)
    any_axis = articulated.cross(now, other, 1)
    any_axis = math.pi * any_axis / jnp.sqrt((any_axis**2).sum(1, keepdims=True))
    behind = (square <= 1e-12) & ((now * toward).sum(1, keepdims=True) < 0)
    block = jnp.eye(3)[..., None] - now[:, :, None] * now[:, None]
    return jnp.where(behind, any_axis, scale * across), block * known[:, None]
