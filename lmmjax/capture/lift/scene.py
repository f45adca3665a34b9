"""Poses from the picture of one camera: what is known, and the descent to it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.camera import Camera
from kinematics.inverse import clip, descent, energy, geometry, views
from kinematics.inverse.rig import Rig
from kinematics.motion import Poses
from kinematics.priors import PosePrior
from kinematics.skeleton import Skeleton

# Robust, see `energy.robust`: a keypoint may be one of somebody else.
LOSS = "geman"
# Steps of conjugate gradients where frames are bound in time.
_INNER = 8
# Fewest poses that go through the descent at once.
_LEAST = 32


class Scene(NamedTuple):
    """What one camera saw of one person over T frames, and what else is known.

    Attributes:
      body: the person, with limits.
      names: K landmarks.
      rig: bodies and keypoints.
      places: [K, 3] of the keypoints on their joints.
      camera: with a leading axis 1, in float32.
      pixels: [K, 2, T]; any number where the weight is 0.
      weight: [K, T] 1/pixel^2.
      prior: of poses.
      fps: frames per second.
      target: [K, 3, T] metres, where keypoints are known to be; and
      precision: [K, 3, 3, T] 1/m^2, how well.
    """

    body: Skeleton
    names: tuple[str, ...]
    rig: Rig
    places: np.ndarray
    camera: Camera
    pixels: np.ndarray
    weight: np.ndarray
    prior: PosePrior
    fps: float
    target: np.ndarray
    precision: np.ndarray

    @property
    def frames(self) -> int:
        """T."""
        return self.pixels.shape[-1]

    @property
    def size(self) -> int:
        """How many poses go through the descent at once, a power of two.

        Clips of any length share few compiled programs, yet short ones do not pay for
        a long one.
        """
        return min(clip.SIZE, max(_LEAST, 1 << (self.frames - 1).bit_length()))


class Found(NamedTuple):
    """N poses, their keypoints [N, K, 3] in metres and costs [N] in nats."""

    poses: Poses
    points: np.ndarray
    cost: np.ndarray

    def at(self, index) -> "Found":
        """Some of them."""
        return jax.tree.map(lambda x: x[index], self)


def joined(parts: list[Found]) -> Found:
    """All of several, one after the other."""
    return jax.tree.map(lambda *x: np.concatenate(x), *parts)


def facing(scene: Scene, frames: np.ndarray, turn: float) -> Poses:
    """Poses [N] at rest, as large as the person looks in frames [N].

    Args:
      scene: what is known.
      frames: which.
      turn: radians to the left from facing the camera.
    """
    found = []
    for at in _chunks(len(frames), scene.size):
        poses = views.facing(
            scene.rig,
            geometry.unlimited(scene.body),
            jnp.asarray(scene.places),
            jax.tree.map(lambda x: x[0], scene.camera),
            jnp.asarray(scene.pixels[..., frames[at]], jnp.float32),
            jnp.asarray(scene.weight[:, frames[at]], jnp.float32),
            turn,
        )
        found.append(jax.tree.map(np.asarray, poses))
    return jax.tree.map(lambda *x: np.concatenate(x)[: len(frames)], *found)


def _chunks(count: int, size: int) -> list[np.ndarray]:
    """Indices in chunks of one size, the last filled up, for one program to fit all."""
    return [
        np.minimum(np.arange(first, first + size), count - 1)
        for first in range(0, count, size)
    ]


def improve(
    scene: Scene,
    poses: Poses,
    frames: np.ndarray,
    steps: int,
    blur: float = 1.0,
    toward: tuple[np.ndarray, np.ndarray] | None = None,
) -> Found:
    """Poses of less cost, each by itself.

    Args:
      scene: what is known.
      poses: [N] where to start.
      frames: [N] frame of each.
      steps: steps to try; none only tells the cost.
      blur: by which the noise of keypoints is multiplied.
      toward: [N, K, 3] metres and [N, K] weights 1/m^2 of places to go to as well.
    """
    found = [
        _descend(
            scene,
            jax.tree.map(lambda x, at=at: x[at], poses),
            frames[at],
            steps,
            blur,
            None if toward is None else (toward[0][at], toward[1][at]),
            0,
            0.0,
        )
        for at in _chunks(len(frames), scene.size)
    ]
    return joined(found).at(slice(len(frames)))


def bind(scene: Scene, poses: Poses, steps: int, stiffness: float) -> Found:
    """Poses [T] of less cost, all frames together.

    Args:
      scene: what is known.
      poses: [T] where to start.
      steps: steps to try.
      stiffness: weight of second differences of keypoints, 1/m^2.
    """
    found = []
    for at, first, last in clip.windows(scene.frames, scene.size):
        new = np.append(True, at[1:] != at[:-1])
        goes_on = np.append(at[1:] > at[:-1], False) & new
        start = jax.tree.map(lambda x, at=at: x[at], poses)
        part = _descend(
            scene, start, at, steps, 1.0, None, _INNER, stiffness * goes_on, new
        )
        found.append(part.at(slice(first - at[0], last - at[0])))
    return joined(found)


def _descend(scene, poses, at, steps, blur, toward, inner, stiffness, real=1.0):
    target, precision = scene.target[..., at], scene.precision[..., at]
    if toward is not None:
        goal, weight = np.moveaxis(toward[0], 0, -1), toward[1].T
        # One quadratic for both, for the descent knows of one.
        more = weight[:, None, None] * np.eye(3)[..., None]
        pull = np.einsum("kijn,kjn->kin", precision, target) + weight[:, None] * goal
        precision = precision + more
        safe = precision + 1e-9 * np.eye(3)[..., None]
        target = np.linalg.solve(
            np.moveaxis(safe, -1, 1), np.moveaxis(pull, -1, 1)[..., None]
        )
        target = np.moveaxis(target[..., 0], 1, -1)
    weight = scene.weight[:, at] * real / blur**2
    observed = energy.Views(
        scene.camera,
        jnp.asarray(scene.pixels[None, ..., at], jnp.float32),
        jnp.asarray(weight[None], jnp.float32),
        energy.Points(
            jnp.asarray(target, jnp.float32), jnp.asarray(precision, jnp.float32)
        ),
    )
    shape = (len(scene.names), len(at))
    problem = descent.Problem(
        geometry.unlimited(scene.body),
        jnp.asarray(scene.places),
        observed,
        jnp.asarray(np.broadcast_to(stiffness, shape), jnp.float32),
        scene.prior,
    )
    start = Poses(*(jnp.asarray(x, jnp.float32) for x in poses))
    found, cost = descent.descend(scene.rig, LOSS, problem, start, steps, inner)
    x = _points(problem.skeleton, scene.rig, problem.places, found)
    host = Poses(*(np.asarray(part) for part in found))
    return Found(host, np.moveaxis(np.asarray(x), -1, 0), np.asarray(cost))


_points = jax.jit(geometry.points, static_argnums=1)
