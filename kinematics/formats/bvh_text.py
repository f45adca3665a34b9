"""The text of a BVH file: a tree of joints and a table of numbers, checked.

Numbers are counted, not lines. Nothing is allocated for what a file merely claims
to hold.
"""

import dataclasses
import os
import re
import warnings

import numpy as np

from kinematics.formats.bvh_tree import Node, parse_tree
from kinematics.formats.errors import FormatError, problem
from kinematics.formats.text import number, read_text

_MOTION = re.compile(r"(?:\}\s*|^[ \t]*)(MOTION)(?=\s|$)", re.IGNORECASE | re.MULTILINE)
_TIMING = re.compile(
    r"\s*Frames\s*:?\s*(\S+)\s+Frame\s*Time\s*:?\s*(\S+)", re.IGNORECASE
)


@dataclasses.dataclass(frozen=True)
class BvhText:
    """What a BVH file says.

    Attributes:
      nodes: joints and end sites, parents first.
      values: [T, C] the channels of all nodes, in their order.
      fps: frames per second.
    """

    nodes: list[Node]
    values: np.ndarray
    fps: float


def parse(path: str | os.PathLike) -> BvhText:
    """Read and check the text of a BVH file; FormatError says what is wrong."""
    text = read_text(path)
    words = text[:1000].split(maxsplit=1)
    if not words or words[0].upper() != "HIERARCHY":
        raise problem(
            path, 1, "a BVH file starts with HIERARCHY", "check that this is one"
        )
    motion = _MOTION.search(text)
    if motion is None:
        raise problem(
            path,
            text.count("\n") + 1,
            "the MOTION section is missing, the file may be cut off",
            "get the whole file again",
        )
    nodes = parse_tree(path, text[: motion.start(1)])
    timing = _TIMING.match(text, motion.end(1))
    line = text.count("\n", 0, motion.start(1)) + 1
    if timing is None:
        raise problem(
            path, line, "no 'Frames:' and 'Frame Time:' follow MOTION", "add them"
        )
    frames = int(timing[1]) if re.fullmatch(r"\d{1,18}", timing[1]) else -1
    if frames < 1:
        at = text.count("\n", 0, timing.start(1)) + 1
        raise problem(
            path,
            at,
            f"Frames is {timing[1][:40]!r}",
            "give the number of frames, 1 or more",
        )
    seconds = number(timing[2])
    if seconds is None or seconds <= 1e-6:
        at = text.count("\n", 0, timing.start(2)) + 1
        raise problem(
            path,
            at,
            f"Frame Time is {timing[2][:40]!r}",
            "give seconds per frame, above 0",
        )
    columns = sum(len(node.channels or ()) for node in nodes)
    if columns == 0:
        raise problem(path, line, "no joint has a channel", "export with motion")
    # Lines of numbers are counted from the rest of this one.
    line = text.count("\n", 0, timing.end()) + 1
    values = _numbers(path, text[timing.end() :], line, frames * columns)
    if values.size != frames * columns:
        raise _miscount(path, text[timing.end() :], line, frames, columns, values.size)
    fps = frame_rate(seconds, timing[2])
    return BvhText(nodes, values.reshape(frames, columns), fps)


def frame_rate(seconds: float, text: str) -> float:
    """Frames per second of a rounded frame time: .0083333 is 120, .0333667 29.97.

    Args:
      seconds: time of a frame.
      text: how it was written; its last digit says how far it was rounded.

    Returns:
      The whole rate, or broadcast rate n / 1.001, within 0.1 % whose frame time
      is written like this; else the nearest of them within 0.1 %; else the inverse.
    """
    mantissa, _, exponent = text.lower().partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    rate = 1 / seconds
    rates = [float(round(rate))]
    rates += [n / 1.001 for n in (24.0, 30.0, 48.0, 60.0, 120.0, 240.0)]
    # 1.1e-3, as .0333 for 30 is 1.001e-3 away.
    close = [r for r in rates if r > 0 and abs(rate / r - 1) < 1.1e-3]
    for r in close:
        if abs(1 / r - seconds) < 10.0**-decimals:
            return r
    return min(close, key=lambda r: abs(rate - r), default=rate)


def _numbers(path, text: str, line: int, expected: int) -> np.ndarray:
    """All numbers of the MOTION section, finite; word by word if not as expected."""
    if not text.strip():
        return np.zeros(0)
    try:
        with warnings.catch_warnings():
            # NumPy warns where it stops at something that is not a number.
            warnings.simplefilter("error")
            values = np.fromstring(text, sep=" ")
    except (DeprecationWarning, ValueError):
        values = np.array([np.nan])
    if values.size == expected and np.abs(values).max() < 1e9:
        return values
    found = []
    for n, row in enumerate(text.split("\n"), line):
        for word in row.split():
            value = number(word)
            if value is None:
                raise problem(
                    path, n, f"{word[:40]!r} is not a finite number", "export it again"
                )
            found.append(value)
    return np.array(found)


def _miscount(path, text, line, frames, columns, size) -> FormatError:
    """The error about a table that has not Frames times channels numbers."""
    whole, rest = divmod(size, columns)
    what = f"{whole} whole frames" + (f" and {rest} numbers" if rest else "")
    wrong = f"Frames says {frames}, but {what} of {columns} channels are there"
    counts = [(n, len(row.split())) for n, row in enumerate(text.split("\n"), line)]
    counts = [(n, count) for n, count in counts if count]
    odd = [(n, count) for n, count in counts if count != columns]
    at = None
    if counts and len(odd) * 2 <= len(counts):
        # One frame a line: the first odd line, or the last, is where it went wrong.
        at = odd[0][0] if odd else counts[-1][0]
        if odd:
            wrong += f", and this line has {odd[0][1]}"
    remedy = f"get the whole file again, or set Frames to {whole}"
    if size > frames * columns:
        remedy = "correct Frames or the CHANNELS"
    return problem(path, at, wrong, remedy)
