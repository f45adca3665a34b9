"""Least squares on a tree, solved exactly in time proportional to the joints.

The step of Gauss and Newton minimises, over small turns of all joints,

    sum over bodies  1/2 V^T I V - P^T V   +   sum over joints  1/2 w d^2 - t d

where ``V = V_parent + S d`` is the twist of a body, ``I`` the weights of the points
fixed on it, gathered like the inertia of masses, and ``P`` their residuals, gathered
like forces. This is Gauss' principle for a tree of rigid bodies, and so Featherstone's
articulated-body algorithm ("Rigid Body Dynamics Algorithms", 2008, chapter 7) solves
it: one sweep to the root, one back, no matrix larger than 6 x 6. The damping of
Levenberg and Marquardt enters like the armature of a motor.

Twists are angular over linear, all about one point, the place of the root; the batch
N is the last axis.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.inverse.rig import descent
from kinematics.skeleton import depth_levels

Array = jax.Array


class Factor(NamedTuple):
    """Half-done solution, for any right-hand side.

    What belongs to joints is kept in L levels of W joints of one depth, the outermost
    first, where there are fewer with zeros.

    Attributes:
      columns: [L, W, 3, 6, N] twist of each coordinate.
      gain: [L, W, 3, 6, N] change of force passed on to the parent.
      inverse: [L, W, 3, 3, N] of each joint's own block.
      root: [6, 6, N] lower triangular factor of the root's block.
      armature: [B, 3, 3, N] what was added to each joint's block.
      root_armature: [6, N] the same for the root.
    """

    columns: Array
    gain: Array
    inverse: Array
    root: Array
    armature: Array
    root_armature: Array


class Levels(NamedTuple):
    """Joints by depth: L levels, the outermost first, of up to W joints.

    Attributes:
      bodies: [L, W] index of each, B where there is none.
      up: [L, W, W], 1 where a joint of the next level carries a joint of this one.
      back: [B] place of each body in the flattened levels; any for the root.
    """

    bodies: np.ndarray
    up: np.ndarray
    back: np.ndarray


@functools.cache
def levels_of(parents: tuple[int, ...]) -> Levels:
    """The levels below the root, which is not among them but carries the last."""
    groups = depth_levels(parents)[:0:-1]
    width = max((len(group) for group in groups), default=1)
    bodies = np.full((len(groups), width), len(parents))
    up = np.zeros((len(groups), width, width), np.float32)
    back = np.zeros(len(parents), int)
    for level, group in enumerate(groups):
        bodies[level, : len(group)] = group
        carriers = groups[level + 1] if level + 1 < len(groups) else [0]
        for i, j in enumerate(group):
            up[level, carriers.index(parents[j]), i] = 1
            back[j] = level * width + i
    return Levels(bodies, up, back)


def by_level(levels: Levels, x: Array) -> Array:
    """Values [B, ...] of bodies as [L, W, ...], 0 where there is no body."""
    return jnp.concatenate([x, jnp.zeros((1, *x.shape[1:]), x.dtype)])[levels.bodies]


def by_body(levels: Levels, x: Array, root: Array) -> Array:
    """Values [L, W, ...] of levels and of the root [...] as [B, ...]."""
    flat = x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])
    return flat[levels.back].at[0].set(root)


def cross(a: Array, b: Array, axis: int) -> Array:
    """Cross product of vectors along one axis."""
    ax, ay, az = (jax.lax.index_in_dim(a, k, axis, False) for k in range(3))
    bx, by, bz = (jax.lax.index_in_dim(b, k, axis, False) for k in range(3))
    parts = [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
    return jnp.stack(parts, axis=axis)


def contract(a: Array, b: Array) -> Array:
    """sum_k a[:, :, k] b[:, k], both [B, ..., N]: the matrices times the vectors."""
    terms = [a[:, :, k] * b[:, None, k] for k in range(b.shape[1])]
    return sum(terms[1:], terms[0])


def add(a: Array, axis: int) -> Array:
    """Sum over a short axis, slice by slice: XLA's reduction is slower on CPU."""
    slices = [jax.lax.index_in_dim(a, k, axis, False) for k in range(a.shape[axis])]
    return sum(slices[1:], slices[0])


def twists(parents: tuple[int, ...], columns: Array, root: Array, step: Array) -> Array:
    """Twist [B, 6, N] of every body from root [6, N] and coordinates [B, 3, N]."""
    own = add(columns * step[:, :, None], 1).at[0].set(root)
    own = jax.lax.optimization_barrier(own)
    return jnp.tensordot(descent(parents), own, 1)


def forces(
    parents: tuple[int, ...], columns: Array, wrench: Array
) -> tuple[Array, Array]:
    """The transpose of `twists`: root [6, N] and coordinates [B, 3, N]."""
    total = jnp.tensordot(descent(parents).T, wrench, 1)
    return total[0], add(columns * total[:, None], 2)


