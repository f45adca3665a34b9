"""From footprints to feet: stance rolls over heel and ball, swing follows a leg.

A stance is planted exactly: the foot turns about its heel after landing, lies flat,
then turns about its ball until it leaves. In between, the ankle takes the way of a
leg that swings with the measured angles of hip and knee, bent at both ends so that
it begins and ends at the footprints without a jump in velocity.
"""

import dataclasses
import itertools

import numpy as np

from lmmjax.data.primitives import curves
from lmmjax.data.primitives.track import SIGN, Foot, Track

Array = np.ndarray
# A swinging foot keeps this far off the floor, metres.
_CLEARANCE = 0.015
# Seconds in which a foot that has left the floor stops turning down, and the share
# of the rest of a swing in which its toes come up: late, they would catch the floor.
_FOLLOW = 0.1
_TOES_UP = 0.76
# How steeply the heel rises before the foot leaves.
_HEEL_UP = 2.3
# Share of a free leg's velocity with which a foot meets the floor: at heel contact in
# walking the heel still moves at about 0.9 m/s (Winter, 1991).
_IMPACT = 0.6


@dataclasses.dataclass(frozen=True)
class Swing:
    """Angles of a swinging leg.

    Attributes:
      hip: Fourier coefficients of hip flexion against the vertical, degrees, over
        the stride, which begins as this foot lands.
      knee: those of knee flexion.
      leave: share of the stride at which the foot leaves the floor.
    """

    hip: Array
    knee: Array
    leave: float


@dataclasses.dataclass(frozen=True)
class Stance:
    """One foot on the floor from landing to leaving, in seconds.

    Attributes:
      land: when; may be before the track begins.
      leave: when; may be after its end.
      place: [2] metres, where the ankle is above when the foot is flat.
      yaw: radians, where the toes point.
      strike: pitch at landing, radians; toes up is positive.
      push: pitch when leaving; negative with the heel up.
      rise: seconds before leaving at which the heel begins to rise.
      settle: seconds after landing until the foot is flat.
    """

    land: float
    leave: float
    place: Array
    yaw: float
    strike: float = 0.0
    push: float = 0.0
    rise: float = 0.3
    settle: float = 0.1

    def pitch(self, t: Array) -> Array:
        """Pitch of the foot [T] during this stance."""
        down = 1 - curves.min_jerk((t - self.land) / self.settle)
        up = np.clip((t - self.leave) / self.rise + 1, 0, 1) ** _HEEL_UP
        return self.strike * down + self.push * up

    def ankle(self, t: Array, points: tuple[Array, Array]) -> Array:
        """Positions [T, 3] of the ankle, the heel or the ball being planted.

        Args:
          t: [T] seconds.
          points: [3] heel and [3] ball of the foot, from the ankle.
        """
        pitch = self.pitch(t)
        flat = np.array([*self.place, -points[0][2]])
        yaw = curves.about_z(np.full(len(t), self.yaw))
        turned = yaw @ curves.about_y(-pitch)
        pivot = np.where(pitch[:, None] > 0, points[0], points[1])
        return flat + curves.rotate(yaw, pivot) - curves.rotate(turned, pivot)


def place_foot(track: Track, side: str, stances: list[Stance], swing: Swing) -> None:
    """Fill in one foot's movement from its stances, in order of time.

    The pelvis' path over the ground must be known; its height may still change.
    """
    points = _sole(track, side)
    t, foot = track.t, track.feet[side]
    for stance in stances:
        on = (t >= stance.land) & (t <= stance.leave)
        _plant(foot, on, stance, stance.ankle(t[on], points), stance.pitch(t[on]))
    for before, after in itertools.pairwise(stances):
        _swing(track, side, before, after, swing, points)


def _swing(
    track: Track, side: str, before: Stance, after: Stance, swing: Swing, points
) -> None:
    foot, start, end = track.feet[side], before.leave, after.land
    air = (track.t > start) & (track.t < end)
    if not air.any():
        return
    t, length = track.t[air], end - start
    s = (t - start) / length
    # How far this swing goes, against a swing of average walking.
    far = np.linalg.norm(after.place - before.place)
    size = float(np.clip(far / (1.5 * track.subject.leg), 0.4, 1.1))
    free = _free_leg(track, side, swing, start, end, size)
    dt = 1e-3
    fixed = np.array([start - dt, start, end, end + dt])
    held = np.concatenate(
        [before.ankle(fixed[:2], points), after.ankle(fixed[2:], points)]
    )
    ends = free(fixed)
    gap = held - ends
    slopes = (
        (gap[1] - gap[0]) / dt * length,
        (1 - _IMPACT) * (gap[3] - gap[2]) / dt * length,
    )
    # Each end is met within its half of the swing; the middle is the free leg's.
    one, two = np.minimum(2 * s, 1)[:, None], np.maximum(2 * s - 1, 0)[:, None]
    none = np.zeros(3)
    ankle = free(t) + curves.hermite(one, gap[1], none, slopes[0] / 2, none)
    ankle += curves.hermite(two, none, gap[2], none, slopes[1] / 2)
    pitch_rate = (before.push - before.pitch(fixed[:1])[0]) / dt
    pitch = _air_pitch(t - start, length, before.push, pitch_rate, after.strike)
    yaw = before.yaw + curves.min_jerk(s) * (after.yaw - before.yaw)
    toes = np.maximum(-pitch, 0) * (1 - curves.min_jerk(s / 0.5))
    lifted = Foot(ankle, yaw, pitch, toes, np.zeros((len(t), 2), bool))
    ankle[:, 2] += _lift(lifted, points, track.subject.body, side, track.rate)
    foot.ankle[air], foot.yaw[air], foot.pitch[air] = ankle, yaw, pitch
    foot.toes[air], foot.contact[air] = toes, False


