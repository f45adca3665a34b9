"""Which keypoints tell who is who: bones, sides and parts of a body, by name."""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from kinematics.bodies.joint_sets import joint_set, other_side

# Keypoints of hands and faces are small and many; with this many of the body's at
# hand they are left out of the comparison (a choice), though not of the result.
_ENOUGH = 5
_BODY_SETS = ("coco17", "body25", "halpe26", "h36m17")
# Bones that keep their length, by landmark without side; ~ asks for the other side.
_BONES = (
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("shoulder", "~shoulder"),
    ("hip", "~hip"),
    ("shoulder", "hip"),
)
# Parts that detectors mirror on their own, by words in the names of landmarks.
PARTS = ("shoulders", "arms", "hips", "legs", "head")
_WORDS = (
    ("shoulders", ("shoulder", "clavicle")),
    ("hips", ("hip",)),
    ("legs", ("knee", "ankle", "heel", "toe", "foot")),
    ("head", ("eye", "ear", "mouth", "contour", "lip", "nose")),
)


@dataclasses.dataclass(frozen=True)
class Landmarks:
    """K keypoints that are compared.

    Attributes:
      names: K landmark names.
      twins: [K] index of each on the other side, itself on the midline.
      parts: [5, K] whether a keypoint belongs to each of `PARTS`; none on the midline.
      bones: [B, 2] indices of the ends of bones.
    """

    names: tuple[str, ...]
    twins: np.ndarray
    parts: np.ndarray
    bones: np.ndarray


def choose(views: Sequence[Sequence[str]]) -> Landmarks:
    """The keypoints that at least two views have, those of the body if there are."""
    every = list(dict.fromkeys(name for names in views for name in names))
    shared = [n for n in every if sum(n in names for names in views) > 1]
    body = [n for n in shared if n in _body()]
    return describe(tuple(body if len(body) >= _ENOUGH else shared))


@functools.cache
def _body() -> frozenset[str]:
    return frozenset(m for name in _BODY_SETS for m in joint_set(name).landmarks)


def describe(names: tuple[str, ...]) -> Landmarks:
    """Bones, twins and parts of named keypoints."""
    where = {name: k for k, name in enumerate(names)}
    # The centre of a hip stands for a hip where a detector has that.
    where |= {name.removesuffix("_joint"): k for name, k in where.items()}
    bones = dict.fromkeys(
        tuple(sorted((where[a], where[b])))
        for side, other in (("left_", "right_"), ("right_", "left_"))
        for start, end in _BONES
        if (a := side + start) in where
        and (b := (other if end[0] == "~" else side) + end.removeprefix("~")) in where
    )
    return Landmarks(
        names, twins(names), parts(names), np.array(list(bones), int).reshape(-1, 2)
    )


def twins(names: Sequence[str]) -> np.ndarray:
    """[K] index of each landmark's twin, or itself where there is none."""
    where = {name: k for k, name in enumerate(names)}
    return np.array([where.get(other_side(n), k) for k, n in enumerate(names)], int)


def parts(names: Sequence[str]) -> np.ndarray:
    """[5, K] which landmarks of left and right belong to each of `PARTS`."""
    part = [_part(name) for name in names]
    return np.array([[p == q for q in part] for p in PARTS], bool)


def _part(name: str) -> str:
    base = name.removeprefix("left_").removeprefix("right_")
    if base == name:
        return ""
    for part, words in _WORDS:
        if any(word in base for word in words):
            return part
    return "arms"
