"""When motion cannot tell the clock of a camera, and how to say so."""

from collections.abc import Sequence

import numpy as np

from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.synchronize import consensus
from lmmjax.capture.synchronize.consensus import Curves
from lmmjax.capture.synchronize.correlation import LEAST_S
from lmmjax.capture.synchronize.tracks import Tracks

# Nobody moves where 95 % of speeds are below this, in sizes of the person per second:
# one pixel of noise makes a person of 200 pixels look this fast. A choice.
_STILL = 0.12
# Another offset is as good if its evidence is more than this share of the best, and
# evidence counts from this much for a pair, a correlation of 0.3, on. Choices.
_RIVAL = 0.8
_LEAST = 0.1


def stillness(view: Keypoints2D, tracks: Tracks) -> str:
    """Why a camera shows no motion that can be compared, or ""."""
    if not len(view.names):
        return f"camera {view.camera!r} shares no landmark with another"
    if view.missing.all():
        return f"camera {view.camera!r} has no keypoints"
    speed = np.hypot(*np.moveaxis(tracks.velocity, -1, 0)) * view.fps
    speed = (speed / tracks.size[:, None])[np.isfinite(speed)]
    if not len(speed):
        return f"camera {view.camera!r} sees nobody for a few frames on end"
    if np.quantile(speed, 0.95) < _STILL:
        return f"nobody moves in camera {view.camera!r}"
    return ""


def doubts(
    curves: Curves,
    steps: np.ndarray,
    root: int,
    most: int,
    names: Sequence[str],
    usable: Sequence[int],
) -> dict[int, str]:
    """Why the offset of a camera cannot be told, by index of those where it cannot.

    Args:
      curves: evidence of the pairs.
      steps: [V] offsets that were found, in whole steps.
      root: index of the reference.
      most: largest offset that was looked for, in steps.
      names: V names of cameras.
      usable: indices of the cameras that show motion.
    """
    reasons: dict[int, str] = {}
    for v in usable:
        if v == root:
            continue
        others = [u for u in usable if u != v and curves.score[u, v].any()]
        profile = curves.profile(steps, v, most)
        if not others or not profile.any() or np.isnan(steps[v]):
            reasons[v] = (
                f"camera {names[v]!r} shares less than {LEAST_S:g} s of motion with "
                "the others at any offset"
            )
            continue
        first, *rest = consensus.peaks(profile, curves.step_s)
        best = (first - most) * curves.step_s
        if rest and profile[rest[0]] > _RIVAL * profile[first]:
            other = (rest[0] - most) * curves.step_s
            reasons[v] = (
                f"camera {names[v]!r} fits the others about equally well at "
                f"{best:+.2f} s and {other:+.2f} s, as with motion that repeats"
            )
        elif profile[first] < _LEAST * len(others):
            reasons[v] = (
                f"the motion in camera {names[v]!r} agrees with the others at no offset"
            )
        elif first in (0, 2 * most):
            reasons[v] = (
                f"camera {names[v]!r} fits best at the largest offset, {best:+.2f} s; "
                "allow more"
            )
    return reasons
