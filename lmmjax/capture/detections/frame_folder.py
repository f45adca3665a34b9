"""A folder with a JSON file for each frame, as OpenPose writes it.

A session of 10 minutes, 8 cameras and 60 Hz has 288,000 of these files. They are
listed once, and parsed when their span is asked for.
"""

import os
import pathlib
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from lmmjax.capture.detections import scale
from lmmjax.capture.detections.documents import parse
from lmmjax.capture.detections.frame_files import FrameFiles, list_frames
from lmmjax.capture.detections.source import Source, empty_span
from lmmjax.capture.errors import CaptureError

# Files with people that tell the layout, and those that tell a range of fractions.
_SAMPLE, _RANGE_SAMPLE = 8, 256
# Places for people before there is a frame with more; doubles when it is.
_PEOPLE = 4
# Few files are longer than the first read; longer than the second is no frame.
_FIRST_READ, _MAX_FILE = 2**16, 2**26
# What a document of another shape than a format's raises when it is taken apart.
_MISSHAPEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class Rows(NamedTuple):
    """How a person becomes a row of numbers.

    Attributes:
      names: K landmark names.
      width: numbers in a row, 3 for each keypoint.
      row: the numbers of a person, or None for nobody; ValueError says what is
        wrong with them.
      keep: which of the keypoints of a row the K names are.
    """

    names: tuple[str, ...]
    width: int
    row: Callable[[dict], Sequence[float] | None]
    keep: Sequence[int] | slice = slice(None)


class FrameFormat(NamedTuple):
    """A format with a file for each frame.

    Attributes:
      people: the people of a document.
      rows: how they become rows, from some of them (none where nobody was found),
        the parts asked for, and the folder for errors.
      size: width and height of the picture if a document says it.
    """

    people: Callable[[Any], list[dict]]
    rows: Callable[[list[dict], Collection[str], str], Rows]
    size: Callable[[Any], tuple[int, int] | None] = lambda document: None


def folder_source(
    folder: pathlib.Path,
    form: FrameFormat,
    camera: str,
    fps: float,
    size: tuple[int, int] | None,
    parts: Collection[str],
    problems: list[str],
) -> Source:
    """Open a folder of frames; arguments as of `open_keypoints`."""
    files = list_frames(folder, problems)
    frames = _Frames(folder, files, form, problems)
    sample, found_size = frames.sample()
    if not sample:
        problems.append(f"{folder}: nobody in any of the {len(files.names)} frames")
    rows = form.rows(sample, parts, str(folder))
    size = size or found_size
    ends = frames.range(rows) if sample else None
    if ends is not None and size is None:
        raise scale.need_size(str(folder), ends)
    first = int(files.numbers[0])

    def reader(start: int, stop: int) -> np.ndarray:
        values = frames.read(camera, rows, start + first, stop + first)
        values = values[:, :, rows.keep]
        if ends is not None and size is not None:
            scale.to_pixels(values, ends, size)
        return values

    count = int(files.numbers[-1]) - first + 1
    return Source(camera, rows.names, count, fps, size, first, (), problems, reader)


