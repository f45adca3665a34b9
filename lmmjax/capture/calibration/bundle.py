"""Bundle adjustment: a poor calibration corrected by the people in the pictures.

The poses of cameras, and if asked their lenses, are moved until the keypoints of one
person meet in space as well as they can (Triggs et al. 2000, "Bundle adjustment: a
modern synthesis"): Levenberg-Marquardt, the points eliminated by the Schur complement,
residuals weighted by the function of Geman and McClure (1985), whose scale follows
their median down. In float64; a shape is compiled once.

Pictures do not tell where the world is nor how large. While the first camera is held,
the rest finds its place; then all is turned, moved and scaled so that the cameras have
their mean orientation, mean place and spread of before. So the floor stays the floor
to the mean of the cameras' errors and not to that of the first.
"""

import dataclasses
import functools
from collections.abc import Iterable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from scipy.spatial.transform import Rotation

from kinematics import rotations
from kinematics.camera import Camera, project, stack
from lmmjax.capture.calibration import schur
from lmmjax.capture.calibration.observations import choose
from lmmjax.capture.cameras import Calibration
from lmmjax.capture.keypoints import Keypoints2D

# Steps at most, and the relative gain below which the next one is not worth it.
_STEPS, _GAIN = 60, 1e-5
# Standard deviation of a normal distribution by its median absolute deviation. Of a
# residual's length in two dimensions the median is 1.1774 deviations (Rayleigh).
_RAYLEIGH = 1.1774
# Residuals of so many deviations weigh a quarter: on synthetic views with 10 % of
# outliers poses were 4.5 mm off with 5, 6.5 mm with 3. The floor in pixels is a choice.
_TUNING, _LEAST_PX = 5.0, 0.3
# Choice: how far lenses may stray, as standard deviations: log focal length, k1, k2.
_LENS = np.array([0.03, 0.05, 0.1])


@dataclasses.dataclass(frozen=True)
class Adjusted:
    """A corrected calibration.

    Attributes:
      calibration: all cameras of the old one; those without view as they were.
      before_px: median distance between keypoints and the points they make, by
        camera, with the old calibration.
      after_px: the same with the new one.
      moved: degrees and metres by which each camera has moved.
      points: how many points were used.
    """

    calibration: Calibration
    before_px: dict[str, float]
    after_px: dict[str, float]
    moved: dict[str, tuple[float, float]]
    points: int


def adjust(
    views: Sequence[Keypoints2D],
    calibration: Calibration,
    *,
    fix_intrinsics: bool = True,
    robust: bool = True,
    most_points: int = 1000,
) -> Adjusted:
    """Correct a calibration by what the cameras saw of one person.

    Args:
      views: synchronised keypoints, frame t of all one instant; the person is that of
        slot 0 in all of them. Movement through the whole space helps most.
      calibration: the poses to start from, some degrees and decimetres off at most.
      fix_intrinsics: whether lenses stay as they are; else focal length, k1 and k2 of
        each are fitted too, close to what they were.
      robust: whether to weigh outliers down.
      most_points: of points to use, spread over space.

    Raises:
      CaptureError: too few points are shared by views; says which camera lacks them.
    """
    seen = choose(views, calibration, most_points)
    count, known = most_points, seen.points.shape[0]
    room = [(0, 0), (0, count - known)]
    pixels = np.pad(seen.pixels, [*room, (0, 0)])
    weights = np.pad(seen.weights, room)
    points = np.pad(seen.points, [(0, count - known), (0, 0)], mode="edge")
    cameras = [calibration[name] for name in seen.names]
    fisheye = np.array([camera.fisheye for camera in cameras])
    kinds = tuple(sorted(set(fisheye.tolist())))
    together = stack([dataclasses.replace(c, fisheye=kinds[0]) for c in cameras])
    free = np.ones((len(cameras), 9))
    free[0, :6] = 0
    free[:, 6:] = not fix_intrinsics
    with jax.enable_x64(True):
        solve = functools.partial(_solve, together, fisheye, pixels, weights)
        # Points alone first: the fairest that can be said of the old calibration.
        _, start, before = solve(points, np.zeros_like(free), kinds, robust)
        changed, _, after = solve(start, free, kinds, robust)
        changed, before, after = jax.tree.map(np.array, (changed, before, after))
    moved_cameras = _unify(cameras, changed)
    everything = dict(zip(calibration.names, calibration.cameras, strict=True))
    everything.update(zip(seen.names, moved_cameras, strict=True))
    return Adjusted(
        Calibration(calibration.names, tuple(everything.values()), calibration.sizes),
        _medians(seen.names, before, weights),
        _medians(seen.names, after, weights),
        {name: _distance(calibration[name], everything[name]) for name in seen.names},
        known,
    )


