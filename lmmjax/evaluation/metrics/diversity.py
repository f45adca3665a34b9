"""How much samples differ from each other, and how much they move."""

import numpy as np
from scipy.spatial.distance import pdist

from lmmjax.evaluation.metrics.best_of import check_samples


def apd(samples: np.ndarray) -> np.ndarray:
    """Average pairwise distance of the samples, by window.

    Never to be reported alone: limbs that stretch and futures that never happen raise
    it. There is no best value; coverage (`scoring`) says whether the spread is right.

    Args:
      samples: [N, S, T, J, 3] metres, S of 2 or more.

    Returns:
      [N] metres: mean over the S (S - 1) / 2 pairs of the flattened 3JT distance.
    """
    samples = np.asarray(samples)
    if samples.ndim < 3 or samples.shape[1] < 2:
        raise ValueError(
            "pairs need samples [N, S, T, J, 3] with S of 2 or more; got "
            f"{list(samples.shape)}"
        )
    flat = samples.reshape(*samples.shape[:2], -1)
    return np.array([pdist(drawn).mean() for drawn in flat])


def cmd(samples: np.ndarray, truth: np.ndarray, actions: np.ndarray) -> float:
    """Cumulative motion distance (Barquero et al., BeLFusion, 2023).

    Per action sum over t = 1..T-1 of (T - t) |M_t - M|, where M_t is the mean
    displacement of a joint from frame t to t + 1 over windows, samples and joints, and
    M that of the truth over all frames; actions count as often as they occur. Early
    freezing or rushing weighs most. It depends on the frame rate, and that of the truth
    itself is not 0 where true speed varies with t: print ``cmd(truth[:, None], ...)``.

    Args:
      samples: [N, S, T, J, 3] metres.
      truth: [N, T, J, 3] metres.
      actions: [N] label of each window.

    Returns:
      Metres.
    """
    samples, truth = check_samples(samples, truth)
    actions = np.asarray(actions)
    if actions.shape != (len(truth),):
        raise ValueError(
            f"actions must be one label for each of {len(truth)} windows, not "
            f"{list(actions.shape)}"
        )
    if not len(truth):
        raise ValueError("CMD needs at least one window")
    # By window, so that a copy of all samples is never made.
    drawn = np.array([_displacement(x).mean(axis=0) for x in samples])
    true = _displacement(truth)
    left = np.arange(true.shape[1], 0, -1)
    total = 0.0
    for action in np.unique(actions):
        mine = actions == action
        away = np.abs(drawn[mine].mean(axis=0) - true[mine].mean())
        total += mine.mean() * float(left @ away)
    return total


def _displacement(positions: np.ndarray) -> np.ndarray:
    """Mean displacement of the joints [..., T-1] from frame to frame, metres."""
    step = np.diff(positions.astype(np.float64), axis=-3)
    return np.linalg.norm(step, axis=-1).mean(axis=-1)
