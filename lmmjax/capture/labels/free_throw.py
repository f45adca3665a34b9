"""SPL free throws: how each trial ended; its movement is read by `monocular`."""

import os
from typing import Any

from lmmjax.capture.labels.events import Event
from lmmjax.capture.monocular import free_throw
from lmmjax.capture.monocular.documents import problem, read_json

# The rest of a trial that is about the shot; landing in inches, angle in degrees.
_SHOT = ("shot_id", "trial_id", "landing_x", "landing_y", "entry_angle")


def read(path: str | os.PathLike) -> list[Event]:
    """Read the outcome of a trial.

    Returns:
      One event over the whole trial, its ``outcome`` as written, such as ``made``.

    Raises:
      CaptureError: the file holds something else, or says no result.
      OSError: it cannot be read.
    """
    raw = read_json(path)
    if not is_trial(raw):
        raise problem(path, "it has no tracking with a result", "give a free throw")
    try:
        times = [float(frame["time"]) / 1000 for frame in raw["tracking"]]
    except (KeyError, TypeError, ValueError) as error:
        raise problem(path, "a frame has no time", "download it again") from error
    return [
        Event(
            0.0,
            "free throw",
            times[-1] - times[0],
            str(raw["result"]),
            str(raw.get("participant_id") or ""),
            None,
            "free_throw",
            {key: raw[key] for key in _SHOT if key in raw},
        )
    ]


def is_trial(raw: Any) -> bool:
    """Whether JSON is a trial that says how it ended."""
    return free_throw.is_trial(raw) and bool(raw.get("result"))