def _changed(cameras: Camera, change) -> Camera:
    """Cameras [V] with changes [V, 9]: a turn about each, a shift and its lens."""
    turn = rotations.exp(jnp.asarray(change[:, :3]))
    shift = jnp.einsum("vij,vj->vi", turn, cameras.translation) + change[:, 3:6]
    matrix, bend = jnp.asarray(cameras.matrix), jnp.asarray(cameras.distortion)
    return Camera(
        matrix.at[:, :2, :2].multiply(jnp.exp(change[:, 6, None, None])),
        jnp.einsum("vij,vjk->vik", turn, cameras.rotation),
        shift,
        bend.at[:, :2].add(change[:, 7:]),
        cameras.fisheye,
    )


@functools.partial(jax.jit, static_argnames="kinds")
def _solve(cameras, fisheye, pixels, weights, points, free, kinds, robust):
    """Changed cameras [V], points [N, 3] and the miss of each observation [V, N]."""
    seen = weights > 0
    prior = jnp.concatenate([jnp.zeros(6), 1 / _LENS**2])

    def misses(change, points):
        now = _changed(cameras, change)
        placed = [project(dataclasses.replace(now, fisheye=k), points) for k in kinds]
        if len(kinds) == 1:
            return placed[0] - pixels
        return jnp.where(fisheye[:, None, None], *reversed(placed)) - pixels

    def slopes(change, points):
        # A residual depends on its camera and its point alone, so one derivative
        # along an unknown of all cameras, or of all points, holds those of each.
        def along(which):
            turn = jnp.broadcast_to(which[:9], change.shape) * free
            shift = jnp.broadcast_to(which[9:], points.shape)
            return jax.jvp(misses, (change, points), (turn, shift))[1]

        slope = jax.vmap(along)(jnp.eye(12))
        return slope[:9], slope[9:]

    def weigh(miss):
        square = (miss**2).sum(-1)
        middle = jnp.sqrt(jnp.nanmedian(jnp.where(seen, square, jnp.nan)))
        scale = jnp.maximum(middle / _RAYLEIGH, _LEAST_PX)
        soft = 1 / (1 + square / (_TUNING * scale) ** 2) ** 2
        return weights * jnp.where(robust, soft, 1.0) / scale**2

    def cost(miss, weight, change):
        return (weight * (miss**2).sum(-1)).sum() + (prior * change**2).sum()

    def step(state):
        n, (change, points, miss), damping, _ = state
        weight = weigh(miss)
        by_camera, by_point = slopes(change, points)
        pull = prior * change
        move, shift = schur.step(
            by_camera, by_point, miss, weight, pull, prior, free, damping
        )
        tried = change + move, points + shift, misses(change + move, points + shift)
        before = cost(miss, weight, change)
        gain = (before - cost(tried[2], weight, tried[0])) / before
        kept = jax.tree.map(
            lambda new, old: jnp.where(gain > 0, new, old), tried, state[1]
        )
        damping = jnp.clip(damping * jnp.where(gain > 0, 0.2, 10.0), 1e-7, 1e6)
        return n + 1, kept, damping, (gain > _GAIN) | (gain <= 0)

    def going(state):
        n, _, damping, more = state
        return (n < _STEPS) & more & (damping < 1e6)

    change, points = jnp.zeros_like(free), jnp.asarray(points)
    found = change, points, misses(change, points)
    start = 0, found, jnp.asarray(1e-3), True
    _, (change, points, miss), *_ = jax.lax.while_loop(going, step, start)
    return _changed(cameras, change), points, jnp.sqrt((miss**2).sum(-1))


def _unify(old: Sequence[Camera], new: Camera) -> list[Camera]:
    """New cameras [V] in the world, and at the scale, of the old ones."""
    turns = [turn.T @ a.rotation for a, turn in zip(old, new.rotation, strict=True)]
    world = Rotation.from_matrix(turns).mean().as_matrix()
    middle, spread = _layout(_center(camera) for camera in old)
    places = -np.einsum("vij,vi->vj", new.rotation, new.translation)
    own_middle, own_spread = _layout(places)
    places = middle + spread / own_spread * (places - own_middle) @ world
    rotation = new.rotation @ world
    shift = -np.einsum("vij,vj->vi", rotation, places)
    return [
        Camera(new.matrix[v], rotation[v], shift[v], new.distortion[v], camera.fisheye)
        for v, camera in enumerate(old)
    ]


def _center(camera: Camera) -> np.ndarray:
    return np.asarray(-camera.rotation.T @ camera.translation)


def _layout(places: Iterable[np.ndarray]) -> tuple[np.ndarray, float]:
    """Mean place [3] and root of the mean squared distance from it."""
    centers = np.array(list(places))
    middle = centers.mean(0)
    return middle, float(np.sqrt(((centers - middle) ** 2).sum(1).mean()))


def _distance(old: Camera, new: Camera) -> tuple[float, float]:
    """Degrees and metres between two poses."""
    turn = Rotation.from_matrix(new.rotation @ old.rotation.T).magnitude()
    return float(np.degrees(turn)), float(np.linalg.norm(_center(new) - _center(old)))


def _medians(names: Sequence[str], miss, weights: np.ndarray) -> dict[str, float]:
    return {
        name: float(np.median(own[weight > 0]))
        for name, own, weight in zip(names, miss, weights, strict=True)
    }
