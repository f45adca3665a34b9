"""Means over what is known: NaN stands for missing."""

import numpy as np
from numpy.typing import ArrayLike


def mean_known(values: ArrayLike, known: ArrayLike, axis=None) -> np.ndarray:
    """Mean of the values where ``known``; NaN where nothing is.

    A value that is known to be NaN makes its mean NaN: leaving out what a model failed
    to predict would be a reward for failing.

    Args:
      values: [...] numbers.
      known: [...] or an array that broadcasts to it, booleans.
      axis: one or several axes to reduce; all by default.
    """
    known = np.broadcast_to(known, np.shape(values))
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis, dtype=np.float64)
    return np.where(count, total, np.nan) / np.maximum(count, 1)
