"""Who is who between neighbouring frames of one camera.

A detector lists the people of a frame in any order. Linking compares places alone and
looks one frame ahead, which is all that interpolation and velocities need; following
people through occlusions is the work of `associate`.
"""

import itertools

import numpy as np
from scipy.optimize import linear_sum_assignment

# Frames are compared in blocks of this many, to bound the memory.
_BLOCK = 4096
# Up to this many people all permutations are tried at once; a choice.
_FEW = 4
# A person has moved no further between frames than this share of the own size. At
# 25 frames per second it is a sprint of about 10 m/s. A choice.
REACH = 0.25
# Smaller people, and those of whom one keypoint is known, count as this large, pixels:
# detectors jitter by some pixels whatever the size. A choice.
_SMALLEST = 40.0
# Cost, in sizes of a person, of linking to nobody: above any distance that counts.
_NOBODY = 1e3


def sizes(xy: np.ndarray) -> np.ndarray:
    """[T, P] pixels, diagonal of the box around the keypoints xy [T, P, K, 2].

    NaN where fewer than 2 keypoints are known.
    """
    known = np.isfinite(xy[..., 0])
    low = np.where(known[..., None], xy, np.inf).min(-2, initial=np.inf)
    high = np.where(known[..., None], xy, -np.inf).max(-2, initial=-np.inf)
    enough = known.sum(-1) > 1
    span = np.where(enough[..., None], high - low, np.nan)
    return np.hypot(span[..., 0], span[..., 1])


def link(xy: np.ndarray) -> np.ndarray:
    """The slot in which each person of a frame is found in the next.

    Args:
      xy: [T, P, K, 2] pixels, NaN where missing.

    Returns:
      [T - 1, P] slots of frame t + 1 for the slots of frame t, by least total
      distance (mean over the keypoints known in both); -1 where nobody is near.
    """
    frames, people = xy.shape[:2]
    found = [np.empty((0, people), int)]
    for begin in range(0, max(frames - 1, 0), _BLOCK):
        found.append(_link(xy[begin : begin + _BLOCK + 1]))
    return np.concatenate(found)


def follow(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put people into slots that stay theirs as long as frames link.

    Args:
      xy: [T, P, K, 2] pixels, NaN where missing.

    Returns:
      [T, P] the slot of xy for each lasting slot, and [T, P] whether the lasting slot
      links to the frame before.
    """
    frames, people = xy.shape[:2]
    slots = np.tile(np.arange(people), (frames, 1))
    joined = np.zeros((frames, people), bool)
    if people == 1:
        joined[1:] = link(xy) >= 0
        return slots, joined
    links = link(xy)
    for t in range(1, frames):
        after = links[t - 1][slots[t - 1]]
        joined[t] = after >= 0
        if not joined[t].all():
            free = np.setdiff1d(slots[t], after)
            after[~joined[t]] = free[: people - joined[t].sum()]
        slots[t] = after
    return slots, joined


def _link(xy: np.ndarray) -> np.ndarray:
    """`link` of one block."""
    cost = _distances(xy)
    count, people = cost.shape[:2]
    if people <= _FEW:
        orders = np.array(list(itertools.permutations(range(people))), int)
        total = sum(cost[:, p, orders[:, p]] for p in range(people))
        found = orders[np.argmin(total, axis=1)] if people else np.empty((count, 0))
    else:
        found = cost.argmin(2)
        # The nearest of each is the best assignment unless two share one.
        ordered = np.sort(found, axis=1)
        for t in np.flatnonzero((np.diff(ordered, axis=1) == 0).any(1)):
            found[t] = linear_sum_assignment(cost[t])[1]
    reached = np.take_along_axis(cost, found[:, :, None].astype(int), 2)[..., 0]
    return np.where(reached < REACH, found, -1)


def _distances(xy: np.ndarray) -> np.ndarray:
    """[T - 1, P, P] mean distances between neighbouring frames, in sizes."""
    size = sizes(xy)
    people = xy.shape[1]
    cost = np.full((len(xy) - 1, people, people), _NOBODY)
    for p in range(people):
        for q in range(people):
            step = xy[1:, q] - xy[:-1, p]
            length = np.sqrt(np.einsum("tkc,tkc->tk", step, step))
            known = np.isfinite(length)
            count = known.sum(1)
            mean = np.where(known, length, 0).sum(1) / np.maximum(count, 1)
            scale = np.fmax(size[1:, q], size[:-1, p])
            near = mean / np.fmax(scale, _SMALLEST)
            cost[:, p, q] = np.where(count > 0, near, _NOBODY)
    return cost
