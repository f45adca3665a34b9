"""From a body's shape and pose to the surface of its skin: linear blend skinning.

The model is that of Loper et al., "SMPL: a skinned multi-person linear model"
(SIGGRAPH Asia 2015), which SMPL-H, SMPL-X and MANO share: blend shapes move the
vertices of a template with the shape, the expression and the pose, and each vertex
then follows a weighted mean of the rigid motions of its joints. Equation numbers
are those of that paper.

Everything is in canonical axes. `formats.smpl` reads models; their numbers are
licensed by their makers, so none is part of this library.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import forward, rotations
from kinematics.motion import Motion
from kinematics.skeleton import Array, Skeleton, depth_levels

# By default accelerators multiply in fewer bits (bfloat16 on TPUs, see
# jax.lax.Precision): eight of them are millimetres on a body.
_einsum = functools.partial(jnp.einsum, precision=jax.lax.Precision.HIGHEST)
# Frames that are skinned at once, to bound the memory.
_BLOCK = 32


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=[
        "skeleton",
        "template",
        "shape_directions",
        "expression_directions",
        "pose_directions",
        "joints",
        "joint_directions",
        "weights",
        "faces",
        "hand_means",
        "hand_components",
    ],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class BodyModel:
    """A skinned body of V vertices and J joints, as one frozen pytree.

    The joints are a linear function of the vertices, and these of the shape, so
    the two are kept multiplied out, instead of a regressor [J, V].

    Attributes:
      skeleton: the joints; its offsets are those of the mean shape.
      template: [V, 3] metres, the mean shape at rest.
      shape_directions: [V, 3, S] metres per unit of each of S shape parameters.
      expression_directions: [V, 3, E] the same for E parameters of the face.
      pose_directions: [9 (J - 1), 3, V] metres per element of R - 1, for the
        matrices R of all joints but the root, row by row. Vertices come last, as
        most of the time goes into the product with these.
      joints: [J, 3] metres, rest places of the mean shape.
      joint_directions: [J, 3, S + E] metres per unit of shape and expression.
      weights: [V, J] share of each joint in the motion of each vertex.
      faces: [F, 3] vertices of each triangle.
      hand_means: [2, H] mean pose of the left and the right hand, rotation vectors
        in the axes of the model's file; H is 0 for a model without fingers.
      hand_components: [2, C, H] principal components of the poses of the hands.
    """

    skeleton: Skeleton
    template: Array
    shape_directions: Array
    expression_directions: Array
    pose_directions: Array
    joints: Array
    joint_directions: Array
    weights: Array
    faces: Array
    hand_means: Array
    hand_components: Array

    @property
    def num_shapes(self) -> int:
        """S, how many shape parameters there are."""
        return self.shape_directions.shape[-1]

    @property
    def num_expressions(self) -> int:
        """E, how many parameters of the face there are; 0 where it does not move."""
        return self.expression_directions.shape[-1]


class Mesh(NamedTuple):
    """A posed body: vertices [..., V, 3] m and joints [..., J, 3] m, in the world."""

    vertices: jax.Array
    joints: jax.Array


def rest_joints(
    model: BodyModel, betas: Array, expression: Array | None = None
) -> jax.Array:
    """Places [..., J, 3] of the joints of a shape at rest (equation 10).

    Args:
      model: the body model.
      betas: [..., n] shape parameters, n <= S; those not given are 0.
      expression: [..., m] parameters of the face, m <= E.

    Raises:
      ValueError: the model has fewer parameters.
    """
    expression = _checked(model, betas, expression)
    shape = model.joint_directions[..., : betas.shape[-1]]
    face = model.joint_directions[..., model.num_shapes :][..., : expression.shape[-1]]
    return (
        jnp.asarray(model.joints)
        + _einsum("jcs,...s->...jc", shape, betas)
        + _einsum("jcs,...s->...jc", face, expression)
    )


def body(model: BodyModel, betas: Array, expression: Array | None = None) -> Skeleton:
    """The skeleton of a shape; its offsets are [..., J, 3]. See `rest_joints`.

    Joint limits and frames are those of the mean shape.
    """
    rest = rest_joints(model, betas, expression)
    parents = np.array(model.skeleton.parents)
    offsets = rest - rest[..., np.maximum(parents, 0), :]
    return model.skeleton.replace(offsets=offsets)


def skin(
    model: BodyModel,
    betas: Array,
    matrices: Array,
    root_position: Array,
    expression: Array | None = None,
) -> Mesh:
    """Skin and joints of bodies in given poses (equations 2 to 10).

    Args:
      model: the body model.
      betas: [..., n] shape parameters, n <= S; those not given are 0.
      matrices: [..., J, 3, 3] rotation of each joint against its parent, as from
        `forward.joint_rotations`; the root's is against the world.
      root_position: [..., 3] metres, where the root joint is.
      expression: [..., m] parameters of the face, m <= E.

    Returns:
      The mesh; all leading axes broadcast. A shape shared by many poses is only
      computed once.

    Raises:
      ValueError: the model has fewer parameters, or other joints.
    """
    face = _checked(model, betas, expression)
    matrices = jnp.asarray(matrices)
    count = model.skeleton.num_joints
    if matrices.shape[-3:] != (count, 3, 3):
        raise ValueError(f"matrices must be [..., {count}, 3, 3], not {matrices.shape}")
    rest = rest_joints(model, betas, expression)
    shape = model.shape_directions[..., : betas.shape[-1]]
    # Vertices are last from here on, which is several times as fast.
    shaped = model.template.T + _einsum("vcs,...s->...cv", shape, betas)
    if face.shape[-1]:
        directions = model.expression_directions[..., : face.shape[-1]]
        shaped += _einsum("vcs,...s->...cv", directions, face)
    bend = matrices[..., 1:, :, :] - np.eye(3, dtype=np.float32)
    bend = bend.reshape(*bend.shape[:-3], 9 * (count - 1))
    elements, _, size = model.pose_directions.shape
    flat = jnp.reshape(model.pose_directions, (elements, 3 * size))
    bent = _einsum("...p,pn->...n", bend, flat)
    posed = shaped + bent.reshape(*bent.shape[:-1], 3, size)
    turns, places = _chain(model.skeleton, rest, matrices, jnp.asarray(root_position))
    # Each joint moves what hangs on it by turns (x - rest) + places.
    moves = places - _turned(turns, rest)
    turn = _einsum("...jab,vj->...abv", turns, model.weights)
    move = _einsum("...ja,vj->...av", moves, model.weights)
    # Written out, as XLA computes a sum over an axis of three eight times as slowly.
    for k in range(3):
        move += turn[..., k, :] * posed[..., None, k, :]
    return Mesh(jnp.swapaxes(move, -1, -2), places)


def vertices(model: BodyModel, betas: Array, motion: Motion) -> jax.Array:
    """Skin [..., T, V, 3] metres of one body during a motion.

    Args:
      model: the body model.
      betas: [n] shape parameters of the body, n <= S.
      motion: [..., T] poses of a skeleton with the joints of the model.

    Raises:
      ValueError: the joints differ, or ``betas`` do not fit.
    """
    skeleton = motion.skeleton
    if (skeleton.names, skeleton.parents) != (
        model.skeleton.names,
        model.skeleton.parents,
    ):
        raise ValueError(
            "the motion's joints are not those of the model; read it with this model"
        )
    if betas.ndim != 1:
        raise ValueError(f"betas must be [n] for one body, not {betas.shape}")

    def pose(place: Array, turn: Array, q: Array) -> jax.Array:
        matrices = forward.joint_rotations(skeleton, q)
        matrices = matrices.at[0].set(rotations.matrix_from_quaternion(turn))
        return skin(model, betas, matrices, place).vertices

    batch = motion.joints.shape[:-1]
    flat = [jnp.reshape(x, (-1, x.shape[-1])) for x in motion.poses]
    found = jax.lax.map(lambda x: pose(*x), tuple(flat), batch_size=_BLOCK)
    return found.reshape(*batch, *found.shape[1:])


def _checked(model: BodyModel, betas: Array, expression: Array | None) -> Array:
    """The expression, [0] where there is none; ValueError if there is too much."""
    if expression is None:
        expression = jnp.zeros(0)
    for what, given, has in (
        ("shape", betas, model.num_shapes),
        ("expression", expression, model.num_expressions),
    ):
        if given.shape[-1] > has:
            raise ValueError(
                f"{given.shape[-1]} {what} parameters are given, but the model has "
                f"{has}; leave the last ones out"
            )
    return expression


def _turned(matrices: Array, vectors: Array) -> jax.Array:
    """Matrices [..., 3, 3] times vectors [..., 3]."""
    return jnp.sum(matrices * vectors[..., None, :], axis=-1)


def _chain(
    skeleton: Skeleton, rest: Array, matrices: Array, root_position: Array
) -> tuple[jax.Array, jax.Array]:
    """World rotations [..., J, 3, 3] and places [..., J, 3] (equations 3 and 4)."""
    batch = jnp.broadcast_shapes(
        rest.shape[:-2], matrices.shape[:-3], root_position.shape[:-1]
    )
    turn = jnp.broadcast_to(matrices[..., :1, :, :], (*batch, 1, 3, 3))
    place = jnp.broadcast_to(root_position[..., None, :], (*batch, 1, 3))
    turns, places, order, above = [turn], [place], [0], [0]
    for level in depth_levels(skeleton.parents)[1:]:
        parents = np.array([skeleton.parents[j] for j in level])
        up, at = np.array([above.index(p) for p in parents]), np.array(level)
        offset = rest[..., at, :] - rest[..., parents, :]
        turn, place = turn[..., up, :, :], place[..., up, :]
        place = place + _turned(turn, offset)
        local = matrices[..., at, :, :]
        # By elements, as batched products of small matrices are slow on CPUs.
        turn = jnp.sum(turn[..., None] * local[..., None, :, :], axis=-2)
        turns.append(turn)
        places.append(place)
        order += level
        above = level
    back = np.argsort(order)
    return (
        jnp.concatenate(turns, axis=-3)[..., back, :, :],
        jnp.concatenate(places, axis=-2)[..., back, :],
    )
