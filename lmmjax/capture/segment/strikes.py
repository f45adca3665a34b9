"""Strikes: kicks, punches and throws, by the speed of hands and feet.

The speed is that of a limb's end against the body's centre of mass. A strike must be
fast for a limb of its kind, for what this limb does in this clip, and for how fast
the body goes, so that running does not make every step a kick.
"""

import numpy as np
from scipy import signal

from lmmjax.capture.segment.bodies import SIDES, Parts, smoothed, velocity
from lmmjax.capture.segment.phases import Segment

# m/s against the centre of mass that make a strike: choices. Fists of boxers reach 6
# to 9 (Walilko, Viano and Bir, 2005: 9.1) and feet in kicks 8 to 20, the slow punches
# of CMU's clip 02_05 2.0 to 2.5.
FASTEST = {"hand": 2.0, "foot": 4.5}
# Times the speed of the centre of mass: limbs of a runner are about as fast against
# it as it is against the ground. A choice.
_CARRIED = 1.5
# Times the root mean square of the limb's speed in the clip. A sine's peak is 1.4
# times its own, and speeds of a gait are like it; a choice above that.
_STANDS_OUT = 1.6
# Speeds are smoothed at this cutoff: strikes have little beyond it, and noise of 1 mm
# at 120 Hz becomes 0.02 m/s. A choice.
_CUTOFF_HZ = 12.0
# Share of the peak by which a speed must rise again for a minimum to be one, and
# seconds within which the minimum is looked for on either side: choices.
_RISE = 0.1
_REACH_S = 0.8


def strikes(body: Parts) -> list[Segment]:
    """Wind-up, strike and recovery of hands and feet.

    Wind-up goes from the minimum of speed or the reversal of direction before the
    peak to the greatest acceleration, strike from there to the greatest deceleration
    behind the peak, recovery to the next minimum. Those of one limb do not overlap,
    and do not cover the clip. Confidence is the share of the peak by which it stands
    out from the speeds around. Extra has ``limb`` (hand or foot), ``peak`` (the frame
    of greatest speed) and ``speed`` there in m/s.
    """
    center = body.center
    carried = velocity(smoothed(center, body.fps, _CUTOFF_HZ), body.fps)
    bound = _CARRIED * np.linalg.norm(carried, axis=-1)
    found = []
    for limb, both in (("hand", body.hands), ("foot", body.feet)):
        for side, joints in zip(SIDES, both, strict=True):
            place = smoothed(body.part(joints) - center, body.fps, _CUTOFF_HZ)
            move = velocity(place, body.fps)
            found += _of_limb(move, bound, limb, side, body.fps)
    return found


def _of_limb(
    move: np.ndarray, bound: np.ndarray, limb: str, side: str, fps: float
) -> list[Segment]:
    """The strikes of a limb whose end has velocities [T, 3], faster than bounds [T]."""
    speed = np.linalg.norm(move, axis=-1)
    fast = max(FASTEST[limb], _STANDS_OUT * np.sqrt(np.mean(speed**2)))
    peaks, about = signal.find_peaks(
        speed, height=np.maximum(fast, bound), prominence=fast / 2
    )
    pull = np.gradient(speed)
    found: list[Segment] = []
    free = 0
    for n, peak in enumerate(peaks.tolist()):
        start = max(_minimum(move, peak, -1, fps), free)
        stop = _minimum(move, peak, 1, fps) + 1
        if n + 1 < len(peaks):
            between = slice(peak, int(peaks[n + 1]))
            stop = min(stop, peak + int(np.argmin(speed[between])) + 1)
        push = start + int(np.argmax(pull[start : peak + 1]))
        brake = peak + int(np.argmin(pull[peak:stop])) + 1
        extra = {"limb": limb, "peak": peak, "speed": float(speed[peak])}
        sure = min(1.0, float(about["prominences"][n] / speed[peak]))
        bounds = (start, push, brake, stop)
        for phase, first, last in zip(
            ("wind-up", "strike", "recovery"), bounds[:-1], bounds[1:], strict=True
        ):
            if last > first:
                found.append(Segment(first, last, phase, side, sure, extra))
        free = stop
    return found


def _minimum(move: np.ndarray, peak: int, way: int, fps: float) -> int:
    """The frame of least speed on one side of a peak.

    The search ends where the speed has risen again, where the direction is opposite
    to that of the peak, at the end of the clip or after the reach of a strike.
    """
    top = np.linalg.norm(move[peak])
    best, least = peak, top
    for n in range(1, round(_REACH_S * fps) + 1):
        t = peak + way * n
        if not 0 <= t < len(move):
            break
        speed = np.linalg.norm(move[t])
        if speed < least:
            best, least = t, speed
        if speed > least + _RISE * top or move[t] @ move[peak] < 0:
            break
    return best
