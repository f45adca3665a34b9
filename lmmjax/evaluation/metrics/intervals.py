"""95 % bootstrap intervals over sequences.

Windows of one sequence are alike, so whole sequences are drawn, with replacement;
intervals over windows would be far too narrow.
"""

from collections.abc import Callable

import numpy as np

_ENDS = [2.5, 97.5]


def bootstrap_interval(
    values: np.ndarray, groups: np.ndarray, seed: int = 0, draws: int = 1000
) -> tuple[float, float]:
    """95 % interval of the mean, resampling whole sequences.

    Args:
      values: [N] one number per window.
      groups: [N] the sequence of each window.
      seed: of the resampling.
      draws: number of resamplings.

    Returns:
      2.5th and 97.5th percentile of the mean over windows.
    """
    values = np.asarray(values)
    return bootstrap_ratio_interval(values, np.ones(values.shape), groups, seed, draws)


def bootstrap_ratio_interval(
    numerator: np.ndarray,
    denominator: np.ndarray,
    groups: np.ndarray,
    seed: int = 0,
    draws: int = 1000,
) -> tuple[float, float]:
    """95 % interval of the ratio of two sums (or means) over the same windows.

    Both are resampled together, so what a hard sequence adds to both cancels.

    Args:
      numerator: [N] one number per window; windows where it or the denominator is
        missing (NaN) are left out.
      denominator: [N] one number per window.
      groups: [N] the sequence of each window.
      seed: of the resampling.
      draws: number of resamplings.

    Returns:
      2.5th and 97.5th percentile of sum(numerator) / sum(denominator).

    Raises:
      ValueError: no window, or shapes that differ.
    """
    numerator, denominator = np.asarray(numerator), np.asarray(denominator)
    if not numerator.shape == denominator.shape == np.shape(groups) or (
        numerator.ndim != 1
    ):
        raise ValueError(
            "an interval over sequences needs a number and a sequence for each of N "
            f"windows; got shapes {list(numerator.shape)}, {list(denominator.shape)} "
            f"and {list(np.shape(groups))}"
        )
    known = ~np.isnan(numerator + denominator)
    if not known.any():
        raise ValueError("an interval needs at least one window that is not missing")
    names, member = np.unique(np.asarray(groups)[known], return_inverse=True)
    over, under = (np.bincount(member, x[known]) for x in (numerator, denominator))
    pick = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
    low, high = np.percentile(over[pick].sum(1) / under[pick].sum(1), _ENDS)
    return float(low), float(high)


def skill_interval(
    score: np.ndarray,
    trivial: np.ndarray,
    groups: np.ndarray,
    seed: int = 0,
    draws: int = 1000,
) -> tuple[float, float]:
    """95 % interval of the skill 1 - mean score / mean trivial score.

    Args:
      score: [N] mean score of each window.
      trivial: [N] that of the trivial forecast of the same window.
      groups: [N] the sequence of each window.
      seed: of the resampling.
      draws: number of resamplings.
    """
    low, high = bootstrap_ratio_interval(score, trivial, groups, seed, draws)
    return 1 - high, 1 - low


def bootstrap_statistic(
    statistic: Callable[[np.ndarray], float],
    groups: np.ndarray,
    seed: int = 0,
    draws: int = 200,
) -> tuple[float, float]:
    """95 % interval of any figure of a set of windows, such as an area or a distance.

    Args:
      statistic: of indices of windows, with repetitions, to a number; such as
        ``lambda i: auroc(scores[i], labels[i])``. Draws for which it is NaN or raises
        ValueError, as where no sequence with a fall was drawn, are left out.
      groups: [N] the sequence of each window.
      seed: of the resampling.
      draws: number of resamplings; the statistic is computed as often.

    Raises:
      ValueError: the statistic fails for every draw.
    """
    names, member = np.unique(groups, return_inverse=True)
    windows = [np.flatnonzero(member == g) for g in range(len(names))]
    rng = np.random.default_rng(seed)
    found, failure = [], None
    for _ in range(draws if windows else 0):
        pick = rng.integers(len(names), size=len(names))
        try:
            value = statistic(np.concatenate([windows[g] for g in pick]))
        except ValueError as error:
            failure = error
            continue
        if not np.isnan(value):
            found.append(value)
    if not found:
        raise ValueError("the statistic has no value for any draw") from failure
    low, high = np.percentile(found, _ENDS)
    return float(low), float(high)
