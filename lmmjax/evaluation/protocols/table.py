"""The result of the CMU protocol, for people and with what is wrong with it."""

import dataclasses

import numpy as np

from lmmjax.data.cmu_benchmark import FPS
from lmmjax.evaluation.protocols import published
from lmmjax.evaluation.protocols.positions import TRUE_MM

# What the papers call the judged frames, and which of the predicted ones they are.
LABELS_MS = (80, 160, 320, 400, 560, 1000)
JUDGED_FRAMES = (1, 3, 7, 9, 13, 24)
TRUE_MS = tuple(1e3 * (frame + 1) / FPS for frame in JUDGED_FRAMES)
AVERAGE = "average"

CAVEATS = (
    "The papers say 25 frames per second; the rows are 120 Hz and every second is "
    "taken, so that the frames are 60 Hz and the labels' true times those in brackets.",
    "The papers say mm; their code scales a unit of the files, which is 56.44 mm, to "
    f"70. True millimetres are {TRUE_MM:.3f} of the benchmark's units.",
    "Poses are seen from a pelvis that neither moves nor turns: where the body goes is "
    "neither shown nor judged.",
    "The first row of each file is a T-pose. It is in the windows here, as in the "
    "published rows.",
    "Everybody is posed on the bones of subject 02, whose left and right differ.",
    "13 of the 38 joints are not predicted: 6 cannot move and count as exact, 7 lie "
    "where another joint lies and count along with it. All 38 are in the mean.",
    "The test of running has 48 windows. PGBIG's paper leaves running out of its "
    "averages; here it is in them.",
    "PGBIG chose the epoch on the test clips, which flatters it. Here clips are held "
    "out of the training files to choose by.",
)


@dataclasses.dataclass(frozen=True)
class CmuRow:
    """Errors of one method on one action, in units of the benchmark.

    Attributes:
      method: its name.
      action: the action, or ``average`` for the unweighted mean over actions.
      errors: mean over windows at each of `LABELS_MS`.
      intervals: 95 % interval of each, from resampling sequences (for the average:
        actions); empty where there is only one.
      windows: number of windows.
      sequences: number of what is resampled.
    """

    method: str
    action: str
    errors: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    windows: int
    sequences: int

    @property
    def millimetres(self) -> tuple[float, ...]:
        """The errors in true millimetres."""
        return tuple(TRUE_MM * x for x in self.errors)


@dataclasses.dataclass(frozen=True)
class CmuTable:
    """The result of the protocol.

    Attributes:
      rows: one per method and action, each method's average last.
      kind: which windows, ``all`` or ``seeded8``.
      split: which clips, such as ``test``.
      fingerprint: short name of their content.
    """

    rows: tuple[CmuRow, ...]
    kind: str
    split: str
    fingerprint: str

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the methods, the baselines last."""
        return tuple(dict.fromkeys(row.method for row in self.rows))

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions that were judged."""
        names = dict.fromkeys(row.action for row in self.rows)
        return tuple(name for name in names if name != AVERAGE)

    def row(self, method: str, action: str = AVERAGE) -> CmuRow:
        """The row of a method and action; KeyError lists what there is."""
        for row in self.rows:
            if (row.method, row.action) == (method, action):
                return row
        raise KeyError(
            f"no row of {method!r} on {action!r}; there are {', '.join(self.methods)} "
            f"on {', '.join((*self.actions, AVERAGE))}"
        )

    @property
    def comparable(self) -> bool:
        """Whether published rows were measured on the same windows."""
        return self.split == "test" and self.kind == published.WINDOWS

    def markdown(self) -> str:
        """The table for people: averages, each action, and the caveats."""
        parts = [f"Average over {len(self.actions)} actions, unweighted:", ""]
        parts += self._block(AVERAGE, self.actions)
        parts += ["", "The same in true millimetres:", "", *_head("method")]
        parts += [
            _line(method, [f"{x:.1f}" for x in self.row(method).millimetres])
            for method in self.methods
        ]
        for action in self.actions:
            row = self.row(self.methods[0], action)
            parts += ["", f"{action}, {_count(row.windows, 'window')}:", ""]
            parts += self._block(action, (action,))
        parts += ["", *self._notes()]
        return "\n".join(parts)

    def _block(self, action: str, actions: tuple[str, ...]) -> list[str]:
        """One table: our methods on an action, then the published ones."""
        lines = _head("benchmark units")
        for method in self.methods:
            row = self.row(method, action)
            cells = [f"{x:.1f}" for x in row.errors]
            if row.intervals:
                cells = [
                    f"{cell} [{low:.1f}, {high:.1f}]"
                    for cell, (low, high) in zip(cells, row.intervals, strict=True)
                ]
            lines.append(_line(method, cells))
        for other in published.METHODS if self.comparable else ():
            mean = other.average(actions)
            cells = [f"{x:.1f}" if np.isfinite(x) else "-" for x in mean]
            lines.append(_line(other.name, cells))
        return lines

    def _notes(self) -> list[str]:
        total = self.row(self.methods[0]).windows
        chosen = "every window" if self.kind == "all" else "8 windows by seed a clip"
        lines = [
            f"Mean error over 38 joints, {chosen} of the {self.split} clips, "
            f"{_count(total, 'window')}, 10 frames observed; data {self.fingerprint}. "
            "Square brackets hold 95 % intervals over sequences, of the average over "
            "actions; one sequence alone has none."
        ]
        if self.comparable:
            lines += [f"- {m.name}: {m.source}." for m in published.METHODS]
            lines.append(
                "- The published methods were trained on the training files of all "
                "eight actions."
            )
        else:
            lines.append(
                "Published rows are of all windows of the test clips and cannot stand "
                "beside these."
            )
        lines += ["", "What is wrong with this benchmark:", ""]
        return lines + [f"{n}. {text}" for n, text in enumerate(CAVEATS, start=1)]


def _head(first: str) -> list[str]:
    times = [f"{a} ({b:.0f} ms)" for a, b in zip(LABELS_MS, TRUE_MS, strict=True)]
    return [_line(first, times), "|---" * (len(times) + 1) + "|"]


def _line(name: str, cells: list[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
