"""Sums over one person."""

from typing import NamedTuple

import numpy as np

from lmmjax.capture.quality.statistics import bone_sums, runs, there
from lmmjax.capture.reconstruct import Take


class Person(NamedTuple):
    """Sums over one person.

    Attributes:
      frames: in which any of their points was triangulated.
      known: spans of frames, first and one after the last, in which the motion can be
        believed; in order, with gaps between them.
      bones: [B, 3] number, sum (m) and sum of squares (m^2) of the lengths of a bone.
    """

    frames: int
    known: tuple[tuple[int, int], ...]
    bones: np.ndarray


def sums_of(take: Take, bones: list[tuple[str, str]]) -> Person:
    """What one take adds to a person."""
    known = tuple((a + take.start, b + take.start) for a, b in runs(take.known))
    seen = int(there(take.raw).any(-1).sum())
    return Person(seen, known, bone_sums(take.raw, bones))


def together(one: Person, other: Person) -> Person:
    """Both parts of a person; spans that touch or overlap become one."""
    spans: list[tuple[int, int]] = []
    for first, last in sorted(one.known + other.known):
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return Person(one.frames + other.frames, tuple(spans), one.bones + other.bones)
