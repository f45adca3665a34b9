"""Pixels made straight: what each camera says of the direction to a point.

Everything after this works on the plane z = 1 of a camera without a lens. A small
displacement there is carried back to pixels by the slope of the lens at the observed
point, so that residuals are in pixels of the picture, where the noise was, for wide
lenses and fisheyes, too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import camera as cameras
from kinematics.camera import Camera

Array = jax.Array


class Scene(NamedTuple):
    """V cameras about a common origin.

    Attributes:
      lenses: cameras with one kind of lens each, with a leading axis.
      poses: [V, 3, 4] world, moved by ``origin``, to camera, in that order.
      origin: [3] metres; near the points, so that float32 keeps their digits.
    """

    lenses: tuple[Camera, ...]
    poses: np.ndarray
    origin: np.ndarray


class Rays(NamedTuple):
    """N points seen: [2, V, N] on the plane, [2, 2, V, N] pixels per unit of it."""

    point: Array
    slope: Array


def make_scene(views: Sequence[Camera]) -> tuple[Scene, np.ndarray]:
    """Prepare cameras without leading axes, in float64 so far.

    Returns:
      The scene, and [V] which of the views each of its cameras is.
    """
    groups = [
        [v for v, c in enumerate(views) if c.fisheye == kind] for kind in (False, True)
    ]
    lenses = tuple(cameras.stack([views[v] for v in g]) for g in groups if g)
    order = np.array([v for group in groups for v in group])
    origin = _middle(views)
    poses = [
        np.column_stack([c.rotation, c.translation + c.rotation @ origin])
        for c in (views[v] for v in order)
    ]
    single = jax.tree.map(lambda x: np.asarray(x, np.float32), lenses)
    return Scene(single, np.asarray(poses, np.float32), origin), order


def _middle(views: Sequence[Camera]) -> np.ndarray:
    """The point [3] nearest to the axes of all cameras, or their centre."""
    centers = np.array([-c.rotation.T @ c.translation for c in views])
    across = [np.eye(3) - np.outer(c.rotation[2], c.rotation[2]) for c in views]
    total = np.sum(across, axis=0)
    if np.linalg.cond(total) > 1e4:
        return centers.mean(axis=0)
    return np.linalg.solve(total, np.einsum("vij,vj->i", across, centers))


def straighten(scene: Scene, pixels: Array) -> Rays:
    """Rays of pixels [V, N, 2]; every pixel must be finite."""
    points, slopes, start = [], [], 0
    for lens in scene.lenses:
        stop = start + len(lens.matrix)
        ideal = cameras.undistort(lens, pixels[start:stop])
        points.append(jnp.moveaxis(ideal, -1, 0))
        slopes.append(jnp.moveaxis(cameras.slope(lens, ideal), (-2, -1), (0, 1)))
        start = stop
    return Rays(jnp.concatenate(points, axis=1), jnp.concatenate(slopes, axis=2))
