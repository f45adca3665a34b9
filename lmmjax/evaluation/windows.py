"""Which windows and frames of held-out clips are judged."""

from collections.abc import Iterator, Sequence

import numpy as np

from kinematics import Motion
from lmmjax.data.catalog import DataError
from lmmjax.data.windows import WindowBatch, Windows
from lmmjax.model import MovementModel


class JudgedWindows:
    """Windows of some clips, all or so many spread evenly.

    Attributes:
      clip: [N] number of the clip of each window.
      context: observed frames of a window.
    """

    def __init__(
        self,
        motions: Sequence[Motion],
        context: int,
        ahead: int,
        stride: int,
        limit: int | None = None,
    ):
        """Cut the windows.

        Args:
          motions: clips of one body's tree at one rate.
          context: observed frames.
          ahead: frames to predict.
          stride: frames from one window of a clip to the next.
          limit: use so many windows, spread evenly; all by default.

        Raises:
          DataError: no clip is long enough for a window.
        """
        self._windows = Windows(motions, context + ahead, stride)
        if not len(self._windows):
            rate = f" at {motions[0].fps:g} fps" if motions else ""
            raise DataError(
                f"no clip has the {context + ahead} frames{rate} that a forecast needs"
            )
        self._chosen = np.arange(len(self._windows))
        if limit is not None and len(self._chosen) > limit:
            spread = np.linspace(0, len(self._chosen) - 1, limit)
            self._chosen = spread.astype(int)
        self.context = context
        self.clip = self._windows.clip[self._chosen]

    def __len__(self) -> int:
        return len(self._chosen)

    @property
    def clips(self) -> int:
        """Number of clips that have a window."""
        return len(np.unique(self.clip))

    def blocks(self, size: int) -> Iterator[tuple[WindowBatch, int]]:
        """Batches of one size and how many windows of each count; the last is padded.

        One size has one compiled program.
        """
        for first in range(0, len(self), size):
            index = self._chosen[first : first + size]
            yield self._windows.take(np.resize(index, size)), len(index)


def judged_frames(model: MovementModel, milliseconds: Sequence[float]) -> list[int]:
    """Frames ahead, from 1 to the model's horizon, that are nearest to some times."""
    horizon = model.config.horizon
    ahead = (round(t / 1e3 * model.fps) for t in milliseconds)
    return sorted({min(max(n, 1), horizon) for n in ahead})
