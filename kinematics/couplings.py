"""Limits that depend on the pose: how far one coordinate goes, given another.

A muscle that crosses two joints ties their ranges together: with the hip bent the
hamstrings keep the knee from being straight. A coupling gives the range of one
coordinate as two curves over the value of another, its controller. Both curves are
uniform cubic B-splines of the same knots, so each is a mixture, with weights that
are never negative and sum to 1, of its control values: curves whose control values
are in order never cross, and never leave the range of their control values.
"""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray

# Radians that the two curves must be apart: far more than their rounding.
NARROWEST = 1e-3


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["start", "stop", "lower", "upper"],
    meta_fields=["coordinates", "controllers"],
)
@dataclasses.dataclass(frozen=True)
class Couplings:
    """P pose-dependent ranges with K control values each, as one frozen pytree.

    Attributes:
      coordinates: P coordinates whose range depends on the pose, each once.
      controllers: for each the coordinate that its range depends on. A controller
        may be coupled itself, as long as no circle closes.
      start: [P] radians, value of the controller at the first control value.
      stop: [P] radians, at the last one; beyond both the curves run on level.
      lower: [P, K] radians, control values of the lowest allowed value.
      upper: [P, K] radians, of the highest.
    """

    coordinates: tuple[int, ...]
    controllers: tuple[int, ...]
    start: Array
    stop: Array
    lower: Array
    upper: Array

    def replace(self, **changes) -> "Couplings":
        """The same couplings with some fields changed."""
        return dataclasses.replace(self, **changes)

    def float32(self) -> "Couplings":
        """The same couplings with float32 arrays on the host."""
        fields = ("start", "stop", "lower", "upper")
        return self.replace(
            **{name: np.asarray(getattr(self, name), np.float32) for name in fields}
        )

    def rows(self, rows: Sequence[int]) -> "Couplings":
        """Some of the couplings."""
        index = np.array(rows, int)
        return Couplings(
            tuple(self.coordinates[r] for r in rows),
            tuple(self.controllers[r] for r in rows),
            *(x[index] for x in (self.start, self.stop, self.lower, self.upper)),
        )

    def levels(self) -> list["Couplings"]:
        """The couplings in groups; controllers are in no group or an earlier one."""
        where = {d: row for row, d in enumerate(self.coordinates)}

        def level(row: int) -> int:
            above = where.get(self.controllers[row])
            return 0 if above is None else level(above) + 1

        found = [level(row) for row in range(len(self.coordinates))]
        return [
            self.rows([row for row, other in enumerate(found) if other == depth])
            for depth in sorted(set(found))
        ]


def fault(
    couplings: Couplings, lower: np.ndarray, upper: np.ndarray, swings: np.ndarray
) -> str | None:
    """What is wrong with the couplings of a body, in a sentence, or None.

    Args:
      couplings: to be checked.
      lower: [D] the body's own limits.
      upper: [D].
      swings: coordinates of swings, which are limited by cones.
    """
    coordinates, controllers = couplings.coordinates, couplings.controllers
    count, tables = len(coordinates), (couplings.lower, couplings.upper)
    knots = np.shape(couplings.lower)[1:]
    if len(controllers) != count or np.shape(couplings.start) != (count,):
        return "couplings need one controller, start and stop for each coordinate"
    if np.shape(couplings.stop) != (count,) or len(knots) != 1 or knots[0] < 2:
        return "couplings need a stop, and two control values or more, per coordinate"
    if any(np.shape(table) != (count, *knots) for table in tables):
        return "couplings need as many lowest as highest control values"
    for d, c in zip(coordinates, controllers, strict=True):
        if not (0 <= d < len(lower) and 0 <= c < len(lower)):
            return f"coupling of {d} to {c}: there are {len(lower)} coordinates"
        if d in swings:
            return (
                f"coordinate {d} is a swing, limited by its cone: it cannot be coupled"
            )
        if coordinates.count(d) > 1:
            return f"coordinate {d} is coupled twice"
        seen = {d}
        while c in coordinates:
            if c in seen:
                return f"the coupling of coordinate {d} leads back to itself"
            seen.add(c)
            c = controllers[coordinates.index(c)]
        if c == d:
            return f"the coupling of coordinate {d} leads back to itself"
    low, high = np.asarray(tables[0]), np.asarray(tables[1])
    start, stop = np.asarray(couplings.start), np.asarray(couplings.stop)
    at = list(coordinates)
    if not (np.isfinite([*start, *stop]).all() and (start < stop).all()):
        return "couplings must start below where they stop"
    if not (low + NARROWEST <= high).all():
        return f"couplings must leave a range of {NARROWEST} rad or more"
    if (low < lower[at][:, None]).any() or (high > upper[at][:, None]).any():
        return "couplings must stay within the limits of their coordinates"
    return None


