"""Some seconds of a match: tracks at an even rate, without short gaps, and smooth.

Positions of optical tracking jitter by centimetres from frame to frame, which is
metres a second. They are filtered as marker paths are, at a lower cutoff: of a whole
body's way over the floor there is little above 1 to 2 Hz.
"""

import dataclasses
import math

import numpy as np

from lmmjax.capture.clean.butterworth import filter_series
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.labels.tracks import Tracks

CUTOFF_HZ = 2.0
# Seconds: of gaps that are filled, the longest stretch, and what is filtered beside it.
GAP, _LONGEST, _BESIDE = 1.0, 600.0, 1.0
# Metres a second; nobody has run faster.
_FASTEST = 13.0


@dataclasses.dataclass(frozen=True)
class Stretch:
    """N players throughout F frames.

    Attributes:
      names: N.
      teams: N, "" where not known.
      places: [N, F, 2] float32 metres.
      ball: [F, 3] metres, NaN where it is not seen; None without one.
      fps: frames per second.
      left_out: who is on the pitch in part of the stretch only.
    """

    names: tuple[str, ...]
    teams: tuple[str, ...]
    places: np.ndarray
    ball: np.ndarray | None
    fps: float
    left_out: tuple[str, ...] = ()


def stretch(
    tracks: Tracks,
    start: float,
    seconds: float,
    fps: float,
    gap: float = GAP,
    cutoff_hz: float = CUTOFF_HZ,
) -> Stretch:
    """Cut a stretch out of tracks.

    Args:
      tracks: at any rate, times in uneven steps.
      start: seconds, as `Tracks.times`.
      seconds: how long.
      fps: frames per second that are wanted.
      gap: seconds of the longest gap that is filled, evenly.
      cutoff_hz: of the filter.

    Returns:
      Those who are there from the first frame to the last.

    Raises:
      CaptureError: the recording does not hold the stretch, nobody is there all the
        time, or somebody goes faster than anybody can.
    """
    if not (0 < seconds <= _LONGEST and math.isfinite(start)):
        raise CaptureError(
            f"a stretch has more than 0 and at most {_LONGEST:g} s; got {seconds:g} s "
            f"from {start:g} s"
        )
    if not len(tracks):
        raise CaptureError(f"{tracks.name or 'the recording'} has no frame")
    times = start + np.arange(round(seconds * fps) + 1) / fps
    begin, end = tracks.times[0], tracks.times[-1]
    if times[0] < begin - 0.5 / fps or times[-1] > end + 0.5 / fps:
        raise CaptureError(
            f"{tracks.name or 'the recording'} lasts from {begin:g} to {end:g} s; "
            f"{start:g} to {times[-1]:g} s is not in it"
        )
    # The ends of what is filtered bend; they lie outside, where there is more.
    more = round(_BESIDE * fps)
    wide = start + np.arange(-more, len(times) + more) / fps
    names, teams, places, left_out = [], [], [], []
    for n, name in enumerate(tracks.names):
        found = _resampled(tracks.times, tracks.positions[:, n, :2], wide, gap)
        if 2 * cutoff_hz < fps:
            found = filter_series(found, fps, cutoff_hz)
        found = found[more : more + len(times)]
        if np.isfinite(found).all():
            names.append(name)
            teams.append(tracks.teams[n])
            places.append(found)
        elif np.isfinite(found).any():
            left_out.append(name)
    if not names:
        raise CaptureError(
            f"{tracks.name or 'the recording'}: nobody is tracked from {start:g} to "
            f"{times[-1]:g} s without gaps of more than {gap:g} s"
        )
    ways = np.stack(places).astype(np.float32)
    pace = np.linalg.norm(np.diff(ways, axis=1), axis=-1).max(axis=1) * fps
    if pace.max() > _FASTEST:
        fastest = int(pace.argmax())
        raise CaptureError(
            f"{tracks.name or 'the recording'}: {names[fastest]} goes at "
            f"{pace[fastest]:.0f} m/s between {start:g} and {times[-1]:g} s; nobody "
            "can, so that two people share a track or places are not metres"
        )
    ball = None
    if tracks.ball is not None:
        flat = np.nan_to_num(tracks.ball[:, 2:]) if tracks.ball.shape[1] > 2 else None
        known = tracks.ball[:, :2]
        height = np.zeros((len(known), 1)) if flat is None else flat
        known = np.concatenate([known, height], axis=-1)
        ball = _resampled(tracks.times, known, times, gap).astype(np.float32)
    return Stretch(tuple(names), tuple(teams), ways, ball, fps, tuple(left_out))


def _resampled(
    times: np.ndarray, places: np.ndarray, wanted: np.ndarray, gap: float
) -> np.ndarray:
    """Places [F, C] at wanted times; NaN before, after and in long gaps."""
    seen = np.isfinite(places).all(axis=-1)
    found = np.full((len(wanted), places.shape[1]), np.nan)
    if not seen.any():
        return found
    times, places = times[seen], places[seen]
    after = np.clip(np.searchsorted(times, wanted), 0, len(times) - 1)
    before = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, None)
    wide = times[after] - times[before] > gap
    # Of who appears a frame late, or is seen last a frame early.
    edge = 1e-6 + np.median(np.diff(times)) if len(times) > 1 else 1e-6
    outside = (wanted < times[0] - edge) | (wanted > times[-1] + edge)
    for c in range(places.shape[1]):
        found[:, c] = np.interp(wanted, times, places[:, c])
    found[wide | outside] = np.nan
    return found
