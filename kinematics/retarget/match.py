"""Which joint of one body a joint of another one turns like."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kinematics.bodies.segments import Segment, segments
from kinematics.skeleton import Skeleton, rest_places

# Segments of one bone, whose directions at rest may differ from body to body. Others
# are taken to be upright, or flat on the floor, at rest.
_BONES = ("upper arm", "forearm", "hand", "thigh", "shank")


class Guide(NamedTuple):
    """What a joint of the new body turns like, in the world.

    Attributes:
      joints: one or two joints of the source.
      share: from the first (0) to the second (1).
      rest: [3, 3] from the rest of the new body to that of the source.
    """

    joints: tuple[int, int]
    share: float
    rest: np.ndarray


def guides(
    source: Skeleton, body: Skeleton, names: Mapping[str, str] | None = None
) -> list[Guide | None]:
    """A guide for every joint of ``body``; None for those that stay as at rest.

    Args:
      source: the body that moved.
      body: the body that is to move.
      names: joint of the source for joints of the body, instead of anatomy.

    Raises:
      ValueError: a joint is unknown, or the anatomy of a body is not found and the
        names do not say who is who.
    """
    for skeleton in (source, body):
        if np.ndim(skeleton.offsets) != 2:
            raise ValueError("retargeting takes one body at a time, offsets [J, 3]")
    found: list[Guide | None] = [None] * body.num_joints
    if names is not None:
        for name, other in names.items():
            for skeleton, joint in ((body, name), (source, other)):
                if joint not in skeleton.names:
                    raise ValueError(
                        f"no joint {joint!r}; there are {list(skeleton.names)}"
                    )
            j = source.index(other)
            found[body.index(name)] = Guide((j, j), 0.0, np.eye(3))
        found[0] = found[0] or Guide((0, 0), 0.0, np.eye(3))
        return found
    theirs, ours = by_side(source), by_side(body)
    for key, segment in ours.items():
        twin = theirs[key]
        rest = np.eye(3)
        if key[0] in _BONES:
            rest = between(bone(body, segment), bone(source, twin))
        shares = _shares(source, twin.joints)
        for j, at in zip(segment.joints, _shares(body, segment.joints), strict=True):
            k = int(np.searchsorted(shares, at, side="right")) - 1
            after = min(k + 1, len(shares) - 1)
            gap = shares[after] - shares[k]
            share = (at - shares[k]) / gap if gap > 0 else 0.0
            found[j] = Guide((twin.joints[k], twin.joints[after]), share, rest)
        if key[0] == "trunk":
            _add_collars(source, body, theirs, ours, found)
    return found


def by_side(skeleton: Skeleton) -> dict[tuple[str, int], Segment]:
    """Segments by name and side: 1 left, -1 right, 0 midline."""
    places = rest_places(skeleton)
    found = {}
    for segment in segments(skeleton):
        side = places[list(segment.joints), 1].mean()
        middle = segment.name in ("trunk", "head")
        found[segment.name, 0 if middle else int(np.sign(side))] = segment
    return found


def _add_collars(source, body, theirs, ours, found) -> None:
    """Joints between the trunk and a limb turn as those of the source do."""
    for key in (("upper arm", 1), ("upper arm", -1)):
        inner = [
            [j for j in trunk.minor if j in _path(skeleton, segments_[key].joints[0])]
            for skeleton, segments_, trunk in (
                (source, theirs, theirs["trunk", 0]),
                (body, ours, ours["trunk", 0]),
            )
        ]
        if inner[0]:
            for j in inner[1]:
                found[j] = Guide((inner[0][-1],) * 2, 0.0, np.eye(3))


def _path(skeleton: Skeleton, joint: int) -> list[int]:
    path = []
    while joint >= 0:
        path.append(joint)
        joint = skeleton.parents[joint]
    return path


def _shares(skeleton: Skeleton, joints: tuple[int, ...]) -> np.ndarray:
    """How far along a segment each of its joints stands, 0 to 1, in order."""
    places = rest_places(skeleton)[list(joints)]
    along = np.linalg.norm(places - places[0], axis=-1)
    return np.maximum.accumulate(along / max(along[-1], 1e-9))


def bone(skeleton: Skeleton, segment: Segment) -> np.ndarray:
    """Direction [3] of a segment at rest, from its first joint on."""
    places, level = rest_places(skeleton), [segment.joints[0]]
    start = places[level[0]]
    while level:
        level = [j for j, up in enumerate(skeleton.parents) if up in level]
        toward = np.mean(places[level], axis=0) - start if level else np.zeros(3)
        # Files may put a joint on top of its parent.
        if np.linalg.norm(toward) > 1e-4:
            return toward
    return start - places[skeleton.parents[segment.joints[0]]]


def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smallest rotation [3, 3] that turns direction a to direction b."""
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    axis, cosine = np.cross(a, b), float(a @ b)
    if cosine < -1 + 1e-9:
        raise ValueError("a bone points the opposite way in the other body's rest")
    x, y, z = axis
    skew = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + skew + skew @ skew / (1 + cosine)
