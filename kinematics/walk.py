"""Forward kinematics as one operation: rotations of joints to places of joints.

The derivative is the geometric one and not that of every product: turning a joint
moves all that hangs on it about the joint's place. Tangents go outward as velocities
and cotangents inward as forces and moments, which are summed over subtrees. Both
walk the tree anew from the inputs, which is cheaper than to keep what they need.
"""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics.columns import cross, product, rotate_back
from kinematics.forms import Coordinates, Form, Quaternions, SixD
from kinematics.operation import Operation, Rules
from kinematics.tree import inward, levels_of, outward, take, velocities

Array = jax.Array

# Poses per block on CPU, so that a block and what is made of it stay in the cache.
# 64 and 128 were the fastest of 64 to 4,096 with 24 joints and 1 MiB of L2 cache; 192
# and 384 took twice the time of powers of two.
BLOCK = 128
# Axes of the arrays of `walk` besides those of the batch.
RANKS = (1, 1, 2, 2, 3)


class Walk(NamedTuple):
    """What a walk is specialised to.

    Attributes:
      parents: of the joints.
      kinds: of the joints.
      form: ``"coordinates"``, ``"quaternions"`` or ``"6d"``.
      rotations: whether the rotations of the joints are wanted besides the places.
    """

    parents: tuple[int, ...]
    kinds: tuple[str, ...]
    form: str
    rotations: bool


def _shapes(static: Walk, batch: tuple[int, ...]) -> list[tuple[int, ...]]:
    count = len(static.parents)
    places = (*batch, count, 3)
    return [places, (*batch, count, 3, 3)] if static.rotations else [places]


def _form(static: Walk) -> Form:
    """What the numbers of a walk mean."""
    if static.form == "coordinates":
        order = levels_of(static.parents).order
        return Coordinates(static.kinds, tuple(order.tolist()))
    return Quaternions() if static.form == "quaternions" else SixD()


