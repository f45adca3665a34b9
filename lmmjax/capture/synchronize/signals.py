"""Motion of keypoints as signals of all cameras on one grid of time."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics.bodies.joint_sets import joint_set
from lmmjax.capture.keypoints import Keypoints2D
from lmmjax.capture.synchronize.tracks import Tracks

# Faster than this, in sizes of the person per second, is no body part but an error:
# a kicking foot reaches about 20 m/s or 12 sizes. A choice.
_FASTEST = 15.0
# Points of the body; those of the face and of fingers say little more.
_BODY = frozenset(joint_set("halpe26").landmarks)
_FEWEST = 4
# Travel slower than this says little about when: it is taken off as a moving mean,
# lest two people who walk at constant speed agree at every delay. A choice.
_SLOW_S = 1.0


@dataclasses.dataclass(frozen=True)
class Signals:
    """Velocities of C channels in one camera.

    Attributes:
      velocity: [C, N, 2] sizes of the person per second, NaN where missing.
      start: time of the first sample on the clock of the camera, in steps.
      step_s: seconds from sample to sample.
    """

    velocity: np.ndarray
    start: int
    step_s: float


def shared_channels(views: Sequence[Keypoints2D]) -> tuple[list[str], list[str]]:
    """Landmarks and people by name that two views or more have.

    No people where some view does not know them by name.
    """
    count: dict[str, int] = {}
    for view in views:
        for name in view.names:
            count[name] = count.get(name, 0) + 1
    names = [name for name, views_with in count.items() if views_with > 1]
    body = [name for name in names if name in _BODY]
    names = body if len(body) >= _FEWEST else names
    if not all(view.people for view in views):
        return names, []
    people = dict.fromkeys(name for view in views for name in view.people)
    shared = [p for p in people if sum(p in view.people for view in views) > 1]
    return names, shared


def make_signals(
    view: Keypoints2D, tracks: Tracks, people: Sequence[str], step_s: float
) -> Signals:
    """Velocities of every joint of every person, or of everybody together.

    Without names of people the velocities of a joint are added over all people: the
    relation of two views is linear, so it holds for the sum, whoever is who.

    Args:
      view: with the joints of the tracks.
      tracks: of the view.
      people: by name; () for the sum.
      step_s: seconds from sample to sample.
    """
    scale = tracks.size if people else np.full_like(tracks.size, tracks.usual_size)
    speed = tracks.velocity * (view.fps / scale[:, None, None])
    fast = np.hypot(speed[..., :1], speed[..., 1:]) >= _FASTEST
    speed = np.where(fast, np.nan, speed)
    if people:
        none = np.full_like(speed[:, 0], np.nan)
        rows = [
            speed[:, view.people.index(p)] if p in view.people else none for p in people
        ]
        channels = np.concatenate(rows, axis=1)
    else:
        known = np.isfinite(speed).any(axis=1)
        channels = np.where(known, np.nansum(speed, axis=1), np.nan)
    first = view.start / view.fps
    last = (view.start + len(view) - 1) / view.fps
    grid = np.arange(int(np.ceil(first / step_s)), int(np.floor(last / step_s)) + 1)
    place = np.clip(grid * step_s * view.fps - view.start, 0, len(view) - 1)
    low = np.minimum(place.astype(int), max(len(view) - 2, 0))
    high = np.minimum(low + 1, len(view) - 1)
    share = (place - low)[:, None, None]
    line = channels[low] + share * (channels[high] - channels[low])
    quick = line - _moving_mean(line, max(1, round(0.5 * _SLOW_S / step_s)))
    return Signals(quick.transpose(1, 0, 2), int(grid[0]) if len(grid) else 0, step_s)


def _moving_mean(x: np.ndarray, half: int) -> np.ndarray:
    """Means of what is known of x [N, C, 2] within half samples of each sample."""
    known = np.isfinite(x)
    sums = np.stack([np.where(known, x, 0), known.astype(float)])
    sums = np.pad(np.cumsum(sums, axis=1), [(0, 0), (1, 0), (0, 0), (0, 0)])
    at = np.arange(len(x))
    high, low = np.minimum(at + half + 1, len(x)), np.maximum(at - half, 0)
    total, count = sums[:, high] - sums[:, low]
    return total / np.maximum(count, 1)
