"""Sitting down, getting up from a seat, and getting up from the knees."""

import numpy as np

from lmmjax.data.primitives import curves
from lmmjax.data.primitives.gait import liven
from lmmjax.data.primitives.steps import Stance, step_over
from lmmjax.data.primitives.subject import LEFT, RIGHT, SIDES, Subject
from lmmjax.data.primitives.track import FORWARD, SIGN, Track, standing_height

Array = np.ndarray
# Hip joints are this share of stature above the seat that is sat on.
_SEATED = 0.05
# The trunk leans forward by some 40 degrees as the hips leave or meet the seat
# (Schenkman et al., "Whole-body movements during rising to standing from sitting",
# 1990), here over hips and spine.
_LEAN = 0.75
# Shanks of someone seated lean forward by so much of their length.
_SHANK_AHEAD = 0.12
# Of someone on the knees: height of a knee's middle as a share of stature, and pitch of
# feet that stand on their toes.
_KNEE, _TIPTOE = 0.032, np.deg2rad(-60)


def sit_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    seat: float | None = None,
) -> Track:
    """Sit down on a seat behind one, and stay: feet flat, trunk forward, hips back.

    Args:
      rng: draws what is not given.
      subject: who sits down.
      fps: frames per second.
      seat: its height in metres.
    """
    seat = _seat(rng, subject, seat)
    down = rng.uniform(1.2, 1.6) / subject.tempo
    track = Track(subject, 0.5 + down + 1.5, fps)
    s = np.clip((track.t - 0.5) / down, 0, 1)
    _seated(track, seat, curves.min_jerk(s), s)
    liven(rng, track, 0.4)
    return track


def get_up_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    seat: float | None = None,
    side: str | None = None,
) -> Track:
    """Get up: from a seat, or from the knees over one foot.

    Args:
      rng: draws what is not given.
      subject: who gets up.
      fps: frames per second.
      seat: height in metres of what is sat on; from the floor if not given.
      side: the foot that is set up first on the floor; the preferred if not given.
    """
    if seat is None:
        return _from_knees(rng, subject, fps, side or subject.side)
    seat = _seat(rng, subject, seat)
    up = rng.uniform(1.3, 1.7) / subject.tempo
    track = Track(subject, 0.6 + up + 0.8, fps)
    s = 1 - np.clip((track.t - 0.6) / up, 0, 1)
    _seated(track, seat, curves.min_jerk(s), s)
    liven(rng, track, 0.4)
    return track


def _seat(rng: np.random.Generator, subject: Subject, seat: float | None) -> float:
    """Height of a seat in metres, drawn or checked."""
    lowest, highest = 0.12 * subject.stature, 0.42 * subject.stature
    seat = rng.uniform(0.22, 0.30) * subject.stature if seat is None else seat
    if not lowest <= seat <= highest:
        raise ValueError(
            f"a seat for someone of {subject.stature:g} m is {lowest:.2f} to "
            f"{highest:.2f} m high, not {seat:g}"
        )
    return seat


def _seated(track: Track, seat: float, share: Array, s: Array) -> None:
    """Lower the hips onto a seat by shares [T], at times [T] from 0 to 1 of it."""
    subject = track.subject
    height = seat + _SEATED * subject.stature
    knee = subject.ankle + subject.shank * np.sqrt(1 - _SHANK_AHEAD**2)
    below = np.clip((knee - height) / subject.thigh, -0.9, 0.9)
    back = subject.thigh * np.sqrt(1 - below**2) - _SHANK_AHEAD * subject.shank
    stand = standing_height(subject)
    # The hips go back first and are over the feet last.
    early = curves.min_jerk(np.clip(s / 0.9, 0, 1))
    track.pelvis[:, 0] -= early * (back + FORWARD * subject.stature)
    track.pelvis[:, 2] -= share * (stand - height)
    lean = _LEAN * curves.bell(s**2)
    track.lean(lean)
    # Who sits leans the pelvis back a little, and the trunk not.
    track.tilt -= 0.12 * share
    track.spine("flexion", 0.12 * share)
    for side in SIDES:
        # Hands go ahead for balance and end on the thighs.
        track.arms[side][:, 0] += 0.75 * lean + 0.35 * share
        track.arms[side][:, 2] += 0.35 * share
        track[f"{side}_elbow_flexion"] += 0.75 * share
        track[f"{side}_elbow_pronation"] += 0.5 * share
    track.lower_into_reach()


def _from_knees(rng, subject: Subject, fps: float, side: str) -> Track:
    """From both knees, feet on their toes: one foot ahead, up, the other beside it."""
    other = RIGHT if side == LEFT else LEFT
    slow = rng.uniform(0.95, 1.15) / subject.tempo
    parts = np.array([0.5, 0.35, 0.75, 0.3, 1.1, 0.35])
    wait, lift, land, ready, risen, home = np.cumsum(parts * slow)
    leave = ready + 0.42 * (risen - ready)
    track = Track(subject, home + 0.9, fps)
    t = track.t
    body = subject.body
    ball = np.asarray(body.offsets[body.index(f"{side}_toes")], float)
    # An ankle over toes that stand on the floor, and the shank from there to the knee.
    turned = curves.about_y(np.array(-_TIPTOE)) @ ball
    ankle, knee = -float(turned[2]), _KNEE * subject.stature
    behind = np.sqrt(subject.shank**2 - (ankle - knee) ** 2)
    # The foot that is set up stands where both will, so that its shank is upright.
    knees = -0.85 * subject.thigh
    stance = {}
    for name in SIDES:
        y = SIGN[name] * subject.stance_width / 2
        # Where a flat foot's ankle would be if it rolled down over its toes.
        place = knees - behind + float(turned[0]) - ball[0]
        stance[name] = place, y
    hip = knee + 0.985 * subject.thigh
    stand, ahead = standing_height(subject), FORWARD * subject.stature
    half = hip + 0.01 * subject.stature
    times = [wait, lift, land, ready, risen]
    rise = curves.ease(t, [wait, land, ready, risen], [hip, half, half, stand])
    track.pelvis[:, 2] = rise
    start = knees + 0.02 * subject.stature
    track.pelvis[:, 0] = curves.ease(
        t, times, [start, start - 0.02, start + 0.05, start + 0.08, ahead]
    )
    sway = -SIGN[side] * 0.05 * subject.stature / 1.75
    track.pelvis[:, 1] += curves.ease(
        t,
        [wait, lift, land, ready, risen, home],
        np.array([0.0, sway, 0.6 * sway, 0.0, -0.7 * sway, 0.0]),
    )
    lean = curves.ease(
        t,
        [land, ready, 0.55 * ready + 0.45 * risen, risen, home],
        [0, 0.3, 0.65, 0.1, 0],
    )
    track.lean(lean)
    track.lean(curves.ease(t, [wait, lift, land], np.array([0.0, -0.08, 0.0])))
    for name, up, down in ((side, lift, land), (other, leave, home)):
        x, y = stance[name]
        yaw = track.feet[name].yaw[0]
        before = Stance(-1e3, up, np.array([x, y]), 0.3 * yaw, push=_TIPTOE, rise=1e5)
        after = Stance(down, 1e3, np.array([0.0, y]), yaw)
        step_over(track, name, before, after)
    for name in SIDES:
        ahead_arm = curves.ease(
            t, [wait, land, ready, risen, home], np.array([0.1, 0.35, 0.5, 0.15, 0.0])
        )
        track.arms[name][:, 0] += ahead_arm
        track[f"{name}_elbow_flexion"] += 0.9 * ahead_arm
    liven(rng, track, 0.4)
    return track