def weights(couplings: Couplings, controllers: Array) -> jax.Array:
    """Shares [..., P, K] of the control values at controllers [..., P]."""
    start, stop = jnp.asarray(couplings.start), jnp.asarray(couplings.stop)
    knots = couplings.lower.shape[-1]
    at = (controllers - start) * ((knots - 1) / (stop - start))
    # The ends count twice more on their outer side: beyond them curves are level.
    distance = jnp.abs(jnp.clip(at, -1, knots)[..., None] - np.arange(-2, knots + 2))
    near = (4 - 3 * distance**2 * (2 - distance)) / 6
    far = jnp.maximum(2 - distance, 0) ** 3 / 6
    share = jnp.where(distance < 1, near, far)
    first, last = share[..., :3].sum(axis=-1), share[..., -3:].sum(axis=-1)
    ends = jnp.stack([first, last], axis=-1)
    return jnp.concatenate([ends[..., :1], share[..., 3:-3], ends[..., 1:]], axis=-1)


def ranges(couplings: Couplings, controllers: Array) -> tuple[jax.Array, jax.Array]:
    """Lowest and highest values [..., P] at controllers [..., P], radians."""
    share = weights(couplings, controllers)
    return (
        jnp.sum(share * couplings.lower, axis=-1),
        jnp.sum(share * couplings.upper, axis=-1),
    )


def rounding(couplings: Couplings) -> jax.Array:
    """Radians [P] by which two compiled programs may differ on `ranges`.

    The place on the curve is rounded relative to the controller's own size, and the
    curve relative to its control values.
    """
    lower, upper = jnp.asarray(couplings.lower), jnp.asarray(couplings.upper)
    start, stop = jnp.asarray(couplings.start), jnp.asarray(couplings.stop)
    size = jnp.maximum(jnp.abs(lower), jnp.abs(upper)).max(axis=-1)
    steps = jnp.maximum(jnp.abs(jnp.diff(lower)), jnp.abs(jnp.diff(upper)))
    slope = steps.max(axis=-1) * (lower.shape[-1] - 1) / (stop - start)
    reach = jnp.maximum(jnp.abs(start), jnp.abs(stop))
    return 8 * jnp.finfo(lower.dtype).eps * (size + slope * reach)


def mirrored(couplings: Couplings, index: np.ndarray, signs: np.ndarray) -> Couplings:
    """Couplings of the mirrored body.

    Args:
      couplings: of the body.
      index: [D] and
      signs: [D] of the mirror, as `symmetry.coordinate_mirror` gives them.
    """
    pairs = zip(couplings.coordinates, couplings.controllers, strict=True)
    twins = [(int(index[d]), int(index[c])) for d, c in pairs]
    order = sorted(range(len(twins)), key=twins.__getitem__)
    same = couplings.rows(order)
    coordinates = tuple(twins[row][0] for row in order)
    controllers = tuple(twins[row][1] for row in order)
    turned = signs[list(controllers)] < 0
    start = jnp.where(turned, -same.stop, same.start)
    stop = jnp.where(turned, -same.start, same.stop)
    over = turned[:, None]
    lower = jnp.where(over, same.lower[:, ::-1], same.lower)
    upper = jnp.where(over, same.upper[:, ::-1], same.upper)
    down = signs[list(coordinates)][:, None] < 0
    return Couplings(
        coordinates,
        controllers,
        start,
        stop,
        jnp.where(down, -upper, lower),
        jnp.where(down, -lower, upper),
    )
