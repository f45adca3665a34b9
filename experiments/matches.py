"""A match from a file of tracks: who is to move where, and how the ball went."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experiments.settings import SettingError
from kinematics import Motion, make_skeleton
from lmmjax.capture import tracking
from lmmjax.capture.tracking import Stretch
from lmmjax.generation import match
from lmmjax.generation.match import Player
from lmmjax.model import MovementModel
from lmmjax.viewer import Track

# Players that are moved at most: two teams, their benches and the referees.
_MOST = 64
# Metres, and frames that a ball has to be seen in a row to be shown.
_BALL, _SEEN = 0.11, 2


def read(path: str | Path, start: float | None, seconds: float, fps: float) -> Stretch:
    """The stretch of a match that is to be shown.

    Args:
      path: see `tracking.read`.
      start: seconds, as the file's times; its beginning by default.
      seconds: how long.
      fps: of the model.

    Raises:
      CaptureError: the file is broken, or does not hold the stretch.
      SettingError: it holds more people than are moved at once.
    """
    tracks = tracking.read(path)
    if start is None:
        start = float(tracks.times[0]) if len(tracks) else 0.0
    found = tracking.stretch(tracks, start, seconds, fps)
    if len(found.names) > _MOST:
        raise SettingError(
            f"{path}: {len(found.names)} people from {start:g} s on are more than the "
            f"{_MOST} that are moved at once"
        )
    return found


def play(
    model: MovementModel,
    stretch: Stretch,
    prompts: Mapping[str, Motion],
    seed: int,
    **options,
) -> list[Motion]:
    """How everybody moved; motions are called as files can be."""
    players = [
        Player(name, places)
        for name, places in zip(file_names(stretch.names), stretch.places, strict=True)
    ]
    return match.play(model, players, prompts, seed, **options)


def file_names(names: tuple[str, ...]) -> list[str]:
    """Names that differ from each other in letters, digits, - and _ alone."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:60] or "player"
        unique, n = plain, 1
        while unique.lower() in {x.lower() for x in found}:
            n += 1
            unique = f"{plain}_{n}"
        found.append(unique)
    return found


def ball(stretch: Stretch) -> list[Track]:
    """The ball, whenever it is seen, for the page."""
    if stretch.ball is None:
        return []
    body = make_skeleton(
        ("Ball", "Top"),
        (-1, 0),
        np.array([[0, 0, 0], [0, 0, _BALL]]),
        ("free", "fixed"),
        mirror=None,
    )
    seen = np.isfinite(stretch.ball).all(axis=-1)
    edges = np.flatnonzero(np.diff(np.pad(seen.astype(int), 1)))
    tracks = []
    for start, stop in edges.reshape(-1, 2):
        if stop - start < _SEEN:
            continue
        count = stop - start
        upright = np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1))
        motion = Motion(
            body,
            stretch.ball[start:stop],
            upright,
            np.zeros((count, 0), np.float32),
            stretch.fps,
            name="ball",
        )
        tracks.append(Track(motion, "ball", (230, 126, 34), start / stretch.fps))
    return tracks