class _Frames:
    """The files, and what was wrong with them."""

    def __init__(
        self,
        folder: pathlib.Path,
        files: FrameFiles,
        form: FrameFormat,
        problems: list[str],
    ):
        self.prefix = os.path.join(folder, "")
        self.files = files
        self.form = form
        self.problems = problems
        self.noted: set[str] = set()
        self.broken: set[str] = set()
        self.first_broken = ""

    def note(self, sentence: str) -> None:
        """A problem, once however often its frame is read."""
        if sentence not in self.noted:
            self.noted.add(sentence)
            self.problems.append(sentence)

    def document(self, name: str) -> tuple[Any, list[dict]] | None:
        """A document and its people; None, noted, where it is broken."""
        try:
            document = parse(_read(self.prefix + name))
            return document, _dicts(self.form.people(document))
        except (OSError, *_MISSHAPEN) as error:
            reason = " ".join(str(error).split())[:120]
            sentence = f"{self.prefix}{name}: cannot be read ({reason})"
            self.first_broken = self.first_broken or sentence
            self.broken.add(name)
            self.note(sentence)
        if 2 * len(self.broken) > len(self.files.names):
            raise CaptureError(
                f"{self.prefix}: {len(self.broken)} of {len(self.files.names)} files "
                f"cannot be read; the first: {self.first_broken}"
            )
        return None

    def sample(self) -> tuple[list[dict], tuple[int, int] | None]:
        """People of the first files that have any, and the size of the picture.

        Raises:
          CaptureError: there are people, and none of them can be read.
        """
        sample: list[dict] = []
        size, used, wrong = None, 0, None
        for name in self.files.names:
            document, people = self.document(name) or (None, [])
            size = size or (self.form.size(document) if people else None)
            before = len(sample)
            for person in filter(None, people):
                try:
                    rows = self.form.rows([person], ("body",), f"{self.prefix}{name}")
                    self.keypoints_of(rows, person)
                    sample.append(person)
                except (OverflowError, *_MISSHAPEN) as error:
                    wrong = wrong or f"{error}"
            used += len(sample) > before
            if used == _SAMPLE:
                break
        if wrong and not sample:
            raise CaptureError(f"{self.prefix}: nobody in it can be read: {wrong}")
        return sample, size

    def range(self, rows: Rows) -> tuple[float, float] | None:
        """The range of coordinates that are fractions of the picture, else None."""
        names = self.files.names
        # The first people tell fractions from pixels; which range it is takes people
        # all over the picture.
        if scale.scaled_range(self.keypoints(names, rows, _SAMPLE)) is None:
            return None
        spread = names[:: max(len(names) // _RANGE_SAMPLE, 1)]
        return scale.scaled_range(self.keypoints(spread, rows, len(spread)))

    def keypoints(self, names: list[str], rows: Rows, enough: int) -> np.ndarray:
        """[N, 3] keypoints of people in ``enough`` of the files."""
        found: list[np.ndarray] = []
        used = 0
        for name in names:
            people = (self.document(name) or (None, []))[1]
            values = [self.values(name, rows, person) for person in people]
            known = [value for value in values if value is not None]
            found += known
            used += bool(known)
            if used == enough:
                break
        return np.array(found, np.float32).reshape(-1, 3)

    def values(self, name: str, rows: Rows, person: dict) -> np.ndarray | None:
        """[N, 3] keypoints of a person; None for nobody or, noted, for nonsense."""
        try:
            return self.keypoints_of(rows, person)
        except (OverflowError, *_MISSHAPEN) as error:
            reason = " ".join(str(error).split())[:120]
            self.note(f"{self.prefix}{name}: a person was left out ({reason})")
            return None

    @staticmethod
    def keypoints_of(rows: Rows, person: dict) -> np.ndarray | None:
        """[N, 3] keypoints of a person; None for nobody."""
        row = rows.row(person)
        if row is None:
            return None
        if len(row) != rows.width:
            raise ValueError(f"{len(row) / 3:g} keypoints, not {rows.width // 3}")
        return np.array(row, np.float32).reshape(-1, 3)

    def read(self, camera: str, rows: Rows, start: int, stop: int) -> np.ndarray:
        """[T, P, N, 3] of the frames with numbers from ``start`` to ``stop``."""
        low, high = np.searchsorted(self.files.numbers, (start, stop))
        span, most = empty_span(camera, stop - start, _PEOPLE, rows.width // 3), 1
        for t, name in zip(
            (self.files.numbers[low:high] - start).tolist(),
            self.files.names[low:high],
            strict=True,
        ):
            found = self.document(name)
            if found is None:
                continue
            people = found[1]
            if len(people) > most:
                most = len(people)
                if most > span.shape[1]:
                    wider = empty_span(camera, stop - start, 2 * most, span.shape[2])
                    wider[:, : span.shape[1]] = span
                    span = wider
            for p, person in enumerate(people):
                values = self.values(name, rows, person)
                if values is not None:
                    span[t, p] = values
        return span[:, :most]


def _dicts(people: Any) -> list[dict]:
    """People as they are, where they are people; null is nobody."""
    found = [person or {} for person in people] if isinstance(people, list) else None
    if found is None or not all(isinstance(person, dict) for person in found):
        raise ValueError("its people are no list of people")
    return found


def _read(path: str) -> bytes:
    """A short file; several times as fast as open() and read()."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        data = os.read(handle, _FIRST_READ)
        if len(data) == _FIRST_READ:
            if os.fstat(handle).st_size > _MAX_FILE:
                raise ValueError("it is too large for one frame")
            while more := os.read(handle, _FIRST_READ):
                data += more
        return data
    finally:
        os.close(handle)
