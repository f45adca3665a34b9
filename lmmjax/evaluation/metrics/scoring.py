"""Proper scores and calibration of sampled futures.

All are functions of samples [N, S, ...] and truth [N, ...] and give one number per
scalar, frame or window, so that means and intervals over sequences can follow. A score
is NaN where the truth is missing (NaN) and where a sample is NaN.
"""

import numpy as np
from scipy.spatial.distance import cdist, pdist

from lmmjax.evaluation.metrics.best_of import check_samples
from lmmjax.evaluation.metrics.known import mean_known

# Fewer samples do not resolve the ends of an interval.
COVERAGE_SAMPLES = 100


def crps(samples: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score, fair in the number of samples.

    mean_s |x_s - y| - sum_{s,s'} |x_s - x_s'| / (2 S (S - 1)), of which the expectation
    is the score of the distribution that the samples are from, for any S (Ferro 2014).
    Single values may be below 0. The double sum is found by sorting: with x_(1) <= ...
    it is 2 sum_i (2 i - S - 1) x_(i).

    Args:
      samples: [N, S, ...] in any unit, S of 2 or more. Windows are taken one at a time,
        so little memory is needed beside the samples.
      truth: [N, ...] in the same unit.

    Returns:
      [N, ...] in the same unit, float64.
    """
    samples, truth = _check_pairs(samples, truth)
    count = samples.shape[1]
    rank = np.arange(1, count + 1)
    weights = (2 * rank - count - 1) / (count * (count - 1))
    result = np.empty(truth.shape)
    for n, (drawn, true) in enumerate(zip(samples, truth, strict=True)):
        # In the precision given: the order is the same and sorting twice as fast.
        away = _sorted(drawn).astype(np.float64) - true[..., None]
        spread = away @ weights
        result[n] = np.abs(away, out=away).mean(axis=-1) - spread
    return result


def energy_score(samples: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The CRPS of whole poses: absolute values become norms of the 3J vector.

    Fair as in `crps`. It sees whether joints vary together, which the CRPS of scalars
    does not. All S (S - 1) / 2 pairs are measured.

    Args:
      samples: [N, S, T, J, 3] metres, S of 2 or more.
      truth: [N, T, J, 3] metres.

    Returns:
      [N, T] metres.
    """
    samples, truth = _check_pairs(samples, truth)
    result = np.empty(truth.shape[:2])
    flat = samples.reshape(*samples.shape[:3], -1).swapaxes(1, 2)
    true = truth.reshape(*truth.shape[:2], 1, -1)
    for n, t in np.ndindex(result.shape):
        # Of S (S - 1) / 2 pairs the mean is the double sum over S (S - 1).
        result[n, t] = (
            cdist(true[n, t], flat[n, t]).mean() - pdist(flat[n, t]).mean() / 2
        )
    return result


def skill(score: np.ndarray, trivial: np.ndarray) -> float:
    """1 - mean score / mean score of the trivial forecast: 1 is perfect, 0 is trivial.

    Entries that are missing (NaN) in the trivial score, which depends on the truth
    alone, are left out of both. NaN where the trivial forecast is perfect.
    """
    score, trivial = np.broadcast_arrays(score, trivial)
    known = ~np.isnan(trivial)
    base = mean_known(trivial, known)
    return float(1 - mean_known(score, known) / base) if base else float("nan")


def central_interval(
    samples: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds [N, ...] of the central interval of samples [N, S, ...].

    The p-quantile of S samples is the order statistic of rank p (S + 1), linear between
    ranks (Weibull; type 6 of Hyndman and Fan 1996): the S + 1 gaps between samples are
    equally likely to hold one more draw, so an interval between whole ranks covers it
    with probability alpha exactly. NumPy's default type covers less.

    Raises:
      ValueError: alpha is not between 0 and 1, or the samples are too few for it.
    """
    samples = np.asarray(samples)
    count = samples.shape[1]
    # Ranks that are whole but for rounding are meant to be.
    rank = round((1 - alpha) / 2 * (count + 1), 9)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, not {alpha}")
    if count < COVERAGE_SAMPLES or rank < 1:
        raise ValueError(
            f"a central {alpha:g} interval needs {COVERAGE_SAMPLES} samples and at "
            f"least {np.ceil(2 / (1 - alpha) - 1):.0f}; there are {count}"
        )
    shape = samples.shape[:1] + samples.shape[2:]
    low, high = np.empty(shape), np.empty(shape)
    whole, part = int(rank), rank - int(rank)
    for n, drawn in enumerate(samples):
        order = _sorted(drawn)
        # NaN is sorted to the end and would only shift the ranks.
        full = np.where(np.isnan(order[..., -1]), np.nan, 1.0)
        low[n] = (1 - part) * order[..., whole - 1] + part * order[..., whole]
        high[n] = (1 - part) * order[..., -whole] + part * order[..., -whole - 1]
        low[n], high[n] = low[n] * full, high[n] * full
    return low, high


def coverage(samples: np.ndarray, truth: np.ndarray, alpha: float = 0.9) -> np.ndarray:
    """Share of true scalars inside of the central interval, by window and horizon.

    Of calibrated samples the mean over windows is alpha; see `central_interval`. Less
    is overconfident, more is too wide.

    Args:
      samples: [N, S, T, ...], S of 100 or more.
      truth: [N, T, ...]; missing (NaN) scalars are left out.
      alpha: probability of the interval.

    Returns:
      [N, T] shares; NaN where no scalar is known or a sample is NaN.
    """
    samples, truth = check_samples(samples, truth)
    low, high = central_interval(samples, alpha)
    inside = np.where(np.isnan(low), np.nan, (low <= truth) & (truth <= high))
    axes = tuple(range(2, truth.ndim))
    return mean_known(inside, ~np.isnan(truth), axis=axes)


def _sorted(drawn: np.ndarray) -> np.ndarray:
    """Samples [S, ...] of one window, sorted along a new last axis [..., S]."""
    return np.sort(np.ascontiguousarray(np.moveaxis(drawn, 0, -1)), axis=-1)


def _check_pairs(
    samples: np.ndarray, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    samples, truth = check_samples(samples, truth)
    if samples.shape[1] < 2:
        raise ValueError("a fair score needs 2 samples or more, for it takes pairs")
    return samples, truth
