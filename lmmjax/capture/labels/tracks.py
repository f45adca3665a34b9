"""Where people were: tracks on the ground in metres, or boxes in pictures in pixels."""

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence

import numpy as np

from lmmjax.capture.errors import CaptureError

# Numbers in one array, 1 GiB: a file of a few lines could ask for any amount.
_MAX_NUMBERS = 2**28


@dataclasses.dataclass(frozen=True)
class Tracks:
    """N people, and perhaps a ball, over T frames on a pitch or court.

    Attributes:
      names: N unique names.
      times: [T] seconds, going up, not always in even steps.
      positions: [T, N, 2 or 3] float32 metres; NaN where someone is not there.
      teams: N teams, "" where someone has none.
      roles: N roles, such as ``player`` or ``referee``, "" where not known.
      numbers: N numbers of jerseys, "" where not known.
      ball: [T, 2 or 3] float32 metres, NaN where it is not seen, or None.
      frames: values [T] that the recording has of each frame, by name, such as
        the clock of a game.
      spans: times in seconds from which to which, by name: the stretches in which
        a recording was cut.
      name: what the recording is called.
    """

    names: tuple[str, ...]
    times: np.ndarray
    positions: np.ndarray
    teams: tuple[str, ...]
    roles: tuple[str, ...]
    numbers: tuple[str, ...]
    ball: np.ndarray | None
    frames: Mapping[str, np.ndarray]
    spans: Mapping[str, tuple[float, float]]
    name: str = ""

    def __len__(self) -> int:
        return len(self.times)

    def index(self, name: str) -> int:
        """Where someone stands in the order; KeyError lists the names."""
        return _index(self.names, name)

    def of(self, name: str) -> np.ndarray:
        """[T, 2 or 3] the track of one person."""
        return self.positions[:, self.index(name)]


@dataclasses.dataclass(frozen=True)
class Boxes:
    """Boxes around people in the pictures of one camera; pixels, not metres.

    Attributes:
      names: N names where a slot is one person throughout; () where detections of
        a frame come in any order.
      boxes: [T, N, 4] float32 left, top, width, height in pixels; NaN where missing.
      confidence: [T, N] float32 from 0 to 1; 0 where missing.
      fps: frames per second.
      start: number of the first frame.
      roles: N roles, such as ``player``, or ().
      teams: N teams, or ().
      numbers: N numbers of jerseys, or ().
    """

    names: tuple[str, ...]
    boxes: np.ndarray
    confidence: np.ndarray
    fps: float
    start: int = 0
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.boxes)

    def of(self, name: str) -> np.ndarray:
        """[T, 4] the boxes of one person; KeyError lists the names."""
        return self.boxes[:, _index(self.names, name)]


def make_tracks(
    names: Sequence[str],
    times: np.ndarray,
    positions: np.ndarray,
    teams: Sequence[str] | None = None,
    roles: Sequence[str] | None = None,
    numbers: Sequence[str] | None = None,
    ball: np.ndarray | None = None,
    frames: Mapping[str, np.ndarray] | None = None,
    spans: Mapping[str, tuple[float, float]] | None = None,
    name: str = "",
) -> Tracks:
    """Build and check tracks; see `Tracks`.

    Raises:
      CaptureError: counts differ, a name is there twice, or times do not go up.
    """
    names = tuple(names)
    positions = np.array(positions, np.float32)
    times = np.asarray(times, float)
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise CaptureError(f"{name}: {twice[0]!r} has two tracks; rename one of them")
    if positions.shape[:2] != (len(times), len(names)) or positions.ndim != 3:
        raise CaptureError(
            f"{name}: positions must be [{len(times)}, {len(names)}, 2 or 3], not "
            f"{list(positions.shape)}"
        )
    if not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise CaptureError(f"{name}: times do not go up; sort the frames")
    positions[~np.isfinite(positions).all(-1)] = np.nan
    labels = []
    for values in (teams, roles, numbers):
        labels.append(tuple(values) if values is not None else ("",) * len(names))
        if len(labels[-1]) != len(names):
            raise CaptureError(f"{name}: {len(labels[-1])} labels for {len(names)}")
    if ball is not None:
        ball = np.array(ball, np.float32)
        ball[~np.isfinite(ball).all(-1)] = np.nan
    teams, roles, numbers = labels
    return Tracks(
        *(names, times, positions, teams, roles, numbers),
        *(ball, dict(frames or {}), dict(spans or {}), name),
    )


def blank(path: str | os.PathLike, *shape: int) -> np.ndarray:
    """Missing (NaN) float32 of a shape that a file asks for, within bounds."""
    if math.prod(shape) > _MAX_NUMBERS:
        raise CaptureError(
            f"{os.fspath(path)}: {shape[0]} frames of {shape[1]} tracks are too many; "
            "split the recording"
        )
    return np.full(shape, np.nan, np.float32)


def _index(names: tuple[str, ...], name: str) -> int:
    if name not in names:
        raise KeyError(f"no track {name!r}; there are {list(names)}")
    return names.index(name)
