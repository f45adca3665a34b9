"""A whole clip: windows of one size, first blurred and alone, then bound in time."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.camera import Camera
from kinematics.inverse import (
    bones,
    descent,
    energy,
    geometry,
    proportions,
    views,
)
from kinematics.inverse import start as starts
from kinematics.inverse.rig import Rig
from kinematics.motion import Poses
from kinematics.skeleton import Skeleton

# Clips go through in windows of this many frames, so that one program fits all; the
# last is padded. They overlap, for frames so far apart do not feel each other.
SIZE, _OVERLAP = 256, 24
# Steps to find unmeasured bones, from as many frames.
_BONES = 8
# Standard deviation, in metres, of a missing point about where its neighbours in time
# say it is.
_GUESS = 0.5
# At first points are taken as so uncertain, or so many times as much as they are: from
# far away a robust loss would take them all for outliers. A frame is stuck where its
# cost is then more than the last of these, and as many times what is usual.
_BLUR, _TIMES = 0.05, 5.0
_STUCK = 0.3
# Steps of the first descent, without limits and with, of the second, and of conjugate
# gradients in each of the second.
FIRST, LIMITED, SECOND, _INNER = 6, 16, 3, 6
# The same for one camera, as a share of the distance from it.
_RAYS = 0.05
# Where one camera sees a body it may face any way.
_TURNS = (0.0, 0.5 * np.pi, np.pi, 1.5 * np.pi)


class Data(NamedTuple):
    """Checked observations of T frames by K keypoints.

    Attributes:
      points: [T, K, 3] metres, NaN missing; triangulated if there are cameras.
      weight: [T, K], or [V, K, T] of views; 0 where missing.
      pixels: [V, K, 2, T], NaN missing, or None.
      camera: with a leading axis V, or None.
      covariance: [T, K, 3, 3] m^2, or None.
      anchors: [K] joint of each keypoint.
      places: [K, 3] on that joint.
    """

    points: np.ndarray
    weight: np.ndarray
    pixels: np.ndarray | None
    camera: Camera | None
    covariance: np.ndarray | None
    anchors: np.ndarray
    places: np.ndarray


class Scene(NamedTuple):
    """What a fit knows before it starts.

    Attributes:
      rig: bodies and keypoints.
      data: the observations.
      filled: [T, K, 3] points without gaps, NaN where never seen.
      smoothed: [T, K, 3] the same smoothed in time, without outliers.
      sigma: noise of observations per axis, metres or pixels.
      spatial: noise of ``data.points`` per axis, metres.
      stiffness: [K] weight of second differences, 1/m^2.
      loss: see `energy`.
      prior: of poses, or None.
    """

    rig: Rig
    data: Data
    filled: np.ndarray
    smoothed: np.ndarray
    sigma: float
    spatial: float
    stiffness: np.ndarray
    loss: str
    prior: descent.Prior | descent.PosePrior | None


class Found(NamedTuple):
    """Poses [T], their cost [T], points [T, K, 3]."""

    pose: Poses
    cost: np.ndarray
    points: np.ndarray


def solve(scene: Scene, body: Skeleton) -> Found:
    """Poses of all frames."""
    parts = []
    for at, first, last in windows(len(scene.filled)):
        found = _window(scene, body, at)
        keep = slice(first - at[0], last - at[0])
        parts.append(jax.tree.map(lambda x, keep=keep: np.asarray(x)[keep], found))
    return jax.tree.map(lambda *x: np.concatenate(x), *parts)


def windows(frames: int, size: int = SIZE) -> list[tuple[np.ndarray, int, int]]:
    """Frames of each window, the clip's last repeated, and which of them to keep."""
    step = size - 2 * _OVERLAP if frames > size else size
    found = []
    for first in range(0, frames, step):
        begin = max(0, first - _OVERLAP) if frames > size else 0
        last = min(frames, first + step)
        found.append(
            (np.minimum(np.arange(begin, begin + size), frames - 1), first, last)
        )
    return found


def triangulated(data: Data) -> np.ndarray:
    """Points [T, K, 3] that two or more cameras see, NaN others."""
    assert data.pixels is not None
    frames = data.pixels.shape[-1]
    parts = [
        np.asarray(
            views.triangulate(
                data.camera, np.nan_to_num(data.pixels[..., at]), data.weight[..., at]
            )
        )[..., first - at[0] : last - at[0]]
        for at, first, last in windows(frames)
    ]
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, 0)


def _observed(scene: Scene, at: np.ndarray, blur: float) -> energy.Observations:
    """Observations of frames [N], less precise by a factor; repeats count nothing."""
    data, new = scene.data, np.append(True, at[1:] != at[:-1])
    filled = np.moveaxis(scene.filled[at], 0, -1)
    weak = np.isfinite(filled).all(1) / _GUESS**2
    target = jnp.asarray(np.nan_to_num(filled))
    if data.camera is not None and data.pixels is not None:
        missing = np.isnan(data.points[at]).any(-1).T | ~new
        return energy.Views(
            data.camera,
            jnp.asarray(np.nan_to_num(data.pixels[..., at])),
            jnp.asarray(
                data.weight[..., at] * new / (blur * scene.sigma) ** 2, jnp.float32
            ),
            energy.Points(target, _isotropic(weak * missing)),
        )
    weight = data.weight[at].T * new
    weak = weak * (weight == 0)
    if data.covariance is None:
        return energy.Points(
            target, _isotropic(weight / (blur * scene.sigma) ** 2 + weak)
        )
    known = np.where(
        (weight > 0)[..., None, None], np.moveaxis(data.covariance[at], 0, 1), np.eye(3)
    )
    precise = np.linalg.inv(known) * (weight / blur**2)[..., None, None]
    precise = jnp.asarray(np.moveaxis(precise, 1, -1), jnp.float32)
    return energy.Points(target, precise + _isotropic(weak))


