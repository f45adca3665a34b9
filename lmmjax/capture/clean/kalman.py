"""Points without noise and small gaps, with how sure each of them is.

Each point is taken to move with white-noise jerk (see `rts`). How much jerk, and how
much noise where that is not known, is found from the point's own movement, so that a
wrist may go faster than a hip.
"""

import jax
import numpy as np

from kinematics.inverse import signals
from kinematics.points import Points3D
from lmmjax.capture.clean import rts, tuning
from lmmjax.capture.clean.rts import Tracks
from lmmjax.capture.clean.windows import Windows, windows
from lmmjax.capture.errors import CaptureError

# What noise is taken to be where nothing tells, and the least there is: choices. A
# point seen by good cameras is 5 to 10 mm off; a tenth of a millimetre is what marker
# systems reach.
_USUAL_M = 0.005
_LEAST_M = 1e-4
# Seconds that a window sees of its neighbours. The smoother forgets as exp(-t / 2 tau),
# and tau is at most 1 / (2 pi 2 Hz): after 1.5 s by a factor of 1e-4.
_MEMORY_S = 1.5
# Tracks that are smoothed at once: what they keep fits into some 100 MB.
_TOGETHER = 64
# Windows from which the parameters of a point are found: the ones it is seen most in.
_TUNED = 2


def smooth(
    points: Points3D, *, longest_gap_s: float = 0.25, noise_m: float | None = None
) -> Points3D:
    """Points smoothed in time, their small gaps filled, with covariances.

    Covariances of the points are kept in their proportions; where the innovations of
    a point are larger than they allow, its covariances grow. They are never made
    smaller: errors that last over frames, of calibration or of a detector, hide from
    innovations. Without covariances the noise of each point is found from the data,
    and such lasting errors are not part of it. Outliers count little, by Student's t.

    Args:
      points: [..., T, K] in metres.
      longest_gap_s: gaps longer than this stay, and so do frames before the first
        and after the last sight of a point. On both sides of a longer gap a point
        moves independently.
      noise_m: standard deviation on each axis, instead of the points' covariances;
        it grows like these.

    Returns:
      The same points with covariances [..., T, K, 3, 3]; both NaN where missing.

    Raises:
      CaptureError: a parameter is out of range, or a covariance is not positive.
    """
    if noise_m is not None and not 0 < noise_m < np.inf:
        raise CaptureError(f"noise_m must be above 0 m, not {noise_m}")
    if not 0 <= longest_gap_s < np.inf:
        raise CaptureError(f"longest_gap_s must be 0 s or more, not {longest_gap_s}")
    shape = np.shape(points.positions)
    frames = shape[-3]
    # [..., T, K, 3] to [T, points, 3].
    places = np.moveaxis(np.asarray(points.positions, float), -3, 0)
    places = places.reshape(frames, -1, 3)
    seen = np.isfinite(places).all(axis=-1)
    if not seen.any():
        empty = np.full((*shape, 3), np.nan, np.float32)
        return points.replace(covariances=empty)
    noise = _noise(points, places, seen, noise_m)
    gap = int(longest_gap_s * points.fps + 1e-6)
    masked = np.where(seen[..., None], places, np.nan)
    center, sigma = np.zeros((seen.shape[1], 3)), np.ones(seen.shape[1])
    for k in np.flatnonzero(seen.any(axis=0)):
        center[k] = np.nanmedian(masked[:, k], axis=0)
        trace = np.trace(noise[seen[:, k], k], axis1=-2, axis2=-1)
        sigma[k] = np.sqrt(np.median(trace) / 3)
    local = np.where(seen[..., None], (places - center) / sigma[:, None], 0.0)
    noise = np.where(
        seen[..., None, None], noise / sigma[:, None, None] ** 2, np.eye(3)
    )

    margin = int(np.ceil((_MEMORY_S + longest_gap_s) * points.fps))
    cut = windows(frames, margin)
    free = noise_m is None and points.covariances is None
    with jax.enable_x64(True):
        places, spread = _run(cut, local, noise, seen, points.fps, gap, free)
    keep = _kept(seen, gap)
    places = np.where(keep[..., None], places * sigma[:, None] + center, np.nan)
    spread = np.where(keep[..., None, None], spread * sigma[:, None, None] ** 2, np.nan)
    return points.replace(
        positions=_back(places, shape), covariances=_back(spread, shape)
    )


