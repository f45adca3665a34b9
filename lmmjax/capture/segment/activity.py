"""Rest and movement, by the speed of the whole body."""

import numpy as np

from lmmjax.capture.segment.bodies import Parts, smoothed, velocity
from lmmjax.capture.segment.phases import Segment, hysteresis, pieces

# m/s, root mean square over the body by mass, below which it is still, and above
# which it moves: choices. Someone who stands at ease sways with a few cm/s.
_STILL = 0.1
_MOVING = 0.2
# Seconds that a body must be still for at least, a choice.
_PAUSE_S = 0.3
_CUTOFF_HZ = 6.0


def body_speed(body: Parts) -> np.ndarray:
    """Speed [T] in m/s of the kinetic energy 1/2 v^2 per kilogram, spins left out."""
    move = velocity(smoothed(body.centers, body.fps, _CUTOFF_HZ), body.fps)
    return np.sqrt(np.einsum("j,tjc,tjc->t", body.mass, move, move))


def activity(body: Parts) -> list[Segment]:
    """Frames in which the body is still and in which it moves; covers the clip.

    Confidence is the share of the frames that are on their side of the middle
    between both bounds.
    """
    speed = body_speed(body)
    moving = hysteresis(speed, _STILL, _MOVING)
    for start, stop in pieces(moving):
        inside = start > 0 and stop < len(speed)
        if not moving[start] and inside and stop - start < _PAUSE_S * body.fps:
            moving[start:stop] = True
    over = speed > (_STILL + _MOVING) / 2
    return [
        Segment(
            start,
            stop,
            "moving" if moving[start] else "still",
            confidence=float(np.mean(over[start:stop] == moving[start])),
        )
        for start, stop in pieces(moving)
    ]
