"""Millions of points at a time: the solver over blocks that fit the cache."""

import concurrent.futures
import itertools
import os
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.camera import Camera
from lmmjax.capture.triangulate import solver
from lmmjax.capture.triangulate.rays import Scene, make_scene, straighten

# Points solved at a time. 1,024 to 8,192 are alike; one big block leaves the cache
# and takes 2.5 times as long.
_BLOCK, _SMALL_BLOCK = 4096, 256
# With more cameras than this, so many well-spread pairs propose first, and all pairs
# only for points on which fewer than this share of the observations agree.
_ALL_PAIRS = 8
_FIRST_PAIRS = 16
_ENOUGH_AGREE = 0.7


class Located(NamedTuple):
    """Points of any shape, and each observation of them.

    Attributes:
      positions: [..., 3] metres.
      covariances: [..., 3, 3] square metres.
      error_px: [V, ...] pixels from each observation; NaN where there is none.
      typical: [V, ...] see `solver.Solution`.
      agrees: [V, ...] which observations made the point; fewer than two for a point
        that is not known.
    """

    positions: np.ndarray
    covariances: np.ndarray
    error_px: np.ndarray
    typical: np.ndarray
    agrees: np.ndarray


class _Found(NamedTuple):
    """`solver.Solution` in NumPy."""

    x: np.ndarray
    covariance: np.ndarray
    residual: np.ndarray
    typical: np.ndarray
    agrees: np.ndarray
    cost: np.ndarray


def locate(
    cameras: Sequence[Camera], pixels: np.ndarray, weight: np.ndarray, sigma: np.ndarray
) -> Located:
    """Solve for points of any leading shape.

    Args:
      cameras: V cameras without leading axes.
      pixels: [V, ..., 2], NaN where missing.
      weight: [V, ...] 0 where missing, else up to 1.
      sigma: [V, ...] standard deviation in pixels along an axis; axes may be 1 long.
    """
    scene, order = make_scene(cameras)
    back = np.argsort(order)
    shape = pixels.shape[1:-1]
    count, v = int(np.prod(shape)), len(cameras)
    flat = np.asarray(pixels, np.float32)[order].reshape(v, count, 2)
    share = np.asarray(weight, np.float32)[order].reshape(v, count)
    noise = np.broadcast_to(sigma, pixels.shape[:-1])[order].reshape(v, count)
    every = np.array(list(itertools.combinations(range(v), 2)), np.int32)
    few = every if v <= _ALL_PAIRS else _spread_pairs(scene, every, _FIRST_PAIRS)
    out = _in_blocks(scene, flat, share, noise, few)
    if len(few) < len(every):
        seen = (share > 0).sum(0)
        enough = out.agrees.sum(0) >= _ENOUGH_AGREE * seen
        poor = np.flatnonzero((seen > 2) & ~enough)
        again = _in_blocks(scene, flat[:, poor], share[:, poor], noise[:, poor], every)
        better = again.cost < out.cost[poor]
        for whole, part in zip(out, again, strict=True):
            whole[..., poor[better]] = part[..., better]
    return Located(
        np.moveaxis(out.x + scene.origin[:, None], 0, -1).reshape(*shape, 3),
        np.moveaxis(out.covariance, -1, 0).reshape(*shape, 3, 3),
        *(
            part[back].reshape(v, *shape)
            for part in (out.residual, out.typical, out.agrees)
        ),
    )


def _in_blocks(scene: Scene, pixels, weight, noise, pairs) -> "_Found":
    """All points, block by block, as many blocks at once as there are cores."""
    v, count = weight.shape
    shapes = ((3,), (3, 3), (v,), (v,), (v,), ())
    kinds = (np.float32,) * 4 + (bool, np.float32)
    out = [np.empty((*s, count), d) for s, d in zip(shapes, kinds, strict=True)]
    size = _BLOCK if count > _SMALL_BLOCK else _SMALL_BLOCK

    def one(start: int) -> None:
        part = slice(start, min(start + size, count))
        rest = start + size - part.stop

        def padded(x, value):
            edges = [(0, 0), (0, rest)] + [(0, 0)] * (x.ndim - 2)
            return (
                np.pad(x[:, part], edges, constant_values=value) if rest else x[:, part]
            )

        given = padded(pixels, 0), padded(weight, 0), padded(noise, 1)
        found = _solve(scene, *given, pairs)
        for whole, piece in zip(out, found, strict=True):
            whole[..., part] = np.asarray(piece)[..., : size - rest]

    starts = range(0, count, size)
    if starts:
        one(starts[0])  # compiles, so that the others need not
    with concurrent.futures.ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        list(pool.map(one, starts[1:]))
    return _Found(*out)


@jax.jit
def _solve(scene: Scene, pixels, weight, noise, pairs) -> solver.Solution:
    """One block: [V, M, 2] and [V, M]."""
    weight = jnp.where(jnp.isfinite(pixels).all(-1), weight, 0)
    rays = straighten(scene, jnp.where(weight[..., None] > 0, pixels, 0))
    rays = rays._replace(slope=rays.slope / noise)
    found = solver.solve(scene.poses, rays, weight, pairs)
    error = jnp.where(weight > 0, found.residual * noise, jnp.nan)
    return found._replace(residual=error)


def _spread_pairs(scene: Scene, pairs: np.ndarray, count: int) -> np.ndarray:
    """Pairs that cross at good angles, each camera in about as many."""
    axes = scene.poses[:, 2, :3]
    angle = np.abs(np.einsum("pi,pi->p", axes[pairs[:, 0]], axes[pairs[:, 1]]))
    used = np.zeros(len(axes), int)
    chosen: list[int] = []
    for _ in range(count):
        price = angle + used[pairs].sum(1)
        price[chosen] = np.inf
        best = int(np.argmin(price))
        chosen.append(best)
        used[pairs[best]] += 1
    return pairs[sorted(chosen)]
