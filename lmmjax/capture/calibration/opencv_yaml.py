"""The YAML that OpenCV's FileStorage writes, as far as cameras need it.

Top-level entries only: numbers, words, lists of words, and matrices marked
``!!opencv-matrix`` with rows, cols, dt and data. Everything else is skipped. Words of
lists stay words, so that a camera ``01`` does not become 1, which happens to those who
leave that to a parser of YAML.
"""

import re

import numpy as np

from kinematics.formats.errors import problem
from kinematics.formats.text import number, read_text
from lmmjax.capture.calibration.values import Path

_MATRIX = re.compile(
    r"^rows:\s*(\d+)\s*cols:\s*(\d+)\s*dt:\s*(\S+)\s*data:\s*\[([^\]]*)\]", re.DOTALL
)
_WORDS = re.compile(r'"([^"]*)"|\'([^\']*)\'|([^\s,\[\]]+)')

Value = np.ndarray | float | str | list[str]


def read(path: Path) -> dict[str, Value]:
    """The entries of a file by key.

    Raises:
      FormatError: names the line of a matrix that is damaged.
      OSError: the file cannot be read.
    """
    entries: dict[str, Value] = {}
    for line, key, text in _blocks(read_text(path)):
        if text.startswith("!!opencv-matrix"):
            entries[key] = _matrix(path, line, key, text)
        elif text.startswith("["):
            entries[key] = _words(text)
        elif re.match(r"-(\s|$)", text):
            entries[key] = _words(re.sub(r"(?m)^\s*-(?=\s|$)", " ", text))
        elif "\n" not in text:
            value = number(text)
            entries[key] = text.strip("\"'") if value is None else value
    return entries


def _blocks(text: str) -> list[tuple[int, str, str]]:
    """Line, key and all that belongs to it, of each top-level entry."""
    blocks: list[tuple[int, str, str]] = []
    for n, line in enumerate(text.split("\n"), 1):
        head = re.match(r"([^\s#%\-:][^:]*?)\s*:(?:\s+(.*))?$", line)
        if head:
            blocks.append((n, head[1].strip("\"'"), (head[2] or "").strip()))
        elif blocks and line.strip() and not line.startswith(("%", "---", "...", "#")):
            at, key, before = blocks[-1]
            blocks[-1] = (at, key, f"{before}\n{line.strip()}".strip())
    return blocks


def _matrix(path: Path, line: int, key: str, text: str) -> np.ndarray:
    match = _MATRIX.match(text.removeprefix("!!opencv-matrix").strip())
    found = (
        [number(word) for word in match[4].replace(",", " ").split()] if match else []
    )
    numbers = [value for value in found if value is not None]
    if (
        match is None
        or len(numbers) != len(found)
        or len(numbers) != int(match[1]) * int(match[2])
    ):
        raise problem(
            path,
            line,
            f"{key!r} is no matrix of OpenCV",
            "give rows, cols, dt and as many finite numbers as data",
        )
    return np.array(numbers).reshape(int(match[1]), int(match[2]))


def _words(text: str) -> list[str]:
    return ["".join(groups) for groups in _WORDS.findall(text)]
