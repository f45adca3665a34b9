"""A source: the keypoints of one camera, read a span of frames at a time."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D, make_keypoints

# Bytes of the keypoints in one span; an hour of a crowd is more than memory holds.
_MAX_BYTES = 2**31
# Frames per second where neither file nor caller says: `make_keypoints` has the same.
DEFAULT_FPS = 30.0
# Numbers further apart than this, on average, do not count frames (a choice).
_SPARSE = 10

# The span [start, stop) as values [T, P, K, 3]: x, y in pixels and confidence.
Reader = Callable[[int, int], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Source:
    """Keypoints of one camera in files. Open one with `open_keypoints`.

    Attributes:
      camera: name of the camera.
      names: K landmark names.
      frames: how many frames there are, those without anybody included.
      fps: frames per second.
      size: width and height in pixels, or None where not known.
      start: number of the first frame as the files count.
      people: names of the people where the files name them, else ().
      problems: sentences about what was left out or assumed; reading adds to them.
      reader: reads a span of frames.
    """

    camera: str
    names: tuple[str, ...]
    frames: int
    fps: float
    size: tuple[int, int] | None
    start: int
    people: tuple[str, ...]
    problems: list[str]
    reader: Reader = dataclasses.field(repr=False)

    def __len__(self) -> int:
        return self.frames

    def read(self, start: int = 0, stop: int | None = None) -> Keypoints2D:
        """Read the frames from ``start`` to before ``stop``, counted from 0 here.

        There are as many people as in the fullest of these frames, at least one.

        Raises:
          CaptureError: the span is not inside of the recording, too many of its
            frames cannot be read, or it holds more than 2 GiB.
          OSError: a file cannot be read.
        """
        stop = self.frames if stop is None else stop
        if not 0 <= start <= stop <= self.frames:
            raise CaptureError(
                f"camera {self.camera!r}: frames {start} to {stop} are asked of a "
                f"recording of {self.frames}"
            )
        # Numbers too large for float32 become infinite, and so missing.
        with np.errstate(over="ignore", invalid="ignore"):
            values = self.reader(start, stop)
        return make_keypoints(
            self.camera,
            self.names,
            values[..., :2],
            values[..., 2],
            self.fps,
            self.size,
            self.people,
            self.start + start,
        )


def rate(fps: float | None, problems: list[str]) -> float:
    """The rate of a recording; a guess is noted among the problems."""
    if fps is None:
        problems.append(
            f"no frame rate is given, so it is taken as {DEFAULT_FPS:g} frames per "
            "second; pass fps"
        )
        return DEFAULT_FPS
    if not isinstance(fps, int | float | np.number) or not 0 < fps < np.inf:
        raise CaptureError(f"fps must be a number above 0, not {fps!r}")
    return float(fps)


def empty_span(camera: str, frames: int, people: int, names: int) -> np.ndarray:
    """[T, P, K, 3] NaN to be filled; CaptureError where that is too much."""
    size = 12 * frames * people * names
    if size > _MAX_BYTES:
        raise CaptureError(
            f"camera {camera!r}: {frames} frames of {people} people are "
            f"{size / 2**30:.1f} GiB; read fewer frames at a time"
        )
    return np.full((frames, people, names, 3), np.nan, np.float32)


def frame_numbers(
    numbers: Sequence[int] | np.ndarray, problems: list[str]
) -> np.ndarray:
    """Numbers of pictures as numbers of frames, [N] in the same order.

    Gaps between numbers are frames without anybody. Numbers that are far apart are
    time stamps or the names of unrelated pictures; then frames are counted from 0.
    """
    try:
        numbers = np.asarray(numbers, np.int64)
    except OverflowError:
        raise CaptureError("the numbers of the frames are too large") from None
    different = np.unique(numbers)
    if len(different) and different[-1] - different[0] >= _SPARSE * len(different):
        problems.append(
            f"the numbers {different[0]} to {different[-1]} of {len(different)} "
            "pictures do not count frames, so the pictures are counted in their order"
        )
        return np.searchsorted(different, numbers)
    return numbers


def table_source(
    camera: str,
    names: Sequence[str],
    numbers: np.ndarray,
    values: np.ndarray,
    *,
    fps: float,
    size: tuple[int, int] | None,
    problems: list[str],
    people: Sequence[str] = (),
    slots: np.ndarray | None = None,
    start: int | None = None,
    frames: int | None = None,
) -> Source:
    """A source of keypoints in memory, a row for each person and frame.

    Args:
      camera: name of the camera.
      names: K landmark names.
      numbers: [N] frame number of each row.
      values: [N, K, 3] x, y and confidence.
      fps: frames per second.
      size: width and height.
      problems: of reading so far.
      people: names of the people, given with ``slots``.
      slots: [N] which person; by default people are in the order of the rows.
      start: number of the first frame, by default the least.
      frames: how many frames there are, by default up to the last row.
    """
    order = np.argsort(numbers, kind="stable")
    numbers, values = np.asarray(numbers)[order], values[order]
    first = int(numbers[0]) if start is None else start
    at = numbers - first
    if slots is None:
        slots = np.arange(len(at)) - np.searchsorted(at, at)
    else:
        slots = slots[order]
    count = int(at[-1]) + 1 if frames is None else frames

    def reader(start: int, stop: int) -> np.ndarray:
        low, high = np.searchsorted(at, (start, stop))
        most = len(people) or int(slots[low:high].max(initial=0)) + 1
        span = empty_span(camera, stop - start, most, len(names))
        span[at[low:high] - start, slots[low:high]] = values[low:high]
        return span

    return Source(
        camera,
        tuple(names),
        count,
        fps,
        size,
        first,
        tuple(people),
        problems,
        reader,
    )
