"""The body: a tree of joints with degrees of freedom, limits and a mirror.

Every skeleton is stored in one canonical form. At rest (all joint coordinates
0) the frames of all joints are parallel to the frame of the root, whose x axis
points forward, y to the left and z up. A rotation of a joint is then expressed
in these axes whatever file it came from, and the mirror is a reflection of y.

A joint is the product of two exponentials. With ``F`` its frame, columns
``F0, F1, F2``, and ``a, b, c`` its coordinates:

============  ==========================  ======================
kind          rotation                    coordinates
============  ==========================  ======================
``fixed``     1                           none
``hinge``     exp(a F0)                   angle
``universal`` exp(a F0) exp(b F1)         two angles
``ball``      exp(a F0 + b F1) exp(c F2)  swing (two), twist
============  ==========================  ======================

The root is of kind ``free``: its position and rotation stand outside of the
joint coordinates.
"""

import dataclasses
import functools
import math
from collections.abc import Sequence

import jax
import numpy as np

from kinematics.couplings import Couplings, fault

Array = jax.Array | np.ndarray

DOFS = {"free": 0, "fixed": 0, "hinge": 1, "universal": 2, "ball": 3}
# Columns of a joint's frame in the first and in the second exponential.
FIRST = {"hinge": (0,), "universal": (0,), "ball": (0, 1)}
SECOND = {"universal": (1,), "ball": (2,)}
REFLECTION = np.array([1.0, -1.0, 1.0], np.float32)


class SkeletonError(ValueError):
    """A tree of joints that is not a body; the message says what is wrong."""


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["offsets", "frames", "lower", "upper", "couplings"],
    meta_fields=["names", "parents", "kinds", "mirror", "mirror_signs"],
)
@dataclasses.dataclass(frozen=True)
class Skeleton:
    """A tree of J joints with D joint coordinates, as one frozen pytree.

    Build one with `make_skeleton`, which checks it.

    Attributes:
      names: J unique joint names; parents come before their children.
      parents: index of each joint's parent, -1 for the root, which is first.
      kinds: per joint ``free`` (the root), ``fixed``, ``hinge``, ``universal``
        or ``ball``.
      mirror: for each joint the index of its twin on the other side of the body
        (itself on the midline), or None where no mirror is known.
      mirror_signs: per joint the signs that its three frame columns take under
        the mirror.
      offsets: [..., J, 3] metres from the parent at rest. Leading axes, where
        there are any, hold bodies of different sizes.
      frames: [J, 3, 3] orthonormal right-handed axes of the coordinates, in
        columns.
      lower: [D] radians, lowest value of each coordinate.
      upper: [D] radians, highest value. For the swing of a ball joint the two
        ranges are the axes of an ellipse and the values inside of it are allowed.
      couplings: ranges that depend on the pose, inside of those above, or None.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    kinds: tuple[str, ...]
    mirror: tuple[int, ...] | None
    mirror_signs: tuple[tuple[int, int, int], ...]
    offsets: Array
    frames: Array
    lower: Array
    upper: Array
    couplings: Couplings | None = None

    @property
    def num_joints(self) -> int:
        """J, the root and the end points included."""
        return len(self.names)

    @property
    def num_coordinates(self) -> int:
        """D, the length of a vector of joint coordinates."""
        return sum(DOFS[kind] for kind in self.kinds)

    def index(self, name: str) -> int:
        """Index of a joint by name; KeyError lists the names."""
        if name not in self.names:
            raise KeyError(f"no joint {name!r}; this skeleton has {list(self.names)}")
        return self.names.index(name)

    def coordinates(self, name: str) -> slice:
        """Slice of a joint's coordinates in a vector of joint coordinates."""
        i = self.index(name)
        start = coordinate_starts(self.kinds)[i]
        return slice(start, start + DOFS[self.kinds[i]])

    def replace(self, **changes) -> "Skeleton":
        """The same skeleton with some fields changed."""
        return dataclasses.replace(self, **changes)

    def same_tree(self, other: "Skeleton") -> bool:
        """Whether joints, tree and degrees of freedom agree (sizes may differ)."""
        return (self.names, self.parents, self.kinds) == (
            other.names,
            other.parents,
            other.kinds,
        )


