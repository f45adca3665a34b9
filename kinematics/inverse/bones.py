"""Lengths of bones from points on their ends.

Noise makes measured distances too long: E d^2 = L^2 + 3 s^2 for an offset between
both ends with s per axis, which a fit by least squares does not see either, since the
direction of the bone follows the noise. At 10 mm on either end a bone of 10 cm comes
out 2 % too long. Along the bone, distances scatter by the same s, so it is known.

Lengths are handled as logarithms of their ratio to the body's bones.
"""

import numpy as np

from kinematics.skeleton import Skeleton

# Standard deviations of log ratios, choices of this file: of a bone against the size
# of the whole body, and between both sides of one body.
PROPORTION = 0.1
SYMMETRY = 0.02
# Bones shorter than this, in metres, are not measured.
_SHORTEST = 0.01


def measure(
    skeleton: Skeleton, anchors: np.ndarray, places: np.ndarray, points: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float | None]:
    """Bone lengths from distances.

    Args:
      skeleton: the body, offsets [J, 3].
      anchors: [K] joint of each keypoint.
      places: [K, 3] on it; keypoints off a joint's centre measure no bone.
      points: [T, K, 3] metres, NaN missing.

    Returns:
      Length [J] of the bone to each joint from its parent, NaN where not measured; the
      variance [J] of its logarithm; and the noise per axis of a point, or None.
    """
    offsets = np.asarray(skeleton.offsets, np.float64)
    rest = np.linalg.norm(offsets, axis=-1)
    at = {int(j): k for k, j in enumerate(anchors) if not places[k].any()}
    lengths, variances = np.full(len(rest), np.nan), np.full(len(rest), np.inf)
    pairs = [
        (j, at[j], at[p])
        for j, p in enumerate(skeleton.parents)
        if p in at and j in at and rest[j] > _SHORTEST
    ]
    rows = []
    for j, end, start in pairs:
        distance = np.linalg.norm(points[:, end] - points[:, start], axis=-1)
        distance = distance[np.isfinite(distance)]
        if len(distance):
            middle = np.median(distance)
            spread = np.median(np.abs(distance - middle)) / 0.6745
            rows.append((j, distance, middle, spread, len(distance)))
    if not rows:
        return lengths, variances, None
    counts = np.array([row[4] for row in rows])
    spreads = np.array([row[3] for row in rows])
    # A short clip says little about one bone's noise, so it shares that of all.
    common = np.sqrt(np.average(spreads**2, weights=counts)) if counts.max() > 1 else 0
    for j, distance, middle, spread, count in rows:
        scale = np.sqrt((count * spread**2 + 16 * common**2) / (count + 16))
        near = distance[np.abs(distance - middle) <= 4 * scale + 1e-9]
        square = np.mean(near**2) - 3 * scale**2
        lengths[j] = np.sqrt(max(square, (0.5 * middle) ** 2))
        variances[j] = (scale**2 / count + 1e-7) / lengths[j] ** 2
        if counts.max() < 16:
            # Too few frames to know the noise at all.
            variances[j] += 0.1**2 / count
    sigma = float(np.median(spreads) / np.sqrt(2)) if counts.max() >= 16 else None
    return lengths, variances, sigma


def reconcile(
    skeleton: Skeleton, lengths: np.ndarray, variances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Log ratios [J] of all bones and their precision [J, J], from measured ones.

    Normal distributions of bones about a common size and of sides about each other
    join the measurements; what was not measured follows from the rest.
    """
    rest = np.linalg.norm(np.asarray(skeleton.offsets, np.float64), axis=-1)
    count = len(rest)
    known = np.isfinite(lengths) & (rest > 0)
    ratio = np.zeros(count)
    ratio[known] = np.log(lengths[known] / rest[known])
    weight = np.where(known, 1 / variances, 0.0)
    # Long bones tell the size of the body best.
    size = _weighted_median(ratio[known], rest[known]) if known.any() else 0.0
    matrix = np.diag(weight + 1 / PROPORTION**2)
    target = weight * ratio + size / PROPORTION**2
    for j, twin in enumerate(skeleton.mirror or ()):
        if twin > j and rest[j] > 0 and rest[twin] > 0:
            # Lengths agree, not ratios: the body itself may differ left to right.
            matrix[np.ix_([j, twin], [j, twin])] += (
                np.array([[1, -1], [-1, 1]]) / SYMMETRY**2
            )
            gap = np.log(rest[j] / rest[twin]) / SYMMETRY**2
            target[[j, twin]] += -gap, gap
    return np.linalg.solve(matrix, target), matrix


def scaled(skeleton: Skeleton, ratios: np.ndarray) -> Skeleton:
    """The body with bones longer by exp of ratios [J]."""
    offsets = np.asarray(skeleton.offsets) * np.exp(ratios)[:, None]
    return skeleton.replace(offsets=offsets.astype(np.float32))


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