def _free_leg(track: Track, side: str, swing: Swing, start, end, size):
    """Where the ankle would be if the leg swung freely: a function of time."""
    subject, hip = track.subject, track.hip(side)
    sign = SIGN[side]

    def ankle(t: Array) -> Array:
        s = (t - start) / (end - start)
        phase = swing.leave + (1 - swing.leave) * s
        flexion = np.deg2rad(curves.fourier(swing.hip, phase)) * size
        knee = np.deg2rad(curves.fourier(swing.knee, phase)) * min(size + 0.1, 1.0)
        ahead = subject.thigh * np.sin(flexion) + subject.shank * np.sin(flexion - knee)
        below = subject.thigh * np.cos(flexion) + subject.shank * np.cos(flexion - knee)
        # A little abduction carries the foot past the other leg.
        aside = sign * 0.015 * curves.bell(s)
        yaw, place = [], []
        for axis in range(3):
            place.append(np.interp(t, track.t, hip[:, axis]))
        yaw = np.interp(t, track.t, track.yaw)
        matrix = curves.about_z(yaw)
        local = np.stack([ahead, aside, -below], axis=-1)
        return np.stack(place, axis=-1) + curves.rotate(matrix, local)

    return ankle


def _air_pitch(t: Array, length: float, push: float, rate: float, strike: float):
    """Pitch [T] of a foot in the air, t seconds after it left."""
    follow = min(_FOLLOW, 0.3 * length)
    lowest = push + 0.25 * rate * follow
    down = np.clip(t / follow, 0, 1)
    up = curves.min_jerk((t - follow) / (_TOES_UP * (length - follow)))
    turning = curves.hermite(down, push, lowest, rate * follow, 0.0)
    return turning + up * (strike - lowest)


def fly_foot(
    track: Track, side: str, before: Stance, after: Stance, tuck: float
) -> None:
    """A foot that leaves the floor and lands with the body in the air.

    It goes along with the pelvis, drawn up by ``tuck`` metres in the middle.
    """
    points = _sole(track, side)
    t, foot, dt = track.t, track.feet[side], 1e-3
    air = (t > before.leave) & (t < after.land)
    length = after.land - before.leave
    for stance, on in ((before, t <= before.leave), (after, t >= after.land)):
        _plant(foot, on, stance, stance.ankle(t[on], points), stance.pitch(t[on]))
    since = (t[air] - before.leave)[:, None]
    s = since / length
    ends = np.array([before.leave - dt, before.leave, after.land, after.land + dt])
    pelvis = np.stack([np.interp(ends, t, x) for x in track.pelvis.T], axis=-1)
    held = [before.ankle(ends[:2], points), after.ankle(ends[2:], points)]
    gap = np.concatenate(held) - pelvis
    # The feet take up the body's velocity, and give it off, within a moment.
    moment = min(_FOLLOW, 0.3 * length)
    start, end = (0.25 * (gap[k + 1] - gap[k]) / dt * moment for k in (0, 2))
    none = np.zeros(3)
    foot.ankle[air] = (
        track.pelvis[air] + gap[1] + curves.min_jerk(s) * (gap[2] - gap[1])
    )
    one, two = (
        np.minimum(since / moment, 1),
        np.maximum((since - length) / moment + 1, 0),
    )
    foot.ankle[air] += curves.hermite(one, none, none, start, none)
    foot.ankle[air] += curves.hermite(two, none, none, none, end)
    foot.ankle[air, 2] += tuck * curves.bell(s[:, 0])
    rate = (before.push - before.pitch(ends[:1])[0]) / dt
    foot.pitch[air] = _air_pitch(
        t[air] - before.leave, length, before.push, rate, after.strike
    )
    relaxed = curves.min_jerk(s[:, 0] / 0.4) * curves.min_jerk((1 - s[:, 0]) / 0.4)
    foot.toes[air] = np.maximum(-foot.pitch[air], 0) * (1 - relaxed)
    foot.contact[air] = False


