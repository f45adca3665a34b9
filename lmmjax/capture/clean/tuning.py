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
    # A power of two, so that few sizes are compiled.
    padded = np.resize(np.arange(pieces), 1 << (pieces - 1).bit_length())
    cost = np.full((len(grid), count), np.inf)
    scale = np.ones((len(grid), count))
    for _ in range(2):
        for g, cutoff in enumerate(grid):
            given = tracks._replace(
                places=tracks.places / np.sqrt(scale[g][owner]),
                step=np.full(pieces, natural_step(cutoff, fps)),
            )
            found = rts.innovations(take(given, padded), gap)
            found = [np.asarray(x)[:, :pieces] for x in found]
            for k in range(count):
                mine = owner == k
                distance, volume, counts = (x[:, mine] for x in found)
                if counts.sum() >= _ENOUGH:
                    now, least = scale[g, k], 0.0 if free else 1 / scale[g, k]
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
