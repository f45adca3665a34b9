"""Forecasters that learn nothing: what a model must at least beat."""

import numpy as np

from lmmjax.data.cmu_benchmark import PREDICTED
from lmmjax.evaluation.protocols.forecasters import Observed


def zero_velocity(observed: Observed) -> np.ndarray:
    """The last pose, for ever: [N, 25, J, 3]."""
    return np.repeat(observed.positions[:, -1:], PREDICTED, axis=1)


def constant_velocity(observed: Observed) -> np.ndarray:
    """Every joint goes on in a line at its last speed: [N, 25, J, 3]."""
    last, before = observed.positions[:, -1:], observed.positions[:, -2:-1]
    ahead = np.arange(1, PREDICTED + 1)[:, None, None]
    return last + ahead * (last - before)