def step_over(
    track: Track, side: str, before: Stance, after: Stance, lift: float = 0.05
) -> None:
    """A foot that stands, is taken straight to another place and stands there.

    Args:
      track: filled in.
      side: which foot.
      before: where it stands first.
      after: where it stands then.
      lift: metres that it is raised in the middle, beside what the floor asks.
    """
    points = _sole(track, side)
    t, foot = track.t, track.feet[side]
    for stance, on in ((before, t <= before.leave), (after, t >= after.land)):
        _plant(foot, on, stance, stance.ankle(t[on], points), stance.pitch(t[on]))
    air = (t > before.leave) & (t < after.land)
    share = curves.min_jerk((t[air] - before.leave) / (after.land - before.leave))
    ends = np.array([before.leave, after.land])
    start = before.ankle(ends[:1], points)
    end = after.ankle(ends[1:], points)
    pitch = before.push + share * (after.strike - before.push)
    ankle = start + share[:, None] * (end - start)
    ankle[:, 2] += lift * curves.bell(share)
    yaw = before.yaw + share * (after.yaw - before.yaw)
    none = np.zeros((air.sum(), 2), bool)
    lifted = Foot(ankle, yaw, pitch, np.maximum(-pitch, 0) * (1 - share), none)
    ankle[:, 2] += _lift(lifted, points, track.subject.body, side, track.rate)
    foot.ankle[air], foot.yaw[air], foot.pitch[air] = ankle, yaw, pitch
    foot.toes[air], foot.contact[air] = lifted.toes, False


def swing_leg(
    track: Track, side: str, times: list[float], hip: Array, knee: Array, ankle: Array
) -> None:
    """Take a standing foot off the floor for a movement of the leg, and put it back.

    Args:
      track: filled in; its pelvis must be known.
      side: which leg.
      times: seconds of the postures below; the foot is in the air between the first
        and the last.
      hip: flexion against the vertical at these times, radians.
      knee: flexion.
      ankle: dorsiflexion.
    """
    t, foot, subject = track.t, track.feet[side], track.subject
    postures = np.stack([hip, knee, ankle], axis=-1)
    flexion, bend, turn = curves.spline(t, times, postures).T
    bend = np.maximum(bend, np.deg2rad(4))
    share = curves.min_jerk((t - times[0]) / 0.35) * curves.min_jerk(
        (times[-1] - t) / 0.35
    )
    ahead = subject.thigh * np.sin(flexion) + subject.shank * np.sin(flexion - bend)
    below = subject.thigh * np.cos(flexion) + subject.shank * np.cos(flexion - bend)
    local = np.stack([ahead, np.zeros_like(t), -below], axis=-1)
    free = track.hip(side) + curves.rotate(curves.about_z(track.yaw), local)
    planted = foot.ankle.copy()
    foot.ankle[:] = planted + share[:, None] * (free - planted)
    foot.pitch[:] = share * (flexion - bend + turn)
    air = (t > times[0]) & (t < times[-1])
    foot.contact[air] = False
    foot.ankle[air, 2] += _lift(
        Foot(**{k: v[air] for k, v in vars(foot).items()}),
        _sole(track, side),
        subject.body,
        side,
        track.rate,
    )


def _sole(track: Track, side: str) -> tuple[Array, Array]:
    """Heel and ball of the foot [3], from the ankle."""
    body = track.subject.body
    heel, ball = (body.index(f"{side}_{name}") for name in ("heel", "toes"))
    return np.asarray(body.offsets[heel], float), np.asarray(body.offsets[ball], float)


def _plant(foot: Foot, on: Array, stance: Stance, ankle: Array, pitch: Array) -> None:
    """Write a stance into the frames that belong to it."""
    foot.ankle[on], foot.pitch[on], foot.yaw[on] = ankle, pitch, stance.yaw
    foot.toes[on] = np.maximum(-pitch, 0)
    foot.contact[on] = np.stack([pitch > -0.02, pitch < 0.02], axis=1)


def _lift(foot: Foot, points, body, side: str, rate: float) -> Array:
    """Rise [T] that keeps the foot's underside clear of the floor in mid swing."""
    rotation = foot.rotation()
    tip = np.asarray(body.offsets[body.index(f"{side}_toes_end")], float)
    ball = foot.ankle + rotation @ points[1]
    toe = ball + curves.rotate(rotation @ curves.about_y(-foot.toes), tip)
    heel = foot.ankle + rotation @ points[0]
    lowest = np.min([p[:, 2] for p in (heel, ball, toe)], axis=0)
    frames = np.arange(len(foot.yaw)) / rate
    bump = curves.min_jerk(frames / 0.1) * curves.min_jerk((frames[-1] - frames) / 0.1)
    missing = np.maximum(_CLEARANCE * bump - lowest, 0)
    span = max(int(0.04 * rate), 1)
    view = np.lib.stride_tricks.sliding_window_view(np.pad(missing, span), 2 * span + 1)
    return bump * curves.smooth(view.max(axis=1), 0.5 * span)
