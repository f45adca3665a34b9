"""OpenTrack's sensor files: acceleration of the waist or of a shank, and jumps.

joseph-shaw/OpenTrack (https://github.com/joseph-shaw/OpenTrack) reads tables of 4 or 7
columns of any names: time since the unit was turned on, acceleration x, y, z in g with
z up and, where there is one, the gyroscope in rad/s (its ``process_imu_data`` turns
them into degrees). What it writes has a ``Jump`` column besides.
"""

import dataclasses
import os
import pathlib
import re

import numpy as np

from lmmjax.capture.labels.events import Event
from lmmjax.capture.monocular.documents import problem, read_table
from lmmjax.capture.monocular.tables import numbers

# Rate to which OpenTrack and we resample.
RATE_HZ = 100.0
STANDARD_GRAVITY = 9.80665
# Longer holes stay holes, a choice: an impact lasts about a tenth of a second.
MAX_GAP_S = 0.1
# Samples of the longest recording, two days.
_MAX_SAMPLES = 2 * 24 * 3600 * 100

# Units of time that OpenTrack offers, seconds.
UNITS = {"s": 1.0, "ds": 0.1, "cs": 0.01, "ms": 0.001}
_WORDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds", "time_s"), "s"),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds", "time_ms"), "ms"),
}
# Rates at which the name of the column is believed: OpenTrack's own code expects
# ``ms`` as the name whatever the unit.
_BELIEVED_HZ = (10.0, 2000.0)
_AXES = ("xacc", "yacc", "zacc", "xgyro", "ygyro", "zgyro")
# Half and double of g are no resting sensor.
_AT_REST_G = (0.5, 2.0)


@dataclasses.dataclass(frozen=True)
class Imu:
    """What an inertial sensor measured, in even steps.

    Attributes:
      acceleration: [T, 3] m/s^2 in axes of the sensor, gravity included (z is about
        9.8 at rest); NaN in holes.
      angular_velocity: [T, 3] rad/s in axes of the sensor, or None.
      rate_hz: samples per second.
      start_s: time of the first sample, seconds since the unit was turned on.
      name: what the recording is called.
    """

    acceleration: np.ndarray
    angular_velocity: np.ndarray | None
    rate_hz: float
    start_s: float
    name: str = ""

    def __len__(self) -> int:
        return len(self.acceleration)

    @property
    def times(self) -> np.ndarray:
        """[T] seconds since the unit was turned on."""
        return self.start_s + np.arange(len(self)) / self.rate_hz


def read(
    path: str | os.PathLike, *, time_unit: str | None = None, z_down: bool = False
) -> Imu:
    """Read a table of 4 or 7 columns, or one with columns ``xacc`` ... ``zgyro``.

    Args:
      path: the .csv.
      time_unit: of `UNITS`. By default the name of the time column says it where it
        is such as ``ms`` and the rate would be from 10 to 2000 Hz; else it is the
        one in which the rate is nearest to 100 Hz, right from 32 to 316 Hz.
      z_down: turn the axis z (and the gyroscope's z) round, of units worn upside down.

    Returns:
      Samples at 100 Hz by linear interpolation, as OpenTrack does it; NaN in holes
      of more than 0.1 s.

    Raises:
      CaptureError: columns or times are not as they should be, or the acceleration
        is in no g.
      OSError: the file cannot be read.
    """
    header, rows = read_table(path)
    columns = _columns(path, header)
    values = numbers(path, header, rows, columns)
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) < 2:
        raise problem(path, "it has less than two whole samples", "export it again")
    ticks = values[:, 0]
    back = np.flatnonzero(np.diff(ticks) < 0)
    if len(back):
        raise problem(
            path,
            f"time goes back at {ticks[back[0] + 1]:g} (from {ticks[back[0]]:g})",
            "split it where the unit was turned on anew",
        )
    ticks, first = np.unique(ticks, return_index=True)
    values = values[first]
    seconds = ticks * UNITS[_unit(path, header[columns[0]], ticks, time_unit)]
    if z_down:
        values[:, 3::3] *= -1
    rest = float(np.median(np.linalg.norm(values[:, 1:4], axis=1)))
    if not _AT_REST_G[0] < rest < _AT_REST_G[1]:
        raise problem(
            path,
            f"its acceleration is {rest:.3g} at rest, and should be 1 g",
            "give acceleration in g",
        )
    count = int(np.floor((seconds[-1] - seconds[0]) * RATE_HZ + 1e-6)) + 1
    if count > _MAX_SAMPLES:
        raise problem(
            path,
            f"its times span {count / RATE_HZ / 3600:.0f} hours",
            "split it, or give time_unit",
        )
    every = seconds[0] + np.arange(count) / RATE_HZ
    even = np.stack([np.interp(every, seconds, v) for v in values[:, 1:].T], axis=1)
    right = np.clip(np.searchsorted(seconds, every), 1, len(seconds) - 1)
    hole = seconds[right] - seconds[right - 1] > MAX_GAP_S
    on_sample = np.isclose(every, seconds[right]) | np.isclose(
        every, seconds[right - 1]
    )
    even[hole & ~on_sample] = np.nan
    return Imu(
        (even[:, :3] * STANDARD_GRAVITY).astype(np.float32),
        even[:, 3:].astype(np.float32) if even.shape[1] == 6 else None,
        RATE_HZ,
        float(seconds[0]),
        pathlib.Path(path).stem,
    )