def coordinate_starts(kinds: Sequence[str]) -> tuple[int, ...]:
    """Position of each joint's first coordinate in the vector of D."""
    starts, total = [], 0
    for kind in kinds:
        starts.append(total)
        total += DOFS[kind]
    return tuple(starts)


def coordinate_table(kinds: Sequence[str]) -> np.ndarray:
    """[J, 3] index of each joint's coordinates; D where a joint has fewer."""
    total = sum(DOFS[kind] for kind in kinds)
    table = np.full((len(kinds), 3), total)
    for j, start in enumerate(coordinate_starts(kinds)):
        dofs = DOFS[kinds[j]]
        table[j, :dofs] = range(start, start + dofs)
    return table


def coordinate_joints(kinds: Sequence[str]) -> np.ndarray:
    """[D] joint of each coordinate."""
    return np.repeat(np.arange(len(kinds)), [DOFS[kind] for kind in kinds])


def swing_table(kinds: Sequence[str]) -> np.ndarray:
    """[B, 2] coordinates of the swing of each of the B ball joints."""
    balls = [
        row[:2]
        for row, kind in zip(coordinate_table(kinds), kinds, strict=True)
        if kind == "ball"
    ]
    return np.array(balls, int).reshape(-1, 2)


def depth_levels(parents: Sequence[int]) -> list[list[int]]:
    """Joints grouped by their distance from the root, the root's group first."""
    depth = [0] * len(parents)
    for j, parent in enumerate(parents):
        depth[j] = 0 if parent < 0 else depth[parent] + 1
    return [
        [j for j, d in enumerate(depth) if d == level]
        for level in range(max(depth) + 1)
    ]


def rest_places(skeleton: "Skeleton") -> np.ndarray:
    """Places [..., J, 3] of the joints at rest, metres, the root at the origin."""
    places = np.array(skeleton.offsets, float)
    places[..., 0, :] = 0.0
    for j, up in enumerate(skeleton.parents[1:], start=1):
        places[..., j, :] += places[..., up, :]
    return places


def rest_height(skeleton: "Skeleton") -> float:
    """Metres from the lowest joint to the root at rest, of offsets [J, 3]."""
    return -float(rest_places(skeleton)[:, 2].min())


def make_skeleton(
    names: Sequence[str],
    parents: Sequence[int],
    offsets: Array,
    kinds: Sequence[str] | None = None,
    frames: Array | None = None,
    lower: Array | None = None,
    upper: Array | None = None,
    mirror: Sequence[int] | str | None = "infer",
    couplings: Couplings | None = None,
) -> Skeleton:
    """Build and check a skeleton.

    Args:
      names: J unique joint names.
      parents: index of the parent of each joint; -1 for the first, the root.
      offsets: [J, 3] metres from the parent at rest, canonical axes.
      kinds: kind of each joint; by default every joint with children is a ball
        and every leaf is fixed.
      frames: [J, 3, 3] axes of the coordinates; by default the third axis lies
        along the bone and the first is as lateral as it can be.
      lower: [D] radians; by default a whole turn is free.
      upper: [D] radians.
      mirror: twin of each joint, ``"infer"`` to find it by the joints' names, or
        None for no mirror.
      couplings: ranges that depend on the pose; by default none does.

    Returns:
      A checked skeleton.

    Raises:
      SkeletonError: says which joint is wrong, and how.
    """
    names, parents = tuple(names), tuple(int(p) for p in parents)
    if kinds is None:
        inner = set(parents)
        kinds = ["ball" if j in inner else "fixed" for j in range(len(names))]
        kinds[0] = "free"
    kinds = tuple(str(kind) for kind in kinds)
    offsets = np.array(offsets, np.float32)
    _check_tree(names, parents, kinds, offsets)
    # Absolute position lives in the motion, never in the body.
    offsets[0] = 0.0
    twins = infer_mirror(names, parents) if mirror == "infer" else mirror
    twins = None if twins is None else tuple(int(m) for m in twins)
    if twins is not None:
        _check_mirror(names, parents, kinds, twins)
    if frames is None:
        frames = bone_frames(parents, offsets, twins)
    frames = np.asarray(frames, np.float32)
    if frames.shape != (len(names), 3, 3):
        raise SkeletonError(f"frames have shape {frames.shape}, not [J, 3, 3]")
    gram = np.einsum("jki,jkl->jil", frames, frames)
    # So written that what is not a number is refused as well.
    square = np.abs(gram - np.eye(3)).max() <= 1e-4
    if not (square and np.linalg.det(frames).min() > 0):
        raise SkeletonError("frames must be orthonormal and right-handed")
    free_lower, free_upper = free_limits(kinds)
    lower = free_lower if lower is None else np.asarray(lower, np.float32)
    upper = free_upper if upper is None else np.asarray(upper, np.float32)
    if lower.shape != free_lower.shape or upper.shape != free_upper.shape:
        raise SkeletonError(f"limits must have shape {free_lower.shape}")
    usable = np.isfinite(lower) & np.isfinite(upper) & (lower < upper)
    if not usable.all():
        bad = int(np.argmin(usable))
        joint = next(
            names[j] for j, row in enumerate(coordinate_table(kinds)) if bad in row
        )
        raise SkeletonError(
            f"limits of joint {joint}: lower must be finite and below upper"
        )
    if couplings is not None:
        wrong = fault(couplings, lower, upper, swing_table(kinds).ravel())
        if wrong:
            raise SkeletonError(wrong)
        couplings = couplings.float32()
    signs = _mirror_signs(kinds, frames, twins)
    return Skeleton(
        names,
        parents,
        kinds,
        twins,
        signs,
        offsets,
        frames,
        lower,
        upper,
        couplings,
    )


