"""Players' tracks over a pitch or court, ready to be moved along.

`read` takes SportVU, SoccerNet's game states and tables of one's own into `Tracks`;
`stretch` cuts out some seconds of them, at one's own rate, whole and smooth.
"""

import os
import pathlib

import numpy as np

from lmmjax.capture import labels
from lmmjax.capture.labels.tracks import Tracks
from lmmjax.capture.monocular.documents import problem
from lmmjax.capture.tracking import table
from lmmjax.capture.tracking.stretches import Stretch, stretch

__all__ = ["Stretch", "Tracks", "read", "stretch"]

# Metres; no pitch or court is as large.
_FARTHEST = 1000.0


def read(path: str | os.PathLike, fps: float | None = None) -> Tracks:
    """Read where players were; the format is told from the content.

    Args:
      path: JSON of SportVU or of SoccerNet's game states, see
        `lmmjax.capture.labels.read_tracks`, or a .csv, see `table.read`.
      fps: frames per second of a table without times.

    Raises:
      CaptureError: the file is broken, or no place in it can be one; the message names
        the file and what is wrong in it.
      OSError: it cannot be read.
    """
    if pathlib.Path(path).suffix.lower() == ".csv":
        tracks = table.read(path, fps)
    else:
        tracks = labels.read_tracks(path)
    ball = [] if tracks.ball is None else [("ball", tracks.ball)]
    for name, place in [*((n, tracks.of(n)) for n in tracks.names), *ball]:
        far = np.abs(np.nan_to_num(place)).max(axis=-1)
        if far.max(initial=0) > _FARTHEST:
            frame = int(far.argmax())
            raise problem(
                path,
                f"{name} is {far[frame]:.3g} m away in frame {frame} (from 0)",
                "give metres",
            )
    return tracks
