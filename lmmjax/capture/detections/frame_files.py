"""Folders with a file for each frame, and folders with an input for each camera."""

import os
import pathlib
import re
from typing import NamedTuple

import numpy as np

from lmmjax.capture.detections.source import frame_numbers
from lmmjax.capture.errors import CaptureError

_LAST_INTEGER = re.compile(r"(\d+)\D*$")
# Longer numbers do not fit 64 bits.
_MAX_DIGITS = 18


class FrameFiles(NamedTuple):
    """Files of frames in the order of the frames.

    Attributes:
      names: N file names.
      numbers: [N] their frames, each once, in order.
    """

    names: list[str]
    numbers: np.ndarray


def last_integer(name: str) -> int | None:
    """The frame that a file name ends with, whatever words come after the number.

    ``cam01.0012.json`` and ``cam01_000000000012_keypoints.json`` are frame 12.
    """
    match = _LAST_INTEGER.search(name.rpartition(".")[0] or name)
    return int(match[1]) if match and len(match[1]) <= _MAX_DIGITS else None


def list_frames(folder: pathlib.Path, problems: list[str]) -> FrameFiles:
    """The JSON files of a folder by their frame.

    Raises:
      CaptureError: there are none, or two of one frame.
      OSError: the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if entry.name.endswith(".json") and not entry.name.startswith(".")
        ]
    if not names:
        raise CaptureError(
            f"{folder}: there are no keypoints; looked for JSON files, one for each "
            "frame, with the number of the frame in the name, such as "
            "cam01_000000000012_keypoints.json"
        )
    found = [last_integer(name) for name in names]
    if len(names) == 1:
        return FrameFiles(names, np.array([found[0] or 0]))
    for name, number in zip(names, found, strict=True):
        if number is None:
            problems.append(f"{folder / name}: left out, its name has no frame number")
    numbers = np.array([n for n in found if n is not None], np.int64)
    names = [name for name, n in zip(names, found, strict=True) if n is not None]
    if not names:
        raise CaptureError(
            f"{folder}: none of the JSON files has the number of its frame in its name"
        )
    order = np.argsort(numbers, kind="stable")
    numbers, names = numbers[order], [names[i] for i in order]
    twice = np.flatnonzero(numbers[1:] == numbers[:-1])
    if len(twice):
        one, other = sorted(names[twice[0] : twice[0] + 2])
        raise CaptureError(
            f"{folder}: {one} and {other} are both frame {numbers[twice[0]]}; put "
            "each camera in a folder of its own"
        )
    return FrameFiles(names, frame_numbers(numbers, problems))
