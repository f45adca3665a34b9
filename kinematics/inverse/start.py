"""A first pose from points, in closed form: every joint turned by itself.

The points around a joint, the nearer ones with more weight, are laid over the same
points of the body in the middle of its ranges (Horn 1987); far ones settle the turn
about a bone that the near ones leave open. Turns against the parent follow.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import forward, rotations
from kinematics.inverse import articulated, geometry
from kinematics.inverse.rig import Rig
from kinematics.motion import Poses
from kinematics.skeleton import Skeleton

Array = jax.Array

# Weight of a point for each joint that is between. Far ones decide what near ones
# leave open and nothing else.
_DECAY = 0.01
# Squarings of the matrix whose greatest eigenvector is sought: 2^12 power steps.
_SQUARINGS = 12


def closeness(skeleton: Skeleton, rig: Rig) -> np.ndarray:
    """[B, K] weight of each keypoint for the turn of each body."""
    distance = np.array(
        [[_hops(skeleton.parents, j, a) for a in rig.anchors] for j in rig.joints]
    )
    below = np.array(
        [[_hangs(skeleton.parents, j, a) for a in rig.anchors] for j in rig.joints]
    )
    # What hangs on the joint turns with it; points above it do not.
    hops = np.where(below, np.maximum(distance, 1) - 1, distance + 1)
    hops[0] = np.minimum(hops[0], 1)
    nearest = np.where(below & (distance > 0), hops, 99).min(axis=1, keepdims=True)
    weight = _DECAY ** np.maximum(hops - np.where(nearest < 99, nearest, 0), 0).astype(
        float
    )
    return np.maximum(weight, 1e-6).astype(np.float32)


def _chain(parents, j):
    found = [j]
    while parents[j] >= 0:
        j = parents[j]
        found.append(j)
    return found


def _hangs(parents, j, other) -> bool:
    return j in _chain(parents, other)


def _hops(parents, a, b) -> int:
    up, other = _chain(parents, a), _chain(parents, b)
    meet = next(j for j in up if j in other)
    return up.index(meet) + other.index(meet)


@functools.partial(jax.jit, static_argnames="rig")
def align(
    rig: Rig, skeleton: Skeleton, places: Array, weights: Array, points: Array
) -> Poses:
    """Poses [N], inside the limits, from points [K, 3, N] without gaps.

    Args:
      rig: bodies and keypoints.
      skeleton: the body.
      places: [K, 3] of keypoints on their joints.
      weights: [B, K] of `closeness`, 0 for a keypoint that is never seen.
      points: [K, 3, N] metres.
    """
    # With all joints in the middle of their ranges: a knee that is bent tells how the
    # thigh is turned, a straight one does not.
    middle = (jnp.asarray(skeleton.lower) + jnp.asarray(skeleton.upper)) / 2
    upright = jnp.array([1.0, 0, 0, 0])
    rest = forward.forward(skeleton, jnp.zeros(3), upright, middle)
    anchors, joints = np.array(rig.anchors, int), np.array(rig.joints)
    around = jnp.einsum("kij,kj->ki", rest.rotations[anchors], places)
    model = rest.positions[anchors] + around
    weights = weights / jnp.maximum(weights.sum(1, keepdims=True), 1e-12)
    centres = weights @ model
    # In the axes of each body.
    apart = model - centres[:, None]
    centred = jnp.einsum("bk,bji,bkj->bki", weights, rest.rotations[joints], apart)
    # The centre of the points falls out: the weighted model has the mean 0.
    moments = jnp.einsum("bki,kjn->bjin", centred, points)
    turns = rotations.matrix_from_quaternion(jnp.moveaxis(best_turn(moments), 1, -1))
    turns = jnp.moveaxis(turns, 1, 0)
    parents = turns[:, np.array(rig.parents[1:], int)]
    against = jnp.einsum("nbki,nbkj->nbij", parents, turns[:, 1:])
    eye = jnp.eye(3)
    local = jnp.broadcast_to(eye, (len(turns), skeleton.num_joints, 3, 3))
    local = local.at[:, joints[1:]].set(against)
    # The point about which the root was turned brings it to its place.
    center = jnp.einsum("k,kin->in", weights[0], points)
    arm = jnp.broadcast_to(centres[0][:, None], center.shape)[None]
    root = center - articulated.contract(jnp.moveaxis(turns[:, :1], 0, -1), arm)[0]
    q = geometry.inside(skeleton, forward.joint_coordinates(skeleton, local))
    return Poses(root.T, rotations.quaternion_from_matrix(turns[:, 0]), q)


def best_turn(moments: Array) -> Array:
    """Unit quaternions [B, 4, N] that turn a model onto points.

    Args:
      moments: [B, 3, 3, N] sums of point_i model_j.

    Returns:
      The eigenvector of the greatest eigenvalue of Horn's matrix, by squaring it.
    """
    m = [[moments[:, i, j] for j in range(3)] for i in range(3)]
    trace = m[0][0] + m[1][1] + m[2][2]
    skew = [m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]]
    rows = [[trace, *skew]]
    for i in range(3):
        row = [m[i][j] + m[j][i] - (trace if i == j else 0) for j in range(3)]
        rows.append([skew[i], *row])
    horn = jnp.stack([jnp.stack(row, 1) for row in rows], 1)
    size = jnp.sqrt((horn * horn).sum((1, 2), keepdims=True))
    horn = horn / jnp.maximum(size, 1e-12) + jnp.eye(4)[None, :, :, None]

    def square(_, a):
        terms = [a[:, :, k, None] * a[:, None, k] for k in range(4)]
        a = terms[0] + terms[1] + terms[2] + terms[3]
        return a / (a[:, 0, 0] + a[:, 1, 1] + a[:, 2, 2] + a[:, 3, 3])[:, None, None]

    power = jax.lax.fori_loop(0, _SQUARINGS, square, horn)
    diagonal = jnp.stack([power[:, i, i] for i in range(4)], 1)
    best = jnp.argmax(diagonal, 1)[:, None, None]
    column = jnp.take_along_axis(power, best, axis=2)[:, :, 0]
    return column / jnp.sqrt((column * column).sum(1, keepdims=True))
