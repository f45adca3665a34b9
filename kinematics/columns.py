"""Vectors and matrices of all joints with the batch on the last axis.

Scalars are [J, N], vectors [3, J, N], matrices [3, 3, J, N], so every product is of
long contiguous rows: with the batch first XLA takes an order of magnitude longer on
CPU. Products are element by element, which also keeps them float32 on accelerators
that round the factors of a matrix product.
"""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp

from kinematics.skeleton import Array

Batch = tuple[int, ...]


def columns(x: Array, rank: int, batch: Batch) -> jax.Array:
    """[..., J, 3, ...] with ``rank`` axes of components to [3, ..., J, N].

    N is 1 where ``x`` has no batch; else x is spread over the whole batch.
    """
    x = jnp.asarray(x)
    own = x.shape[x.ndim - rank - 1 :]
    if x.ndim > rank + 1:
        x = jnp.broadcast_to(x, (*batch, *own)).reshape(math.prod(batch), *own)
    else:
        x = x[None]
    return jnp.transpose(x, (*range(2, rank + 2), 1, 0))


def rows(x: jax.Array, batch: Batch) -> jax.Array:
    """[3, ..., J, N] back to [*batch, J, 3, ...]; an N of 1 is spread over it."""
    rank = x.ndim - 2
    x = jnp.transpose(x, (rank + 1, rank, *range(rank)))
    x = jnp.broadcast_to(x, (math.prod(batch), *x.shape[1:]))
    return x.reshape(*batch, *x.shape[1:])


def cross(a: jax.Array, b: jax.Array) -> jax.Array:
    """Cross product of vectors."""
    x, y, z = a
    u, v, w = b
    return jnp.stack([y * w - z * v, z * u - x * w, x * v - y * u])


def rotate(matrix: jax.Array, vector: jax.Array) -> jax.Array:
    """Matrix times vector."""
    x, y, z = vector
    return matrix[:, 0] * x + matrix[:, 1] * y + matrix[:, 2] * z


def rotate_back(matrix: jax.Array, vector: jax.Array) -> jax.Array:
    """Transposed matrix times vector."""
    x, y, z = vector
    return matrix[0] * x + matrix[1] * y + matrix[2] * z


def product(a: jax.Array, b: jax.Array) -> jax.Array:
    """Matrix product."""
    x, y, z = (a[:, k, None] * b[None, k] for k in range(3))
    return x + y + z


def outward(parents: Sequence[int], x: jax.Array) -> jax.Array:
    """Sum over the path from the root to each joint, both included: [..., J, N].

    Velocities of a tree of bodies are such sums, and forces those of `inward`, once
    all are taken about one common point (Featherstone, "Rigid body dynamics
    algorithms", 2008, sections 2.10 and 5.3). A missing (NaN) value spoils only what
    hangs on its joint.
    """
    totals = [x[..., 0, :]]
    for j in range(1, len(parents)):
        totals.append(totals[parents[j]] + x[..., j, :])
    return _stacked(totals)


def inward(parents: Sequence[int], x: jax.Array) -> jax.Array:
    """Sum over each joint and all that hang on it, [..., J, N]: outward's transpose.

    A missing (NaN) value spoils only the joints that carry its own.
    """
    totals = [x[..., j, :] for j in range(len(parents))]
    for j in range(len(parents) - 1, 0, -1):
        totals[parents[j]] = totals[parents[j]] + totals[j]
    return _stacked(totals)


def _stacked(totals: list[jax.Array]) -> jax.Array:
    # Without the barrier XLA fuses the sums into their uses and repeats them there.
    return jax.lax.optimization_barrier(jnp.stack(totals, axis=-2))
