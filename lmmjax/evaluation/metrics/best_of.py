"""Displacement errors of sampled futures: the best of S, and of a multimodal truth.

Norms are of the flattened 3J vector of a frame, as in Yuan and Kitani (DLow, 2020), so
they grow with the number of joints and are no means over joints: not comparable with
MPJPE. Best-of-S errors fall as S grows (S = 50 is usual) and reward spread, so the
calibration of the samples (`scoring`) belongs beside them.
"""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist


class MultimodalErrors(NamedTuple):
    """Errors against all futures that began alike, by window.

    Attributes:
      ade: [N] MMADE, metres.
      fde: [N] MMFDE, metres.
      size: [N] number of futures in the multimodal set, the window's own among them.
    """

    ade: np.ndarray
    fde: np.ndarray
    size: np.ndarray


def ade(samples: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Average displacement error of the best sample, by window.

    Args:
      samples: [N, S, T, J, 3] metres.
      truth: [N, T, J, 3] metres.

    Returns:
      [N] metres: min over samples of the mean over frames of the flattened norm.
    """
    return _distances(samples, truth).mean(axis=-1).min(axis=1)


def fde(samples: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Final displacement error of the best sample, [N] metres; see `ade`."""
    samples, truth = check_samples(samples, truth)
    return _distances(samples[:, :, -1:], truth[:, -1:])[..., 0].min(axis=1)


def multimodal_errors(
    samples: np.ndarray, truth: np.ndarray, last: np.ndarray, threshold: float
) -> MultimodalErrors:
    """MMADE and MMFDE: errors against every future whose past ended in a like pose.

    The multimodal set of a window holds each window whose last observed pose is nearer
    than the threshold, as a flattened 3J vector. The window itself is always among
    them: the truth is in the set, so of a window unlike all others these are ADE, FDE.

    Args:
      samples: [N, S, T, J, 3] metres.
      truth: [N, T, J, 3] metres.
      last: [N, J, 3] metres, the last observed poses, in the frame of the samples.
      threshold: metres; 0.5 is usual for 17 joints of Human3.6M, and more joints need
        more.

    Returns:
      The errors, averaged over each window's set.
    """
    samples, truth = check_samples(samples, truth)
    count = len(truth)
    flat, start = truth.reshape(*truth.shape[:2], -1), np.reshape(last, (count, -1))
    if not threshold > 0:
        raise ValueError(f"the multimodal threshold must be above 0, not {threshold}")
    average, final, size = np.empty(count), np.empty(count), np.empty(count, int)
    for n in range(count):
        alike = cdist(start[n : n + 1], start)[0] < threshold
        alike[n] = True
        # [T, S, M]: from each sample to each future of the set.
        away = np.stack(
            [
                cdist(x, y)
                for x, y in zip(
                    np.moveaxis(samples[n].reshape(*samples.shape[1:3], -1), 1, 0),
                    np.moveaxis(flat[alike], 1, 0),
                    strict=True,
                )
            ]
        )
        average[n] = away.mean(axis=0).min(axis=0).mean()
        final[n] = away[-1].min(axis=0).mean()
        size[n] = alike.sum()
    return MultimodalErrors(average, final, size)


def check_samples(
    samples: np.ndarray, truth: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays.

    Raises:
      ValueError: samples [N, S, ...] and truth [N, ...] do not fit, or S is 0.
    """
    samples, truth = np.asarray(samples), np.asarray(truth)
    fits = samples.ndim > 1 and samples.shape[:1] + samples.shape[2:] == truth.shape
    if not fits or not samples.shape[1]:
        raise ValueError(
            "samples must be [N, S, ...] where the truth is [N, ...], with S of 1 or "
            f"more; got {list(samples.shape)} and {list(truth.shape)}"
        )
    return samples, truth


def _distances(samples: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Flattened distances [N, S, T]."""
    samples, truth = check_samples(samples, truth)
    result = np.empty(samples.shape[:3])
    for n, (drawn, true) in enumerate(zip(samples, truth, strict=True)):
        away = np.subtract(drawn, true, dtype=np.float64)
        result[n] = np.linalg.norm(away.reshape(*away.shape[:2], -1), axis=-1)
    return result
