"""Limits widened until they contain observed motion."""

import jax
import numpy as np

from kinematics.limits import envelope
from kinematics.limits.softclip import SOFTNESS
from kinematics.skeleton import Skeleton, free_limits, swing_table
from kinematics.symmetry import mirror_coordinates, mirror_skeleton

# Radians beyond the data.
MARGIN = 2.5 * float(SOFTNESS)


def widen(skeleton: Skeleton, q: np.ndarray, margin: float = MARGIN) -> Skeleton:
    """Limits that contain observed motion as well as what the body allowed.

    Ranges from books fail on real capture, so each coordinate's range becomes
    ``[min(anatomy, q0.001 - margin), max(anatomy, q0.999 + margin)]``; a joint
    whose range was a whole turn (no anatomy known) takes the range of the data.
    Swing ellipses then grow until they hold 99.9 % of the frames, and couplings
    where the data break them.

    Args:
      skeleton: body whose limits are widened.
      q: [N, D] observed joint coordinates, radians.
      margin: radians beyond the data; at least twice the softness, so that the
        data lie where the limits hardly bend.

    Returns:
      The same body with other limits; mirrored twins get one common range where
      the body has a mirror.

    Raises:
      ValueError: every frame has a missing (NaN) coordinate; such frames are not
        looked at.
    """
    q = observed(skeleton, q)
    before = common_limits(skeleton)
    lower, upper = _widened_box(before, q, margin)
    body = before.replace(
        lower=lower.astype(np.float32), upper=upper.astype(np.float32)
    )
    if body.couplings is None:
        return body
    return common_limits(
        body.replace(couplings=envelope.widened(before, body, q, margin))
    )


def observed(skeleton: Skeleton, q: np.ndarray) -> np.ndarray:
    """Frames [N, D] without missing values, followed by their mirror images."""
    q = np.asarray(q, np.float32)
    if q.ndim != 2 or q.shape[1] != skeleton.num_coordinates:
        raise ValueError(
            f"limits need frames of shape [N, {skeleton.num_coordinates}], one column "
            f"per joint coordinate, not {list(q.shape)}"
        )
    q = q[np.isfinite(q).all(axis=-1)]
    if not len(q):
        raise ValueError("limits need frames without missing joint coordinates")
    if skeleton.mirror is None:
        return q
    return np.concatenate([q, np.asarray(mirror_coordinates(skeleton, q))])


def common_limits(skeleton: Skeleton) -> Skeleton:
    """Limits that hold those of the body and those of its mirrored body."""
    if skeleton.mirror is None:
        return skeleton
    other = jax.tree.map(np.asarray, mirror_skeleton(skeleton))
    body = skeleton.replace(
        lower=np.minimum(skeleton.lower, other.lower),
        upper=np.maximum(skeleton.upper, other.upper),
    )
    if skeleton.couplings is None:
        return body
    return body.replace(couplings=envelope.union(skeleton.couplings, other.couplings))


def _widened_box(
    skeleton: Skeleton, q: np.ndarray, margin: float
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest values [D] around the frames q [N, D]."""
    swings = swing_table(skeleton.kinds)
    low, high = np.quantile(q, envelope.QUANTILES, axis=0)
    low, high = low - margin, high + margin
    lower, upper = np.array(skeleton.lower), np.array(skeleton.upper)
    unknown = free_coordinates(skeleton)
    anatomy = _cone_edges(lower, upper, swings)
    lower = np.where(unknown, low, np.minimum(lower, low))
    upper = np.where(unknown, high, np.maximum(upper, high))
    for index, edge in zip(swings, anatomy, strict=True):
        center = (lower[index] + upper[index]) / 2
        half = (upper[index] - lower[index]) / 2
        inner = np.maximum(half - margin, 1e-3)
        radius = np.linalg.norm((q[:, index] - center) / inner, axis=1)
        half = inner * max(1.0, float(np.quantile(radius, 0.999))) + margin
        if not unknown[index].any():
            # A larger box does not always hold the ellipse of a smaller one.
            half *= max(1.0, np.linalg.norm((edge - center) / half, axis=1).max())
        lower[index], upper[index] = center - half, center + half
    return lower, upper


def free_coordinates(skeleton: Skeleton) -> np.ndarray:
    """Whether each coordinate's range is a whole turn: no anatomy is known."""
    free_lower, free_upper = free_limits(skeleton.kinds)
    return np.asarray((skeleton.lower <= free_lower) & (skeleton.upper >= free_upper))


def _cone_edges(lower: np.ndarray, upper: np.ndarray, swings: np.ndarray) -> np.ndarray:
    """Points [B, 256, 2] on the edges of the swing ellipses [B, 2]."""
    turn = np.linspace(0, 2 * np.pi, 256)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    low, high = lower[swings][:, None], upper[swings][:, None]
    return (low + high) / 2 + (high - low) / 2 * circle
