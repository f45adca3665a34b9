"""Smooth functions of time that human movement is made of. NumPy, radians."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray
Number = float | np.ndarray


def min_jerk(s: Array) -> Array:
    """Progress 0 to 1 of a movement of least jerk, for s from 0 to 1. [...].

    Flash and Hogan, "The coordination of arm movements" (1985). Speed is bell
    shaped, and speed and acceleration are 0 at both ends; s outside is held.
    """
    s = np.clip(s, 0.0, 1.0)
    return s**3 * (10 + s * (6 * s - 15))


def ease(t: Array, times: ArrayLike, values: ArrayLike) -> Array:
    """Go through values [K, ...] at increasing times, at rest at each of them.

    Between two times the way is one movement of least jerk, so that nothing
    overshoots; before and after it holds still. t [T] gives [T, ...].
    """
    times, values = np.asarray(times, float), np.asarray(values, float)
    at = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2)
    share = min_jerk((t - times[at]) / (times[at + 1] - times[at]))
    share = share.reshape(share.shape + (1,) * (values.ndim - 1))
    return values[at] + share * (values[at + 1] - values[at])


def spline(t: Array, times: ArrayLike, values: ArrayLike) -> Array:
    """Cubic spline through values [K, N] at times [K], at rest at both ends."""
    times, values = np.asarray(times, float), np.asarray(values, float)
    step, count = np.diff(times), len(times)
    matrix, right = np.eye(count), np.zeros_like(values)
    slope = np.diff(values, axis=0) / step[:, None]
    for k in range(1, count - 1):
        matrix[k, k - 1 : k + 2] = step[k], 2 * (step[k - 1] + step[k]), step[k - 1]
        right[k] = 3 * (step[k] * slope[k - 1] + step[k - 1] * slope[k])
    speed = np.linalg.solve(matrix, right)
    t = np.clip(t, times[0], times[-1])
    at = np.clip(np.searchsorted(times, t, side="right") - 1, 0, count - 2)
    return hermite(
        ((t - times[at]) / step[at])[:, None],
        values[at],
        values[at + 1],
        speed[at] * step[at, None],
        speed[at + 1] * step[at, None],
    )


def hermite(s: Array, start: Number, end: Number, slope: Number, end_slope: Number):
    """Cubic with given values and slopes (per unit of s) at s = 0 and s = 1."""
    return (
        start * (1 + 2 * s) * (1 - s) ** 2
        + slope * s * (1 - s) ** 2
        + end * s * s * (3 - 2 * s)
        + end_slope * s * s * (s - 1)
    )


def bell(s: Array) -> Array:
    """Bump over s from 0 to 1 with height 1 and flat feet."""
    s = np.clip(s, 0.0, 1.0)
    return (4 * s * (1 - s)) ** 2


def fourier_fit(points: Sequence[tuple[float, float]], order: int) -> Array:
    """Fourier coefficients [2 order + 1] of a periodic curve.

    Args:
      points: percent of the cycle and value, in increasing order.
      order: highest harmonic.

    Returns:
      Mean, then cosine and sine of each harmonic.
    """
    percent, value = np.array(points, float).T
    phase = np.arange(200) / 200
    dense = np.interp(100 * phase, percent, value, period=100)
    return np.linalg.lstsq(_harmonics(phase, order), dense, rcond=None)[0]


def fourier(coefficients: Array, phase: Array) -> Array:
    """Value of a Fourier series at phases [...], 1 being a whole cycle."""
    return _harmonics(phase, (len(coefficients) - 1) // 2) @ coefficients


def _harmonics(phase: Array, order: int) -> Array:
    angle = 2 * np.pi * np.asarray(phase)[..., None] * np.arange(1, order + 1)
    waves = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    waves = waves.reshape(*angle.shape[:-1], 2 * order)
    return np.concatenate([np.ones((*angle.shape[:-1], 1)), waves], axis=-1)


def smooth(x: Array, width: float) -> Array:
    """Gaussian average over time of x [T, ...]; width is its deviation in frames."""
    if width <= 0:
        return x
    reach = int(np.ceil(3 * width))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    kernel /= kernel.sum()
    padded = np.concatenate(
        [np.repeat(x[:1], reach, 0), x, np.repeat(x[-1:], reach, 0)]
    )
    return np.apply_along_axis(np.convolve, 0, padded, kernel, "valid")


def wander(rng: np.random.Generator, t: Array, slowest: float = 6.0) -> Array:
    """Slow, smooth, random change over time [T] of unit deviation."""
    periods = slowest * np.array([1.0, 0.61, 0.39])
    phases = rng.uniform(0, 2 * np.pi, 3)
    weights = np.array([1.0, 0.6, 0.35])
    waves = np.sin(2 * np.pi * t[:, None] / periods + phases)
    return waves @ weights * np.sqrt(2 / np.sum(weights**2))


def about_x(angle: Array) -> Array:
    """Rotation matrices [..., 3, 3] about x by angles [...]."""
    return _about(angle, 1, 2)


def about_y(angle: Array) -> Array:
    """Rotation matrices [..., 3, 3] about y by angles [...]."""
    return _about(angle, 2, 0)


def about_z(angle: Array) -> Array:
    """Rotation matrices [..., 3, 3] about z by angles [...]."""
    return _about(angle, 0, 1)


def _about(angle: Array, i: int, j: int) -> Array:
    """Rotation that turns axis i towards axis j."""
    angle = np.asarray(angle, float)
    matrix = np.zeros((*angle.shape, 3, 3))
    k = 3 - i - j
    matrix[..., i, i] = matrix[..., j, j] = np.cos(angle)
    matrix[..., j, i], matrix[..., i, j] = np.sin(angle), -np.sin(angle)
    matrix[..., k, k] = 1.0
    return matrix


def rotate(matrix: Array, vector: Array) -> Array:
    """Matrices [..., 3, 3] times vectors [..., 3]."""
    return np.einsum("...ij,...j->...i", matrix, vector)


def unit(vector: Array) -> Array:
    """Vectors [..., 3] made of length 1."""
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)
