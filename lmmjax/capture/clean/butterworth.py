"""The low-pass filter of biomechanics, as Pose2Sim and most laboratories apply it.

A Butterworth filter forward and backward, so that nothing is delayed, over every run
of frames without a gap. Order 4 means order 2 twice, and the cutoff is that of one
run, as Pose2Sim counts; `kinematics.dynamics.low_pass` is the same filter with the
cutoff of both runs together, for motions without gaps.
"""

import numpy as np
from scipy import signal

from kinematics.points import Points3D
from kinematics.retarget.contact import runs
from lmmjax.capture.errors import CaptureError


def low_pass(points: Points3D, cutoff_hz: float = 6.0, order: int = 4) -> Points3D:
    """Points without what is faster than a cutoff.

    Covariances follow as those of a weighted mean of measurements with independent
    noise, with the weights that the filter has far from the ends of a run.

    Args:
      points: [..., T, K]; gaps stay, and so do runs too short to filter.
      cutoff_hz: where one run of the filter halves the power. Winter ("Biomechanics
        and motor control of human movement", 2009, section 3.4) has 4 to 8 for
        walking; strikes and throws need 12 or more.
      order: of both runs together: 2, 4, 6, ...

    Raises:
      CaptureError: cutoff or order are out of range.
    """
    places = np.moveaxis(np.asarray(points.positions, float), -3, 0)
    found = filter_series(places, points.fps, cutoff_hz, order)
    spread = points.covariances
    if spread is not None:
        frames = np.moveaxis(np.asarray(spread, float), -4, 0)
        weights = _weights(points.fps, cutoff_hz, order)
        seen = np.isfinite(places).all(axis=-1)
        averaged = np.full(frames.shape, np.nan)
        for index in np.ndindex(seen.shape[1:]):
            for start, stop in runs(seen[(slice(None), *index)]):
                run = (slice(start, stop), *index)
                averaged[run] = _average(frames[run], weights, order)
        spread = np.moveaxis(averaged, 0, -4).astype(np.float32)
    return points.replace(
        positions=np.moveaxis(found, 0, -3).astype(np.float32), covariances=spread
    )


def filter_series(
    x: np.ndarray, fps: float, cutoff_hz: float = 6.0, order: int = 4
) -> np.ndarray:
    """The filtered series [T, ..., C], in float64; NaN in any of C is a gap in all."""
    coefficients = _design(fps, cutoff_hz, order)
    x = np.array(x, float)
    shortest = _shortest(order)
    known = np.isfinite(x).all(axis=-1)
    for index in np.ndindex(known.shape[1:]):
        for start, stop in runs(known[(slice(None), *index)]):
            if stop - start >= shortest:
                run = (slice(start, stop), *index)
                x[run] = signal.filtfilt(*coefficients, x[run], axis=0)
    return x


def _design(fps: float, cutoff_hz: float, order: int) -> tuple[np.ndarray, np.ndarray]:
    if order < 2 or order % 2:
        raise CaptureError(f"order must be 2, 4, 6, ..., not {order}: it runs twice")
    if not 0 < cutoff_hz < fps / 2:
        raise CaptureError(
            f"cutoff_hz must be between 0 and {fps / 2:g}, half of {fps:g} frames per "
            f"second, not {cutoff_hz}"
        )
    return signal.butter(order // 2, 2 * cutoff_hz / fps)


def _shortest(order: int) -> int:
    """Fewest frames that are filtered: more than `filtfilt` adds at either end."""
    return 3 * (order // 2 + 1) + 1


def _weights(fps: float, cutoff_hz: float, order: int) -> np.ndarray:
    """Squares of the impulse response of both runs, [2 n + 1] about its middle."""
    # Poles of the slowest decay lie at least this near to the cutoff.
    half = int(np.ceil(2 * order * fps / cutoff_hz))
    impulse = np.zeros(2 * half + 1)
    impulse[half] = 1.0
    return signal.filtfilt(*_design(fps, cutoff_hz, order), impulse, padlen=0) ** 2


def _average(spread: np.ndarray, weights: np.ndarray, order: int) -> np.ndarray:
    """Covariances [T, 3, 3] of the filtered places of a run."""
    if len(spread) < _shortest(order):
        return spread
    half = len(weights) // 2
    edge = [(half, half), (0, 0), (0, 0)]
    # At the ends the run goes on as its reflection, as `filtfilt` has it.
    wide = np.pad(spread, edge, mode="symmetric")
    return signal.fftconvolve(wide, weights[:, None, None], mode="valid", axes=0)