def free_limits(kinds: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Limits [D] that allow every rotation: a half turn either way."""
    total = sum(DOFS[kind] for kind in kinds)
    bound = np.full(total, math.pi, np.float32)
    return -bound, bound


def infer_mirror(
    names: Sequence[str], parents: Sequence[int]
) -> tuple[int, ...] | None:
    """Find each joint's twin by its name, or None where no name has a side.

    Sides are recognised as ``Left``/``Right`` anywhere in a name, or ``L``/``R``
    as a prefix or as a suffix (``LHipJoint``, ``lfemur``, ``l_hip``, ``hip.L``).
    A name without a twin in the skeleton is on the midline.
    """
    where = {name: j for j, name in enumerate(names)}
    twins = [
        next((where[other] for other in _swaps(name) if other in where), j)
        for j, name in enumerate(names)
    ]
    return None if twins == list(range(len(names))) else tuple(twins)


def _swaps(name: str) -> list[str]:
    """Names that ``name`` could have on the other side of the body."""
    swaps = []
    for a, b in (("Left", "Right"), ("left", "right"), ("LEFT", "RIGHT")):
        for this, other in ((a, b), (b, a)):
            if this in name:
                swaps.append(name.replace(this, other, 1))
    for a, b in (("L", "R"), ("l", "r")):
        for this, other in ((a, b), (b, a)):
            if name.startswith(this):
                swaps.append(other + name[1:])
            if name.endswith(this):
                swaps.append(name[:-1] + other)
            for mark in "_.- :":
                for before, after in ((mark, mark), (":", ""), (" ", "")):
                    inner = before + this + after
                    if inner in name:
                        swaps.append(name.replace(inner, before + other + after, 1))
                inner = mark + this
                if name.endswith("_end") and name[:-4].endswith(inner):
                    swaps.append(name[: -4 - len(inner)] + mark + other + "_end")
    return swaps


def _check_tree(names, parents, kinds, offsets) -> None:
    if not names:
        raise SkeletonError("a skeleton needs at least one joint")
    if not len(names) == len(parents) == len(kinds) == len(offsets):
        raise SkeletonError(
            f"{len(names)} names, {len(parents)} parents, {len(kinds)} kinds and "
            f"{len(offsets)} offsets: one of each per joint is needed"
        )
    if offsets.shape != (len(names), 3):
        raise SkeletonError(f"offsets have shape {offsets.shape}, not [J, 3]")
    seen: set[str] = set()
    for j, name in enumerate(names):
        if name in seen:
            raise SkeletonError(f"joint {name!r} appears twice")
        seen.add(name)
        if (parents[j] < 0) != (j == 0) or parents[j] >= j:
            raise SkeletonError(
                f"joint {name!r}: the root comes first and parents before children"
            )
        if kinds[j] not in DOFS or (kinds[j] == "free") != (j == 0):
            raise SkeletonError(
                f"joint {name!r} has kind {kinds[j]!r}; the root is 'free', others "
                "are 'fixed', 'hinge', 'universal' or 'ball'"
            )
        if not np.isfinite(offsets[j]).all():
            raise SkeletonError(f"joint {name!r} has an offset that is not finite")


def _check_mirror(names, parents, kinds, twins) -> None:
    if len(twins) != len(names) or not all(0 <= m < len(names) for m in twins):
        raise SkeletonError(
            f"mirror must name the twin of each of {len(names)} joints by its index"
        )
    for j, m in enumerate(twins):
        if twins[m] != j:
            raise SkeletonError(f"{names[j]} mirrors to {names[m]}, but not back")
        if j and twins[parents[j]] != parents[m]:
            raise SkeletonError(
                f"{names[j]} and its mirror {names[m]} hang on joints that are not "
                f"mirrors of each other: {names[parents[j]]}, {names[parents[m]]}"
            )
        if kinds[j] != kinds[m]:
            raise SkeletonError(
                f"{names[j]} is a {kinds[j]} joint, its mirror {names[m]} a {kinds[m]}"
            )


def bone_frames(
    parents: Sequence[int], offsets: np.ndarray, twins: Sequence[int] | None
) -> np.ndarray:
    """Frames [J, 3, 3] with the third axis along the bone, mirrored in pairs.

    The bone of a joint runs to the mean of its children (for a leaf: on from its
    parent). Left and right are averaged, and on the midline the frame lies in
    the sagittal plane, so that mirroring coordinates is a change of signs.
    """
    count = len(parents)
    bones = np.zeros((count, 3))
    for j in range(count):
        children = [offsets[c] for c in range(count) if parents[c] == j]
        bone = np.mean(children, axis=0) if children else offsets[j]
        if np.linalg.norm(bone) < 1e-6:
            bone = offsets[j] if np.linalg.norm(offsets[j]) > 1e-6 else (0, 0, 1.0)
        bones[j] = bone / np.linalg.norm(bone)
    if twins is not None:
        mean = bones + bones[list(twins)] * REFLECTION
        usable = np.linalg.norm(mean, axis=1, keepdims=True) > 0.1
        bones = np.where(usable, mean, bones)
        for j, m in enumerate(twins):
            if j == m:
                bones[j, 1] = 0.0
                if np.linalg.norm(bones[j]) < 1e-6:
                    bones[j] = (0.0, 0.0, 1.0)
        bones /= np.linalg.norm(bones, axis=1, keepdims=True)
    frames = np.zeros((count, 3, 3))
    for j, bone in enumerate(bones):
        across = np.array([0.0, 1, 0]) if abs(bone[1]) < 0.8 else np.array([1.0, 0, 0])
        first = across - bone * (across @ bone)
        first /= np.linalg.norm(first)
        frames[j] = np.stack([first, np.cross(bone, first), bone], axis=1)
    if twins is not None:
        for j, m in enumerate(twins):
            if m > j:
                frames[m] = mirrored_frame(frames[j]) * np.array([1, -1, -1])
    return frames


def mirrored_frame(frames):
    """Axes [..., 3, 3] of rotation in the mirror: axial vectors reflect, negated."""
    return -REFLECTION[:, None] * frames


def _mirror_signs(kinds, frames, twins) -> tuple[tuple[int, int, int], ...]:
    """Signs that bring each mirrored frame closest to the frame of its twin.

    Their product is 1, so a mirrored frame stays right-handed.
    """
    candidates = np.array([[1, -1, -1], [1, 1, 1], [-1, 1, -1], [-1, -1, 1]])
    signs = []
    for j in range(len(kinds)):
        m = j if twins is None else twins[j]
        agreement = (mirrored_frame(frames[m]) * frames[j]).sum(axis=0)
        agreement[DOFS[kinds[j]] :] *= 1e-3
        best = candidates[np.argmax(np.round(candidates @ agreement, 5))]
        signs.append((int(best[0]), int(best[1]), int(best[2])))
    return tuple(signs)
