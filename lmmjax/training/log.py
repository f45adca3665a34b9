"""Metrics to a JSON-lines file, and one line on the console."""

import json
import os
import sys
import time
from pathlib import Path


class MetricLog:
    """Writer of ``<workdir>/metrics.jsonl``: one object per line, by step."""

    def __init__(self, workdir: str | os.PathLike, resume_step: int = 0):
        """Open the file; lines of steps after ``resume_step`` are dropped."""
        self.path = Path(workdir) / "metrics.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = []
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                # A kill may have cut the last line short.
                try:
                    if json.loads(line)["step"] <= resume_step:
                        kept.append(line)
                except (ValueError, KeyError):
                    continue
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text("".join(line + "\n" for line in kept))
        os.replace(temporary, self.path)
        self._file = self.path.open("a", buffering=1)

    def write(self, step: int, **values: float) -> None:
        """Append the values of a step."""
        record = {"step": step, **{k: float(v) for k, v in values.items()}}
        self._file.write(json.dumps(record) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Console:
    """One line that shows how training goes: a bar, speed and time left.

    On a terminal the line is rewritten in place; into a file or a pipe a line is
    printed every ``quiet_seconds``.
    """

    def __init__(self, steps: int, start: int = 0, quiet_seconds: float = 15.0):
        """Begin at step ``start`` of ``steps``."""
        self._steps, self._start = steps, start
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()
        self._every = 0.2 if self._live else quiet_seconds
        self._last = -float("inf")

    def update(self, step: int, poses: int, text: str, last: bool = False) -> None:
        """Show step ``step``, after ``poses`` poses since the start."""
        now = time.monotonic()
        if not last and now - self._last < self._every:
            return
        self._last = now
        elapsed = max(now - self._began, 1e-6)
        done = step / max(self._steps, 1)
        left = elapsed / max(step - self._start, 1) * (self._steps - step)
        bar = "#" * int(20 * done)
        line = (
            f"training [{bar:<20}] {step}/{self._steps} | {text} | "
            f"{poses / elapsed:,.0f} poses/s | {_clock(left)} left"
        )
        ends = "\n" if last or not self._live else ""
        print(("\r\033[K" if self._live else "") + line, end=ends, file=sys.stderr)
        sys.stderr.flush()


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
