"""What the page says of one session."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from lmmjax.capture.plan import Plan
from lmmjax.capture.quality import Quality
from lmmjax.capture.synchronize import Clocks


@dataclasses.dataclass(frozen=True)
class SessionReport:
    """Facts and figures of a session. Build one with `session_report`.

    Attributes:
      name: what the session is called.
      clocks: of its cameras.
      fps: frames per second of the result.
      first: number of the first frame.
      last: number of the frame after the last.
      notes: sentences about what was assumed or looks wrong.
      quality: of all takes, with the names of the cameras.
      pictures: [H, W, 3] uint8 RGB by camera; may be of some cameras or none.
      pictured: frame that the pictures show, or None.
      clips: how many clips the session gave to a dataset.
      labels: how many of them have each label, "" for none.
    """

    name: str
    clocks: Clocks
    fps: float
    first: int
    last: int
    notes: tuple[str, ...]
    quality: Quality
    pictures: Mapping[str, np.ndarray]
    pictured: int | None = None
    clips: int = 0
    labels: Mapping[str, int] = dataclasses.field(default_factory=dict)


def session_report(
    plan: Plan,
    quality: Quality,
    pictures: Mapping[str, np.ndarray] | None = None,
    *,
    pictured: int | None = None,
    clips: int = 0,
    labels: Mapping[str, int] | None = None,
) -> SessionReport:
    """The report of a session whose takes are all made.

    What reading the keypoints found to be wrong is among the notes.
    """
    notes = [*plan.notes]
    for source in plan.sources:
        notes += [f"camera {source.camera!r}: {text}" for text in source.problems]
    return SessionReport(
        plan.session.name,
        plan.clocks,
        plan.fps,
        plan.first,
        plan.last,
        tuple(dict.fromkeys(notes)),
        quality,
        pictures or {},
        pictured,
        clips,
        labels or {},
    )
