"""How noisy points are and how fast they move, found from the points themselves.

Both are the maximum of the likelihood of the innovations (Harvey, "Forecasting,
structural time series models and the Kalman filter", 1989, section 3.4), which the
scale of the noise leaves in closed form, so that only the cutoff is searched, over a
grid. Innovations count by Student's t, so that outliers say nothing of movement.
"""

import numpy as np

from lmmjax.capture.clean import rts
from lmmjax.capture.clean.rts import Tracks

# Cutoffs in Hz, half an octave apart. Biomechanics smooths walking at 4 to 8 Hz
# (Winter, "Biomechanics and motor control of human movement", 2009, section 3.4); a
# choice of two octaves beyond on either side. Above 0.35 of the frame rate nothing
# would be smoothed.
CUTOFFS_HZ = 2.0 ** np.arange(1.0, 5.01, 0.5)
_HIGHEST = 0.35
# Where too little is seen of a point: Winter's usual choice.
DEFAULT_HZ = 6.0
# Fewer innovations than this say too little; a choice.
_ENOUGH = 24
# Tracks of the smallest program, and those that are filtered at once: choices. Fewer
# are hardly faster, and more only take memory.
_FEWEST = 8
_TOGETHER = 256
# The median of the squared Mahalanobis distance in three dimensions.
_MEDIAN = 2.366


def cutoffs(fps: float) -> np.ndarray:
    """The cutoffs to choose from at a frame rate, in Hz; one at least."""
    return CUTOFFS_HZ[: max(1, np.sum(_HIGHEST * fps >= CUTOFFS_HZ))]


def natural_step(cutoff_hz: np.ndarray, fps: float) -> np.ndarray:
    """Time between frames in the natural units of `rts`."""
    return 2 * np.pi * np.asarray(cutoff_hz) / fps


def tune(
    tracks: Tracks, owner: np.ndarray, count: int, fps: float, gap: int, free: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Cutoff and scale of the noise of each point.

    Args:
      tracks: [N] pieces of points, lengths in standard deviations of the noise that is
        said to be; their steps are not read.
      owner: [N] which point each is a piece of.
      count: how many points there are.
      fps: frames per second.
      gap: as in `rts.smooth`.
      free: whether the noise may also be smaller than it is said to be.

    Returns:
      Cutoffs [count] in Hz and factors [count] for the variance of the noise. What
      cannot be told is the median of the points of which it can.
    """
    grid = cutoffs(fps)
    pieces = len(owner)
    cost = np.full((len(grid), count), np.inf)
    scale = np.ones((len(grid), count))
    for _ in range(2):
        found = _foretell(tracks, owner, grid, scale, fps, gap)
        for g, k in np.ndindex(cost.shape):
            mine = g * pieces + np.flatnonzero(owner == k)
            distance, volume, counts = (x[:, mine] for x in found)
            if counts.sum() >= _ENOUGH:
                now = float(scale[g, k])
                least = 0.0 if free else 1 / now
                cost[g, k], more = _cost(distance[counts], volume[counts], least)
                cost[g, k] += 3 * np.log(now)
                scale[g, k] = now * more
    best = np.argmin(cost, axis=0)
    known = np.isfinite(cost.min(axis=0))
    chosen, factor = grid[best], scale[best, np.arange(count)]
    if known.all():
        return chosen, factor
    usual = grid[np.argmin(np.abs(grid - DEFAULT_HZ))]
    if known.any():
        usual, factor[~known] = np.median(chosen[known]), np.median(factor[known])
    chosen[~known] = usual
    return chosen, factor


def _foretell(
    tracks: Tracks,
    owner: np.ndarray,
    grid: np.ndarray,
    scale: np.ndarray,
    fps: float,
    gap: int,
) -> list[np.ndarray]:
    """`rts.innovations` [T, G N] of the pieces at every cutoff and its scale."""
    which, piece = (x.ravel() for x in np.indices((len(grid), len(owner))))
    parts = []
    for first in range(0, len(piece), _TOGETHER):
        some = slice(first, first + _TOGETHER)
        g, at = fill(which[some]), fill(piece[some])
        given = take(tracks, at)
        given = given._replace(
            places=given.places / np.sqrt(scale[g, owner[at]]),
            step=natural_step(grid[g], fps),
        )
        found = rts.innovations(given, gap)
        parts.append([np.asarray(x)[:, : len(piece[some])] for x in found])
    return [np.concatenate(x, axis=1) for x in zip(*parts, strict=True)]


def fill(at: np.ndarray) -> np.ndarray:
    """Indices [N] repeated up to a power of two, so that few sizes are compiled."""
    return np.resize(at, max(1 << (len(at) - 1).bit_length(), _FEWEST))


def take(tracks: Tracks, at: np.ndarray) -> Tracks:
    """Some of the tracks."""
    return Tracks(*(x[..., at] for x in tracks))


def _cost(
    distance: np.ndarray, volume: np.ndarray, least: float
) -> tuple[float, float]:
    """Negative log likelihood per innovation, and the scale at which it is that."""
    scale = max(float(np.median(distance)) / _MEDIAN, least, 1e-6)
    tails = (rts.FREEDOM + 3) * np.log1p(distance / (scale * rts.FREEDOM))
    return float(np.mean(volume + tails) + 3 * np.log(scale)), scale
