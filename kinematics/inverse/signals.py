"""Point trajectories before any body: gaps, noise, acceleration, smoothing."""

import numpy as np

# Least acceleration per axis, in m/s^2, that a body in movement is granted.
_QUIET = 2.0
# Fewer frames than this say too little about noise.
ENOUGH = 16


def fill(points: np.ndarray) -> np.ndarray:
    """Points [T, K, C] with gaps interpolated in time and ends held.

    A point that is never seen stays NaN.
    """
    points = np.array(points, np.float32)
    flat = points.reshape(len(points), -1)
    time = np.arange(len(points))
    for column in flat.T:
        seen = np.isfinite(column)
        if seen.any() and not seen.all():
            column[~seen] = np.interp(time[~seen], time[seen], column[seen])
    return flat.reshape(points.shape)


def noise(points: np.ndarray) -> float | None:
    """Standard deviation of white noise on points [T, K, C], NaN missing, or None.

    From fourth differences, in which smooth movement all but vanishes: their
    coefficients 1, -4, 6, -4, 1 have the sum of squares 70. The median makes it robust.
    """
    if len(points) < ENOUGH:
        return None
    steps = np.abs(np.diff(points, 4, axis=0))
    steps = steps[np.isfinite(steps)]
    # The normal distribution's median of |x| is 0.6745.
    return float(np.median(steps) / 0.6745 / np.sqrt(70)) if len(steps) else None


def roughness(points: np.ndarray, sigma: float, fps: float) -> np.ndarray:
    """Variance [K] of the second differences of the noiseless points [T, K, C].

    Movement is taken as a walk whose second differences are white, which is what
    `smooth` inverts. Over s frames its second difference has the variance (2 s^3 + s)
    / 3 times that over one, while noise keeps its 6 sigma^2: s is 1/15 s, where human
    movement exceeds the noise of cameras. Where it does not it is that of the least
    acceleration that movement is granted, and NaN where nothing is seen.
    """
    s = max(1, min(round(fps / 15), (len(points) - 1) // 2))
    if len(points) <= 2 * s:
        return np.full(points.shape[1], np.nan)
    steps = points[2 * s :] - 2 * points[s:-s] + points[: -2 * s]
    square = (steps**2).mean(-1)
    seen = np.isfinite(square)
    square = np.where(seen, square, 0)
    typical = [
        np.median(q[k]) if k.any() else 0.0
        for q, k in zip(square.T, seen.T, strict=True)
    ]
    # A jump is an outlier, not an acceleration.
    seen &= square <= 50 * np.array(typical)
    count = seen.sum(0)
    mean = (square * seen).sum(0) / np.maximum(count, 1)
    least = (_QUIET * (s / fps) ** 2) ** 2
    found = np.maximum(mean - 6 * sigma**2, least) * 3 / (2 * s**3 + s)
    return np.where(count, found, np.nan)


def smooth(points: np.ndarray, stiffness: np.ndarray) -> np.ndarray:
    """The x of least sum of (points - x)^2 + stiffness (second differences)^2.

    Whittaker (1923), for points [T, K, C] without gaps. The cosine transform solves it
    for points that are reflected at both ends; so that these do not turn back there, a
    cubic with their places and speeds is taken off before. The stiffness [K] has no
    unit.
    """
    if len(points) < ENOUGH or not np.any(stiffness):
        return points
    trend = _cubic(points)
    points = points - trend
    both = np.concatenate([points, points[::-1]])
    wave = (2 - 2 * np.cos(np.pi * np.arange(len(points) + 1) / len(points))) ** 2
    gain = 1 / (1 + wave[:, None] * stiffness)
    waves = np.fft.rfft(both, axis=0) * gain[..., None].astype(np.float32)
    smooth = np.fft.irfft(waves, len(both), axis=0)[: len(points)]
    return (smooth + trend).astype(np.float32)


def _cubic(points: np.ndarray) -> np.ndarray:
    """The cubic [T, K, C] in time with the places and speeds of points at both ends.

    Those are of parabolas through the first and last frames.
    """
    count = min(ENOUGH, len(points))
    powers = np.arange(count)[:, None] ** np.arange(3)
    fit = np.linalg.pinv(powers)[:2]
    place, speed = np.einsum("pt,tkc->pkc", fit, points[:count])
    stop, back = np.einsum("pt,tkc->pkc", fit, points[::-1][:count])
    last = len(points) - 1
    u = (np.arange(len(points)) / last)[:, None, None]
    # Hermite's basis on [0, 1].
    rise = u * u * (3 - 2 * u)
    first = u * (1 - u) ** 2 * last * speed
    return place + rise * (stop - place) + first + u * u * (1 - u) * last * back


def clean(
    points: np.ndarray, stiffness: np.ndarray, sigma: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points [T, K, C] without gaps, and the same smoothed in time.

    Before the second, points are taken out that are further from the smooth than six
    times what is usual for their keypoint, which is no less than the noise ``sigma``.
    The stiffness [K] has no unit.
    """
    filled = fill(points)
    smoothed = smooth(filled, stiffness)
    away = np.linalg.norm(points - smoothed, axis=-1)
    seen = np.isfinite(away)
    usual = [
        max(np.median(a[k]), sigma) if k.any() else np.inf
        for a, k in zip(away.T, seen.T, strict=True)
    ]
    wild = seen & (away > 6 * np.array(usual))
    if wild.any():
        kept = fill(np.where(wild[..., None], np.nan, points))
        smoothed = smooth(kept, stiffness)
    return filled, smoothed
