"""SPL free throws: one shooter and the ball of each trial, in JSON.

MLSE SPL Open Data, https://github.com/mlsedigital/SPL-Open-Data. ``tracking`` lists
frames ``{"frame", "time", "data": {"ball": [x, y, z], "player": {"R_EYE": [x, y, z],
...}}}``, time in ms. Feet, origin in the middle of the court, z up; missing values
are a bare NaN, which JSON has not.
"""

import os
import pathlib
from typing import Any

import numpy as np

from kinematics.bodies.joint_sets import landmark
from kinematics.points import Points3D, make_points
from lmmjax.capture.monocular import world
from lmmjax.capture.monocular.documents import problem, read_json
from lmmjax.capture.monocular.people import BALL

# Which point of a finger was marked is not said, so fingers are landmarks of their
# own; the base of the calcaneus is the heel.
_ALIASES = {
    "_1stfinger": "_first_finger",
    "_5thfinger": "_fifth_finger",
    "_1sttoe": "_big_toe",
    "_5thtoe": "_small_toe",
    "_calc": "_heel",
}


# More points than any pose model of SPL has (69): a damaged file.
_MAX_POINTS = 200


def read(path: str | os.PathLike, *, fps: float | None = None) -> dict[str, Points3D]:
    """Read a trial.

    Args:
      path: the .json.
      fps: frames per second; by default what ``time`` says.

    Returns:
      Points of the shooter, by ``participant_id`` or ``player``, and of ``ball``.

    Raises:
      CaptureError: the file holds something else.
      OSError: it cannot be read.
    """
    raw = read_json(path)
    if not is_trial(raw):
        raise problem(path, "it has no tracking", "give a trial of SPL's free throws")
    frames = raw["tracking"]
    try:
        keys = list(dict.fromkeys(k for f in frames for k in f["data"]["player"]))
        if len(keys) > _MAX_POINTS:
            raise ValueError(f"{len(keys)} points")
        absent = (np.nan,) * 3
        player = [[f["data"]["player"].get(k, absent) for k in keys] for f in frames]
        ball = [[f["data"].get("ball", absent)] for f in frames]
        feet = np.array(player, float), np.array(ball, float)
        times = np.array([f["time"] for f in frames], float) / 1000
        bodies = [places.reshape(len(frames), -1, 3) for places in feet]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise problem(
            path, f"a frame is not whole ({error})", "download it again"
        ) from error
    rate = fps or _rate(path, times)
    who = str(raw.get("participant_id") or "player")
    stem = pathlib.Path(path).stem
    names = [landmark(key, _ALIASES) for key in keys]
    return {
        person: make_points(marks, places * world.FOOT, rate, name=f"{stem}/{person}@0")
        for person, marks, places in zip(
            (who, BALL), (names, [BALL]), bodies, strict=True
        )
    }


def is_trial(raw: Any) -> bool:
    """Whether JSON is a trial."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("tracking"), list)
        and len(raw["tracking"]) > 0
    )


def _rate(path, times: np.ndarray) -> float:
    """Frames per second; times are rounded to ms, so of them all."""
    steps = np.diff(times)
    if len(steps) == 0 or not (steps > 0).all():
        raise problem(path, "its times do not go up", "give fps")
    return float(round(1 / steps.mean(), 2))
