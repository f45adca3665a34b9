"""The people in front of the cameras, at any time of the session."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline

from kinematics.bodies.conversion import convert
from kinematics.bodies.joint_sets import JointSet
from kinematics.motion import Motion
from lmmjax.capture.synthetic.occlusion import Capsules, capsules
from lmmjax.capture.synthetic.places import places

# Times are compared to within this, so that a last frame is not lost by rounding.
_MOMENT_S = 1e-6


@dataclasses.dataclass(frozen=True)
class Actor:
    """One person from session time 0 on, for as long as their motion lasts.

    Attributes:
      duration_s: of the motion.
      capsules: what hides others, S of them.
      known: [K + 2 S] which of the K keypoints, the S starts and the S ends of
        capsules the body has.
      path: where these are at a session time, metres.
    """

    duration_s: float
    capsules: Capsules
    known: np.ndarray
    path: CubicSpline

    def at(self, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Keypoints [T, K, 3], starts and ends [T, S, 3] of capsules, metres.

        Between the frames of the motion points move along cubic splines, which pass
        through every frame. Before and after the motion nobody is there: NaN.
        """
        inside = (times_s > -_MOMENT_S) & (times_s < self.duration_s + _MOMENT_S)
        held = np.clip(times_s, 0, self.duration_s)
        found = np.full((len(times_s), len(self.known), 3), np.nan)
        found[:, self.known] = self.path(held)
        found[~inside] = np.nan
        count = len(self.capsules.radii)
        starts, ends = found[:, -2 * count : -count], found[:, -count:]
        return found[:, : -2 * count], starts, ends


def make_actor(motion: Motion, joints: JointSet) -> Actor:
    """The actor of a motion.

    Raises:
      CaptureError: the motion is empty or its body is not known; see `places`.
    """
    seen, points, stature = places(motion)
    shape = capsules(stature)
    ends = shape.starts + shape.ends
    wanted = (joints, JointSet("capsules", ends, ends, None, ()))
    track = np.concatenate([convert(points, seen, to).points for to in wanted], axis=1)
    if len(track) == 1:
        # Whoever has one frame stands still; a spline needs two.
        track = np.repeat(track, 2, axis=0)
    known = np.isfinite(track[0]).all(-1)
    path = CubicSpline(np.arange(len(track)) / motion.fps, track[:, known])
    return Actor(motion.duration, shape, known, path)


def together(
    actors: Sequence[Actor], times_s: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """All actors at some times.

    Returns:
      Keypoints [T, P, K, 3], and the capsules: starts and ends [T, P, S, 3], radii and
      depths [P, S], all in metres.
    """
    parts = [actor.at(times_s) for actor in actors]
    keypoints, starts, ends = zip(*parts, strict=True)
    bodies = (
        np.stack(starts, axis=1),
        np.stack(ends, axis=1),
        np.stack([actor.capsules.radii for actor in actors]),
        np.stack([actor.capsules.depths for actor in actors]),
    )
    return np.stack(keypoints, axis=1), bodies
