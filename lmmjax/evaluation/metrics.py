"""Metrics of movement, as plain functions of joint positions in metres."""

import numpy as np


def root_relative(positions: np.ndarray) -> np.ndarray:
    """Positions [..., J, 3] seen from the root, joint 0, which is left out."""
    return positions[..., 1:, :] - positions[..., :1, :]


def joint_error(predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Mean distance over the joints, metres: [..., J, 3] twice to [...]."""
    return np.linalg.norm(predicted - true, axis=-1).mean(-1)


def joint_speed(positions: np.ndarray, fps: float) -> np.ndarray:
    """Mean speed of the joints between frames, m/s: [..., T, J, 3] to [..., T-1]."""
    return np.linalg.norm(np.diff(positions, axis=-3), axis=-1).mean(-1) * fps


def bone_stretch(
    positions: np.ndarray, parents: tuple[int, ...], offsets: np.ndarray
) -> float:
    """Largest change of any bone's length, as a share of it.

    Args:
      positions: [..., J, 3] metres.
      parents: parent of each joint, -1 for the root.
      offsets: [J, 3] the true bones, metres.

    Returns:
      max |length - true length| / true length over bones longer than a millimetre.
    """
    children = np.arange(1, len(parents))
    bones = positions[..., children, :] - positions[..., np.array(parents)[1:], :]
    length = np.linalg.norm(bones, axis=-1)
    true = np.linalg.norm(offsets[1:], axis=-1)
    long = true > 1e-3
    return float((np.abs(length - true)[..., long] / true[long]).max(initial=0.0))


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
    names, member = np.unique(groups, return_inverse=True)
    sums = np.bincount(member, values)
    counts = np.bincount(member)
    rng = np.random.default_rng(seed)
    pick = rng.integers(len(names), size=(draws, len(names)))
    means = sums[pick].sum(1) / counts[pick].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
