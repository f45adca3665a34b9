"""Couplings learned from data: the envelope of one coordinate over another.

The range of the controller is cut into as many equal intervals as fit between the
control values. In each interval with enough frames the data span a range, from
their 0.1 % to their 99.9 % quantile and a margin beyond. A control value acts on
two intervals to either side of its knot and takes the widest range of those, so the
curves hold the data; where an interval beside the knot has too few frames nothing is
known, and the body's own range stays.
"""

from collections.abc import Sequence

import numpy as np

from kinematics.couplings import Couplings
from kinematics.skeleton import Skeleton

QUANTILES = (0.001, 0.999)
# Control values per curve: about 10 degrees apart for a knee.
KNOTS = 17
# Frames that an interval needs before its quantiles are believed.
ENOUGH = 300


def unbound(body: Skeleton, pairs: Sequence[tuple[int, int]]) -> Couplings:
    """Couplings of (coordinate, controller) pairs that bind nothing yet."""
    at, by = [d for d, _ in pairs], [c for _, c in pairs]
    lower, upper = np.asarray(body.lower), np.asarray(body.upper)
    return Couplings(
        tuple(at),
        tuple(by),
        lower[by],
        upper[by],
        np.repeat(lower[at][:, None], KNOTS, axis=1),
        np.repeat(upper[at][:, None], KNOTS, axis=1),
    )


def bound(
    couplings: Couplings, low: np.ndarray, high: np.ndarray, margin: float
) -> Couplings:
    """Couplings narrowed to ranges [P, K - 1] of the data between knots."""
    low, high = _around(low), _around(high)
    known = np.isfinite(low[..., 1:3]).all(axis=-1)
    # What is left is never turned inside out, even where all data are beyond a limit.
    low = np.minimum(np.fmin.reduce(low, axis=-1), couplings.upper - margin) - margin
    high = np.maximum(np.fmax.reduce(high, axis=-1), couplings.lower + margin) + margin
    low, high = np.where(known, low, -np.inf), np.where(known, high, np.inf)
    return couplings.replace(
        lower=np.maximum(couplings.lower, low).astype(np.float32),
        upper=np.minimum(couplings.upper, high).astype(np.float32),
    )


def widened(
    before: Skeleton, after: Skeleton, q: np.ndarray, margin: float
) -> Couplings:
    """Couplings of a body that hold frames q [N, D] as well as what they allowed.

    Where a curve ran along the body's own limit it goes on to run along it.

    Args:
      before: body with couplings.
      after: the same body with its new limits.
      q: [N, D] radians.
      margin: radians beyond the data.
    """
    couplings = before.couplings
    assert couplings is not None
    at = list(couplings.coordinates)
    low, high = interval_ranges(couplings, q, 1)
    low = np.fmin.reduce(_around(low), axis=-1) - margin
    high = np.fmax.reduce(_around(high), axis=-1) + margin
    floor, ceiling = after.lower[at][:, None], after.upper[at][:, None]
    lower = np.where(
        couplings.lower <= before.lower[at][:, None],
        floor,
        np.maximum(np.fmin(couplings.lower, low), floor),
    )
    upper = np.where(
        couplings.upper >= before.upper[at][:, None],
        ceiling,
        np.minimum(np.fmax(couplings.upper, high), ceiling),
    )
    return couplings.replace(lower=np.float32(lower), upper=np.float32(upper))


def union(one: Couplings, other: Couplings) -> Couplings | None:
    """Couplings that allow what either does.

    A coordinate stays coupled where both bind it to the same controller over the same
    values of it; any other is left with its own limits.
    """
    pairs = list(zip(other.coordinates, other.controllers, strict=True))
    mine, theirs = [], []
    for row, pair in enumerate(zip(one.coordinates, one.controllers, strict=True)):
        twin = pairs.index(pair) if pair in pairs else None
        if twin is not None and all(
            a[row] == b[twin]
            for a, b in ((one.start, other.start), (one.stop, other.stop))
        ):
            mine.append(row)
            theirs.append(twin)
    if not mine:
        return None
    one, other = one.rows(mine), other.rows(theirs)
    return one.replace(
        lower=np.minimum(one.lower, other.lower),
        upper=np.maximum(one.upper, other.upper),
    )


def interval_ranges(
    couplings: Couplings, q: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest quantiles [P, K - 1] of frames q [N, D] between knots.

    NaN where an interval holds fewer than ``least`` frames. Frames whose controller
    is beyond the knots belong to the first or the last interval.
    """
    count = couplings.lower.shape[-1] - 1
    low = np.full((len(couplings.coordinates), count), np.nan)
    high = low.copy()
    pairs = zip(couplings.coordinates, couplings.controllers, strict=True)
    for row, (d, c) in enumerate(pairs):
        edges = np.linspace(couplings.start[row], couplings.stop[row], count + 1)
        interval = np.searchsorted(edges[1:-1], q[:, c])
        order = np.argsort(interval, kind="stable")
        ends = np.searchsorted(interval[order], np.arange(1, count))
        for k, frames in enumerate(np.split(q[order, d], ends)):
            if len(frames) >= least:
                low[row, k], high[row, k] = np.quantile(frames, QUANTILES)
    return low, high


def _around(intervals: np.ndarray) -> np.ndarray:
    """The intervals [P, K, 4] that each control value acts on, of [P, K - 1]."""
    # At the ends the nearest interval stands for those beyond.
    padded = np.pad(intervals, ((0, 0), (2, 2)), mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, 4, axis=-1)
