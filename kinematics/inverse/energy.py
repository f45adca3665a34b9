"""What observations say about keypoints: cost, force and weight at each of them.

Any observation becomes, near the present keypoints x, a quadratic with the gradient
``-force`` and the weight ``precision``, so that points in space and pixels of any
number of cameras share one solver. Robust losses weigh an observation by how far
away it is and leave out their own curvature, as in iteratively reweighted least
squares (Holland and Welsch, 1977).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics import camera as cameras
from kinematics.camera import Camera
from kinematics.inverse.articulated import contract

Array = jax.Array

LOSSES = ("square", "huber", "geman")
# Bounds in standard deviations: 95 % efficient at normal noise, for Huber's loss by
# Huber (1964); for that of Geman and McClure a choice of this file.
_HUBER = 1.345
_GEMAN = 6.0


class Local(NamedTuple):
    """Near keypoints: cost [N], force [K, 3, N], precision [K, 3, 3, N]."""

    cost: Array
    force: Array
    precision: Array


class Points(NamedTuple):
    """Points in space.

    Attributes:
      target: [K, 3, N] metres; any number where the precision is 0.
      precision: [K, 3, 3, N] inverse covariance, 1/m^2.
    """

    target: Array
    precision: Array


class Views(NamedTuple):
    """Pixels of V cameras, and weakly known points for what no camera shows.

    Attributes:
      camera: with one leading axis V.
      pixels: [V, K, 2, N]; any number where the weight is 0.
      weight: [V, K, N] 1/pixel^2.
      points: of little weight.
    """

    camera: Camera
    pixels: Array
    weight: Array
    points: Points


Observations = Points | Views


def robust(loss: str, square: Array) -> tuple[Array, Array]:
    """Cost and weight of squared distances [...] in standard deviations."""
    if loss == "square":
        return 0.5 * square, jnp.ones_like(square)
    if loss == "huber":
        near = square <= _HUBER**2
        length = jnp.sqrt(jnp.where(near, 1.0, square))
        far = _HUBER * (length - 0.5 * _HUBER)
        return jnp.where(near, 0.5 * square, far), jnp.where(near, 1, _HUBER / length)
    share = 1 / (1 + square / _GEMAN**2)
    return 0.5 * square * share, share * share


def local(observed: Observations, loss: str, x: Array) -> Local:
    """The quadratic at keypoints x [K, 3, N]."""
    if isinstance(observed, Points):
        return _points(observed, loss, x)
    weak = _points(observed.points, "square", x)
    seen = _views(observed, loss, x)
    return Local(*(a + b for a, b in zip(weak, seen, strict=True)))


def _points(observed: Points, loss: str, x: Array) -> Local:
    rest = observed.target - x
    force = contract(observed.precision, rest)
    square = force[:, 0] * rest[:, 0] + force[:, 1] * rest[:, 1]
    cost, weight = robust(loss, square + force[:, 2] * rest[:, 2])
    return Local(
        cost.sum(0), weight[:, None] * force, weight[:, None, None] * observed.precision
    )


def _views(observed: Views, loss: str, x: Array) -> Local:
    def one(_, view):
        camera, pixels, weight = view

        def image(x):
            seen = cameras.project(camera, jnp.moveaxis(x, 1, -1))
            return jnp.moveaxis(seen, -1, 1)

        seen, slopes = image(x), []
        for axis in range(3):
            seed = jnp.zeros_like(x).at[:, axis].set(1.0)
            slopes.append(jax.jvp(image, (x,), (seed,))[1])
        slope = jnp.stack(slopes, axis=1)
        rest = pixels - seen
        usable = weight > 0
        square = jnp.where(usable, weight * (rest * rest).sum(1), 0.0)
        cost, share = robust(loss, square)
        share = jnp.where(usable, share * weight, 0.0)
        force = share[:, None] * (slope * rest[:, None]).sum(2)
        pairs = (slope[:, :, None] * slope[:, None]).sum(3)
        return None, (cost.sum(0), force, share[:, None, None] * pairs)

    _, found = jax.lax.scan(
        one, None, (observed.camera, observed.pixels, observed.weight)
    )
    return Local(*(part.sum(0) for part in found))


def isotropic(weight: Array) -> Array:
    """Precisions [K, 3, 3, N] of weights [K, N]."""
    return weight[:, None, None] * jnp.eye(3, dtype=weight.dtype)[..., None]
