"""The walk over the tree of joints, in the frame of the root.

The batch is the last axis and products are written element by element: XLA turns
batched 3x3 matrix products into calls that are an order of magnitude slower on
CPU. The derivative is the geometric one and not that of every product: turning a
joint moves all that hangs on it about the joint's place, so velocities are two
products with the constant matrix of who hangs on whom. Reverse mode, which is the
transpose of that, sums forces and moments over subtrees.
"""

import functools
from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.skeleton import FIRST, SECOND, coordinate_table, depth_levels

Array = jax.Array


class Tree(NamedTuple):
    """The static part of a skeleton."""

    parents: tuple[int, ...]
    kinds: tuple[str, ...]


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def walk(tree: Tree, frames: Array, offsets: Array, q: Array) -> tuple[Array, Array]:
    """Places and turns of all joints against the root.

    Args:
      tree: parents and kinds of the joints.
      frames: [J, 3, 3] axes of the coordinates; held constant by derivatives.
      offsets: [J, 3, N] or [J, 3, 1] metres.
      q: [D, N] joint coordinates, radians.

    Returns:
      Positions [J, 3, N] and rotation matrices [J, 3, 3, N].
    """
    local = local_rotations(tree, frames, q)
    batch = jnp.broadcast_shapes(offsets.shape[-1:], q.shape[-1:])
    eye = jnp.eye(3, dtype=q.dtype)[None, :, :, None]
    turn = jnp.broadcast_to(eye, (1, 3, 3, *batch))
    place = jnp.zeros((1, 3, *batch), q.dtype)
    turns, places, order, above = [turn], [place], [0], [0]
    for level in depth_levels(tree.parents)[1:]:
        up = np.array([above.index(tree.parents[j]) for j in level])
        at = np.array(level)
        turn, place = turn[up], place[up]
        place = place + rotate(turn, offsets[at])
        turn = product(turn, local[at])
        # Without the barrier XLA fuses the levels and computes the first ones
        # again for every one that follows.
        turn, place = jax.lax.optimization_barrier((turn, place))
        turns.append(turn)
        places.append(place)
        order += level
        above = level
    back = np.argsort(order)
    return jnp.concatenate(places)[back], jnp.concatenate(turns)[back]


@walk.defjvp
def _walk_jvp(tree, primals, tangents):
    frames, offsets, q = primals
    _, offsets_dot, q_dot = tangents
    places, turns = walk(tree, frames, offsets, q)
    parents = np.array(tree.parents)
    parents[0] = 0
    spin = rotate(turns[parents], _spin(tree, frames, q, q_dot))
    hangs = _descent(tree.parents).astype(np.float32)
    total = jnp.einsum("kj,jcn->kcn", hangs, spin)
    moment = jnp.einsum("kj,jcn->kcn", hangs, cross(spin, places))
    stretch = rotate(turns[parents], jnp.broadcast_to(offsets_dot, places.shape))
    stretch = stretch.at[0].set(0.0)
    places_dot = (
        cross(total, places) - moment + jnp.einsum("kj,jcn->kcn", hangs, stretch)
    )
    turns_dot = jnp.stack([cross(total, turns[:, :, k]) for k in range(3)], axis=2)
    return (places, turns), (places_dot, turns_dot)


@functools.cache
def _descent(parents: tuple[int, ...]) -> np.ndarray:
    """[J, J], 1 where joint k is joint j or hangs on it."""
    hangs = np.eye(len(parents))
    for k, parent in enumerate(parents):
        if parent >= 0:
            hangs[k] += hangs[parent]
    return hangs


def _vectors(
    tree: Tree, frames: Array, q: Array, columns: Mapping[str, tuple[int, ...]]
) -> Array:
    """Rotation vectors [J, 3, N] of one of the two exponentials of each joint."""
    table = coordinate_table(tree.kinds)
    padded = jnp.concatenate([q, jnp.zeros((1, *q.shape[1:]), q.dtype)])[table]
    mask = np.zeros((len(tree.kinds), 1, 3), np.float32)
    for j, kind in enumerate(tree.kinds):
        mask[j, 0, list(columns.get(kind, ()))] = 1
    axes = jnp.asarray(frames, q.dtype) * mask
    x, y, z = (axes[:, :, k, None] * padded[:, None, k] for k in range(3))
    return x + y + z


def local_rotations(tree: Tree, frames: Array, q: Array) -> Array:
    """[D, N] to [J, 3, 3, N]: the product of each joint's two exponentials."""
    turn = rodrigues(_vectors(tree, frames, q, FIRST))
    double = np.array([j for j, kind in enumerate(tree.kinds) if kind in SECOND], int)
    if not len(double):
        return turn
    second = rodrigues(_vectors(tree, frames, q, SECOND)[double])
    return turn.at[double].set(product(turn[double], second))


def _spin(tree: Tree, frames: Array, q: Array, q_dot: Array) -> Array:
    """Angular velocity [J, 3, N] of each joint against its parent, in its frame.

    With both exponentials exp(a) exp(b): J(a) a' + exp(a) b', where J is the left
    Jacobian of SO(3) and b keeps its axis.
    """
    first = _vectors(tree, frames, q, FIRST)
    first_dot = _vectors(tree, frames, q_dot, FIRST)
    second_dot = _vectors(tree, frames, q_dot, SECOND)
    square = jnp.sum(first * first, axis=1, keepdims=True)
    half = 0.5 * rotations.sinc_of_square(square / 4) ** 2
    across = cross(first, first_dot)
    return (
        first_dot
        + half * across
        + rotations.sinc_remainder(square) * cross(first, across)
        + rotate(rodrigues(first), second_dot)
    )


def rodrigues(v: Array) -> Array:
    """Rotation matrices [J, 3, 3, N] of rotation vectors [J, 3, N]."""
    x, y, z = v[:, 0], v[:, 1], v[:, 2]
    square = x * x + y * y + z * z
    a = rotations.sinc_of_square(square)
    b = 0.5 * rotations.sinc_of_square(square / 4) ** 2
    rows = [
        [1 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y],
        [b * x * y + a * z, 1 - b * (x * x + z * z), b * y * z - a * x],
        [b * x * z - a * y, b * y * z + a * x, 1 - b * (x * x + y * y)],
    ]
    return jnp.stack([jnp.stack(row, axis=1) for row in rows], axis=1)


def product(a: Array, b: Array) -> Array:
    """Matrix product [J, 3, 3, N], element-wise over the outer axes."""
    x, y, z = (a[:, :, k, None] * b[:, None, k] for k in range(3))
    return x + y + z


def rotate(a: Array, v: Array) -> Array:
    """Matrices [J, 3, 3, N] times vectors [J, 3, N]."""
    return (
        a[:, :, 0] * v[:, None, 0]
        + a[:, :, 1] * v[:, None, 1]
        + (a[:, :, 2] * v[:, None, 2])
    )


def cross(a: Array, b: Array) -> Array:
    """Cross product of vectors [J, 3, N]."""
    return jnp.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        axis=1,
    )
