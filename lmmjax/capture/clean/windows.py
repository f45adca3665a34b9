"""A long recording as windows that overlap, so that they can be worked on at once."""

import dataclasses

import numpy as np

# Frames of the shortest window: a choice, below which compiling takes longest.
_LEAST = 256


@dataclasses.dataclass(frozen=True)
class Windows:
    """Equally long windows over T frames.

    Each answers for the frames in its middle, and these follow on each other.

    Attributes:
      count: T.
      length: frames of a window, a power of two, so that few lengths are compiled.
      starts: [W] first frame of each, below 0 for the first one.
      margin: frames at either end that a window does not answer for.
    """

    count: int
    length: int
    starts: np.ndarray
    margin: int

    def cut(self, x: np.ndarray, blank) -> np.ndarray:
        """[T, ...] to [length, W, ...], ``blank`` outside of the recording."""
        at = self.starts + np.arange(self.length)[:, None]
        inside = (at >= 0) & (at < self.count)
        found = x[np.clip(at, 0, self.count - 1)]
        return np.where(inside.reshape(*at.shape, *[1] * (x.ndim - 1)), found, blank)

    def join(self, x: np.ndarray) -> np.ndarray:
        """[length, W, ...] to [T, ...], the opposite of `cut`."""
        middle = x[self.margin : self.length - self.margin].swapaxes(0, 1)
        return middle.reshape(-1, *x.shape[2:])[: self.count]


def windows(count: int, margin: int) -> Windows:
    """Windows over ``count`` frames, a single one where that is not much longer.

    Args:
      count: frames, one or more.
      margin: frames that a window must see of its neighbours.
    """
    whole = max(1 << (count - 1).bit_length(), _LEAST)
    length = 1 << (8 * margin - 1).bit_length()
    if whole <= length:
        return Windows(count, whole, np.zeros(1, int), 0)
    step = length - 2 * margin
    return Windows(count, length, np.arange(0, count, step) - margin, margin)
