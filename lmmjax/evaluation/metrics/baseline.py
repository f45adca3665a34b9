"""The trivial forecast: nobody moves, give or take what people did in training."""

import dataclasses

import numpy as np
from scipy.special import ndtr


@dataclasses.dataclass(frozen=True)
class ZeroVelocity:
    """Zero velocity with a Gaussian residual per horizon and scalar.

    Scalars are independent, in time as well: its samples are no movements, and a model
    that has learned anything must beat it.

    Attributes:
      mean: [T, ...] mean of what was added to the last pose in training.
      deviation: [T, ...] its standard deviation.
    """

    mean: np.ndarray
    deviation: np.ndarray

    def forecast(self, last: np.ndarray) -> np.ndarray:
        """Means [N, T, ...] after last observed poses [N, ...]."""
        return np.asarray(last, np.float64)[:, None] + self.mean

    def crps(self, last: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """CRPS [N, T, ...] of the Gaussians in closed form.

        s (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)) with z = (y - m) / s (Gneiting
        and Raftery 2007); |y - m| where s is 0.

        Args:
          last: [N, ...] last observed poses.
          truth: [N, T, ...] true futures; the score is NaN where they are.
        """
        away = truth - self.forecast(last)
        exact = self.deviation == 0
        z = away / np.where(exact, 1.0, self.deviation)
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        unit = z * (2 * ndtr(z) - 1) + 2 * density - 1 / np.sqrt(np.pi)
        return np.where(exact, np.abs(away), self.deviation * unit)

    def sample(self, last: np.ndarray, samples: int, seed: int = 0) -> np.ndarray:
        """Futures [N, S, T, ...], for scores without a closed form."""
        center = self.forecast(last)[:, None]
        rng = np.random.default_rng(seed)
        shape = (len(center), samples, *self.mean.shape)
        return center + self.deviation * rng.standard_normal(shape)


def fit_zero_velocity(last: np.ndarray, future: np.ndarray) -> ZeroVelocity:
    """Fit the trivial forecast on windows of the training data.

    Args:
      last: [N, ...] last observed poses.
      future: [N, T, ...] what followed. Windows in which a scalar is missing (NaN), in
        the pose or in the future, are left out for it.

    Returns:
      The forecast.

    Raises:
      ValueError: a scalar was never seen.
    """
    residual = np.asarray(future, np.float64) - np.asarray(last)[:, None]
    known = ~np.isnan(residual)
    count = known.sum(axis=0)
    if not count.all():
        raise ValueError(
            "the zero-velocity residual cannot be fitted: "
            f"{int((count == 0).sum())} of {count.size} scalars are in none of the "
            f"{len(residual)} training windows"
        )
    mean = np.where(known, residual, 0).sum(axis=0) / count
    square = np.where(known, residual - mean, 0) ** 2
    return ZeroVelocity(mean, np.sqrt(square.sum(axis=0) / count))