def factorise(
    parents: tuple[int, ...],
    columns: Array,
    inertia: Array,
    damping: Array,
    floor: Array,
    root_floor: Array,
) -> Factor:
    """Eliminate all joints, the outermost first.

    Args:
      parents: of the B bodies.
      columns: [B, 3, 6, N]; zero beyond a joint's coordinates.
      inertia: [B, 6, 6, N] of each body.
      damping: [N] added to each diagonal, relative to it.
      floor: [B, 3, 3, N], positive definite, added besides.
      root_floor: [N] or [6, N] the same for the root.
    """
    levels = levels_of(parents)

    def eliminate(passed, level):
        s, own, least, up = level
        total = own + passed
        u = jnp.stack([contract(total, s[:, c]) for c in range(3)], axis=1)
        # Barriers, for XLA would compute all this again for each use of it.
        total, u = jax.lax.optimization_barrier((total, u))
        block = [[add(s[:, a] * u[:, b], 1) for b in range(3)] for a in range(3)]
        diagonal = jnp.stack([block[c][c] for c in range(3)], axis=1)
        extra = jnp.eye(3)[..., None] * (damping * diagonal)[:, None] + least
        block = [[block[a][b] + extra[:, a, b] for b in range(3)] for a in range(3)]
        block = jax.lax.optimization_barrier(block)
        inverse = jax.lax.optimization_barrier(invert3(block))
        gain = jax.lax.optimization_barrier(contract(inverse[:, :, :, None], u))
        rest = total - sum(gain[:, c, :, None] * u[:, c, None, :] for c in range(3))
        return jnp.tensordot(up, rest, 1), (gain, inverse, extra)

    s = by_level(levels, columns)
    # Where there is no joint any positive floor will do.
    real = (levels.bodies < len(parents))[..., None, None, None]
    least = jnp.where(real, by_level(levels, floor), jnp.eye(3)[..., None])
    none = jnp.zeros((s.shape[1], *inertia.shape[1:]), inertia.dtype)
    passed, (gain, inverse, extra) = jax.lax.scan(
        eliminate, none, (s, by_level(levels, inertia), least, levels.up)
    )
    total = inertia[0] + passed[0]
    diagonal = jnp.stack([total[i, i] for i in range(6)])
    root_extra = damping * diagonal + root_floor
    total = total + jnp.eye(6)[:, :, None] * root_extra[:, None]
    if len(s):
        extras = by_body(levels, extra, jnp.zeros(extra.shape[2:]))
    else:
        extras = jnp.zeros_like(floor)
    return Factor(s, gain, inverse, cholesky(total), extras, root_extra)


def solve(
    parents: tuple[int, ...], factor: Factor, root: Array, force: Array
) -> tuple[Array, Array]:
    """The step of least cost for forces on coordinates.

    Args:
      parents: of the B bodies.
      factor: of `factorise`.
      root: [6, N] force on the root's coordinates.
      force: [B, 3, N] force on the joints' coordinates.

    Returns:
      Twist of the root [6, N] and step of the coordinates [B, 3, N].
    """
    levels = levels_of(parents)

    def inward(passed, level):
        s, gain, own, up = level
        u = own + add(s * passed[:, None], 2)
        u = jax.lax.optimization_barrier(u)
        rest = passed - add(gain * u[:, :, None], 1)
        return jnp.tensordot(up, rest, 1), u

    def outward(above, level):
        s, gain, inverse, u, up = level
        before = jnp.tensordot(up.T, above, 1)
        step = contract(inverse, u) - add(gain * before[:, None], 2)
        step = jax.lax.optimization_barrier(step)
        return before + add(s * step[:, :, None], 1), step

    none = jnp.zeros((factor.columns.shape[1], *root.shape), root.dtype)
    passed, u = jax.lax.scan(
        inward,
        none,
        (factor.columns, factor.gain, by_level(levels, force), levels.up),
    )
    twist = jax.lax.optimization_barrier(cholesky_solve(factor.root, root + passed[0]))
    _, steps = jax.lax.scan(
        outward,
        none.at[0].set(twist),
        (factor.columns, factor.gain, factor.inverse, u, levels.up),
        reverse=True,
    )
    if not len(steps):
        return twist, jnp.zeros_like(force)
    return twist, by_body(levels, steps, jnp.zeros(steps.shape[2:]))


def invert3(m: list[list[Array]]) -> Array:
    """Inverse [B, 3, 3, N] of symmetric blocks given by their entries [B, N]."""
    (a, b, c), (_, d, e), (_, _, f) = m
    xx, xy, xz = d * f - e * e, c * e - b * f, b * e - c * d
    yy, yz, zz = a * f - c * c, b * c - a * e, a * d - b * b
    scale = 1 / (a * xx + b * xy + c * xz)
    rows = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]
    return jnp.stack([jnp.stack(row, 1) for row in rows], 1) * scale[:, None, None]


def cholesky(m: Array) -> Array:
    """Lower triangular factor [6, 6, N] of positive definite [6, 6, N]."""
    size = m.shape[0]
    columns: list[Array] = []
    for j in range(size):
        column = m[:, j]
        for earlier in columns:
            column = column - earlier * earlier[j]
        column = jnp.where((jnp.arange(size) >= j)[:, None], column, 0.0)
        columns.append(column / jnp.sqrt(column[j]))
    return jnp.stack(columns, axis=1)


def cholesky_solve(lower: Array, b: Array) -> Array:
    """X [6, N] with L L^T x = b."""
    size = len(b)
    for j in range(size):
        y = b[j] / lower[j, j]
        b = jnp.where((jnp.arange(size) == j)[:, None], y, b)
        b = jnp.where((jnp.arange(size) > j)[:, None], b - lower[:, j] * y, b)
    for j in reversed(range(size)):
        x = b[j] / lower[j, j]
        b = jnp.where((jnp.arange(size) == j)[:, None], x, b)
        b = jnp.where((jnp.arange(size) < j)[:, None], b - lower[j] * x, b)
    return b
