"""Stance and flight: which foot is on the ground, and when the body is in the air."""

import jax
import numpy as np

from kinematics.dynamics import GRAVITY, contacts
from lmmjax.capture.segment.bodies import Parts
from lmmjax.capture.segment.phases import Segment, pieces

# Frames without contact that make a flight.
_FLIGHT_FRAMES = 2
# Seconds that a foot must change its state for at least; a choice. Contact in
# sprinting lasts 0.1 s, flight in slow running 0.05 s.
_FLICKER_S = 0.04
# Share of gravity that the centre of mass may be off a free fall by: a choice. It is
# that of an average body, and captured feet come and go a frame late.
_FALL = 0.5
_contacts = jax.jit(contacts)
# Frames that clips are filled up to at least, so that most share one program.
_LEAST = 512
_PLACES = ("", "left", "right", "double")


def touching(body: Parts) -> np.ndarray:
    """[T, 2] whether the left and the right foot are on the ground.

    A foot is where any of its joints is, by `kinematics.dynamics.contacts`.
    """
    both = [list(joints) for joints in body.feet]
    points = body.joints[:, both[0] + both[1]]
    found = _contacts(_padded(points), body.fps)
    found = np.asarray(found)[1 : len(points) + 1]
    left = len(both[0])
    return np.stack([found[:, :left].any(axis=1), found[:, left:].any(axis=1)], axis=1)


def _padded(points: np.ndarray) -> np.ndarray:
    """Points [T, P, 3] with missing frames up to a power of two, to compile few sizes.

    One frame at either end goes on at the same velocity, so that the first and the
    last frame keep their speed; without a speed of their own they touch nothing.
    """
    before, after = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    size = max(1 << (len(points) + 1).bit_length(), _LEAST)
    wide = np.full((size, *points.shape[1:]), np.nan, np.float32)
    wide[0], wide[1 : len(points) + 1], wide[len(points) + 1] = before, points, after
    return wide


def support(body: Parts, touch: np.ndarray) -> list[Segment]:
    """Stance of the left foot, the right one or both, and flight; covers the clip.

    Flight is where no foot touches for two frames or more and the centre of mass
    falls freely. Otherwise something else carries the body: stance of side "".

    Confidence is for stance the share of its frames that say so before flicker is
    removed, for flight 1 - |a + g| / g, where a is the mean vertical acceleration.

    Args:
      body: who moves.
      touch: [T, 2] whether the left and the right foot are on the ground.
    """
    told = touch[:, 0] + 2 * touch[:, 1]
    state = _steady(told, max(_FLIGHT_FRAMES, round(_FLICKER_S * body.fps)))
    height = body.center[:, 2]
    found = []
    for start, stop in pieces(state):
        where = int(state[start])
        agree = float(np.mean(told[start:stop] == where))
        free = 0.0 if where else _freedom(height, start, stop, body.fps)
        if free >= _FALL:
            found.append(Segment(start, stop, "flight", "", free))
        else:
            found.append(Segment(start, stop, "stance", _PLACES[where], agree))
    return found


def _steady(state: np.ndarray, least: int) -> np.ndarray:
    """States [T] with stretches under ``least`` frames given to their neighbours.

    Shortest first. They go to the longer neighbour; where both are as long, to what
    touches in either, which treats left and right, before and after, the same.
    """
    state = state.copy()
    while True:
        parts = pieces(state)
        length = [stop - start for start, stop in parts]
        inner = [n for n in range(1, len(parts) - 1) if length[n] < least]
        if not inner:
            return state
        # Those of one length change together, so that no order counts.
        shortest = min(length[n] for n in inner)
        before = state.copy()
        for n in inner:
            if length[n] == shortest:
                start, stop = parts[n]
                left, right = before[start - 1], before[stop]
                longer = np.sign(length[n - 1] - length[n + 1])
                state[start:stop] = (left | right, left, right)[longer]
        if (state == before).all():
            return state


def _freedom(height: np.ndarray, start: int, stop: int, fps: float) -> float:
    """1 - |a + g| / g, at least 0, for heights [T] between two frames.

    The acceleration is that of the parabola of least squares through the frames and
    one more at either end, which are three at least.
    """
    first, last = max(start - 1, 0), min(stop + 1, len(height))
    if last - first < 3:
        return 0.0
    time = (np.arange(first, last) - (first + last - 1) / 2) / fps
    bend = 2 * np.polyfit(time, height[first:last], 2)[0]
    return float(max(0.0, 1 - abs(bend / GRAVITY + 1)))