def _isotropic(weight: np.ndarray) -> jax.Array:
    return energy.isotropic(jnp.asarray(weight, jnp.float32))


def _problem(
    scene: Scene, body: Skeleton, at: np.ndarray, blur: float
) -> descent.Problem:
    # A clip does not come to rest where repeats of its last frame begin.
    goes_on = np.append(at[1:] > at[:-1], False) / blur**2
    return descent.Problem(
        geometry.unlimited(body),
        jnp.asarray(scene.data.places),
        _observed(scene, at, blur),
        jnp.asarray(scene.stiffness[:, None] * goes_on, jnp.float32),
        scene.prior,
    )


def _alone(scene: Scene, body: Skeleton, at: np.ndarray) -> tuple[Poses, jax.Array]:
    """Poses of frames [N], each by itself, from points smoothed in time."""
    data = scene.data
    if np.isnan(data.points).all():
        return _one_view(scene, body, at)
    never = np.isnan(scene.smoothed[0]).any(-1)
    points = jnp.asarray(np.nan_to_num(np.moveaxis(scene.smoothed[at], 0, -1)))
    blur = max(_BLUR, _TIMES * scene.spatial)
    weight = np.repeat(~never[:, None], len(at), axis=1) / blur**2
    problem = descent.Problem(
        geometry.unlimited(body),
        jnp.asarray(data.places),
        energy.Points(points, _isotropic(weight)),
        jnp.zeros(weight.shape),
    )
    pose = starts.align(
        scene.rig,
        problem.skeleton,
        problem.places,
        jnp.asarray(starts.closeness(body, scene.rig) * ~never),
        points,
    )
    first = first_steps(body)
    pose, cost = descent.descend(scene.rig, scene.loss, problem, pose, first, 0)
    return _free_stuck(scene, problem, pose, cost)


def first_steps(body: Skeleton) -> int:
    """Steps of the first descent: near limits they are shorter, so there are more."""
    return FIRST if np.asarray(geometry.free(body)).all() else LIMITED


def _free_stuck(scene, problem, pose, cost):
    """Try frames that are stuck once more, from the nearest frame that is not."""
    found = np.asarray(cost)
    stuck = found > max(_STUCK, _TIMES * np.median(found))
    if not stuck.any():
        return pose, cost
    good = np.flatnonzero(~stuck)
    near = good[np.abs(np.arange(len(stuck))[:, None] - good).argmin(1)]
    again = jax.tree.map(lambda x: x[near], pose)
    again = descent.descend(scene.rig, scene.loss, problem, again, FIRST, 0)
    return _better(again, (pose, cost))


def _one_view(scene, body, at):
    """The best of several ways to face the camera that sees most."""
    most = int(np.argmax(scene.data.weight.sum((1, 2))))
    camera = jax.tree.map(lambda x: x[most], scene.data.camera)
    far = _RAYS * float(camera.matrix[0, 0]) / scene.sigma
    blurred = _problem(scene, body, at, max(_TIMES, far))
    problem = _problem(scene, body, at, _TIMES)

    def toward(turn):
        pose = views.facing(
            scene.rig,
            problem.skeleton,
            problem.places,
            camera,
            jnp.asarray(np.nan_to_num(scene.data.pixels[most][..., at])),
            jnp.asarray(scene.data.weight[most][..., at]),
            turn,
        )
        pose, _ = descent.descend(scene.rig, scene.loss, blurred, pose, 2 * FIRST, 0)
        return descent.descend(scene.rig, scene.loss, problem, pose, FIRST, 0)

    best = functools.reduce(_better, map(toward, _TURNS))
    return _free_stuck(scene, problem, *best)


def _better(one, other):
    """Of two sets of poses and costs, frame by frame that of lower cost."""
    less = one[1] < other[1]
    return jax.tree.map(
        lambda a, b: jnp.where(less.reshape(-1, *(1,) * (a.ndim - 1)), a, b), one, other
    )


def _window(scene: Scene, body: Skeleton, at: np.ndarray) -> Found:
    pose, _ = _alone(scene, body, at)
    problem = _problem(scene, body, at, 1.0)
    inner = _INNER if scene.stiffness.any() or scene.prior is not None else 0
    steps = SECOND if scene.prior is None else 2 * SECOND
    pose, cost = descent.descend(scene.rig, scene.loss, problem, pose, steps, inner)
    x = _points(problem.skeleton, scene.rig, problem.places, pose)
    return Found(pose, np.asarray(cost), np.moveaxis(np.asarray(x), -1, 0))


_points = jax.jit(geometry.points, static_argnums=1)


def find_bones(
    scene: Scene, body: Skeleton, precision: np.ndarray, free: np.ndarray
) -> Skeleton:
    """The body with the lengths of its ``free`` [J] bones found from some frames.

    Args:
      scene: the observations.
      body: with the lengths of its other bones.
      precision: [J, J] of the log ratios of bones to these.
      free: [J] which to find.
    """
    frames = len(scene.filled)
    at = np.round(np.linspace(0, frames - 1, min(SIZE, frames))).astype(int)
    at = np.append(at, np.full(SIZE - len(at), at[-1]))
    pose, _ = _alone(scene, body, at)
    ratio, _ = proportions.refine(
        scene.rig,
        scene.loss,
        _problem(scene, body, at, 1.0),
        pose,
        jnp.zeros(body.num_joints),
        jnp.asarray(precision, jnp.float32),
        jnp.asarray(free, jnp.float32),
        _BONES,
    )
    return bones.scaled(body, np.asarray(ratio))