def _run(
    cut: Windows,
    places: np.ndarray,
    noise: np.ndarray,
    seen: np.ndarray,
    fps: float,
    gap: int,
    free: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed places [T, N, 3] and covariances; lengths are standard deviations."""
    count = seen.shape[1]
    owner = np.tile(np.arange(count), len(cut.starts))
    pieces = Tracks(
        _lanes(cut.cut(places, 0.0)),
        _lanes(cut.cut(noise, np.eye(3))),
        _lanes(cut.cut(seen, False)),
        np.ones(len(owner)),
    )
    at = _telling(np.sum(pieces.seen, axis=0), owner)
    cutoff, scale = tuning.tune(
        tuning.take(pieces, at), owner[at], count, fps, gap, free
    )
    unit = np.sqrt(scale)[owner]
    pieces = pieces._replace(
        places=pieces.places / unit, step=tuning.natural_step(cutoff, fps)[owner]
    )
    place, spread = np.zeros(pieces.places.shape), np.zeros(pieces.noise.shape)
    busy = np.flatnonzero(pieces.seen.any(axis=0))
    for first in range(0, len(busy), _TOGETHER):
        some = busy[first : first + _TOGETHER]
        filled = tuning.take(pieces, tuning.fill(some))
        found = rts.smooth(filled, gap, rts.FREEDOM)
        place[..., some], spread[..., some] = (
            np.asarray(x)[..., : len(some)] for x in found
        )
    return (
        cut.join(_points(place * unit, count)),
        cut.join(_points(spread * unit**2, count)),
    )


def _lanes(x: np.ndarray) -> np.ndarray:
    """[length, W, N, ...] to [length, ..., W N]."""
    return np.moveaxis(x.reshape(len(x), -1, *x.shape[3:]), 1, -1)


def _points(x: np.ndarray, count: int) -> np.ndarray:
    """[length, ..., W N] back to [length, W, N, ...]."""
    x = np.moveaxis(x, -1, 1)
    return x.reshape(len(x), -1, count, *x.shape[2:])


def _telling(seen: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Of the pieces of each point those few in which it is seen most."""
    order = np.argsort(-seen, kind="stable")
    return np.concatenate(
        [order[owner[order] == k][:_TUNED] for k in range(owner.max() + 1)]
    )


def _kept(seen: np.ndarray, gap: int) -> np.ndarray:
    """[T, N] whether a point is seen, or within a gap that is short enough."""
    frames = np.arange(len(seen))[:, None]
    before = np.maximum.accumulate(np.where(seen, frames, -np.inf), axis=0)
    after = np.where(seen, frames, np.inf)[::-1]
    after = np.minimum.accumulate(after, axis=0)[::-1]
    return after - before <= gap + 1


def _back(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """[T, N, ...] to [..., T, K, ...] in float32."""
    x = x.reshape(shape[-3], *shape[:-3], shape[-2], *x.shape[2:])
    return np.moveaxis(x, 0, len(shape) - 3).astype(np.float32)


def _noise(
    points: Points3D, places: np.ndarray, seen: np.ndarray, noise_m: float | None
) -> np.ndarray:
    """Covariances [T, N, 3, 3] of the measurements, the identity where not seen."""
    if noise_m is None and points.covariances is not None:
        given = np.moveaxis(np.asarray(points.covariances, float), -4, 0)
        given = np.where(
            seen[..., None, None], given.reshape(*seen.shape, 3, 3), np.eye(3)
        )
        given = (given + given.swapaxes(-1, -2)) / 2 + _LEAST_M**2 * np.eye(3)
        good = np.isfinite(given).all(axis=(-1, -2))
        good[good] = np.linalg.eigvalsh(given[good])[..., 0] > 0
        if not good.all():
            frame, which = np.argwhere(~good)[0]
            name = points.names[which % len(points.names)]
            raise CaptureError(
                f"point {name!r}, frame {frame}: its covariance is not positive "
                f"definite; triangulate anew or give noise_m"
            )
        return given
    if noise_m is not None:
        sigma = np.full(seen.shape[1], noise_m)
    else:
        masked = np.where(seen[..., None], places, np.nan)
        told = [signals.noise(masked[:, k : k + 1]) for k in range(seen.shape[1])]
        known = [s for s in told if s is not None]
        usual = float(np.median(known)) if known else _USUAL_M
        sigma = np.array([usual if s is None else s for s in told])
    variance = np.maximum(sigma, _LEAST_M) ** 2
    noise = np.broadcast_to(variance[:, None, None] * np.eye(3), (*seen.shape, 3, 3))
    return np.where(seen[..., None, None], noise, np.eye(3))
