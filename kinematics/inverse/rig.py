"""The part of a body that moves its keypoints, and where they sit on it.

A keypoint is a point fixed on a joint. Joints without freedom, and joints that move
no keypoint, take no part in a fit: what is left are rigid `bodies`, the first of them
the root, each turned by one joint against the body that it hangs on.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kinematics.skeleton import DOFS, Skeleton
from kinematics.tree import descent

Keypoints = Sequence[str] | Mapping[str, str | tuple[str, Sequence[float]]]


class Rig(NamedTuple):
    """Static structure of a fit with B bodies and K keypoints.

    Attributes:
      joints: joint that turns each body; the root, 0, comes first.
      parents: body that each body hangs on, -1 for the first.
      bodies: body on which each keypoint is fixed.
      anchors: joint on which each keypoint is fixed.
    """

    joints: tuple[int, ...]
    parents: tuple[int, ...]
    bodies: tuple[int, ...]
    anchors: tuple[int, ...]


def place(skeleton: Skeleton, keypoints: Keypoints) -> tuple[np.ndarray, np.ndarray]:
    """Joint [K] and place [K, 3] on it, in metres and its axes, of each keypoint.

    Args:
      skeleton: the body.
      keypoints: names of joints, one for each keypoint; or a mapping from the
        keypoint's name to a joint, or to a joint and a point in its axes at rest.

    Raises:
      ValueError: a joint is unknown or a place is not three numbers.
    """
    if isinstance(keypoints, Mapping):
        rows = list(keypoints.items())
    else:
        rows = [(name, name) for name in keypoints]
    anchors, places = [], []
    for name, target in rows:
        joint, where = (target, (0, 0, 0)) if isinstance(target, str) else target
        if joint not in skeleton.names:
            raise ValueError(
                f"keypoint {name!r} sits on {joint!r}, which is no joint of this body; "
                f"it has {list(skeleton.names)}"
            )
        point = np.asarray(where, np.float32)
        if point.shape != (3,) or not np.isfinite(point).all():
            raise ValueError(f"keypoint {name!r} needs three finite numbers as place")
        anchors.append(skeleton.index(joint))
        places.append(point)
    return np.array(anchors, int), np.array(places, np.float32).reshape(-1, 3)


def make_rig(
    skeleton: Skeleton,
    anchors: Sequence[int] | np.ndarray,
    places: np.ndarray | None = None,
    keep: Sequence[int] = (),
) -> Rig:
    """The bodies that keypoints on ``anchors`` need.

    Args:
      skeleton: the body.
      anchors: joint of each keypoint.
      places: [K, 3] metres on that joint; a keypoint on a joint's own centre is not
        moved by turning it. None for keypoints that a turn may always move.
      keep: joints that take part whatever they move.
    """
    parents = skeleton.parents
    needed = {0, *keep}
    for k, anchor in enumerate(anchors):
        centred = places is not None and not np.any(places[k])
        j = parents[anchor] if centred else anchor
        while j > 0:
            needed.add(j)
            j = parents[j]
    joints = [int(j) for j in sorted(needed) if j == 0 or DOFS[skeleton.kinds[j]]]

    return Rig(
        tuple(joints),
        (-1, *(_body_of(joints, parents, parents[j]) for j in joints[1:])),
        tuple(_body_of(joints, parents, anchor) for anchor in anchors),
        tuple(int(anchor) for anchor in anchors),
    )


def _body_of(joints: Sequence[int], parents: Sequence[int], j: int) -> int:
    """Which of the bodies that ``joints`` turn joint ``j`` is fixed on."""
    while j not in joints:
        j = parents[j]
    return joints.index(j)


@functools.cache
def incidence(rows: int, bodies: tuple[int, ...]) -> np.ndarray:
    """[rows, K], 1 where keypoint k is fixed on body j."""
    table = np.zeros((rows, len(bodies)), np.float32)
    table[list(bodies), range(len(bodies))] = 1
    return table


@functools.cache
def rigid_arms(rig: Rig, parents: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Which bones lie between a body and what is fixed on it.

    Args:
      rig: B bodies and K keypoints.
      parents: of the J joints.

    Returns:
      [B, J] for each body those from the centre of the body it hangs on to its own;
      [K, J] for each keypoint those from its body's centre to its joint. Joints in
      between do not turn, so at rest the offsets of these bones add up to the arm.
    """
    hangs = descent(parents)
    arms = [
        hangs[j] - hangs[rig.joints[max(up, 0)]]
        for j, up in zip(rig.joints, rig.parents, strict=True)
    ]
    ends = [
        hangs[j] - hangs[rig.joints[b]]
        for j, b in zip(rig.anchors, rig.bodies, strict=True)
    ]
    count = len(parents)
    return np.reshape(arms, (-1, count)), np.reshape(ends, (-1, count))


@functools.cache
def carriers(rig: Rig, parents: tuple[int, ...]) -> np.ndarray:
    """[J] body on which each joint's bone, from its parent, is fixed."""
    return np.array([_body_of(rig.joints, parents, max(j, 0)) for j in parents])
