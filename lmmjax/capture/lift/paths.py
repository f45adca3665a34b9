"""The smoothest way through candidates of every frame."""

import numpy as np


def best_path(
    cost: np.ndarray, points: np.ndarray, spread_m: float
) -> tuple[np.ndarray, float]:
    """The way of least cost, by dynamic programming over pairs of frames.

    Second differences of the points are normal, and beyond four standard deviations
    all alike: where the right candidate is lacking the way must jump.

    Args:
      cost: [T, S] nats of each candidate; infinite for none.
      points: [T, S, P, 3] metres.
      spread_m: standard deviation of second differences.

    Returns:
      [T] which candidate to take, and the cost of the way.
    """
    frames, count = cost.shape
    if frames < 3:
        return cost.argmin(1), float(cost.min(1).sum())
    # total[a, b]: least cost of ways that end in a, then b.
    total = cost[0][:, None] + cost[1][None, :]
    origin = np.zeros((frames, count, count), int)
    for t in range(2, frames):
        a, b, c = points[t - 2 : t + 1]
        bend = a[:, None, None] - 2 * b[None, :, None] + c[None, None]
        square = np.minimum((bend**2).sum(-1) / spread_m**2, 16.0)
        ways = total[..., None] + 0.5 * square.sum(-1)
        origin[t] = ways.argmin(0)
        total = ways.min(0) + cost[t][None]
    path = np.empty(frames, int)
    path[-2:] = np.unravel_index(total.argmin(), total.shape)
    for t in range(frames - 1, 1, -1):
        path[t - 2] = origin[t][path[t - 1], path[t]]
    return path, float(total.min())