class _Sweep:
    """A walk over N poses: what all three programs begin with."""

    def __init__(self, static: Walk, arrays: Sequence[Array]):
        x, root, offsets, alignment, frames = arrays
        self.static, self.levels = static, levels_of(static.parents)
        self.form = _form(static)
        self.x, self.root = self.rows(x), root.T
        local = self.form.matrices(self.x)
        if len(alignment[0]):
            local = _align(local, self.by_level(alignment))
        self.places, self.turns = outward(
            self.levels, local, self.by_level(offsets), static.rotations
        )
        self.frames = None
        if len(frames[0]):
            self.frames = self.by_level(frames)

    def rows(self, x: Array) -> Array:
        """Numbers of the form [N, X] as the form takes them, batch last."""
        if self.static.form == "coordinates":
            return x.T
        count = len(self.static.parents)
        return self.by_level(x.reshape(len(x), count, x.shape[1] // count))

    def rows_back(self, x: Array) -> Array:
        """The transpose of `rows`."""
        if self.static.form == "coordinates":
            return x.T
        x = self.by_joint([x])
        return x.reshape(len(x), x.shape[1] * x.shape[2])

    def by_level(self, x: Array) -> Array:
        """[N, J, ...] to [..., J, N] with joints in the order of levels."""
        return jnp.moveaxis(x, (0, 1), (-1, -2))[..., self.levels.order, :]

    def by_joint(self, parts: Sequence[Array]) -> Array:
        """Levels [..., K, N] to [N, J, ...] with joints in the skeleton's order."""
        x = jnp.concatenate(parts, axis=-2) if len(parts) > 1 else parts[0]
        return jnp.moveaxis(x[..., self.levels.back, :], (-1, -2), (0, 1))

    def columns(self, level: int) -> Array:
        """World rotations [3, 3, K, N] of the joints of a level."""
        turn = self.turns[level]
        if self.frames is None:
            return turn
        at = self.levels.levels[level]
        frames = self.frames[:, :, at.start : at.stop]
        # The turn ends in the axes of the coordinates; the transpose leads back.
        x, y, z = (turn[:, k, None] * frames[:, k][None] for k in range(3))
        return x + y + z


def _align(local: Array, quaternions: Array) -> Array:
    """Put the constant rotations [4, J, 1] before those of the joints."""
    return product(Quaternions.matrices(quaternions), local)


def _places(sweep: _Sweep) -> Array:
    places = jnp.concatenate(sweep.places, axis=1)
    return sweep.by_joint([places + sweep.root[:, None]])


def _apply(static: Walk, *arrays: Array) -> list[Array]:
    sweep = _Sweep(static, arrays)
    out = [_places(sweep)]
    if static.rotations:
        columns = [sweep.columns(i) for i in range(len(sweep.turns))]
        out.append(sweep.by_joint(columns))
    return out


def _push(static: Walk, *arrays: Array, active: tuple[int, ...]) -> list[Array]:
    arrays, given = arrays[: len(RANKS)], arrays[len(RANKS) :]
    tangents = dict(zip(active, given, strict=True))
    sweep = _Sweep(static, arrays)
    if 0 in tangents:
        spins = sweep.form.spins(sweep.x, sweep.rows(tangents[0]))
    else:
        batch = sweep.places[-1].shape[-1]
        spins = jnp.zeros((3, len(static.parents), batch), arrays[0].dtype)
    stretch = None
    if 2 in tangents:
        stretch = sweep.by_level(tangents[2]).at[:, 0].set(0.0)
    speeds, angular = velocities(
        sweep.levels, sweep.places, sweep.turns, spins, stretch
    )
    if 1 in tangents:
        speeds = [v + tangents[1].T[:, None] for v in speeds]
    batch = max(v.shape[-1] for v in speeds)
    speeds = [jnp.broadcast_to(v, (*v.shape[:-1], batch)) for v in speeds]
    out = [sweep.by_joint(speeds)]
    if static.rotations:
        rates = []
        for i, spin in enumerate(angular):
            columns = sweep.columns(i)
            rates.append(
                jnp.stack([cross(spin, columns[:, k]) for k in range(3)], axis=1)
            )
        out.append(sweep.by_joint(rates))
    return out


def _pull(static: Walk, *arrays: Array, wanted: tuple[int, ...]) -> list[Array]:
    arrays, cotangents = arrays[: len(RANKS)], arrays[len(RANKS) :]
    sweep = _Sweep(static, arrays)
    pull = sweep.by_level(cotangents[0])
    forces = [pull[:, at.start : at.stop] for at in sweep.levels.levels]
    moments = None
    if static.rotations:
        turn = sweep.by_level(cotangents[1])
        moments = []
        for i, at in enumerate(sweep.levels.levels):
            columns, part = sweep.columns(i), turn[:, :, at.start : at.stop]
            moments.append(
                cross(columns[:, 0], part[:, 0])
                + cross(columns[:, 1], part[:, 1])
                + cross(columns[:, 2], part[:, 2])
            )
    forces, moments = inward(sweep.levels, sweep.places, forces, moments)
    found = {}
    if 0 in wanted:
        torques = [
            _torque(*level) for level in zip(sweep.turns, moments, forces, strict=True)
        ]
        gradient = sweep.form.gradient(sweep.x, jnp.concatenate(torques, axis=1))
        found[0] = sweep.rows_back(gradient)
    if 1 in wanted:
        found[1] = forces[0][:, 0].T
    if 2 in wanted:
        stretch = [jnp.zeros_like(forces[0])]
        for i, level in enumerate(sweep.levels.levels[1:], start=1):
            above = take(sweep.turns[i - 1], level.parents)
            stretch.append(rotate_back(above, forces[i]))
        found[2] = sweep.by_joint(stretch)
    return [_as_many(found[i], len(arrays[i])) for i in wanted]


def _as_many(x: Array, count: int) -> Array:
    """Gradients of poses [N, ...], summed where one array is shared by all."""
    return x if len(x) == count else jnp.sum(x, axis=0, keepdims=True)


def _torque(turns: Array, moments: Array, forces: Array) -> Array:
    """Moments [3, M, N] in the axes of their joints; 0 for leaves, [3, K, N]."""
    count = moments.shape[1]
    torque = rotate_back(turns[:, :, :count], moments)
    rest = forces.shape[1] - count
    zero = jnp.zeros((3, rest, forces.shape[2]), forces.dtype)
    return jnp.concatenate([torque, zero], axis=1) if rest else torque


def _rules(block: int | None) -> Rules:
    """The programs, over blocks of that many poses or all at once."""

    def apply(static, arrays):
        arrays, batch = _flat(arrays)
        outs = _in_blocks(functools.partial(_apply, static), arrays, block)
        return [x.reshape(*batch, *x.shape[1:]) for x in outs]

    def push(static, arrays, tangents):
        active = tuple(i for i, t in enumerate(tangents) if t is not None)
        assert set(active) <= {0, 1, 2}, "alignment and frames are held constant"
        arrays, batch = _flat([*arrays, *(tangents[i] for i in active)], active)
        program = functools.partial(_push, static, active=active)
        outs = _in_blocks(program, arrays, block)
        return [x.reshape(*batch, *x.shape[1:]) for x in outs]

    def pull(static, arrays, cotangents, wanted):
        shapes = [x.shape for x in arrays]
        outputs = _shapes(static, ())
        # One pose may be pulled by many cotangents, as for a Jacobian.
        leads = [
            c.shape[: c.ndim - len(s)] for c, s in zip(cotangents, outputs, strict=True)
        ]
        flat, batch = _flat(arrays, leads=leads)
        for c, s in zip(cotangents, outputs, strict=True):
            flat.append(jnp.broadcast_to(c, (*batch, *s)).reshape(math.prod(batch), *s))
        program = functools.partial(_pull, static, wanted=wanted)
        outs = _in_blocks(program, flat, block)
        return [
            _to_shape(x, batch, shapes[i]) for i, x in zip(wanted, outs, strict=True)
        ]

    return Rules(apply, push, pull, _shapes)


def _flat(arrays: Sequence[Array], active: Sequence[int] = (), leads=()):
    """Merge the batch axes: arrays [N, ...] or, where shared by all poses, [1, ...].

    Arrays beyond those of `RANKS` are tangents of those at the indices ``active``;
    ``leads`` are more batch axes to reckon with.
    """
    ranks = [*RANKS, *(RANKS[i] for i in active)]
    own_leads = [x.shape[: x.ndim - r] for x, r in zip(arrays, ranks, strict=True)]
    batch = jnp.broadcast_shapes(*own_leads, *leads)
    flat = []
    for i, (x, lead) in enumerate(zip(arrays, own_leads, strict=True)):
        core = x.shape[len(lead) :]
        own = [*range(len(RANKS)), *active][i]
        if own >= 2 and math.prod(lead) == 1:
            flat.append(x.reshape(1, *core))
        else:
            x = jnp.broadcast_to(x, (*batch, *core))
            flat.append(x.reshape(math.prod(batch), *core))
    return flat, batch


def _to_shape(x: Array, batch: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """Gradients of all poses [N, ...] summed to the shape of what they belong to."""
    core = x.shape[1:]
    if len(x) == math.prod(batch):
        lead = shape[: len(shape) - len(core)]
        axes = [i for i, size in enumerate(lead) if size == 1]
        x = jnp.sum(x.reshape(*batch, *core), axis=tuple(axes), keepdims=True)
    return x.reshape(shape)


def _in_blocks(program, arrays: Sequence[Array], block: int | None) -> list[Array]:
    """Run over blocks of poses; the last ones are filled up with the first poses.

    What a program returns once for all poses is summed over the blocks, so arrays
    beyond those of `RANKS`, which such sums are linear in, are filled with zeros.
    """
    count = len(arrays[0])
    if block is None or count <= block:
        return program(*arrays)
    blocks, size = -(-count // block), block
    missing = blocks * size - count

    def cut(i, x):
        if missing:
            more = x[:missing] if i < len(RANKS) else jnp.zeros_like(x[:missing])
            x = jnp.concatenate([x, more])
        return x.reshape(blocks, size, *x.shape[1:])

    own = [len(x) == count for x in arrays]
    parts = [cut(i, x) for i, x in enumerate(arrays) if own[i]]

    def one(parts):
        left = iter(parts)
        return program(
            *(next(left) if o else x for o, x in zip(own, arrays, strict=True))
        )

    outs = jax.lax.map(one, parts)
    return [
        x.reshape(blocks * size, *x.shape[2:])[:count]
        if x.shape[1] == size
        else jnp.sum(x, axis=0)
        for x in outs
    ]


# Batch axes of (x [X], root position [3], offsets [J, 3], alignment [J, 4],
# frames [J, 3, 3]); the last two are empty ([0, 4], [0, 3, 3]) where every frame is
# that of the skeleton's rest.
walk = Operation("walk", RANKS, _rules(None), cpu=_rules(BLOCK))
