"""Joint sets: the points that detectors, datasets and body models speak of.

A set is a list of names in its published order. Every name also stands for a landmark
of one common vocabulary (``left_hip``, ``mid_shoulder``, ``right_index_pip``), in
which `conversion` translates between sets. Two points share a landmark only if they
are meant to be the same place of the body. Detectors label hips about at the surface,
so these are ``left_hip``, while skeletons have the centre of the joint,
``left_hip_joint``. The tables themselves are in `joint_tables`.
"""

import dataclasses
import functools
import itertools
import re
from collections.abc import Mapping, Sequence

from kinematics.bodies import joint_tables
from kinematics.bodies.hands import digit_joints

_SIDES = {"L": "left", "R": "right"}
_SIDED = re.compile(
    r"(?P<side>LEFT|RIGHT|Left|Right|left|right|L|R)(?:[_ ]|(?=[A-Z]))(?P<base>.+)"
)
_FINGER = re.compile(
    r"_(?P<digit>thumb|index|fore|middle|ring|pinky)(?:_?finger)?(?P<number>[1-4])"
)


@dataclasses.dataclass(frozen=True)
class JointSet:
    """Named points of a body in their published order; hashable, static in jit.

    Attributes:
      name: what the set is called here.
      joints: J names as published.
      landmarks: J names of the common vocabulary. A set may have a landmark twice.
      mirror: index of each joint's twin on the other side of the body (itself on the
        midline), or None for a set of one side.
      links: pairs of indices to draw lines between.
    """

    name: str
    joints: tuple[str, ...]
    landmarks: tuple[str, ...]
    mirror: tuple[int, ...] | None
    links: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Index of a joint by its published name; KeyError lists the names."""
        if joint not in self.joints:
            raise KeyError(f"no joint {joint!r} in {self.name}: {list(self.joints)}")
        return self.joints.index(joint)

    def among(self, names: Sequence[str]) -> tuple[int, ...]:
        """Where each joint of this set is in a longer or reordered list of names.

        A body of `kinematics.bodies` has the set's joints and more, parents first:
        ``positions[..., joints.among(body.names), :]`` are in the published order.
        """
        where = {name: j for j, name in enumerate(names)}
        missing = [joint for joint in self.joints if joint not in where]
        if missing:
            raise KeyError(f"no {', '.join(missing)} among {list(names)}")
        return tuple(where[joint] for joint in self.joints)


def joint_set(name: str) -> JointSet:
    """A joint set by name, such as ``coco17``; KeyError lists all names."""
    if name not in joint_tables.SETS:
        raise KeyError(f"no joint set {name!r}; there are {', '.join(NAMES)}")
    return _build(name)


NAMES: tuple[str, ...] = tuple(joint_tables.SETS)


@functools.cache
def _build(name: str) -> JointSet:
    table = joint_tables.SETS[name]
    joints = table.joints
    marks = tuple(landmark(joint, dict(table.aliases)) for joint in joints)
    return JointSet(name, joints, marks, _mirror(marks), _links(table.chains, marks))


def landmark(joint: str, aliases: Mapping[str, str]) -> str:
    """The landmark that a published name stands for.

    Args:
      joint: such as ``RShoulder``, ``left_big_toe`` or ``OP LEye``.
      aliases: as in `joint_tables.Table`.
    """
    match = _SIDED.fullmatch(joint.removeprefix("OP "))
    base = "_" + match["base"] if match else joint.removeprefix("OP ")
    base = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", base).lower().replace(" ", "_")
    mark = aliases.get(base) or joint_tables.SYNONYMS.get(base) or _finger(base)
    return _SIDES[match["side"][0].upper()] + mark if match else mark


def _finger(base: str) -> str:
    """``_index2`` or ``_ring_finger2`` as that joint of the finger, or the name."""
    match = _FINGER.fullmatch(base)
    if not match:
        return base
    digit = "index" if match["digit"] == "fore" else match["digit"]
    return "_" + digit_joints(digit)[int(match["number"]) - 1]


def other_side(mark: str) -> str:
    """The same landmark on the other side; a midline landmark is its own."""
    for side, other in (("left_", "right_"), ("right_", "left_")):
        if mark.startswith(side):
            return other + mark.removeprefix(side)
    return mark


def _mirror(marks: Sequence[str]) -> tuple[int, ...] | None:
    """Twins by landmark; of a landmark that is there twice, first with first."""
    counted = [(mark, marks[:j].count(mark)) for j, mark in enumerate(marks)]
    where = {key: j for j, key in enumerate(counted)}
    twins = [where.get((other_side(mark), count), -1) for mark, count in counted]
    return None if -1 in twins else tuple(twins)


def _links(chains: Sequence[str], marks: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Links along chains of landmarks, each also in the mirror.

    A chain is cut at landmarks that the set lacks. A ``~`` asks for the other side.
    """
    where = {mark: j for j, mark in enumerate(marks)}
    links: dict[tuple[int, int], None] = {}
    for side, other in (("left_", "right_"), ("right_", "left_")):
        for chain in chains:
            ends = []
            for word in chain.split():
                base = word.removeprefix("~")
                sided = (other if word.startswith("~") else side) + base
                ends.append(where.get(sided, where.get(base)))
            for a, b in itertools.pairwise(ends):
                if a is not None and b is not None and a != b:
                    links.setdefault((min(a, b), max(a, b)))
    return tuple(links)
