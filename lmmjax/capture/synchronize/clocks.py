"""The clocks of the cameras: when each of their frames was taken."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Clocks:
    """Clocks of V cameras against that of the reference camera.

    Frame n of camera v was taken at the scene time
    ``offset_s[v] + rate[v] * n / fps[v]``, n counted from the start of the recording.

    Attributes:
      names: V unique names of cameras.
      fps: [V] nominal frames per second.
      offset_s: [V] seconds; 0 for the reference, NaN where it cannot be told.
      rate: [V] seconds of the scene for a second of the camera: 1 + drift.
      deviation_s: [V] standard deviation of the offset in seconds; 0 for the
        reference, infinite where the offset cannot be told.
      method: [V] for each camera ``reference``, ``motion`` (cross-correlation),
        ``epipolar`` (refined with the calibration) or ``none``.
      refused: "", or why some camera has no clock.
    """

    names: tuple[str, ...]
    fps: tuple[float, ...]
    offset_s: np.ndarray
    rate: np.ndarray
    deviation_s: np.ndarray
    method: tuple[str, ...]
    refused: str = ""

    def __len__(self) -> int:
        return len(self.names)

    def index(self, name: str) -> int:
        """Where a camera stands in the order; KeyError lists the names."""
        if name not in self.names:
            raise KeyError(f"no clock of camera {name!r}; there are {list(self.names)}")
        return self.names.index(name)

    def seconds(self, name: str, frames: np.ndarray) -> np.ndarray:
        """Scene times [...] of frames [...] of a camera, by its name."""
        v = self.index(name)
        return self.offset_s[v] + self.rate[v] * np.asarray(frames) / self.fps[v]

    def frames(self, name: str, seconds: np.ndarray) -> np.ndarray:
        """Fractional frames [...] of a camera at scene times [...]."""
        v = self.index(name)
        return (np.asarray(seconds) - self.offset_s[v]) / self.rate[v] * self.fps[v]
