"""How well the motion in two cameras agrees, over the delay between them.

Seen from far, the velocities u, v of one point in two pictures satisfy one linear
equation, ``a . u = b . v``, with a and b the same for all points (the affine epipolar
constraint; Shapiro, Zisserman and Brady 1995). For level cameras it says that both see
the same vertical motion. The largest canonical correlation of u and v (Hotelling
1936) finds a and b and measures how well they hold; over the delay, it peaks where the
clocks agree. No calibration is needed.
"""

import numpy as np

from lmmjax.capture.synchronize.signals import Signals

# Samples are correlated in blocks of at least this many.
_BLOCK = 1024
# Two cameras must share this many seconds at a delay. A choice.
LEAST_S = 1.0
# Channels are left out by one of so many groups. A choice.
GROUPS = 5
# Mean squares of velocities below this, sizes per second squared, are rounding.
_STILL = 1e-6
# Correlations are capped, so that a handful of samples never counts as proof.
_HIGHEST = 0.9999
# Product of the two sines against the horizon up to which directions are level: 18
# degrees each. A choice.
_LEVEL = 0.1


def correlate(a: Signals, b: Signals, most: int) -> np.ndarray:
    """Agreement over delays, of all channels and without some of them.

    Args:
      a: signals of one camera.
      b: signals of another; equal channels and steps.
      most: largest delay, in steps.

    Returns:
      [1 + GROUPS, 2 most + 1] log-likelihoods for a sample, ``-log(1 - r^2)`` for the
      correlation r, times the share of samples that meet, for delays of -most to most
      steps. Delay d sets the clock time t of a equal to t + d of b; 0 where too little
      is shared. First of all channels, then each time without one group of them: their
      spread tells how far a peak can be trusted (the jackknife).
    """
    groups = np.arange(a.velocity.shape[0]) % GROUPS
    parts = np.stack([_sums(a, b, most, groups == g) for g in range(GROUPS)])
    whole = parts.sum(0)
    return np.stack([_gain(whole - part, a.step_s) for part in (0 * whole, *parts)])


def _gain(sums: np.ndarray, step_s: float) -> np.ndarray:
    """[2 most + 1] log-likelihoods from the sums [11, 2 most + 1]."""
    samples, (xx, xy, yy), (zz, zw, ww) = sums[0], sums[1:4], sums[4:7]
    gain = np.zeros(len(samples))
    good = samples * step_s >= LEAST_S
    # Where nothing moves nothing can agree, and rounding of the transforms remains.
    good &= (xx + yy > _STILL * samples) & (zz + ww > _STILL * samples)
    if good.any():
        auto_a = np.stack([xx, xy, xy, yy], -1)[good].reshape(-1, 2, 2)
        auto_b = np.stack([zz, zw, zw, ww], -1)[good].reshape(-1, 2, 2)
        cross = sums[7:11].T[good].reshape(-1, 2, 2)
        agreement = _canonical(auto_a, auto_b, cross)
        gain[good] = -np.log1p(-(agreement**2)) * samples[good] / samples.max()
    return gain


def _canonical(auto_a, auto_b, cross) -> np.ndarray:
    """Largest canonical correlations [N] of directions that are not upside down.

    Pictures are upright: a pair of directions of which one points up and the other
    down would match a motion with its mirror image, as half a stride of gait is.
    Directions that are nearly level in a picture have no such sign, for cameras that
    face each other see left and right exchanged.
    """
    white_a, white_b = _whiten(auto_a), _whiten(auto_b)
    left, value, right = np.linalg.svd(white_a.mT @ cross @ white_b)
    first, second = white_a @ left, white_b @ right.mT
    steep = (
        first[:, 1]
        * second[:, 1]
        / np.maximum(
            np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1), 1e-12
        )
    )
    return np.where(steep > -_LEVEL, value, 0).max(-1).clip(0, _HIGHEST)


def _whiten(auto: np.ndarray) -> np.ndarray:
    """Matrices W [N, 2, 2] with W^T auto W = 1; noise is added for stability."""
    trace = np.trace(auto, axis1=1, axis2=2)[:, None, None]
    value, vector = np.linalg.eigh(auto + (1e-6 * trace + 1e-12) * np.eye(2))
    return vector / np.sqrt(value)[:, None, :]


def _sums(a: Signals, b: Signals, most: int, channels: np.ndarray) -> np.ndarray:
    """[11, 2 most + 1] sums over the samples of some channels, for every delay.

    Count; xx, xy, yy of a; the same of b; xx, xy, yx, yy of a with b. Fast Fourier
    transforms over blocks of a and what of b can meet them.
    """
    left, right = (_moments(x.velocity[channels]) for x in (a, b))
    block = max(_BLOCK, 2 * most)
    size = block + 2 * most
    begin = a.start - most - b.start
    total = np.zeros((11, size // 2 + 1), complex)
    for at in range(0, left.shape[-1], block):
        part = np.fft.rfft(left[..., at : at + block], size).conj()
        low, high = begin + at, begin + at + size
        window = right[..., max(low, 0) : max(high, 0)]
        window = np.pad(window, [(0, 0), (0, 0), (max(-low, 0), 0)])[..., :size]
        other = np.fft.rfft(window, size)
        for n, (i, j) in enumerate(_PRODUCTS):
            total[n] += np.einsum("cf,cf->f", part[i], other[j])
    # The circular correlation at lag d is the sum over a[t] right[t + d - most].
    sums = np.fft.irfft(total, size)[:, : 2 * most + 1]
    sums[0] = np.rint(sums[0])
    return sums


# Rows of `_moments`: known, x, y, xx, xy, yy.
_PRODUCTS = [(0, 0), (3, 0), (4, 0), (5, 0), (0, 3), (0, 4), (0, 5)]
_PRODUCTS += [(1, 1), (1, 2), (2, 1), (2, 2)]


def _moments(velocity: np.ndarray) -> np.ndarray:
    """[6, C, N] known, x, y, xx, xy, yy; 0 where missing."""
    known = np.isfinite(velocity).all(-1)
    x, y = np.where(known[..., None], velocity, 0).transpose(2, 0, 1)
    return np.stack([known.astype(float), x, y, x * x, x * y, y * y])
