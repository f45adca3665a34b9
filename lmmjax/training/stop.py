"""A request to stop that lets a run save what it has."""

import signal


class StopRequest:
    """Turns the first SIGINT or SIGTERM into a request to save and stop."""

    def __init__(self):
        """Not yet listening; used as a context."""
        self.requested = False
        self._before: dict = {}

    def __enter__(self) -> "StopRequest":
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._on_signal)
            except ValueError:  # not in the main thread: nothing to catch there
                break
        return self

    def _on_signal(self, number, frame) -> None:
        self.requested = True
        for other, handler in self._before.items():
            signal.signal(other, handler)

    def __exit__(self, *unused) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
