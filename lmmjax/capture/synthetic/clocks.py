"""Clocks of cameras: when each frame was taken, in the time of the session."""

import dataclasses

import numpy as np

# Choices for cameras started by hand: offsets up to this many seconds, quartz drift
# (30 parts in a million are a common tolerance of its makers), and shutters.
_OFFSET_S = 0.5
_DRIFT = 30e-6
_EXPOSURE_S = (1 / 1000, 1 / 250)


@dataclasses.dataclass(frozen=True)
class Clock:
    """The middle of frame n is at session time ``offset_s + rate * n / fps``.

    Attributes:
      fps: frames per second that the camera states.
      offset_s: session time of its first frame. Frames before the session, where it
        is negative, show nobody.
      rate: seconds of the session for a second of the camera: 1 + drift.
      exposure_s: seconds for which the shutter is open.
    """

    fps: float = 60.0
    offset_s: float = 0.0
    rate: float = 1.0
    exposure_s: float = 0.0

    def times(self, count: int) -> np.ndarray:
        """[count] session times of the first frames, seconds."""
        return self.offset_s + self.rate * np.arange(count) / self.fps

    def frames(self, until_s: float) -> int:
        """How many frames there are up to a session time."""
        # The last frame of the session is one of them whatever the rounding.
        last = (until_s - self.offset_s) / self.rate * self.fps + 1e-6
        return max(int(np.floor(last)) + 1, 0)


def random_clocks(count: int, fps: float = 60.0, seed: int = 0) -> list[Clock]:
    """Clocks of cameras that were started one after the other, the first at 0.

    Offsets are up to half a second, drifts about 30 ppm, shutters 1/1000 to 1/250 s.
    """
    rng = np.random.default_rng(seed)
    offsets = rng.uniform(0, _OFFSET_S, count)
    offsets[:1] = 0
    rates = 1 + rng.normal(0, _DRIFT, count)
    shutters = rng.uniform(*_EXPOSURE_S, count)
    return [
        Clock(fps, *numbers)
        for numbers in np.stack([offsets, rates, shutters], -1).tolist()
    ]
