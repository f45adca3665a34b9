"""Which joints make up which segment of a body, by their names along the tree.

A segment begins at a joint with one of its names and holds all that follows, up to
where the next segment of the limb begins: ``LeftFoot`` is an ankle after a knee and
the ball of the foot after an ankle. Names are read without side, numbers, namespace
and capitals.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinematics.skeleton import Skeleton

# Names of the joint at which each segment begins.
_NAMES = {
    "head": ("neck", "lowerneck", "upperneck", "head"),
    "upper arm": ("shoulder", "arm", "uparm", "upperarm", "humerus"),
    "forearm": ("elbow", "forearm", "lowarm", "lowerarm", "radius", "ulna"),
    "hand": ("wrist", "hand", "palm"),
    "thigh": ("hip", "upleg", "upperleg", "thigh", "femur"),
    "shank": ("knee", "leg", "lowleg", "lowerleg", "shank", "shin", "calf", "tibia"),
    "foot": ("ankle", "foot", "talus"),
}
# The segment that each one may begin in.
_BEFORE = {
    "head": "trunk",
    "upper arm": "trunk",
    "forearm": "upper arm",
    "hand": "forearm",
    "thigh": "trunk",
    "shank": "thigh",
    "foot": "shank",
}
_FACE = ("jaw", "eye", "nose", "ear")
_IGNORED = {"l", "r", "left", "right", "bip", "avg", "m", "f"}


class Segment(NamedTuple):
    """Joints of one segment, by index.

    Attributes:
      name: such as ``forearm``; both sides have the same.
      joints: those among which its mass is shared, the first one where it begins.
      minor: joints that hang on it and move little mass: collar and hip bones,
        jaw and eyes, props.
      ends: leaves that only mark where the segment ends.
    """

    name: str
    joints: tuple[int, ...]
    minor: tuple[int, ...]
    ends: tuple[int, ...]


def segments(skeleton: Skeleton) -> tuple[Segment, ...]:
    """Trunk, head and neck, and six segments of each side.

    Args:
      skeleton: any human body with the usual joint names, in whatever file format's
        dialect.

    Returns:
      Fourteen segments; the trunk is first and its joints run from the root to the
      one that carries the neck.

    Raises:
      ValueError: a segment is missing or there is one too many; the message lists the
        joints whose names said nothing.
    """
    names, parents = skeleton.names, skeleton.parents
    kinds = [_named(name) for name in names]
    starts = [0] * len(names)
    labels = ["trunk"] * len(names)
    for j in range(1, len(names)):
        up = parents[j]
        begins = [s for s in kinds[j] if _BEFORE[s] == labels[up]]
        # A collar may be called a shoulder: the arm begins at the last such name.
        if begins and not _again(parents, kinds, j, begins[0]):
            starts[j], labels[j] = j, begins[0]
        else:
            starts[j], labels[j] = starts[up], labels[up]
    found = [_collect(skeleton, starts, labels[k], k) for k in sorted(set(starts))]
    _check(names, kinds, found)
    neck = next(s.joints[0] for s in found if s.name == "head")
    return (_split_trunk(parents, found[0], neck), *found[1:])


def _named(name: str) -> tuple[str, ...]:
    """Segments that a joint of this name may begin."""
    base = _base(name)
    # A lone first letter may be the side: "lfemur".
    bases = {base, base[1:]} if base[:1] in ("l", "r") else {base}
    return tuple(s for s, words in _NAMES.items() if bases & set(words))


def _base(name: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name.split(":")[-1])
    return "".join(w.lower() for w in words if w.lower() not in _IGNORED)


def _again(
    parents: Sequence[int], kinds: list[tuple[str, ...]], j: int, segment: str
) -> bool:
    """Whether a joint of the trunk's limb below ``j`` may begin the same segment."""
    if segment not in ("upper arm", "thigh"):
        return False
    below = {j}
    for k in range(j + 1, len(parents)):
        ends = any(_BEFORE[s] == segment for s in kinds[k])
        if parents[k] in below and not ends:
            if segment in kinds[k]:
                return True
            below.add(k)
    return False


def _collect(skeleton: Skeleton, starts: list[int], label: str, first: int) -> Segment:
    joints, minor, ends = [first], [], []
    inner = set(skeleton.parents)
    for j in range(first + 1, skeleton.num_joints):
        if starts[j] != first:
            continue
        turns = j in inner or skeleton.kinds[j] != "fixed"
        if label == "head" and _base(skeleton.names[j]).startswith(_FACE):
            if turns:
                minor.append(j)
        elif turns or label in _named(skeleton.names[j]):
            joints.append(j)
        else:
            ends.append(j)
    return Segment(label, tuple(joints), tuple(minor), tuple(ends))


def _split_trunk(parents: Sequence[int], trunk: Segment, neck: int) -> Segment:
    """The trunk's joints from the root to the neck, and those beside them."""
    spine = []
    j = parents[neck]
    while j >= 0:
        spine.append(j)
        j = parents[j]
    beside = [j for j in trunk.joints if j not in spine]
    return trunk._replace(joints=tuple(reversed(spine)), minor=tuple(beside))


def _check(names: Sequence[str], kinds: list, found: list[Segment]) -> None:
    for segment in _NAMES:
        wanted = 1 if segment == "head" else 2
        count = sum(s.name == segment for s in found)
        if count != wanted:
            unknown = [n for n, kind in zip(names, kinds, strict=True) if not kind]
            raise ValueError(
                f"this body has {count} segments {segment!r} and not {wanted}: name "
                f"their joints by one of {list(_NAMES[segment])}, with a side; joints "
                f"whose names begin no segment: {unknown}"
            )


def feet(skeleton: Skeleton) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Joints of the left and of the right foot, ankles first, ends included.

    Left is the foot that is farther to the left (y) at rest.
    """
    offsets = np.asarray(skeleton.offsets, float).reshape(-1, skeleton.num_joints, 3)
    found = []
    for segment in segments(skeleton):
        if segment.name == "foot":
            path, j = [], segment.joints[0]
            while j >= 0:
                path.append(j)
                j = skeleton.parents[j]
            side = offsets[0, path, 1].sum()
            found.append((side, segment.joints + segment.ends))
    left, right = sorted(found, reverse=True)
    return left[1], right[1]


def toe_joints(skeleton: Skeleton) -> tuple[int, int]:
    """The first joint after each ankle, left and right: the ball of the foot.

    Raises:
      ValueError: a foot has no joint but the ankle, or the body has no feet.
    """
    sides = feet(skeleton)
    for foot in sides:
        if len(foot) < 2:
            raise ValueError(
                f"the foot at {skeleton.names[foot[0]]!r} has no joint after the "
                "ankle; give the toes by index"
            )
    return sides[0][1], sides[1][1]
