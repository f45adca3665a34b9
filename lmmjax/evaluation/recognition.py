"""Which action a second of movement shows, told by a classifier that no model knows.

It judges whether people do what they were told. It is linear (Fisher's discriminant on
features made by hand, with a shared covariance), so that it finds the same on every
machine and cannot learn single clips by heart.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics import Motion, rotations
from kinematics.motion import positions

# Of the covariance, how much is taken from its diagonal.
_SHRINKAGE = 0.1


@dataclasses.dataclass(frozen=True)
class Recognizer:
    """A linear classifier of windows.

    Attributes:
      labels: L, what they can show.
      frames: T, of a window.
      mean: [F] of features.
      scale: [F] their standard deviation.
      weights: [F, L] of scaled features.
      bias: [L].
    """

    labels: tuple[str, ...]
    frames: int
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    def scores(self, motion: Motion, every: int = 5) -> np.ndarray:
        """Logarithms of chances, up to a constant, of windows of a motion, [N, L].

        Args:
          motion: at the rate that the classifier was fitted at.
          every: frames from one window to the next.
        """
        seen = (_features(motion, self.frames, every) - self.mean) / self.scale
        return seen @ self.weights + self.bias

    def recognized(self, motion: Motion, every: int = 5) -> list[str]:
        """What each window most likely shows, [N]."""
        return [self.labels[n] for n in self.scores(motion, every).argmax(-1)]


def fit_recognizer(
    motions: Sequence[Motion], seconds: float = 1.0, every: int = 3
) -> Recognizer:
    """A classifier of the actions of some clips; all actions count alike.

    Args:
      motions: at one rate, of one tree of joints; those without an action, or shorter
        than a window, are left out.
      seconds: length of a window.
      every: frames from one window to the next.

    Raises:
      ValueError: there are not two actions.
    """
    frames = max(2, round(seconds * motions[0].fps))
    clips = [m for m in motions if m.action and len(m) >= frames]
    labels = tuple(sorted({m.action for m in clips}))
    if len(labels) < 2:
        raise ValueError(f"a classifier needs two actions; here are {labels}")
    found = [_features(m, frames, every) for m in clips]
    of = np.repeat([labels.index(m.action) for m in clips], list(map(len, found)))
    seen = np.concatenate(found)
    mean, scale = seen.mean(0), np.maximum(seen.std(0), 1e-3)
    seen = (seen - mean) / scale
    centres = np.stack([seen[of == n].mean(0) for n in range(len(labels))])
    # Within actions, each of which counts as much as any other.
    away = seen - centres[of]
    count = np.bincount(of)[of]
    covariance = (away / count[:, None]).T @ away / len(labels)
    ridge = _SHRINKAGE * np.trace(covariance) / len(covariance)
    covariance = (1 - _SHRINKAGE) * covariance + ridge * np.eye(len(covariance))
    weights = np.linalg.solve(covariance, centres.T)
    bias = -0.5 * np.einsum("lf,fl->l", centres, weights)
    return Recognizer(labels, frames, mean, scale, weights, bias)


def _features(motion: Motion, frames: int, every: int) -> np.ndarray:
    """Of windows [N, F]: where joints are, how fast, and how much either changes."""
    place = positions(motion)
    speed = np.diff(place, axis=0, prepend=place[:1]) * motion.fps
    floor = np.array([1.0, 1.0, 0.0])
    beside = place - floor * place[:, :1]
    facing = rotations.about_z(-rotations.heading(motion.root_rotation))[:, None]
    both = np.concatenate(
        [np.asarray(rotations.quaternion_rotate(facing, x)) for x in (beside, speed)],
        axis=1,
    ).reshape(len(place), -1)
    starts = range(0, len(place) - frames + 1, every)
    windows = np.stack([both[n : n + frames] for n in starts])
    return np.concatenate([windows.mean(1), windows.std(1)], axis=-1)
