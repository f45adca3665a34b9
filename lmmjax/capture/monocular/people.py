"""People over frames: from what each file says of a frame to one entry per person."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from kinematics.points import Points3D, make_points
from lmmjax.capture.monocular.documents import problem
from lmmjax.capture.names import natural_key, natural_order

# Frames that may be missing for every frame that is there, a choice: a recording
# with larger holes is named wrongly, and would fill the memory with nothing.
_MAX_HOLES = 100
# Coordinates in one recording, 2 GiB: few lines could ask for any amount.
_MAX_NUMBERS = 2**28
# The key of a ball among the people of a recording.
BALL = "ball"


class Seen(NamedTuple):
    """One person in one frame.

    Attributes:
      frame: number of the frame in the recording.
      person: who it is.
      positions: [K, 3] metres, z up; NaN where missing.
    """

    frame: int
    person: str
    positions: np.ndarray


def required_rate(path: str | os.PathLike, fps: float | None) -> float:
    """The rate given, of a file that has none; CaptureError without."""
    if fps is None or not 0 < fps < np.inf:
        wrong = "it has no frame rate" if fps is None else f"fps is {fps}"
        raise problem(path, wrong, "give fps, in frames per second")
    return float(fps)


def points_of(
    path: str | os.PathLike,
    seen: Sequence[Seen],
    names: Sequence[str],
    fps: float,
    frames: Sequence[int],
) -> dict[str, Points3D]:
    """One recording per person, all of the same frames.

    Args:
      path: where it comes from.
      seen: everyone in every frame; of one person twice in a frame the first counts.
      names: K names of the points.
      fps: frames per second.
      frames: numbers of the frames that were looked at.

    Returns:
      Points by person, NaN where a person is not seen. `name` ends in ``@`` and
      the number of the first frame.
    """
    if not seen:
        raise problem(path, "it has nobody in it", "run the detector on another clip")
    start, stop = min(frames), max(frames) + 1
    if stop - start > _MAX_HOLES * (len(set(frames)) + 1):
        raise problem(
            path,
            f"its {len(set(frames))} frames are numbered from {start} to {stop - 1}",
            "name the files by the numbers of their frames",
        )
    people = {person for _, person, _ in seen}
    if len(people) * (stop - start) * len(names) * 3 > _MAX_NUMBERS:
        raise problem(
            path,
            f"{len(people)} people over {stop - start} frames are too many",
            "split the recording",
        )
    places: dict[str, np.ndarray] = {}
    for frame, person, positions in reversed(seen):
        if person not in places:
            places[person] = np.full((stop - start, len(names), 3), np.nan)
        places[person][frame - start] = positions
    stem = os.path.splitext(os.path.basename(os.fspath(path).rstrip("/\\")))[0]
    return {
        person: make_points(names, places[person], fps, name=f"{stem}/{person}@{start}")
        for person in sorted(places, key=natural_key)
    }


def first_frame(name: str) -> int:
    """The number behind the ``@`` in the `name` of a recording; 0 without one."""
    number = name.rpartition("@")[2]
    return int(number) if "@" in name and number.isdecimal() else 0


def known(values: Any, columns: int) -> np.ndarray:
    """Points [K, 3] of rows x, y, z (, confidence); NaN without confidence.

    Args:
      values: [K, columns], or flat.
      columns: 3, or 4 with a confidence above 0 where the point is known.

    Raises:
      ValueError, TypeError: these are no numbers, or not so many.
    """
    if columns not in (3, 4):
        raise ValueError(f"points of {columns} numbers")
    rows = np.array(values, float).reshape(-1, columns)
    positions = rows[:, :3].copy()
    missing = ~np.isfinite(positions).all(-1)
    # Programs write 0, 0, 0 for what they did not find.
    missing |= (positions == 0).all(-1)
    if columns == 4:
        missing |= ~(rows[:, 3] > 0)
    positions[missing] = np.nan
    return positions


def renamed(
    path: str | os.PathLike, found: Mapping[str, Any], subject: str
) -> dict[str, Any]:
    """The recordings of one person under a name; CaptureError where there are more.

    A ball is nobody, and stays ``ball``.
    """
    people = {key.partition("/")[0] for key in found if key != BALL}
    if len(people) > 1:
        raise problem(
            path,
            f"it has {len(people)} people ({', '.join(natural_order(people))})",
            f"leave subject away and pick who is {subject!r}",
        )
    return {
        key if key == BALL else subject + key[len(key.partition("/")[0]) :]: value
        for key, value in found.items()
    }
