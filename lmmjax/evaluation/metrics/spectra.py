"""What movements are made of, by frequency."""

from typing import NamedTuple

import numpy as np

from lmmjax.evaluation.metrics.known import mean_known

# Voluntary movement has little above it; jitter of a model or a detector does.
FAST_HZ = 8.0


class FastPower(NamedTuple):
    """Power of the joints' velocities above a frequency, by clip.

    Attributes:
      power: [...] mean over the joints of the mean square velocity, (m/s)^2.
      share: [...] of the power at all frequencies; NaN where nothing moves.
    """

    power: np.ndarray
    share: np.ndarray


def npss(predicted: np.ndarray, true: np.ndarray) -> float:
    """Normalised power spectrum similarity (Gopalakrishnan et al. 2019); 0 is the best.

    Per window and feature the earth mover's distance between the power spectra of
    prediction and truth, each normalised to 1, averaged with the power of the truth as
    weight. As in the authors' code the spectrum is that of all T frequencies of the
    discrete Fourier transform and the mean is left in; other codes square the real part
    alone, and their numbers are not comparable. A signal that is 0 throughout counts as
    constant.

    Args:
      predicted: [N, T, ...] features, such as Euler angles in the paper.
      true: [N, T, ...] the same; a feature with missing (NaN) frames is left out.

    Returns:
      The distance, in frequency steps of fps / T.

    Raises:
      ValueError: shapes differ, or the truth has no power.
    """
    predicted, true = (np.asarray(x, np.float64) for x in (predicted, true))
    if predicted.shape != true.shape:
        raise ValueError(
            f"NPSS compares like with like; got {list(predicted.shape)} and "
            f"{list(true.shape)}"
        )
    known = np.asarray(~np.isnan(true).any(axis=1))
    power = (np.abs(np.fft.fft(np.where(known[:, None], true, 0), axis=1))) ** 2
    ours = (np.abs(np.fft.fft(predicted, axis=1))) ** 2
    weights = np.where(known, power.sum(axis=1), 0)
    if not weights.sum() > 0:
        raise ValueError("NPSS is weighted by the power of the truth, which has none")
    away = np.abs(np.cumsum(_normalised(ours) - _normalised(power), axis=1)).sum(axis=1)
    return float(np.where(known, weights * away, 0).sum() / weights.sum())


def fast_power(
    positions: np.ndarray, fps: float, above_hz: float = FAST_HZ
) -> FastPower:
    """Power of the velocities above a frequency: how much joints tremble.

    The periodogram of the velocities from frame to frame under a Hann window, which
    keeps slow movement, whose ends do not meet, from leaking upward. Print the value of
    the truth beside it.

    Args:
      positions: [..., T, J, 3] metres; joints with missing (NaN) frames are left out.
      fps: frames per second.
      above_hz: frequency; only what lies above it counts.

    Raises:
      ValueError: the rate has no such frequencies, or fewer than 4 frames.
    """
    if fps <= 2 * above_hz:
        raise ValueError(
            f"at {fps:g} fps there are no frequencies above {fps / 2:g} Hz to judge"
        )
    velocity = np.diff(np.asarray(positions, np.float64), axis=-3) * fps
    frames = velocity.shape[-3]
    if frames < 3:
        raise ValueError(f"a spectrum needs 4 frames or more, not {frames + 1}")
    window = np.hanning(frames + 1)[:-1]
    waves = np.fft.rfft(velocity * window[:, None, None], axis=-3)
    power = (np.abs(waves) ** 2).sum(axis=-1)
    # Every frequency but 0 and the highest of an even count stands for two.
    power[..., 1 : (frames + 1) // 2, :] *= 2
    power /= frames * np.square(window).sum()
    fast = power[..., np.fft.rfftfreq(frames, 1 / fps) > above_hz, :].sum(axis=-2)
    known = ~np.isnan(velocity).any(axis=(-3, -1))
    over, total = (mean_known(x, known, axis=-1) for x in (fast, power.sum(axis=-2)))
    return FastPower(over, np.where(total, over, np.nan) / np.where(total, total, 1.0))


def _normalised(power: np.ndarray) -> np.ndarray:
    """Power [N, T, ...] with sums over T of 1."""
    total = power.sum(axis=1, keepdims=True)
    constant = np.zeros_like(power)
    constant[:, :1] = 1
    return np.where(total == 0, constant, power / np.where(total == 0, 1, total))
