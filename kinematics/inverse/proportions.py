"""Lengths of bones that no two keypoints measure, found together with the poses.

Bones are common to all frames, so the least-squares problem has the shape of an
arrow: each frame is bound to the bones alone. The poses are eliminated, frame by
frame and exactly on the tree, and what is left for the bones, the Schur complement, is
solved by conjugate gradients without ever being written out.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.inverse import articulated, descent, energy, geometry
from kinematics.inverse.rig import Rig
from kinematics.inverse.rig import descent as hanging
from kinematics.motion import Poses

Array = jax.Array

_DAMPING = 1e-3
_INNER = 30


@functools.partial(jax.jit, static_argnames=("rig", "loss"))
def refine(
    rig: Rig,
    loss: str,
    problem: descent.Problem,
    pose: Poses,
    mean: Array,
    precision: Array,
    loose: Array,
    steps: int,
) -> tuple[Array, Poses]:
    """Log ratios [J] of bones to the problem's own, and the poses [N] they go with.

    Args:
      rig: bodies and keypoints.
      loss: one of `energy.LOSSES`.
      problem: the observations; frames are taken by themselves.
      pose: [N] where to start, inside the limits.
      mean: [J] expected log ratios.
      precision: [J, J] of the normal distribution about them.
      loose: [J], 1 for bones to find, 0 for bones to leave.
      steps: steps to try.
    """
    parents = problem.skeleton.parents
    # Which bones carry which keypoint.
    path = jnp.asarray(hanging(parents)[list(rig.anchors)]) * loose
    offsets = jnp.asarray(problem.skeleton.offsets)

    def with_bones(ratio):
        body = problem.skeleton.replace(offsets=offsets * jnp.exp(ratio)[:, None])
        return problem._replace(skeleton=body)

    def away(ratio):
        return precision @ (ratio - mean) * loose

    def total(ratio, pose):
        body = with_bones(ratio).skeleton
        x = geometry.points(body, rig, problem.places, pose)
        rest = ratio - mean
        cost = energy.local(problem.observed, loss, x).cost.sum()
        return cost + 0.5 * rest @ (precision @ rest)

    def body(_, carry):
        ratio, pose, damping = carry
        now = with_bones(ratio)
        at = geometry.geometry(now.skeleton, rig, now.places, pose)
        near = energy.local(now.observed, loss, at.points)
        _, pull = articulated.forces(
            rig.parents, at.columns, geometry.wrenches(rig, at, near.force)
        )
        guard = geometry.guard(now.skeleton, rig, pose.joints, pull)
        floor = descent.floor_of(near.precision)
        factor = articulated.factorise(
            rig.parents,
            at.columns,
            geometry.inertias(rig, at, near.precision),
            jnp.full(pose.joints.shape[0], damping),
            descent.diagonal(floor) + guard,
            floor,
        )

        def pose_step(force):
            wrench = geometry.wrenches(rig, at, force)
            gathered = articulated.forces(rig.parents, at.columns, wrench)
            return articulated.solve(rig.parents, factor, *gathered)

        def moved_by_bones(change):
            return jnp.tensordot(path, at.bones * change[:, None, None], 1)

        def on_bones(force):
            return (jnp.tensordot(path.T, force, 1) * at.bones).sum((1, 2))

        def left(force):
            """What of a force on keypoints the poses cannot take up."""
            moved = geometry.point_velocities(rig, at, *pose_step(force))
            return force - articulated.contract(near.precision, moved)

        def schur(change):
            force = articulated.contract(near.precision, moved_by_bones(change))
            own = precision @ (change * loose) * loose
            return on_bones(left(force)) + own + damping * change + (1 - loose) * change

        change = descent.conjugate_gradients(
            schur,
            lambda r: r / (jnp.diag(precision) + 1),
            on_bones(left(near.force)) - away(ratio),
            _INNER,
        )
        change = jnp.clip(change, -0.3, 0.3) * loose
        pull = articulated.contract(near.precision, moved_by_bones(change))
        root, joints = pose_step(near.force - pull)
        trial = geometry.move(rig, now.skeleton, pose, root, joints)
        better = total(ratio + change, trial) < total(ratio, pose)
        pose = jax.tree.map(lambda new, old: jnp.where(better, new, old), trial, pose)
        damping = damping * jnp.where(better, 0.2, 10.0)
        return jnp.where(better, ratio + change, ratio), pose, damping

    start = (jnp.asarray(mean), pose, jnp.asarray(_DAMPING))
    ratio, pose, _ = jax.lax.fori_loop(0, steps, body, start)
    return ratio, pose


def observable(rig: Rig, parents: tuple[int, ...]) -> np.ndarray:
    """[J] whether a bone carries any keypoint."""
    moves = hanging(parents)[list(rig.anchors)].max(0) > 0
    return np.append(False, moves[1:])
