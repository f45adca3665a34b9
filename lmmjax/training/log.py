"""Metrics to a JSON-lines file, and one line on the console."""

import collections
import json
import math
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import jax

from lmmjax.training import parallel
from lmmjax.training.step import Told

# Steps between lines of metrics.
EVERY = 10

T = TypeVar("T")


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


class InputClock:
    """How much of the time a consumer waits for its input.

    A device that has work in hand goes on meanwhile, so this is the most that the
    input can cost.
    """

    def __init__(self):
        """Begin to count."""
        self._waited, self._since = 0.0, time.perf_counter()

    def watch(self, items: Iterable[T]) -> Iterator[T]:
        """The same items; the time until each is there counts as waiting."""
        iterator = iter(items)
        while True:
            begin = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self._waited += time.perf_counter() - begin
            yield item

    def share(self) -> float:
        """Share of the time since the last call that was spent waiting."""
        now = time.perf_counter()
        share = self._waited / max(now - self._since, 1e-9)
        self._waited, self._since = 0.0, now
        return share


class Report:
    """What chunks of updates tell: read in order, checked, logged and shown.

    Reading waits for the device, so it is done while a later chunk runs. Every
    process reads; the first one writes.

    Attributes:
      clock: knows how long the loop waits for input.
      stopping: whether some process was asked to stop, as all processes know it.
    """

    def __init__(
        self, workdir: str | os.PathLike, steps: int, start: int, poses_per_step: int
    ):
        """Begin after step ``start`` of ``steps``."""
        self.clock = InputClock()
        self.stopping = False
        self._workdir, self._steps, self._poses = workdir, steps, poses_per_step
        self._start = self._step = start
        self._unread: collections.deque[tuple[int, Told]] = collections.deque()
        self._text, self._input = "", 0.0
        writes = parallel.process_part()[0] == 0
        self._log = MetricLog(workdir, start) if writes else None
        self._console = Console(steps, start) if writes else None

    def add(self, last: int, told: Told) -> None:
        """Take what the chunk up to step ``last`` tells, without looking at it."""
        self._unread.append((last, told))

    def read(self, behind: int = 0) -> None:
        """Read all chunks but the newest ``behind``.

        Raises:
          FloatingPointError: a metric is not a number.
        """
        while len(self._unread) > behind:
            last, told = self._unread.popleft()
            told = jax.device_get(parallel.local(told))
            self.stopping |= bool(told.stop)
            steps = range(self._step + 1, last + 1)
            logged = {n for n in steps if n in (1, self._steps) or n % EVERY == 0}
            if logged:
                self._input = self.clock.share()
            for n, step in enumerate(steps):
                values = {name: float(x[n]) for name, x in told.metrics.items()}
                self._check(step, values)
                if step in logged:
                    self.write(step, {**values, "input_share": self._input})
            self._step = last
            self._text = (
                f"loss {values['loss']:.3f} error {1e3 * values['error_m']:.1f} mm | "
                f"input {100 * self._input:.1f} %"
            )
            self._show()

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """Log values of a step."""
        if self._log is not None:
            self._log.write(step, **values)

    def close(self) -> None:
        """Show the last step that was read, and close the file."""
        self._show(last=True)
        if self._log is not None:
            self._log.close()

    def _show(self, last: bool = False) -> None:
        if self._console is not None and self._text:
            poses = (self._step - self._start) * self._poses
            self._console.update(self._step, poses, self._text, last)

    def _check(self, step: int, values: Mapping[str, float]) -> None:
        if not all(math.isfinite(x) for x in values.values()):
            raise FloatingPointError(
                f"step {step}: the loss is no longer a number; start again with a "
                "lower --set optim.learning_rate (the last checkpoint in "
                f"{self._workdir} is whole)"
            )


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
