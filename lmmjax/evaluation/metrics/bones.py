"""Bones and joints: what a body cannot do."""

from typing import NamedTuple

import jax
import numpy as np

from kinematics import Skeleton, limits
from kinematics.motion import in_blocks
from lmmjax.evaluation.metrics.known import mean_known

# Shorter bones mark where something is; a share of their length says nothing.
_LONG = 1e-3
# Percentiles between which a coordinate's range is measured.
_RANGE = (1, 99)
_EXCESS = jax.jit(limits.excess)


class LimitViolations(NamedTuple):
    """Joint coordinates outside of their limits.

    Attributes:
      share: of all coordinates of all frames (DoF-frames).
      excess_deg: mean distance of those outside to their limit, degrees; 0 where there
        are none.
    """

    share: float
    excess_deg: float


def bone_stretch(
    positions: np.ndarray, parents: tuple[int, ...], offsets: np.ndarray
) -> float:
    """Largest change of any bone's length, as a share of it.

    Args:
      positions: [..., J, 3] metres.
      parents: parent of each joint, -1 for the root.
      offsets: [J, 3] the true bones, metres.

    Returns:
      max |length - true length| / true length over bones longer than a millimetre.
    """
    length = _lengths(positions, parents)
    true = np.linalg.norm(offsets[1:], axis=-1)
    long = true > _LONG
    return float((np.abs(length - true)[..., long] / true[long]).max(initial=0.0))


def mean_bone_stretch(
    positions: np.ndarray, parents: tuple[int, ...], offsets: np.ndarray
) -> float:
    """Mean of |length - true length| / true length; arguments as in `bone_stretch`.

    Bones with a missing (NaN) end are left out of their frame.
    """
    length = _lengths(positions, parents)
    true = np.linalg.norm(offsets[1:], axis=-1)
    long = true > _LONG
    share = np.abs(length - true)[..., long] / true[long]
    return float(mean_known(share, ~np.isnan(share)))


def bone_jitter(
    positions: np.ndarray, parents: tuple[int, ...], offsets: np.ndarray
) -> float:
    """Mean change of a bone's length to the next frame, as a share of its length.

    Args:
      positions: [..., T, J, 3] metres; bones with a missing (NaN) end are left out.
      parents: parent of each joint, -1 for the root.
      offsets: [J, 3] the true bones, metres.
    """
    true = np.linalg.norm(offsets[1:], axis=-1)
    long = true > _LONG
    change = np.abs(np.diff(_lengths(positions, parents), axis=-2))
    share = change[..., long] / true[long]
    return float(mean_known(share, ~np.isnan(share)))


def limit_violations(skeleton: Skeleton, joints: np.ndarray) -> LimitViolations:
    """How often and how far joint coordinates are outside of their limits.

    Print the values of the truth beside it: bodies from books do not hold all that
    people do.

    Args:
      skeleton: the body with its limits.
      joints: [..., D] radians; missing (NaN) coordinates are left out.
    """
    rows = np.asarray(joints, np.float32).reshape(-1, skeleton.num_coordinates)
    over, known = in_blocks(_EXCESS, skeleton, rows), ~np.isnan(rows)
    outside = known & (over > 0)
    count = outside.sum()
    return LimitViolations(
        float(mean_known(outside, known)),
        float(np.rad2deg(over[outside].sum(dtype=np.float64)) / max(count, 1)),
    )


def range_used(generated: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Generated over true range of each coordinate, from its 1st to 99th percentile.

    Below 1 a model is timid, above it exaggerates.

    Args:
      generated: [..., D] joint coordinates; missing (NaN) ones are left out.
      true: [..., D] those of the truth.

    Returns:
      [D]; NaN where the true range is 0 or nothing is known.
    """
    ours, theirs = _ranges(generated), _ranges(true)
    return np.where(theirs > 0, ours, np.nan) / np.where(theirs > 0, theirs, 1.0)


def _lengths(positions: np.ndarray, parents: tuple[int, ...]) -> np.ndarray:
    """Lengths [..., J-1] of the bones that end in joints 1, 2, ..."""
    bones = positions[..., 1:, :] - positions[..., np.array(parents)[1:], :]
    return np.linalg.norm(bones, axis=-1)


def _ranges(joints: np.ndarray) -> np.ndarray:
    """Distance [D] between the percentiles of each coordinate."""
    rows = np.asarray(joints, np.float64).reshape(-1, np.shape(joints)[-1])
    result = np.full(rows.shape[1], np.nan)
    for d, column in enumerate(rows.T):
        values = column[~np.isnan(column)]
        if len(values):
            low, high = np.percentile(values, _RANGE)
            result[d] = high - low
    return result
