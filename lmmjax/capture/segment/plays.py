"""Plays: a session cut where the way of moving changes.

The logarithm of the body's speed is taken as constant with noise between changes.
The cuts are those of least squared error with a penalty for each, found exactly by
dynamic programming over all of them (Jackson et al., "An algorithm for optimal
partitioning of data on an interval", 2005; Killick, Fearnhead and Eckley, "Optimal
detection of changepoints with a linear computational cost", 2012, prune it, which
the longest length does here). A pause is a change like any other.
"""

import itertools

import numpy as np

from kinematics.motion import Motion
from kinematics.retarget.contact import runs
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.segment.activity import body_speed
from lmmjax.capture.segment.bodies import parts

# Seconds over which the speed is averaged before cuts are looked for: a choice, half
# a step of walking. Its ripple within a step is no change.
_BIN_S = 0.25
# m/s added to the speed before its logarithm: differences below it are sway.
_SWAY = 0.05
# The least standard deviation of the logarithm: a choice. A speed that changes by
# half goes on as before.
_RIPPLE = 0.5
# Penalty of a cut in units of log n: a cut is two parameters, its place and a mean,
# each half of it in the information criterion of Schwarz (1978) for -2 log L, hence 2.
# Twice that is a choice, since the bins of one gait are not independent.
_PENALTY = 4.0


def plays(
    motion: Motion,
    missing: np.ndarray | None = None,
    shortest_s: float = 1.0,
    longest_s: float = 20.0,
) -> list[slice]:
    """The parts of a session, in order.

    They cover every stretch without missing frames that is not shorter than
    ``shortest_s``; pauses are parts of their own, or of the next where they are
    short. None reaches over a missing frame.

    Args:
      motion: one clip of a human body.
      missing: [T] where the fit had no data; the motion's values there do not count.
      shortest_s: least length of a part in seconds.
      longest_s: greatest length; at least twice ``shortest_s`` and half a second.

    Raises:
      CaptureError: a length is out of range, the mask is not one of these frames, or
        the body is not a human one.
    """
    if not shortest_s > 0 or not 2 * shortest_s + 2 * _BIN_S <= longest_s < np.inf:
        raise CaptureError(
            f"plays of {shortest_s} to {longest_s} s cannot be cut from any clip: the "
            f"longest must be {2 * _BIN_S} s more than twice the shortest, above 0"
        )
    count = len(motion)
    known = np.ones(count, bool) if missing is None else ~np.asarray(missing, bool)
    if known.shape != (count,):
        raise CaptureError(
            f"missing must be one value for each of {count} frames, not {known.shape}"
        )
    least = max(4, int(np.ceil(shortest_s * motion.fps - 1e-6)))
    most = int(longest_s * motion.fps + 1e-6)
    found = []
    for start, stop in runs(known):
        if stop - start >= least:
            speed = body_speed(parts(motion[start:stop]))
            cuts = changes(np.log(speed + _SWAY), motion.fps, least, most) + start
            found += [slice(a, b) for a, b in itertools.pairwise(cuts)]
    return [slice(int(s.start), int(s.stop)) for s in found]


def changes(x: np.ndarray, fps: float, least: int, most: int) -> np.ndarray:
    """Where a series [T] changes its mean: increasing frames from 0 to T.

    Args:
      x: T values.
      fps: frames per second.
      least: fewest frames between two changes.
      most: most frames between two changes, enough for any length to be cut.
    """
    count = len(x)
    bins = max(1, round(count / fps / _BIN_S))
    edges = np.floor(np.arange(bins + 1) * count / bins + 0.5).astype(int)
    # Rounded the other way in the second half: the same backward in time.
    half = bins // 2 + 1
    edges[half:] = count - edges[: bins + 1 - half][::-1]
    total = np.concatenate([[0.0], np.cumsum(x)])
    width = np.diff(edges)
    mean = np.diff(total[edges]) / width
    noise = _RIPPLE
    if bins > 2:
        step = np.median(np.abs(np.diff(mean))) * 1.4826 / np.sqrt(2)
        noise = max(noise, float(step))
    penalty = _PENALTY * np.log(max(bins, 2))
    # Sums over bins of 1, the mean and its square, to cost any part at once.
    ones = np.arange(bins + 1)
    first = np.concatenate([[0.0], np.cumsum(mean)])
    second = np.concatenate([[0.0], np.cumsum(mean**2)])

    best = np.full(bins + 1, np.inf)
    best[0] = 0.0
    origin = np.zeros(bins + 1, int)
    for end in range(1, bins + 1):
        length = edges[end] - edges[:end]
        fits = np.flatnonzero((length >= least) & (length <= most))
        if not len(fits):
            continue
        number = ones[end] - ones[fits]
        square = second[end] - second[fits] - (first[end] - first[fits]) ** 2 / number
        cost = best[fits] + square / noise**2 + penalty
        pick = int(np.argmin(cost))
        best[end], origin[end] = cost[pick], fits[pick]
    cuts = [bins]
    while cuts[-1] > 0:
        cuts.append(int(origin[cuts[-1]]))
    return edges[cuts[::-1]]
