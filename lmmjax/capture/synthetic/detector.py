"""A detector of keypoints as detectors are: noisy, unsure, and at times wrong.

Every keypoint has an uncertainty, of which its error and its confidence are drawn:
confidence tells about the error, but not all.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from lmmjax.capture.errors import CaptureError

# Displaced observations are those of the published benchmark of triangulation.
OUTLIER_PX = (15.0, 300.0)
# The other numbers are choices. Spread of the logarithm of the uncertainty; how much
# larger it is for a hidden keypoint, an outlier, a false person; how many of the
# hidden ones are guessed at all; how long a detector keeps a mistake, in frames.
_SPREAD = 0.35
_HIDDEN, _DISPLACED, _FALSE = 5.0, 3.0, 4.0
_GUESSED = 0.5
_LASTING = 12
# Confidence at the usual uncertainty u = 1, falling as 1 / sqrt(u), and its scatter.
_USUAL, _SCATTER, _LEAST = 0.85, 0.08, 0.05


@dataclasses.dataclass(frozen=True)
class Detector:
    """How often a detector fails.

    Attributes:
      noise_px: standard deviation per axis of an ordinary keypoint. Single ones are
        better and worse, so that the noise has heavier tails than a Gaussian.
      outliers: share of keypoints displaced by 15 to 300 px.
      missing: share of the keypoints in view that are not found.
      false_people: share of frames with somebody who is not there.
      swaps: share of frames of each person with left and right exchanged.
    """

    noise_px: float = 1.0
    outliers: float = 0.0
    missing: float = 0.1
    false_people: float = 0.02
    swaps: float = 0.0

    def __post_init__(self):
        if not 0 <= self.noise_px < np.inf:
            raise CaptureError(f"noise_px must be 0 or more, not {self.noise_px}")
        for share in ("outliers", "missing", "false_people", "swaps"):
            if not 0 <= getattr(self, share) <= 1:
                raise CaptureError(
                    f"{share} is a share from 0 to 1, not {getattr(self, share)}"
                )


class Seen(NamedTuple):
    """Keypoints of T frames and S slots.

    Attributes:
      xy: [T, S, K, 2] pixels, NaN where missing.
      confidence: [T, S, K], 0 where missing.
      person: [T, S] index of the true person, -1 for a false one or an empty slot.
      inlier: [T, S, K] whether the error is the ordinary noise.
    """

    xy: np.ndarray
    confidence: np.ndarray
    person: np.ndarray
    inlier: np.ndarray


def detect(
    rng: np.random.Generator,
    detector: Detector,
    xy: np.ndarray,
    hidden: np.ndarray,
    streaks: np.ndarray,
    mirror: tuple[int, ...] | None,
    size: tuple[int, int],
) -> Seen:
    """What the detector says of true pictures, people in any order.

    Args:
      rng: source of chance.
      detector: how often it fails.
      xy: [T, P, K, 2] true pixels, NaN where the camera cannot see.
      hidden: [T, P, K] whether a body is in front.
      streaks: [T, P, K, 2] pixels that the point moves during the exposure. It is
        found anywhere along them.
      mirror: twin of each keypoint, or None where sides cannot be exchanged.
      size: width and height of the picture.

    Returns:
      People in random order, empty slots last; P slots, and one more where there may
      be false people.
    """
    shape = xy.shape[:-1]
    xy, hidden, streaks, exchanged = _swap(rng, detector, xy, hidden, streaks, mirror)
    found = np.isfinite(xy).all(-1) & (rng.random(shape) >= detector.missing)
    found &= ~hidden | (rng.random(shape) < _GUESSED)
    displaced = rng.random(shape) < detector.outliers
    spread = _lognormal(rng, shape) * np.where(hidden, _HIDDEN, 1.0)
    error = rng.standard_normal(xy.shape) * (detector.noise_px * spread)[..., None]
    error += streaks * rng.uniform(-0.5, 0.5, shape)[..., None]
    error[displaced] += displacements(rng, int(displaced.sum()))
    # A uniform error along a streak has the standard deviation of its length / sqrt 12.
    blur = np.hypot(*np.moveaxis(streaks, -1, 0)) / np.sqrt(12)
    unsure = np.hypot(spread, blur / max(detector.noise_px, 1.0))
    unsure = unsure * np.where(displaced, _DISPLACED, 1.0)
    person = np.broadcast_to(np.arange(shape[1]), shape[:2])
    seen = Seen(
        np.where(found[..., None], xy + error, np.nan),
        np.where(found, _confidence(rng, unsure), 0.0),
        np.where(found.any(-1), person, -1),
        found & ~hidden & ~displaced & ~exchanged,
    )
    if detector.false_people:
        seen = _with_false_people(rng, detector, seen, size)
    return _shuffled(rng, seen)


def displacements(rng: np.random.Generator, count: int) -> np.ndarray:
    """[count, 2] pixels: log-uniform over `OUTLIER_PX`, in any direction."""
    low, high = np.log(OUTLIER_PX)
    length = np.exp(rng.uniform(low, high, count))
    angle = rng.uniform(0, 2 * np.pi, count)
    return length[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)


def _lognormal(rng, shape) -> np.ndarray:
    """Factors [...] whose mean square is 1."""
    return np.exp(_SPREAD * rng.standard_normal(shape) - _SPREAD**2)


def _confidence(rng, unsure: np.ndarray) -> np.ndarray:
    told = _USUAL / np.sqrt(np.maximum(unsure, 1e-6))
    return np.clip(told + _SCATTER * rng.standard_normal(unsure.shape), _LEAST, 1.0)


def _spells(rng, share: float, frames: int, people: int) -> np.ndarray:
    """[T, P] number of the spell of a mistake that a frame is in, or -1.

    Time is cut in stretches of equal length that begin at another frame for everybody;
    a share of them are spells.
    """
    stretches = frames // _LASTING + 2
    struck = rng.random((stretches, people)) < share
    numbers = np.arange(struck.size).reshape(struck.shape)
    number = np.where(struck, numbers, -1)
    shifted = np.arange(frames)[:, None] + rng.integers(0, _LASTING, people)
    return np.take_along_axis(number, shifted // _LASTING, axis=0)


def _swap(rng, detector, xy, hidden, streaks, mirror):
    """Exchange left and right for some frames of some people."""
    swapped = _spells(rng, detector.swaps, *xy.shape[:2]) >= 0
    exchanged = np.zeros(hidden.shape, bool)
    if not swapped.any():
        return xy, hidden, streaks, exchanged
    if mirror is None:
        raise CaptureError("these joints have no left and right; set swaps to 0")
    at, twin = swapped[..., None], np.asarray(mirror)
    exchanged = at & (twin != np.arange(len(twin)))
    return (
        np.where(at[..., None], xy[:, :, twin], xy),
        np.where(at, hidden[:, :, twin], hidden),
        np.where(at[..., None], streaks[:, :, twin], streaks),
        exchanged,
    )


def _with_false_people(rng, detector, seen: Seen, size) -> Seen:
    """One more slot, where at times a copy of somebody stands still elsewhere."""
    frames, _, joints = seen.confidence.shape
    spell = _spells(rng, detector.false_people, frames, 1)[:, 0]
    xy = np.full((frames, 1, joints, 2), np.nan)
    moments, slots = np.nonzero(seen.person >= 0)
    for number in np.unique(spell[spell >= 0]) if len(moments) else ():
        at, one = spell == number, rng.integers(len(moments))
        shape = seen.xy[moments[one], slots[one]]
        shape = shape - np.nanmean(shape, axis=0)
        noise = rng.standard_normal((at.sum(), joints, 2))
        noise *= _FALSE * detector.noise_px
        xy[at, 0] = shape + rng.uniform(0, 1, 2) * size + noise
    inside = ((xy >= 0) & (xy <= np.asarray(size) - 1)).all(-1)
    xy[~inside] = np.nan
    told = _confidence(rng, _FALSE * _lognormal(rng, inside.shape))
    return Seen(
        np.concatenate([seen.xy, xy], axis=1),
        np.concatenate([seen.confidence, np.where(inside, told, 0.0)], axis=1),
        np.concatenate([seen.person, np.full((frames, 1), -1)], axis=1),
        np.concatenate([seen.inlier, np.zeros((frames, 1, joints), bool)], axis=1),
    )


def _shuffled(rng, seen: Seen) -> Seen:
    """People in another order in every frame, empty slots last."""
    empty = ~(seen.confidence > 0).any(-1)
    order = np.argsort(rng.random(empty.shape) + empty, axis=1)
    frame = np.arange(len(order))[:, None]
    return Seen(*(part[frame, order] for part in seen))
