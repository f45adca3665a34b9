"""Boxes of people in the layout of MOTChallenge, as SoccerNet's tracking has them.

``gt/gt.txt`` and ``det/det.txt``: rows ``frame, track, left, top, width, height,
confidence, -1, -1, -1`` in pixels, frames from 1, track -1 in detections.
``gameinfo.ini`` says who is who (``trackletID_7= player team left;10``) and
``seqinfo.ini`` the ``frameRate``; both lie above the folder of the rows.
"""

import configparser
import os
import pathlib

import numpy as np

from kinematics.formats.text import read_text
from lmmjax.capture.labels.tracks import Boxes, blank
from lmmjax.capture.monocular.documents import checked, problem

# SoccerNet's broadcasts.
_FPS = 25.0


def read(path: str | os.PathLike, *, fps: float | None = None) -> Boxes:
    """Read ``gt.txt`` or ``det.txt``.

    Args:
      path: the file.
      fps: frames per second; by default those of ``seqinfo.ini``, or 25.

    Returns:
      Boxes in pixels as they are written, tracks by their number; of detections,
      which have none, N is the most in a frame. A confidence of -1 means that none
      was given and is 1; rows of confidence 0 are not to count and are missing.

    Raises:
      CaptureError: a row is no box, or one track has two in a frame.
      OSError: the file cannot be read.
    """
    rows = _rows(path)
    frames, tracks = rows[:, 0].astype(int), rows[:, 1].astype(int)
    start, count = int(frames.min()), int(np.ptp(frames)) + 1
    anonymous = bool((tracks < 0).all())
    if anonymous:
        order = np.argsort(frames, kind="stable")
        rows, frames = rows[order], frames[order]
        slots = np.arange(len(frames)) - np.searchsorted(frames, frames)
        names: list[str] = []
        width = int(slots.max()) + 1
    else:
        known, slots = np.unique(tracks, return_inverse=True)
        names = [str(track) for track in known]
        width = len(names)
    pairs, counts = np.unique(
        np.stack([frames, slots], axis=1), axis=0, return_counts=True
    )
    if (counts > 1).any():
        frame, slot = pairs[np.argmax(counts)]
        raise problem(
            path, f"track {names[slot]} is twice in frame {frame}", "remove one"
        )
    boxes = blank(path, count, width, 4)
    confidence = np.zeros((count, width), np.float32)
    scores = np.where(rows[:, 6] == -1, 1, np.clip(rows[:, 6], 0, 1))
    confidence[frames - start, slots] = scores
    boxes[frames - start, slots] = rows[:, 2:6]
    boxes[confidence == 0] = np.nan
    roles, teams, numbers = _who(path, names)
    return Boxes(
        tuple(names),
        boxes,
        confidence,
        fps or _rate(path),
        start,
        roles,
        teams,
        numbers,
    )


def _rows(path) -> np.ndarray:
    """Rows [M, 7] of frame, track, box and confidence."""
    rows = []
    for n, line in enumerate(checked(read_text, path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = [float(cell) for cell in line.split(",")]
        except ValueError:
            values = []
        whole = len(values) >= 6 and np.isfinite(values[:6]).all()
        if not whole or np.abs(values[:2]).max() > 1e9 or values[0] % 1:
            raise problem(
                f"{os.fspath(path)}:{n}",
                f"{line[:40]!r} is no frame, track, left, top, width, height",
                "export it again",
            )
        rows.append([*values[:6], values[6] if len(values) > 6 else 1.0])
    return np.array(rows)


def _rate(path) -> float:
    parser = _ini(path, "seqinfo.ini")
    for section in parser.sections():
        rate = parser.getfloat(section, "framerate", fallback=0.0)
        if rate > 0:
            return rate
    return _FPS


def _who(path, names: list[str]) -> tuple[tuple[str, ...], ...]:
    """Roles, teams and numbers from ``gameinfo.ini``; () without."""
    parser = _ini(path, "gameinfo.ini")
    said = {
        key.removeprefix("trackletid_"): value
        for section in parser.sections()
        for key, value in parser.items(section)
        if key.startswith("trackletid_")
    }
    if not said or not names:
        return (), (), ()
    whos = []
    for name in names:
        words, _, number = said.get(name, "").strip().partition(";")
        role, _, team = words.partition(" team ")
        whos.append((role.strip(), team.strip(), number.strip()))
    roles, teams, numbers = zip(*whos, strict=True)
    return roles, teams, numbers


def _ini(path, name: str) -> configparser.ConfigParser:
    """An .ini file above the folder of the rows; empty where there is none."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    file = pathlib.Path(path).resolve().parent.parent / name
    if file.is_file():
        try:
            parser.read_string(checked(read_text, file))
        except configparser.Error as error:
            raise problem(
                file, f"this is no .ini ({type(error).__name__})", "download it again"
            ) from error
    return parser
