"""Sums that add up and what they tell: histograms, ratios, lengths of bones."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from kinematics.points import Points3D
from lmmjax.capture.associate.landmarks import PARTS, parts
from lmmjax.capture.video import skeleton_links

# Reprojection errors from 1/64 to 1024 pixels, eight bins to a factor of 2: quantiles
# are exact to within 9 %. Choices; what is beyond counts in the last bin.
_OCTAVES = (-6, 10)
_PER_OCTAVE = 8
BINS = _PER_OCTAVE * (_OCTAVES[1] - _OCTAVES[0])
# Bones of arms and legs, by landmark without side: their ends are joints, so that
# their length is one of the body and not of the way in which it bends.
_LIMBS = {
    frozenset(pair)
    for pair in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    )
}


def histogram(error: np.ndarray) -> np.ndarray:
    """[V, K, BINS] counts of errors [V, T, K] in pixels; NaN counts nowhere."""
    cameras, _, joints = error.shape
    v, t, k = np.nonzero(np.isfinite(error))
    octave = np.log2(np.maximum(error[v, t, k], 2.0 ** _OCTAVES[0])) - _OCTAVES[0]
    place = np.minimum((octave * _PER_OCTAVE).astype(int), BINS - 1)
    flat = (v * joints + k) * BINS + place
    counts = np.bincount(flat, minlength=cameras * joints * BINS)
    return counts.reshape(cameras, joints, BINS)


def quantile(counts: np.ndarray, share: float) -> np.ndarray:
    """[...] pixels below which a share of counts [..., BINS] lies, or NaN."""
    below = np.cumsum(counts, axis=-1)
    wanted = share * below[..., -1:]
    at = np.minimum((below < wanted).sum(-1, keepdims=True), BINS - 1)
    inside = np.take_along_axis(counts, at, -1)
    before = np.take_along_axis(below, at, -1) - inside
    part = ratio(wanted - before, inside)
    return 2.0 ** (_OCTAVES[0] + (at + part)[..., 0] / _PER_OCTAVE)


def ratio(part: ArrayLike, whole: ArrayLike) -> np.ndarray:
    """Part of the whole, NaN of nothing."""
    whole = np.asarray(whole, float)
    return np.asarray(part) / np.where(whole > 0, whole, np.nan)


def mean(values: np.ndarray) -> float:
    """Mean of the finite values, NaN of none."""
    kept = values[np.isfinite(values)]
    return float(kept.mean()) if kept.size else float("nan")


def there(points: Points3D) -> np.ndarray:
    """[T, K] whether a point is known."""
    return np.isfinite(np.asarray(points.positions)).all(-1)


def deviation(covariances: np.ndarray) -> np.ndarray:
    """[...] metres, standard deviation along an axis, of covariances [..., 3, 3]."""
    return np.sqrt(np.maximum(np.trace(covariances, axis1=-2, axis2=-1), 0) / 3)


def bone_sums(points: Points3D, bones: list[tuple[str, str]]) -> np.ndarray:
    """[B, 3] number, sum and sum of squares of lengths."""
    places = np.asarray(points.positions, float)
    ends = np.array([[points.names.index(n) for n in bone] for bone in bones], int)
    ends = ends.reshape(-1, 2)
    length = np.linalg.norm(places[:, ends[:, 0]] - places[:, ends[:, 1]], axis=-1)
    powers = np.stack([length**0, length, length**2], axis=-1)
    return np.where(np.isfinite(length)[..., None], powers, 0).sum(0)


def variation(sums: np.ndarray) -> np.ndarray:
    """[B] standard deviation over mean of lengths; NaN of fewer than two."""
    count, total, squares = np.moveaxis(sums, -1, 0)
    usual = ratio(total, np.where(count > 1, count, 0))
    variance = np.maximum(ratio(squares, count) - usual**2, 0)
    return ratio(np.sqrt(variance), usual)


def bones(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs of landmarks between which a body is rigid; faces have none."""
    head = parts(names)[PARTS.index("head")]
    face = {name for name, own in zip(names, head, strict=True) if own}
    return [link for link in skeleton_links(names) if not face.intersection(link)]


def limbs(bones: list[tuple[str, str]]) -> list[int]:
    """Which of the bones are those of arms and legs."""

    def base(name: str) -> str:
        sideless = name.removeprefix("left_").removeprefix("right_")
        return sideless.removesuffix("_joint")

    return [b for b, ends in enumerate(bones) if frozenset(map(base, ends)) in _LIMBS]


def runs(known: np.ndarray) -> Iterator[tuple[int, int]]:
    """Spans, first and one after the last, in which booleans [T] are true."""
    edges = np.diff(
        np.concatenate([[False], np.asarray(known, bool), [False]]).astype(int)
    )
    yield from zip(
        np.flatnonzero(edges > 0).tolist(),
        np.flatnonzero(edges < 0).tolist(),
        strict=True,
    )
