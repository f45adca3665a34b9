"""Speed and jerk of joints."""

import numpy as np

from lmmjax.evaluation.metrics.known import mean_known


def joint_speeds(positions: np.ndarray, fps: float) -> np.ndarray:
    """Speed of each joint between frames, m/s: [..., T, J, 3] to [..., T-1, J]."""
    return np.linalg.norm(np.diff(positions, axis=-3), axis=-1) * fps


def joint_speed(positions: np.ndarray, fps: float) -> np.ndarray:
    """Mean speed of the joints between frames, m/s: [..., T, J, 3] to [..., T-1]."""
    return joint_speeds(positions, fps).mean(-1)


def speed_ratio(generated: np.ndarray, true: np.ndarray, fps: float) -> float:
    """Mean joint speed of generated over that of true positions [..., T, J, 3].

    Below 1 a model freezes. NaN where the truth stands still; missing (NaN) joints are
    left out.
    """
    ours, theirs = (_mean(joint_speeds(x, fps)) for x in (generated, true))
    return float(ours / theirs) if theirs else float("nan")


def jerk(positions: np.ndarray, fps: float) -> np.ndarray:
    """Mean jerk of the joints, m/s^3: |third difference| fps^3.

    Args:
      positions: [..., T, J, 3] metres, T of 4 or more; missing (NaN) joints are left
        out of the differences that they enter.
      fps: frames per second. Jerk depends on it: compare at one rate alone.

    Returns:
      [...] by clip.
    """
    positions = np.asarray(positions, np.float64)
    if positions.shape[-3] < 4:
        raise ValueError(f"jerk needs 4 frames or more, not {positions.shape[-3]}")
    third = np.linalg.norm(np.diff(positions, n=3, axis=-3), axis=-1) * fps**3
    return mean_known(third, ~np.isnan(third), axis=(-2, -1))


def jerk_log_ratio(generated: np.ndarray, true: np.ndarray, fps: float) -> float:
    """|log| of mean jerk over that of the truth; 0 is the best, 0.69 twice or half.

    Both too smooth and too rough are wrong. Arguments as in `jerk`. NaN where the truth
    has no jerk, infinite where only the prediction has none.
    """
    ours, theirs = (_mean(jerk(x, fps)) for x in (generated, true))
    if not theirs:
        return float("nan")
    return float(abs(np.log(ours / theirs))) if ours else float("inf")


def _mean(values: np.ndarray) -> np.ndarray:
    return mean_known(values, ~np.isnan(values))
