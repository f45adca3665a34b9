"""Faults of captured motion: joints turned as no joint can be.

Where markers are lost, a solver may turn a limb half round from one frame to the next
and let the joint after it turn it back.
"""

from typing import NamedTuple

import numpy as np

from kinematics import Motion, Skeleton
from kinematics.skeleton import coordinate_table

# Choices of this file. Radians beyond its anatomical range from which on a coordinate
# is a fault, not a supple person; seconds of faults that are filled in; seconds that a
# piece of a clip must have to be of use.
BEYOND = float(np.deg2rad(45.0))
_FILLED_S = 0.2
_LEAST_S = 1.0
# A hand has few markers, and whatever it does hardly moves the body: its faults are
# filled in however long they are.
_HANDS = ("LeftHand", "RightHand", "LeftFingerBase", "RightFingerBase")


class Repaired(NamedTuple):
    """What is left of a clip.

    Attributes:
      pieces: of the clip, in order.
      hands: seconds in which a hand was filled in.
      filled: seconds in which the body was.
      cut: seconds that were left out.
    """

    pieces: list[Motion]
    hands: float
    filled: float
    cut: float


def repair(motion: Motion) -> Repaired:
    """Fill in or cut out frames in which a joint is far beyond its range.

    Args:
      motion: on a body with anatomical limits.

    Returns:
      The pieces, named ``<name>#2`` and so on after the first.
    """
    body = motion.skeleton
    wrong = beyond(body, np.asarray(motion.joints))
    hands = [body.names.index(name) for name in _HANDS if name in body.names]
    joints, hand_frames = np.array(motion.joints), np.zeros(len(motion), bool)
    table = coordinate_table(body.kinds)
    for j in hands:
        columns = [d for d in table[j] if d < body.num_coordinates]
        joints[:, columns] = _filled(joints[:, columns], wrong[:, j])
        hand_frames |= wrong[:, j]
    body_wrong = np.asarray(np.delete(wrong, hands, axis=1).any(axis=1))
    cut = np.zeros(len(motion), bool)
    for start, stop in _runs(body_wrong):
        inner = start > 0 and stop < len(motion)
        cut[start:stop] = not inner or stop - start > _FILLED_S * motion.fps
    joints = _filled(joints, body_wrong & ~cut, usable=~body_wrong)
    motion = motion.replace(joints=joints)
    pieces = [
        motion[start:stop]
        for start, stop in _runs(~cut)
        if stop - start >= _LEAST_S * motion.fps or not cut.any()
    ]
    pieces = [
        piece.replace(name=f"{motion.name}#{n}" if n > 1 else motion.name)
        for n, piece in enumerate(pieces, start=1)
    ]
    seconds = 1 / motion.fps
    return Repaired(
        pieces,
        float(hand_frames.sum() * seconds),
        float((body_wrong & ~cut).sum() * seconds),
        (len(motion) - sum(map(len, pieces))) * seconds,
    )


def beyond(body: Skeleton, joints: np.ndarray) -> np.ndarray:
    """Whether each joint [T, J] is far beyond its range in coordinates [T, D]."""
    over = np.maximum(joints - body.upper, body.lower - joints) > BEYOND
    over = np.pad(over, ((0, 0), (0, 1)))
    return np.any(over[:, coordinate_table(body.kinds)], axis=-1)


def _filled(
    values: np.ndarray, wrong: np.ndarray, usable: np.ndarray | None = None
) -> np.ndarray:
    """Values [T, C], those that are wrong [T] interpolated from usable ones."""
    known = np.flatnonzero(~wrong if usable is None else usable)
    if not wrong.any():
        return values
    if not len(known):
        return np.zeros_like(values)
    values, frames = values.copy(), np.flatnonzero(wrong)
    for column in values.T:
        column[frames] = np.interp(frames, known, column[known])
    return values


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First frame, and the one after the last, of each stretch of a mask [T]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
