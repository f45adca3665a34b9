"""Floors that are not level: slopes, stairs, fields of heights.

The model has seen level floors alone. So it goes on moving over a level one, at height
0: that is where its poses, its memory and its wishes are. `raised` turns a wish of the
world into one of these level coordinates, and `lmmjax.generation.footing` puts what
was made onto the floor.
"""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses
from lmmjax.generation.guidance.posterior import Ahead, Wish
from lmmjax.generation.guidance.schedule import Array

# Metres over which the ground under a body counts: about the length of a step.
AROUND = 0.25
# Metres between samples of the floors that are built here.
_STEP = 0.01
# Samples of a floor, at most.
_MOST = 4_000_000
# Metres by which a floor that is drawn bends from sample to sample, and its lines.
_BEND, _LINES = 1e-5, 200


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["heights", "corner", "step"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Floor:
    """Heights on an even grid, bilinear between; edges go on outside of it.

    Attributes:
      heights: [X, Y] metres, X and Y at least 2.
      corner: [2] x and y of the first, metres.
      step: metres between neighbours, along x and along y.
    """

    heights: Array
    corner: Array | Sequence[float]
    step: Array | float

    def height(self, places: Array) -> jax.Array:
        """Heights [...] of the floor at places [..., 2 or 3], metres."""
        heights = jnp.asarray(self.heights)
        last = np.array(heights.shape) - 1
        at = (jnp.asarray(places)[..., :2] - jnp.asarray(self.corner)) / self.step
        at = jnp.clip(at, 0, last)
        cell = jnp.minimum(jnp.floor(at).astype(int), last - 1)
        share = at - cell
        x, y = cell[..., 0], cell[..., 1]
        across = share[..., 1]
        low, high = (
            heights[x + n, y] * (1 - across) + heights[x + n, y + 1] * across
            for n in (0, 1)
        )
        return low * (1 - share[..., 0]) + high * share[..., 0]

    def smoothed(self, metres: float = AROUND) -> "Floor":
        """The floor averaged with a Gaussian of this deviation: without edges."""
        heights = np.asarray(self.heights, float)
        step = float(self.step)
        reach = int(np.ceil(3 * metres / step))
        weight = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / metres) ** 2)
        weight /= weight.sum()
        heights = np.pad(heights, 2 * reach, mode="edge")
        for axis in (0, 1):
            heights = np.apply_along_axis(np.convolve, axis, heights, weight, "valid")
        corner = np.asarray(self.corner, float) - reach * step
        return Floor(heights.astype(np.float32), corner.astype(np.float32), step)

    def patch(
        self, low: Sequence[float], high: Sequence[float]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """A part of the floor as a mesh: x [P] and y [Q], and heights [P, Q], metres.

        Its lines are where the floor bends, a few hundred along each axis at most.

        Args:
          low: least x and y, metres.
          high: largest.
        """
        lines = []
        for axis in (0, 1):
            heights = np.moveaxis(np.asarray(self.heights, float), axis, 0)
            at = float(np.asarray(self.corner)[axis]) + self.step * np.arange(
                len(heights)
            )
            # Beyond its edges a floor goes on as level as it ends.
            steps = np.pad(np.diff(heights, axis=0), ((1, 1), (0, 0)))
            bends = np.abs(np.diff(steps, axis=0)).max(axis=1) > _BEND
            inner = at[bends & (at > low[axis]) & (at < high[axis])]
            inner = inner[:: -(-len(inner) // _LINES) or 1]
            lines.append(np.array([low[axis], *inner, high[axis]]))
        x, y = lines
        there = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1)
        return x, y, np.asarray(self.height(there))


def field(heights: Array, corner: Sequence[float] | Array, step: float) -> Floor:
    """A floor of any heights; see `Floor`.

    Raises:
      ValueError: it is not as there, or there are more than four million heights.
    """
    heights = np.asarray(heights, np.float32)
    corner = np.asarray(corner, np.float32)
    if heights.ndim != 2 or min(heights.shape) < 2 or heights.size > _MOST:
        raise ValueError(
            f"heights of a floor are [X, Y] with X and Y from 2 and at most {_MOST} in "
            f"all; got {list(heights.shape)}"
        )
    if corner.shape != (2,) or not (step > 0 and np.isfinite(step)):
        raise ValueError(
            f"a floor needs a corner [2] and a step above 0 m; got {corner.shape} and "
            f"{step:g}"
        )
    if not (np.isfinite(heights).all() and np.isfinite(corner).all()):
        raise ValueError("heights and corner of a floor must be finite")
    return Floor(heights, corner, float(step))


def slope(degrees: float, begin: float = 0.0, length: float = 20.0) -> Floor:
    """Ground that rises along x from x = begin on, for so many metres of x.

    Raises:
      ValueError: it is 60 degrees or steeper, or has no length.
    """
    if not abs(degrees) < 60:
        raise ValueError(f"a slope is less than 60 degrees; got {degrees:g}")
    if not 0 < length <= 200 or not np.isfinite(begin):
        raise ValueError(f"a slope is 0 to 200 m long; got {length:g}")
    step = 5 * _STEP
    count = max(1, round(length / step))
    heights = np.tan(np.radians(degrees)) * step * np.arange(count + 1)
    return field(np.tile(heights[:, None], (1, 2)), (begin, 0.0), step)


def stairs(rise: float, run: float, begin: float = 1.0, count: int = 10) -> Floor:
    """Steps across x, level before the first and after the last.

    Args:
      rise: metres that each goes up, or down where it is below 0.
      run: metres of x from one to the next.
      begin: x of the first riser, metres.
      count: how many risers.

    Raises:
      ValueError: there is no step, or none that a foot could stand on.
    """
    if not (0.1 <= run <= 10 and abs(rise) <= 1 and np.isfinite(begin)):
        raise ValueError(
            f"a step rises at most 1 m and runs 0.1 to 10 m; got {rise:g} and {run:g}"
        )
    if not 1 <= count <= 1000 or count * run > 200:
        raise ValueError(f"stairs have 1 to 1000 steps in 200 m; got {count}")
    # A riser is as wide as the grid is fine.
    at = _STEP * np.arange(round(count * run / _STEP) + 1)
    heights = rise * np.clip(np.floor(at / run + 1e-6) + 1, 0, count)
    heights = np.concatenate([[0.0], heights])
    return field(np.tile(heights[:, None], (1, 2)), (begin - _STEP, 0.0), _STEP)


@functools.partial(
    jax.tree_util.register_dataclass, data_fields=["wish", "under"], meta_fields=[]
)
@dataclasses.dataclass(frozen=True)
class Raised:
    """A wish of the world, of a body that moves in level coordinates.

    Attributes:
      wish: of poses as they are on the floor.
      under: how much higher a body is there; see `Floor.smoothed`.
    """

    wish: Wish
    under: Floor

    @property
    def poses(self) -> int | None:
        """See `Wish`."""
        return self.wish.poses

    def residuals(self, ahead: Ahead) -> jax.Array:
        """See `Wish`."""
        newest = ahead.newest and carried(self.under, ahead.newest)
        places, drawn, before = (
            x.at[..., 2].add(self.under.height(x[..., :1, :]))
            for x in (ahead.places, ahead.drawn, ahead.before)
        )
        return self.wish.residuals(
            ahead._replace(
                poses=carried(self.under, ahead.poses),
                places=places,
                drawn=drawn,
                before=before,
                newest=newest,
            )
        )


def carried(under: Floor, poses: Poses) -> Poses:
    """Poses [...] in level coordinates, raised by what is under their roots."""
    root = jnp.asarray(poses.root_position)
    return poses._replace(root_position=root.at[..., 2].add(under.height(root)))


def raised(floor: Floor, *wishes: Wish) -> list[Wish]:
    """Wishes of the world over a floor, for a stream in level coordinates."""
    under = floor.smoothed()
    return [Raised(wish, under) for wish in wishes]
