"""Points that cannot be where they are said to be become missing.

Two rules, each a robust z-score together with a bound that no body reaches, because a
person who stands still and then strikes is an outlier by statistics alone.
"""

import math
from collections.abc import Sequence

import numpy as np

from kinematics.points import Points3D
from lmmjax.capture.errors import CaptureError

# Deviations from the median over 1.4826 times their median, which is the standard
# deviation of normal ones (Rousseeuw and Croux, "Alternatives to the median absolute
# deviation", 1993). Six of them is a choice.
_SCORE = 6.0
_NORMAL = 1.4826
# m/s^2 and metres that a real point may change its velocity by in a frame: choices.
# A boxer's fist reaches some 100 g only at impact; errors of a few centimetres are
# for the smoother.
_ACCELERATION = 500.0
_LEAST_M = 0.05
# Seconds after which a point that jumped away is believed; a choice.
_BRIEF_S = 0.25
# Steps on either side that a jump is compared with: a choice.
_NEAR = 3
# How far a bone's length may be from its median: a choice, above what keypoints at
# the surface of a body do as it bends.
_STRETCH = 1.3


def drop_outliers(points: Points3D, links: Sequence[tuple[str, str]] = ()) -> Points3D:
    """The points without those that jump away and come back, or stretch bones.

    A jump is a step unlike those before and after it. What lies between two jumps
    and takes less than 0.25 s is dropped where the point goes on as if it had not
    been. A bone whose length is far from its median has a wrong end: the one with more
    such bones or, of as many, with the greater share of its bones; else both. A point
    that jumps away and stays is kept.

    Args:
      points: [..., T, K].
      links: pairs of names between which the distance hardly changes.

    Returns:
      The points, what is dropped NaN in places and covariances.

    Raises:
      CaptureError: a link names a point that is not here.
    """
    for a, b in links:
        for name in (a, b):
            if name not in points.names:
                raise CaptureError(
                    f"link {a!r} - {b!r}: no point {name!r}; there are "
                    f"{list(points.names)}"
                )
    ends = [(points.names.index(a), points.names.index(b)) for a, b in links]
    shape = np.shape(points.positions)
    clips = math.prod(shape[:-3])
    places = np.array(points.positions, float).reshape(clips, *shape[-3:])
    bad = np.zeros(places.shape[:-1], bool)
    for clip, wrong in zip(places, bad, strict=True):
        for k in range(clip.shape[1]):
            wrong[:, k] = jumps(clip[:, k], points.fps)
        kept = np.where(wrong[..., None], np.nan, clip)
        wrong |= stretches(kept, ends)
    bad = bad.reshape(shape[:-1])
    spread = points.covariances
    if spread is not None:
        spread = np.where(bad[..., None, None], np.nan, spread).astype(np.float32)
    places = np.where(bad[..., None], np.nan, places.reshape(shape))
    return points.replace(positions=places.astype(np.float32), covariances=spread)


def jumps(places: np.ndarray, fps: float) -> np.ndarray:
    """Which frames [T] of one point [T, 3] are between a jump and the way back."""
    bad = np.zeros(len(places), bool)
    known = np.isfinite(places).all(axis=-1)
    # Without the outliers that are found, others beside them stand out.
    while True:
        at = np.flatnonzero(known & ~bad)
        wrong = _excursions(places[at], at / fps)
        if not wrong.any():
            return bad
        bad[at[wrong]] = True


def _excursions(x: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Which samples [N] of places [N, 3] at some times leave the way and return."""
    bad = np.zeros(len(x), bool)
    if len(x) < 4:
        return bad
    span = np.diff(time)
    speed = np.diff(x, axis=0) / span[:, None]
    change = np.linalg.norm(np.diff(speed, axis=0), axis=-1)
    # A jump is unlike the step before it, the step after it and most of those near.
    odd = np.full(len(speed), np.inf)
    odd[:-1] = change
    odd[1:] = np.minimum(odd[1:], change)
    near = np.pad(speed, ((_NEAR, _NEAR), (0, 0)), mode="edge")
    near = np.lib.stride_tricks.sliding_window_view(near, 2 * _NEAR + 1, axis=0)
    odd = np.minimum(odd, np.linalg.norm(speed - np.median(near, axis=-1), axis=-1))
    bound = np.maximum(_ACCELERATION * span, _LEAST_M / span)
    jump = odd > np.maximum(bound, _SCORE * _NORMAL * np.median(change))
    steps, found = np.flatnonzero(jump), []
    for n, first in enumerate(steps):
        for last in steps[n + 1 :]:
            # Between are the samples from first + 1 to last.
            if time[last] - time[first + 1] >= _BRIEF_S:
                break
            length = time[last + 1] - time[first]
            past = (x[last + 1] - x[first]) / length
            beside = [s for s in (first - 1, last + 1) if 0 <= s < len(speed)]
            beside = [s for s in beside if not jump[s]]
            off = np.linalg.norm(past - speed[beside], axis=-1)
            if (off <= max(_ACCELERATION * length, _LEAST_M / length)).any():
                found.append((last - first, first))
                break
    # Only the shortest ones: a good sample between two bad ones is no excursion.
    for count, first in found:
        if count == min(found)[0]:
            bad[first + 1 : first + count + 1] = True
    return bad


def stretches(places: np.ndarray, links: Sequence[tuple[int, int]]) -> np.ndarray:
    """Which points [T, K] of [T, K, 3] are at the wrong end of a bone.

    Args:
      places: metres, NaN where missing.
      links: pairs of indices.
    """
    bad = np.zeros(places.shape[:2], bool)
    if not links:
        return bad
    ends = np.array(links)
    length = np.linalg.norm(places[:, ends[:, 0]] - places[:, ends[:, 1]], axis=-1)
    known = length > 0
    wrong = np.zeros(length.shape, bool)
    for b in range(len(ends)):
        own = known[:, b]
        if own.any():
            stretch = np.log(length[own, b])
            off = np.abs(stretch - np.median(stretch))
            bound = max(np.log(_STRETCH), _SCORE * _NORMAL * np.median(off))
            wrong[own, b] = off > bound
    touches = np.zeros((len(ends), places.shape[1]))
    touches[np.arange(len(ends))[:, None], ends] = 1
    while wrong.any():
        many = wrong @ touches
        blamed = many + 0.5 * many / np.maximum(known @ touches, 1)
        worst = blamed.max(axis=1, keepdims=True)
        out = (blamed == worst) & (worst > 0)
        bad |= out
        known &= ~(out @ touches.T > 0)
        wrong &= known
    return bad
