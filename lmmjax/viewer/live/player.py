"""Real time: frames at their moments, and steps made ahead of them.

One thread makes steps, the caller's shows frames. Frame n is due n / fps after the
beginning, whatever came before it, so that nothing drifts. An order changes the first
frame that can still be made in time, so it need not wait until what was made ahead has
been played.
"""

import collections
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple

import numpy as np

from kinematics import Poses
from lmmjax.viewer.live.timeline import A, Timeline

# Frames that are made ahead, seconds: orders change them, so many do no harm.
_AHEAD = 0.35
# Frames that are late by more than this make the clock wait, seconds.
_PATIENCE = 0.5
_REMEMBERED = 100


class Pulse(NamedTuple):
    """How a player does.

    Attributes:
      step: seconds that a step takes, the median of the newest.
      reaction: seconds from an order to the first frame that it changed, the newest;
        NaN before the first.
      shown: frames that were shown.
      late: frames that came late, or not at all because they would have.
    """

    step: float
    reaction: float
    shown: int
    late: int


class Player(Generic[A]):
    """Plays what an actor does, and hands orders on to it."""

    def __init__(self, actor: A, fps: float, picture: Callable[[Poses], Sequence[Any]]):
        """Prepare; nothing moves before `run`.

        Args:
          actor: who moves.
          fps: frames per second.
          picture: what is shown of poses [n]: one value for each.
        """
        self._fps, self._picture = fps, picture
        self._timeline: Timeline[A] = Timeline(actor)
        self._pictures: dict[int, Any] = {}
        self._orders: dict[object, tuple[float, Callable[[A], A]]] = {}
        self._changed = threading.Condition()
        # What is guarded by it: everything above and below.
        self._next, self._stopped, self._paused = 0, False, False
        self._held = math.inf  # frames from here on are being changed
        self._error: BaseException | None = None
        self._steps: collections.deque[float] = collections.deque(maxlen=_REMEMBERED)
        self._reacting: list[tuple[int, float]] = []
        self._reaction, self._shown, self._late = math.nan, 0, 0

    @property
    def actor(self) -> A:
        """Who moves, after all that has been made of it."""
        with self._changed:
            return self._timeline.actor

    def order(self, change: Callable[[A], A], kind: object = None) -> None:
        """Change the actor as soon as can be.

        Args:
          change: the actor to what it becomes.
          kind: of orders of one kind only the newest counts; None for one of its own.
        """
        with self._changed:
            self._orders[object() if kind is None else kind] = (
                time.perf_counter(),
                change,
            )
            self._changed.notify_all()

    def pause(self, paused: bool) -> None:
        """Stand still, or go on."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def stop(self) -> None:
        """Make `run` return."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def pulse(self) -> Pulse:
        """How it does."""
        with self._changed:
            step = float(np.median(self._steps)) if self._steps else math.nan
            return Pulse(step, self._reaction, self._shown, self._late)

    def run(self, show: Callable[[Any], None], seconds: float = math.inf) -> None:
        """Show frames in real time, until `stop` or for some seconds.

        Args:
          show: is handed the picture of each frame.
          seconds: how long.

        Raises:
          BaseException: what came up when a step was made.
        """
        maker = threading.Thread(target=self._make, name="steps", daemon=True)
        maker.start()
        try:
            self._play(show, time.perf_counter() + seconds)
        finally:
            self.stop()
            maker.join()
        if self._error is not None:
            raise self._error

    def _play(self, show: Callable[[Any], None], end: float) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopped or self._pictures, timeout=_left(end)
            )
        origin = time.perf_counter() - self._next / self._fps
        while True:
            with self._changed:
                if self._paused:
                    self._changed.wait_for(
                        lambda: self._stopped or not self._paused, timeout=_left(end)
                    )
                    origin = time.perf_counter() - self._next / self._fps
            due = origin + self._next / self._fps
            time.sleep(max(0.0, min(due, end) - time.perf_counter()))
            with self._changed:
                self._changed.wait_for(
                    lambda: self._stopped or self._ready(), timeout=_left(end)
                )
                now = time.perf_counter()
                if self._stopped or now >= end:
                    return
                late = now - due
                if late > _PATIENCE:
                    origin += late
                skipped = self._skip(late) if late <= _PATIENCE else 0
                self._late += skipped or late * self._fps > 0.5
                picture = self._pictures.pop(self._next)
                self._react(now)
                self._next += 1
                self._shown += 1
                self._changed.notify_all()
            show(picture)

    def _ready(self) -> bool:
        return self._next in self._pictures and self._next < self._held

    def _skip(self, late: float) -> int:
        """Leave out frames whose time is over; their number."""
        skipped = 0
        while (
            skipped + 1 <= late * self._fps
            and self._next + 1 in self._pictures
            and self._next + 1 < self._held
        ):
            del self._pictures[self._next]
            self._next += 1
            skipped += 1
        return skipped

    def _react(self, now: float) -> None:
        while self._reacting and self._reacting[0][0] <= self._next:
            self._reaction = now - self._reacting.pop(0)[1]

    def _make(self) -> None:
        """Make steps ahead of what is shown, until stopped."""
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(self._wanted)
                    if self._stopped:
                        return
                    orders = list(self._orders.values())
                    self._orders.clear()
                    frame = self._next + (0 if self._paused else self._lead())
                    if orders:
                        # What is shown must lead into what is made.
                        self._held = min(frame, self._timeline.end)
                self._extend(frame, orders)
        except BaseException as error:
            self._error = error
            self.stop()

    def _wanted(self) -> bool:
        ahead = self._timeline.end - self._next
        return bool(self._stopped or self._orders or ahead <= _AHEAD * self._fps)

    def _lead(self) -> int:
        """Frames that pass while a step is made."""
        slow = float(np.quantile(self._steps, 0.9)) if self._steps else 0.0
        return 1 + math.ceil(slow * self._fps)

    def _extend(self, frame: int, orders: list[tuple[float, Callable[[A], A]]]) -> None:
        """Obey orders from a frame on, and make one more step."""
        start = time.perf_counter()
        timeline = self._timeline
        for _, change in orders:
            timeline = timeline.ordered(frame, change)
        changed = timeline.end
        timeline = timeline.extended()
        part = timeline.parts[-1]
        pictures = self._picture(part.poses)
        with self._changed:
            self._steps.append(time.perf_counter() - start)
            if orders:
                for n in [n for n in self._pictures if n >= changed]:
                    del self._pictures[n]
                self._reacting += [(changed, asked) for asked, _ in orders]
            self._held = math.inf
            self._pictures |= dict(enumerate(pictures, part.start))
            self._timeline = timeline.since(self._next - 1)
            for n in [n for n in self._pictures if n < self._next]:
                del self._pictures[n]
            self._changed.notify_all()


def _left(end: float) -> float | None:
    """Seconds until a moment, for those who wait."""
    return None if math.isinf(end) else max(0.0, end - time.perf_counter())
