"""Reaching of goals: the right place at the right time.

Print foot skate, jerk and Fréchet distance beside it: goals are easily reached by
movements that no body makes.
"""

from collections.abc import Sequence

import numpy as np

# Distances within which a goal counts as reached, centimetres.
REACHED_CM = (2.0, 5.0, 10.0)


def goal_distance(
    effector: np.ndarray, goal: np.ndarray, deadline: np.ndarray | int
) -> np.ndarray:
    """Distance of the end effector to its goal at the deadline, centimetres.

    Args:
      effector: [N, T, 3] metres.
      goal: [N, 3] metres.
      deadline: [N] index of the frame by which the goal is due, or one for all.

    Returns:
      [N] centimetres; NaN where either is missing.

    Raises:
      ValueError: a deadline beyond the movement.
    """
    effector = np.asarray(effector, np.float64)
    due = np.broadcast_to(np.asarray(deadline), len(effector))
    frames = effector.shape[1]
    if ((due < 0) | (due >= frames)).any():
        raise ValueError(f"deadlines must be frames 0 to {frames - 1} of the movement")
    there = effector[np.arange(len(effector)), due]
    return 100 * np.linalg.norm(there - goal, axis=-1)


def goal_success(
    distance_cm: np.ndarray, within_cm: Sequence[float] = REACHED_CM
) -> dict[float, float]:
    """Share of goals that are reached within each distance, centimetres.

    A missing (NaN) distance is no success.
    """
    distance = np.asarray(distance_cm)
    if not len(distance):
        raise ValueError("success needs at least one goal")
    return {cm: float((distance <= cm).mean()) for cm in within_cm}
