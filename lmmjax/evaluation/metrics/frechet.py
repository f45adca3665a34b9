"""Fréchet distance between sets of movements, on features made by hand.

Learned encoders differ between papers and reward what they were trained to see; these
features are computed from joint positions alone, so anybody finds the same numbers.
"""

from typing import NamedTuple

import numpy as np


class MotionFeatures(NamedTuple):
    """What is compared; the last axis is a feature vector.

    Attributes:
      positions: [N, T, 3J] metres, every frame a vector: which poses there are.
      velocities: [N, T-1, 3J] m/s, every pair of frames: how fast which joint goes.
      spectra: [N, J (T // 2)] metres, every window a vector: amplitudes of each joint
        at the frequencies fps / T, 2 fps / T, ... up to fps / 2.
    """

    positions: np.ndarray
    velocities: np.ndarray
    spectra: np.ndarray


def motion_features(positions: np.ndarray, fps: float) -> MotionFeatures:
    """Features of windows.

    Args:
      positions: [N, T, J, 3] metres in a frame in which people are comparable, such as
        that of the heading of the last observed pose; T of 2 or more.
      fps: frames per second, the same for all sets that are compared.
    """
    positions = np.asarray(positions, np.float64)
    count, frames = positions.shape[:2]
    velocities = np.diff(positions, axis=1) * fps
    # The mean is a position; from a window of one length amplitudes are comparable.
    waves = np.fft.rfft(positions, axis=1)[:, 1:] * (2 / frames)
    amplitudes = np.sqrt((np.abs(waves) ** 2).sum(axis=-1))
    return MotionFeatures(
        positions.reshape(count, frames, -1),
        velocities.reshape(count, frames - 1, -1),
        amplitudes.reshape(count, -1),
    )


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Squared Fréchet distance of the Gaussians with the moments of two sets.

    |m - n|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2) for means m, n and covariances A, B
    (Dowson and Landau 1982), squared as in the FID. Few vectors make it too large, so
    use 10,000 or more of each and print `frechet_floor` beside it.

    Args:
      one: [..., F] feature vectors, two or more, in any arrangement.
      other: [..., F] those to compare with.

    Returns:
      The distance in the square of the features' unit; 0 for equal sets.
    """
    (m, a), (n, b) = _moments(one), _moments(other)
    if len(m) != len(n):
        raise ValueError(
            f"features have {len(m)} and {len(n)} entries; they must agree"
        )
    root = square_root(a)
    cross = np.linalg.eigvalsh(root @ b @ root)
    spread = np.trace(a) + np.trace(b) - 2 * np.sqrt(np.maximum(cross, 0)).sum()
    # Rounding may leave the trace of equal sets just below 0.
    return float(np.square(m - n).sum() + max(spread, 0.0))


def frechet_floor(
    true: np.ndarray, groups: np.ndarray | None = None, seed: int = 0
) -> float:
    """Fréchet distance between two random halves of the truth.

    What a perfect model would get from as few vectors as there are in a half.

    Args:
      true: [N, ..., F] features of N windows.
      groups: [N] the sequence of each window; whole sequences are put in a half, as
        windows of one are alike. By default each window is on its own.
      seed: of the halves.

    Raises:
      ValueError: there is no more than one sequence.
    """
    true = np.asarray(true)
    names, member = np.unique(
        np.arange(len(true)) if groups is None else groups, return_inverse=True
    )
    if len(names) < 2:
        raise ValueError("halves of the truth need two sequences or more")
    order = np.random.default_rng(seed).permutation(len(names))
    first = np.isin(member, order[: len(names) // 2])
    return frechet_distance(true[first], true[~first])


def square_root(matrix: np.ndarray) -> np.ndarray:
    """Symmetric root of a symmetric matrix [F, F], negative eigenvalues taken as 0."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def _moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [F] and covariance [F, F] of the vectors without missing values."""
    features = np.asarray(features, np.float64)
    features = features.reshape(-1, features.shape[-1])
    features = features[~np.isnan(features).any(axis=1)]
    if len(features) < 2:
        raise ValueError(
            f"a covariance needs two feature vectors or more, not {len(features)}"
        )
    mean = features.mean(axis=0)
    away = features - mean
    return mean, away.T @ away / (len(features) - 1)
