"""The noun of segmentation: a stretch of frames and what it is."""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kinematics.retarget.contact import runs

SUPPORT = ("stance", "flight")
ACTIVITY = ("still", "moving")
STRIKE = ("wind-up", "strike", "recovery")


@dataclasses.dataclass(frozen=True)
class Segment:
    """Frames of a clip that belong together.

    Attributes:
      start: first frame.
      stop: the frame after the last one.
      phase: one of `SUPPORT`, `ACTIVITY` or `STRIKE`.
      side: ``left``, ``right`` or ``double``; "" where there is none, and for stance
        on something other than the feet.
      confidence: 0 to 1; what it is the share of is said where the phase is found.
      extra: more about it, by name.
    """

    start: int
    stop: int
    phase: str
    side: str = ""
    confidence: float = 1.0
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def frames(self) -> slice:
        """The frames, to cut a motion with."""
        return slice(self.start, self.stop)


def pieces(labels: Sequence | np.ndarray) -> list[tuple[int, int]]:
    """First and last frame, exclusive, of each stretch of one label [T]."""
    labels = np.asarray(labels)
    if not len(labels):
        return []
    changes = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    edges = [0, *changes.tolist(), len(labels)]
    return list(itertools.pairwise(edges))


def hysteresis(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Where [T] a series is above ``low`` in a stretch that exceeds ``high``."""
    found = np.zeros(len(x), bool)
    for start, stop in runs(x > low):
        found[start:stop] = (x[start:stop] > high).any()
    return found
