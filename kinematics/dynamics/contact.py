"""When which point of the feet is on the ground, from positions alone."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics.skeleton import Array

# A point within both inner bounds is on the ground, and stays so, before and after,
# within both outer ones. Speeds: below 0.5 m/s heel and toe are in contact by
# Ghoussayni et al. (2004), as Bonci et al. (2022) give it in their table 1; a planted
# foot that is faster than 0.2 m/s counts as sliding in measures of foot skate, which
# look at feet below 5 cm. The inner height is a choice of this file.
INNER_HEIGHT = 0.025
OUTER_HEIGHT = 0.05
INNER_SPEED = 0.2
OUTER_SPEED = 0.5
# Choices of this file for finding the ground: the share of the frames in which a point
# is lower than when it stands, to begin with; how often the fit is repeated without
# what is off the ground; and how far, in metres, a point must travel for its heights
# to say more about the slope than the guess that there is none.
_LOW_SHARE = 0.05
_ROUNDS = 3
_TRAVEL = 0.1


class Ground(NamedTuple):
    """A plane, as the points of the feet see it.

    Attributes:
      heights: [..., P] metres, where each point is when on the ground at x = y = 0.
        Joints are inside of the foot, each at its own height above the sole.
      slope: [..., 2] rise over run along x and y: captures often have a floor that is
        not quite level.
    """

    heights: jax.Array
    slope: jax.Array

    def above(self, points: Array) -> jax.Array:
        """Height [..., T, P] of points [..., T, P, 3] above the ground."""
        points = jnp.asarray(points)
        rise = jnp.sum(self.slope[..., None, None, :] * points[..., :2], axis=-1)
        return points[..., 2] - self.heights[..., None, :] - rise

    def floor(self, place: Array) -> jax.Array:
        """Height [..., T] of the ground under places [..., T, 2 or 3].

        It is taken to be where the lowest point of the feet rests.
        """
        place = jnp.asarray(place)[..., :2]
        rise = jnp.sum(self.slope[..., None, :] * place, axis=-1)
        return jnp.min(self.heights, axis=-1)[..., None] + rise


def find_ground(points: Array, fps: float) -> Ground:
    """The plane on which the points rest while they are slow.

    Least squares over the slow frames, each point with a height of its own, repeated
    without frames off the plane. Stairs and jumps onto boxes have no such plane.

    Args:
      points: [..., T, P, 3] metres, such as ankles and toes.
      fps: frames per second.
    """
    points = jnp.asarray(points)
    finite = jnp.isfinite(points).all(axis=-1)
    slow = finite & (_speed(points, fps) < INNER_SPEED)
    low = jnp.nanquantile(points[..., 2], _LOW_SHARE, axis=-2)
    ground = Ground(low, jnp.zeros((*low.shape[:-1], 2), points.dtype))
    safe = jnp.where(finite[..., None], points, 0.0)
    for turn in range(_ROUNDS):
        bound = OUTER_HEIGHT if turn else 2 * OUTER_HEIGHT
        near = slow & (jnp.abs(ground.above(points)) < bound)
        ground = _fit(safe, near.astype(points.dtype), low)
    return ground


def _fit(points: jax.Array, weight: jax.Array, fallback: jax.Array) -> Ground:
    """Least squares of the plane, by weights [..., T, P]."""
    total = jnp.sum(weight, axis=-2)
    share = weight / jnp.maximum(total, 1.0)[..., None, :]
    mean = jnp.sum(share[..., None] * points, axis=-3)
    off = jnp.sqrt(weight)[..., None] * (points - mean[..., None, :, :])
    x, y, z = (off[..., k] for k in range(3))

    def inner(a, b):
        return jnp.sum(a * b, axis=(-2, -1))

    ridge = _TRAVEL**2 * jnp.maximum(jnp.sum(total, axis=-1), 1.0)
    xx, yy, xy = inner(x, x) + ridge, inner(y, y) + ridge, inner(x, y)
    xz, yz = inner(x, z), inner(y, z)
    slope = jnp.stack([yy * xz - xy * yz, xx * yz - xy * xz], axis=-1)
    slope = slope / (xx * yy - xy * xy)[..., None]
    heights = mean[..., 2] - jnp.sum(slope[..., None, :] * mean[..., :2], axis=-1)
    return Ground(jnp.where(total > 0, heights, fallback), slope)


def contacts(points: Array, fps: float, ground: Ground | None = None) -> jax.Array:
    """Whether each point is on the ground, [..., T, P].

    Hysteresis both ways in time: a stretch of frames within the outer bounds of
    height and speed is contact if some frame of it is within the inner ones.

    Args:
      points: [..., T, P, 3] metres, such as ankles and toes; missing (NaN) ones touch
        nothing.
      fps: frames per second.
      ground: where the ground is, by default found from the clip by `find_ground`.
    """
    points = jnp.asarray(points)
    ground = find_ground(points, fps) if ground is None else ground
    height, speed = ground.above(points), _speed(points, fps)
    inner = (height < INNER_HEIGHT) & (speed < INNER_SPEED)
    outer = (height < OUTER_HEIGHT) & (speed < OUTER_SPEED)
    return _spread(inner, outer, False) | _spread(inner, outer, True)


def _speed(points: jax.Array, fps: float) -> jax.Array:
    """Speed [..., T, P], the mean of those to the frame and from it."""
    if points.shape[-3] < 2:
        raise ValueError("a speed needs two frames or more")
    step = fps * jnp.linalg.norm(jnp.diff(points, axis=-3), axis=-1)
    before = jnp.concatenate([step[..., :1, :], step], axis=-2)
    after = jnp.concatenate([step, step[..., -1:, :]], axis=-2)
    return (before + after) / 2


def _spread(start: jax.Array, hold: jax.Array, reverse: bool) -> jax.Array:
    """Frames [..., T, P] that a start reaches while ``hold`` is true.

    A frame is the map s -> start or (hold and s) of its neighbour's answer; maps of
    this form compose, so the answers come in log T steps.
    """

    def compose(first, second):
        return second[0] | (second[1] & first[0]), second[1] & first[1]

    axis = start.ndim - 2
    return jax.lax.associative_scan(
        compose, (start & hold, hold), reverse=reverse, axis=axis
    )[0]