def read_jumps(path: str | os.PathLike) -> list[Event]:
    """The jumps of a table that OpenTrack has processed.

    A row whose ``Jump`` is 1 is a take-off; ``f.time`` is the flight in hundredths of
    a second and ``jh`` the height in cm. Columns may have the unit's letter in front
    (``C_Jump``); time is ``ms`` or ``row_number`` (seconds).

    Returns:
      Events ``jump`` from take-off to landing, ``extra`` with ``height_m``.

    Raises:
      CaptureError: the table is another one.
      OSError: it cannot be read.
    """
    header, rows = read_table(path)
    plain = [_plain(column) for column in header]
    if not is_processed(header):
        raise problem(path, "it has no Jump, f.time and jh", "give a processed table")
    clock = "ms" if "ms" in plain else "row.number"
    wanted = [plain.index(key) for key in (clock, "jump", "f.time", "jh")]
    cleared = [["" if cell == "NA" else cell for cell in row] for row in rows]
    values = numbers(path, header, cleared, wanted)
    jumps = []
    for ticks, _, flight, height in values[values[:, 1] == 1]:
        start = ticks / 1000 if clock == "ms" else ticks
        extra = {"height_m": float(height / 100)} if np.isfinite(height) else {}
        end = float(start + flight / 100) if flight > 0 else None
        jumps.append(
            Event(float(start), "jump", end, source="opentrack_jumps", extra=extra)
        )
    return jumps


def is_processed(header: list[str]) -> bool:
    """Whether a table is one that OpenTrack has processed."""
    plain = {_plain(column) for column in header}
    return {"jump", "f.time", "jh"} <= plain and bool(plain & {"ms", "row.number"})


def _plain(column: str) -> str:
    """A column as OpenTrack's code names it, without the letter of the unit."""
    dotted = column.strip().lower().replace("_", ".")
    return re.sub(r"^c\.", "", dotted)


def _columns(path, header: list[str]) -> list[int]:
    """Where time, acceleration and gyroscope are."""
    plain = [_plain(column) for column in header]
    if {"ms", *_AXES[:3]} <= set(plain):
        axes = _AXES if set(_AXES) <= set(plain) else _AXES[:3]
        return [plain.index(key) for key in ("ms", *axes)]
    if len(header) not in (4, 7):
        raise problem(
            path,
            f"it has {len(header)} columns",
            "give 4 (time and acceleration) or 7 (and gyroscope)",
        )
    return list(range(len(header)))


def _unit(path, column: str, ticks: np.ndarray, given: str | None) -> str:
    """The unit of time, a key of `UNITS`."""
    if given is not None:
        if given not in UNITS:
            raise ValueError(f"time_unit must be of {', '.join(UNITS)}, not {given!r}")
        return given
    step = float(np.median(np.diff(ticks)))
    named = _WORDS.get(column.lower())
    low, high = _BELIEVED_HZ
    if named and low <= 1 / (step * UNITS[named]) <= high:
        return named
    return min(UNITS, key=lambda unit: abs(np.log(step * UNITS[unit] * RATE_HZ)))
