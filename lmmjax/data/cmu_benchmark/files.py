"""The benchmark's files, read as they are."""

import dataclasses
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinematics.formats.errors import problem
from kinematics.formats.text import number, read_text
from lmmjax.data.catalog import DataError

ACTIONS = (
    *("basketball", "basketball_signal", "directing_traffic", "jumping"),
    *("running", "soccer", "walking", "washwindow"),
)
NATIVE_FPS = 120.0
# The benchmark takes every second row; its papers call that 25 frames per second.
STEP = 2
FPS = NATIVE_FPS / STEP
JOINTS = 38
COLUMNS = 3 + 3 * JOINTS
OBSERVED, PREDICTED = 10, 25
# Rows of the shortest clip that has a window.
_LEAST_ROWS = STEP * (OBSERVED + PREDICTED - 1) + 1
_NAME = re.compile(r"(?P<action>.*?)_?(?P<number>\d+)")


@dataclasses.dataclass(frozen=True, eq=False)
class BenchmarkClip:
    """One file of the benchmark as it is.

    Attributes:
      path: where it was read.
      action: one of `ACTIONS`.
      number: the file's number among those of its action.
      rows: [R, 117] root translation in ASF units, exponential maps in radians.
    """

    path: Path
    action: str
    number: int
    rows: np.ndarray

    @property
    def name(self) -> str:
        """What the benchmark calls the clip, such as ``walking_1``."""
        return f"{self.action}_{self.number}"

    @property
    def is_test(self) -> bool:
        """Whether it lies in a folder called test, in one of an action or not."""
        folder = self.path.parent
        if folder.name.lower() in ACTIONS:
            folder = folder.parent
        return folder.name.lower() == "test"

    @property
    def frames(self) -> np.ndarray:
        """Rows [T, 117] of the benchmark: the first, a T-pose, and every second."""
        return self.rows[::STEP]


def is_benchmark(folder: str | os.PathLike) -> bool:
    """Whether a folder looks like the benchmark's: clips in train, by action."""
    here = Path(folder) / "train"
    return any(any(here.glob(f"{p}{a}_*.txt")) for a in ACTIONS for p in ("", "*/"))


def read_part(folder: str | os.PathLike, part: str) -> tuple[BenchmarkClip, ...]:
    """All clips of ``<folder>/train`` or ``<folder>/test``, by action and number.

    Files lie in folders named by action or, named ``<action>_<k>.txt``, beside each
    other; names that begin with a dot are passed over.

    Raises:
      DataError: there is no such folder, it holds no clips, one that is not of the
        benchmark, or the same clip twice.
      FormatError: a file is damaged; names it and the line.
    """
    here = Path(folder) / part
    if not here.is_dir():
        raise DataError(
            f"{here}: no such folder; give the folder of the benchmark's files, which "
            "has train and test in it"
        )
    inside = (*here.glob("*.txt"), *here.glob("*/*.txt"))
    paths = sorted(p for p in inside if not p.name.startswith("."))
    if not paths:
        raise DataError(
            f"{here}: no .txt files here or in folders of actions; copy "
            "those of the benchmark"
        )
    found: dict[tuple[str, int], Path] = {}
    for path in paths:
        key = _label(path, inside=path.parent != here)
        if key in found:
            raise DataError(
                f"{path}: the same action and number as {found[key]}; keep one of them"
            )
        found[key] = path
    return tuple(read_clip(found[key]) for key in sorted(found))


def read_clip(path: str | os.PathLike) -> BenchmarkClip:
    """Read one file, its action told by its name or its folder.

    Raises:
      DataError: neither names an action of the benchmark.
      FormatError: the file is empty, too short for one window, has lines that are
        not 117 numbers; names file and line.
    """
    path = Path(path).resolve()
    action, number_ = _label(path, inside=path.parent.name.lower() in ACTIONS)
    lines = [(n, x) for n, x in enumerate(read_text(path).split("\n"), 1) if x.strip()]
    rows = np.array([_row(path, n, line) for n, line in lines])
    if len(rows) < _LEAST_ROWS:
        raise problem(
            path,
            None,
            f"{len(rows)} rows are too short for a window, which spans {_LEAST_ROWS}",
            "copy it again, whole",
        )
    return BenchmarkClip(path, action, number_, rows)


def _label(path: Path, inside: bool) -> tuple[str, int]:
    """Action and number of a file; the folder names the action where it is inside."""
    found = _NAME.fullmatch(path.stem)
    action = (path.parent.name if inside else found["action"] if found else "").lower()
    if found is None or action not in ACTIONS:
        raise DataError(
            f"{path}: not named <action>_<number>.txt with one of the actions "
            f"{', '.join(ACTIONS)}; rename it or move it away"
        )
    return action, int(found["number"])


def _row(path: Path, line: int, text: str) -> list[float]:
    cells = text.split(",")
    if len(cells) != COLUMNS:
        raise problem(
            path,
            line,
            f"{len(cells)} columns where the benchmark has {COLUMNS}",
            "give its files of exponential maps, separated by commas",
        )
    values = [number(cell) for cell in cells]
    if None in values:
        bad = cells[values.index(None)].strip()[:40]
        raise problem(path, line, f"{bad!r} is not a finite number", "copy it again")
    return [value for value in values if value is not None]


def fingerprint(clips: Sequence[BenchmarkClip]) -> str:
    """Short name of the content of some clips, wherever they lie."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(f"{clip.name} {clip.rows.shape};".encode())
        digest.update(np.ascontiguousarray(clip.rows, "<f8").tobytes())
    return digest.hexdigest()[:10]
