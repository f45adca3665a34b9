"""Points in space over time: markers, or joints that cameras have seen."""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import motion as motions
from kinematics.motion import Motion
from kinematics.skeleton import Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["positions", "covariances"],
    meta_fields=["names", "fps", "name"],
)
@dataclasses.dataclass(frozen=True)
class Points3D:
    """J named points over T frames, as one frozen pytree.

    Attributes:
      names: J unique names.
      positions: [..., T, J, 3] metres, world with z up; NaN where a point is missing.
      covariances: [..., T, J, 3, 3] square metres, or None where none are known.
      fps: frames per second.
      name: what the recording is called, or "".
    """

    names: tuple[str, ...]
    positions: Array
    covariances: Array | None
    fps: float
    name: str = ""

    def __len__(self) -> int:
        return self.positions.shape[-3]

    @property
    def missing(self) -> jax.Array:
        """[..., T, J] whether a point is not known in a frame."""
        return ~jnp.all(jnp.isfinite(self.positions), axis=-1)

    def __getitem__(self, frames: slice) -> "Points3D":
        """The points over a slice of the frames."""
        spread = self.covariances
        return self.replace(
            positions=self.positions[..., frames, :, :],
            covariances=None if spread is None else spread[..., frames, :, :, :],
        )

    def select(self, names: Sequence[str]) -> "Points3D":
        """Some of the points, by name and in that order; KeyError lists the names."""
        for name in names:
            if name not in self.names:
                raise KeyError(f"no point {name!r}; there are {list(self.names)}")
        at = np.array([self.names.index(name) for name in names], int)
        spread = self.covariances
        return self.replace(
            names=tuple(names),
            positions=self.positions[..., at, :],
            covariances=None if spread is None else spread[..., at, :, :],
        )

    def replace(self, **changes) -> "Points3D":
        """The same points with some fields changed."""
        return dataclasses.replace(self, **changes)


def make_points(
    names: Sequence[str],
    positions: Array,
    fps: float,
    covariances: Array | None = None,
    name: str = "",
) -> Points3D:
    """Build and check points.

    Args:
      names: J unique names.
      positions: [..., T, J, 3] metres; a point with any value that is not finite is
        missing and becomes NaN as a whole.
      fps: frames per second, above 0.
      covariances: [..., T, J, 3, 3] square metres, or None.
      name: what the recording is called.

    Raises:
      ValueError: says what is wrong.
    """
    names = tuple(names)
    positions = np.array(positions, np.float32)
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ValueError(f"point {twice[0]!r} appears twice; rename one of them")
    if positions.ndim < 3 or positions.shape[-2:] != (len(names), 3):
        raise ValueError(
            f"positions of {len(names)} points must be [..., T, {len(names)}, 3], not "
            f"{positions.shape}"
        )
    if not 0 < fps < np.inf:
        raise ValueError(f"fps must be above 0, not {fps}")
    positions[~np.isfinite(positions).all(axis=-1)] = np.nan
    if covariances is not None:
        covariances = np.asarray(covariances, np.float32)
        if covariances.shape != (*positions.shape, 3):
            raise ValueError(
                f"covariances must be {(*positions.shape, 3)}, not {covariances.shape}"
            )
    return Points3D(names, positions, covariances, float(fps), name)


def of_joints(motion: Motion) -> Points3D:
    """The places of all joints of one clip."""
    places = motions.positions(motion)
    return make_points(motion.skeleton.names, places, motion.fps, name=motion.name)


def resample(points: Points3D, fps: float) -> Points3D:
    """The points of one recording [T, J, 3] at another rate.

    Times are those of `motion.resample`. Where the new rate divides the old one,
    frames are taken as they are; else places are on the line between two neighbours
    that are both known, and covariances are those of such a mixture.
    """
    ratio = points.fps / fps
    step = round(ratio)
    if step >= 1 and abs(ratio - step) < 1e-3 * ratio:
        return points[::step].replace(fps=float(fps))
    left, right, share = motions.between_frames(len(points), ratio)

    def mix(x: Array, power: int) -> np.ndarray:
        x = np.asarray(x)
        part = share.reshape(-1, *(1,) * (x.ndim - 1))
        # On a frame its neighbour does not count, even where it is missing.
        ahead = np.where(part > 0, x[right] * part**power, 0)
        return x[left] * (1 - part) ** power + ahead

    spread = points.covariances
    return points.replace(
        positions=mix(points.positions, 1),
        covariances=None if spread is None else mix(spread, 2),
        fps=float(fps),
    )
