"""What happened when: the noun that annotations are read into."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from lmmjax.capture.errors import CaptureError


@dataclasses.dataclass(frozen=True)
class Event:
    """Something that happened at a time, or from one time to another.

    Attributes:
      time_s: when, or when it began, in seconds of the recording; NaN where the
        annotation does not say.
      label: what, in the words of the annotation.
      end_s: when it ended, in seconds, or None of a moment.
      outcome: how it ended, such as ``made`` or ``missed``, or "".
      who: the person or team who did it, or "".
      where: x, y (and z) in metres, or None where not known.
      source: the format it was read from.
      extra: what else the annotation says, by its own names.
    """

    time_s: float
    label: str
    end_s: float | None = None
    outcome: str = ""
    who: str = ""
    where: tuple[float, ...] | None = None
    source: str = ""
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)

    def __post_init__(self):
        if math.isinf(self.time_s):
            raise CaptureError(f"event {self.label!r}: its time is {self.time_s}")
        # A NaN on either side fails the comparison.
        if self.end_s is not None and not self.end_s >= self.time_s:
            raise CaptureError(
                f"event {self.label!r} ends at {self.end_s} s, before it begins at "
                f"{self.time_s} s"
            )

    @property
    def timed(self) -> bool:
        """Whether its time is known."""
        return not math.isnan(self.time_s)

    def replace(self, **changes) -> "Event":
        """The same event with some fields changed."""
        return dataclasses.replace(self, **changes)


def ordered(events: Iterable[Event]) -> list[Event]:
    """Events in the order of their times, those without one last."""
    return sorted(events, key=lambda e: (not e.timed, e.time_s if e.timed else 0.0))
