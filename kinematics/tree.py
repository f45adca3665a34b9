"""Sweeps over the tree of joints: outward from the root, and inward to it.

Vectors are [3, J, N] and matrices [3, 3, J, N] with the batch as the last axis, see
`columns`. Joints go by level, that is by their distance from the root, and within a
level those with children come first.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.columns import cross, product, rotate
from kinematics.skeleton import depth_levels

Array = jax.Array


class Level(NamedTuple):
    """Joints of one distance from the root, as positions in the order of levels.

    Attributes:
      start: first position.
      inner: end of those with children.
      stop: end of the level.
      parents: which inner joint of the level above each hangs on.
    """

    start: int
    inner: int
    stop: int
    parents: tuple[int, ...]


class Levels(NamedTuple):
    """A tree, level by level.

    Attributes:
      order: [J] joint at each position.
      back: [J] position of each joint.
      levels: the root's first.
    """

    order: np.ndarray
    back: np.ndarray
    levels: tuple[Level, ...]


@functools.cache
def levels_of(parents: tuple[int, ...]) -> Levels:
    """The levels of the tree with these parents (-1 for the root)."""
    order: list[int] = []
    levels: list[Level] = []
    above: dict[int, int] = {}
    for joints in depth_levels(parents):
        # Leaves come last, since mostly nobody asks for their turns.
        joints.sort(key=lambda j: (j not in parents, above.get(parents[j], 0), j))
        start = len(order)
        inner = sum(j in parents for j in joints)
        up = tuple(above.get(parents[j], 0) for j in joints)
        levels.append(Level(start, start + inner, start + len(joints), up))
        order += joints
        above = {j: i for i, j in enumerate(joints)}
    return Levels(np.array(order), np.argsort(order), tuple(levels))


def outward(
    levels: Levels, local: Array, offsets: Array, all_turns: bool
) -> tuple[list[Array], list[Array]]:
    """Places and turns of all joints against where the root stands.

    Args:
      levels: the tree.
      local: [3, 3, J, N] rotation of each joint against its parent; of the root
        against the world.
      offsets: [3, J, N] or [3, J, 1] metres from the parent, in its axes.
      all_turns: whether turns of joints without children are wanted, too.

    Returns:
      Per level places [3, K, N], and turns [3, 3, K, N] (else of its inner joints).
    """
    first = levels.levels[0]
    turn = local[:, :, : first.stop if all_turns else max(first.inner, 1)]
    place = jnp.zeros(turn.shape[1:], turn.dtype)
    places, turns = [place], [turn]
    for level in levels.levels[1:]:
        last = level.stop if all_turns else level.inner
        above = take(turn, level.parents)
        place = take(place, level.parents)
        place = place + rotate(above, offsets[:, level.start : level.stop])
        turn = product(
            above[:, :, : last - level.start], local[:, :, level.start : last]
        )
        # Without the barrier XLA fuses the levels and computes the first ones
        # again for every one that follows.
        turn, place = jax.lax.optimization_barrier((turn, place))
        places.append(place)
        turns.append(turn)
    return places, turns


def velocities(
    levels: Levels,
    places: Sequence[Array],
    turns: Sequence[Array],
    spins: Array,
    stretch: Array | None,
) -> tuple[list[Array], list[Array]]:
    """Velocities of places and angular velocities, in the world's axes.

    Args:
      levels: the tree.
      places: per level [3, K, N], from `outward`.
      turns: per level [3, 3, K, N].
      spins: [3, J, N] angular velocity of each joint against its parent, in its
        own axes; of the root against the world.
      stretch: [3, J, N] or [3, J, 1] metres per second that offsets grow by, or
        None.

    Returns:
      Per level velocities [3, K, N] of the places, and angular velocities [3, K, N]
      of the joints that have turns.
    """
    spin = rotate(turns[0], spins[:, : turns[0].shape[2]])
    speed = jnp.zeros_like(places[0])
    speeds, angular = [speed], [spin]
    for i, level in enumerate(levels.levels[1:], start=1):
        lever = places[i] - take(places[i - 1], level.parents)
        speed = take(speed, level.parents) + cross(take(spin, level.parents), lever)
        if stretch is not None:
            above = take(turns[i - 1], level.parents)
            speed = speed + rotate(above, stretch[:, level.start : level.stop])
        count = turns[i].shape[2]
        own = rotate(turns[i], spins[:, level.start : level.start + count])
        spin = take(spin, level.parents[:count]) + own
        spin, speed = jax.lax.optimization_barrier((spin, speed))
        speeds.append(speed)
        angular.append(spin)
    return speeds, angular


def inward(
    levels: Levels,
    places: Sequence[Array],
    forces: Sequence[Array],
    moments: Sequence[Array] | None,
) -> tuple[list[Array], list[Array]]:
    """Forces and moments summed over all that hangs on each joint.

    The transpose of `velocities`: with the force as the gradient by a place, the
    moment about a joint is the gradient by a rotation about it.

    Args:
      levels: the tree.
      places: per level [3, K, N], where forces act.
      forces: per level [3, K, N].
      moments: per level [3, K, N], or None for no moments.

    Returns:
      Per level forces [3, K, N], and moments [3, K, N] about the joints; without
      moments given, those of the inner joints only.
    """
    last = len(levels.levels) - 1
    force = forces[last]
    moment = force[:, :0] if moments is None else moments[last]
    total_forces, total_moments = [force], [moment]
    for i in range(last, 0, -1):
        level, above = levels.levels[i], levels.levels[i - 1]
        inner = above.inner - above.start
        lever = places[i] - take(places[i - 1], level.parents)
        about = _add_rows(cross(lever, force), moment)
        force = _add_rows(forces[i - 1], collect(force, level.parents, inner))
        moment = collect(about, level.parents, inner)
        if moments is not None:
            moment = _add_rows(moments[i - 1], moment)
        force, moment = jax.lax.optimization_barrier((force, moment))
        total_forces.insert(0, force)
        total_moments.insert(0, moment)
    return total_forces, total_moments


def _add_rows(x: Array, y: Array) -> Array:
    """Add [3, M, N] to the first M rows of [3, K, N]."""
    count = y.shape[1]
    if count == x.shape[1]:
        return x + y
    return jnp.concatenate([x[:, :count] + y, x[:, count:]], axis=1) if count else x


def take(x: Array, index: tuple[int, ...]) -> Array:
    """Rows of the axis before the last.

    A gather even where a slice would do: XLA fuses what made a slice into each of
    its uses.
    """
    return x[..., np.array(index, int), :]


def collect(x: Array, index: tuple[int, ...], count: int) -> Array:
    """Sum rows [..., K, N] into ``count`` rows by index: the transpose of `take`."""
    if index == tuple(range(count)):
        return x
    rows = []
    for k in range(count):
        parts = [x[..., i : i + 1, :] for i, at in enumerate(index) if at == k]
        rows.append(functools.reduce(jnp.add, parts))
    return rows[0] if count == 1 else jnp.concatenate(rows, axis=-2)


@functools.cache
def descent(parents: tuple[int, ...]) -> np.ndarray:
    """[J, J], 1 where joint k is joint j or hangs on it."""
    hangs = np.eye(len(parents), dtype=np.float32)
    for k, parent in enumerate(parents):
        if parent >= 0:
            hangs[k] += hangs[parent]
    return hangs
