"""Movements on the spot: standing, reaching, squatting, jumping, kicking."""

import numpy as np

from lmmjax.data.primitives import curves
from lmmjax.data.primitives.gait import GRAVITY, liven
from lmmjax.data.primitives.steps import Stance, fly_foot, swing_leg
from lmmjax.data.primitives.subject import LEFT, RIGHT, SIDES, Subject, arm_length
from lmmjax.data.primitives.track import SIGN, Track, standing_height

Array = np.ndarray


def _other(side: str) -> str:
    return RIGHT if side == LEFT else LEFT


def _quiet(t: Array, edge: float = 0.8) -> Array:
    """1 in the middle of a clip and 0, smoothly, at both of its ends. [T]."""
    return curves.min_jerk(t / edge) * curves.min_jerk((t[-1] - t) / edge)


def stand_track(
    rng: np.random.Generator, subject: Subject, fps: float = 30.0, seconds: float = 5.0
) -> Track:
    """Stand at ease: weight goes from leg to leg, the gaze wanders."""
    track = Track(subject, seconds, fps)
    t = track.t
    quiet = _quiet(t)
    shift = 0.025 * quiet * curves.wander(rng, t, 8.0)
    track.pelvis[:, 1] += shift
    track.pelvis[:, 0] += 0.006 * quiet * curves.wander(rng, t, 4.0)
    track.list += 0.9 * shift
    track.spine("bend", 0.8 * shift)
    track.yaw += 0.02 * quiet * curves.wander(rng, t, 7.0)
    # Breathing lifts the shoulders a little.
    breath = 0.012 * quiet * np.sin(2 * np.pi * t / rng.uniform(3.2, 4.5))
    for side in SIDES:
        track[f"{side}_clavicle_elevation"] += breath
    track["spine3_flexion"] -= 0.5 * breath
    glances = int(seconds // 2.5)
    if glances:
        start = np.sort(rng.uniform(0.3, max(seconds - 1.9, 0.4), glances))
        for begin in start:
            stay = np.clip(rng.uniform(0.2, 0.8), 0, seconds)
            look = rng.uniform(-0.7, 0.7)
            times = [begin, begin + 0.5, begin + 0.5 + stay, begin + 1.0 + stay]
            glance = curves.ease(t, times, np.array([0, look, look, 0])) * _quiet(
                t, 0.4
            )
            track.look("turn", glance / glances**0.5)
    liven(rng, track, 1.0)
    track.lower_into_reach()
    return track


def reach_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    side: str | None = None,
    direction: float | None = None,
    height: float | None = None,
    distance: float | None = None,
) -> Track:
    """Reach for a point, stay there, and take the hand back.

    The wrist goes in a straight line with a bell-shaped speed (Flash and Hogan,
    1985); trunk and knees help with what is far or low.

    Args:
      rng: draws what is not given.
      subject: who reaches.
      fps: frames per second.
      side: which hand; the preferred one if not given.
      direction: of the target, radians from straight ahead, outward positive.
      height: of the target, as a share of stature.
      distance: from the shoulder's vertical, as a share of the arm's length.
    """
    side = side or (subject.side if rng.random() < 0.7 else _other(subject.side))
    direction = rng.uniform(-0.4, 1.1) if direction is None else direction
    height = rng.uniform(0.45, 1.08) if height is None else height
    distance = rng.uniform(0.65, 1.0) if distance is None else distance
    go, stay = rng.uniform(0.75, 1.1) / subject.tempo, rng.uniform(0.3, 0.9)
    times = np.cumsum([0.5, go, stay, 1.1 * go])
    track = Track(subject, times[-1] + 0.7, fps)
    t, sign = track.t, SIGN[side]
    out = curves.ease(t, times, np.array([0.0, 1.0, 1.0, 0.0]))
    stature = subject.stature
    arm = 0.97 * arm_length(subject, side)
    # Knees and hips take the hand down by what is below a comfortable height.
    low = max(0.62 - height, 0.0) * stature
    crouch = out * low
    lean = out * (1.6 * low / stature + 0.35 * max(distance - 0.8, 0.0))
    track.pelvis[:, 2] -= 0.55 * crouch
    track.pelvis[:, 0] -= 0.25 * crouch
    track.lean(lean)
    turn = sign * out * 0.35 * np.clip(direction - 0.3, -0.5, 0.8)
    track.spine("turn", turn)
    track.look("turn", 0.6 * sign * out * direction - turn)
    track.look("flexion", out * np.clip(0.55 - 0.75 * height, -0.35, 0.45))
    raised = np.clip(height - 0.8, 0.0, 0.3)
    track[f"{side}_clavicle_elevation"] += 1.0 * raised * out
    track[f"{side}_clavicle_protraction"] += 0.12 * out
    shoulder, hanging = track.arm_points(side)
    still = np.argmax(out)
    flat = np.array([np.cos(direction), sign * np.sin(direction), 0.0])
    goal = shoulder[still] + flat * arm * distance
    goal[2] = height * stature
    line = goal - shoulder[still]
    far = np.linalg.norm(line)
    goal = shoulder[still] + line * min(1.0, arm / far)
    target = hanging[:1] + out[:, None] * (goal - hanging[:1])
    ends = [times[0], times[0] + 0.35 * go, times[3] - 0.35 * go, times[3]]
    weight = curves.ease(t, ends, np.array([0.0, 1.0, 1.0, 0.0]))
    track.hands[side] = target, weight
    track[f"{side}_elbow_pronation"] += 0.3 * out
    track.arms[_other(side)][:, 0] -= 0.12 * out
    liven(rng, track, 0.6)
    track.lower_into_reach()
    return track


def squat_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    depth: float | None = None,
    times: int = 1,
) -> Track:
    """Squat with flat feet: hips back, trunk forward, arms ahead for balance.

    Args:
      rng: draws what is not given.
      subject: who squats.
      fps: frames per second.
      depth: how far the hips go down, as a share of the leg.
      times: how many squats.
    """
    depth = rng.uniform(0.25, 0.55) if depth is None else depth
    down, stay, up = np.array([0.9, 0.25, 0.8]) / subject.tempo
    knots, values = [0.5], [0.0]
    for _ in range(times):
        begin = knots[-1] + (0.15 if len(knots) > 1 else 0.0)
        scale = rng.uniform(0.9, 1.0)
        part = [begin, begin + down, begin + down + stay, begin + down + stay + up]
        knots += part[1 if len(knots) == 1 else 0 :]
        values += [0.0, scale, scale, 0.0][1 if len(values) == 1 else 0 :]
    track = Track(subject, knots[-1] + 0.7, fps)
    bent = depth * curves.ease(track.t, knots, np.array(values))
    _crouch(track, bent)
    for side in SIDES:
        track.arms[side][:, 0] += 3.1 * np.minimum(bent, 0.6)
        track.arms[side][:, 2] += 0.3 * bent
    liven(rng, track, 0.6)
    return track


def _crouch(track: Track, bent: Array) -> None:
    """Lower the hips by a share [T] of the leg, balanced over flat feet."""
    leg = track.subject.leg
    track.pelvis[:, 2] -= bent * leg
    track.pelvis[:, 0] -= 0.36 * bent * leg
    track.lean(1.25 * bent)


def jump_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    height: float | None = None,
    length: float | None = None,
) -> Track:
    """Jump with both feet: dip, push off, fly under gravity, land and come up.

    Args:
      rng: draws what is not given.
      subject: who jumps.
      fps: frames per second.
      height: rise of the hips in flight, metres.
      length: distance forward, metres.
    """
    height = rng.uniform(0.12, 0.4) if height is None else height
    length = rng.choice([0.0, rng.uniform(0.2, 1.0)]) if length is None else length
    leg, stand = subject.leg, standing_height(subject)
    speed = np.sqrt(2 * GRAVITY * height)
    flight = 2 * speed / GRAVITY
    dip = float(np.clip(0.2 + 0.35 * height, 0.2, 0.36)) * leg
    top = stand + 0.022 * subject.stature
    # The push covers dip + rise at a mean speed of a bit under half the last one.
    push = 2.1 * (top - stand + dip) / speed
    wind = 0.65 / subject.tempo + 0.4 * dip
    absorb, recover = 0.2 + 0.15 * height, 0.8
    start = 0.5
    bottom = start + wind
    off = bottom + push
    land = off + flight
    deep = land + absorb
    end = deep + recover
    track = Track(subject, end + 0.6, fps)
    t = track.t
    track.pelvis[:, 2] = _jump_height(
        t, (start, bottom, off, land, deep, end), stand, dip, top, speed, absorb
    )
    bent = np.maximum(stand - track.pelvis[:, 2], 0) / leg
    back = 0.36 * bent * leg
    early = np.clip((t - bottom) / push, 0, 1)
    go = (
        length
        * curves.spline(
            t,
            [0.0, bottom, off, land, deep, end],
            np.array([[0.0], [0.0], [0.10], [0.80], [0.95], [1.0]]),
        )[:, 0]
    )
    track.pelvis[:, 0] += go - back * np.where(t < off, 1 - 0.3 * early, 1.0)
    track.lean(1.15 * bent + 0.12 * curves.bell((t - bottom) / (land - bottom)))
    swing_times = [start, bottom - 0.18, off + 0.06, land - 0.02, deep + 0.1, end]
    lift = 1.7 + 2.0 * height
    swing = curves.ease(t, swing_times, np.array([0, -0.75, lift, 0.9 * lift, 0.7, 0]))
    for side in SIDES:
        track.arms[side][:, 0] += swing
        track.arms[side][:, 1] += 0.12 * curves.bell((t - start) / (end - start))
        elbows = np.array([0.0, 0.15, 0.35, 0.5, 0.4, 0.0])
        track[f"{side}_elbow_flexion"] += curves.ease(t, swing_times, elbows)
    tuck = float(np.clip(0.55 * height, 0.03, 0.2)) * leg
    for side in SIDES:
        _jump_foot(track, side, off, land, push, length, tuck)
    # Lower while the feet are near the end of their reach, and as much in flight.
    near = curves.min_jerk((t - off) / 0.25 + 1) * curves.min_jerk(
        (land - t) / 0.25 + 1
    )
    track.pelvis[:, 2] -= near * max(0.0, float(np.max(track.overreach())) + 0.012)
    liven(rng, track, 0.5)
    return track


def _jump_height(t, events, stand, dip, top, speed, absorb) -> Array:
    """Height of the pelvis [T]; between leaving and landing it falls freely."""
    start, bottom, off, land, deep, end = events
    low = stand - dip
    down = stand + (low - stand) * curves.min_jerk((t - start) / (bottom - start))
    push = off - bottom
    s = np.clip((t - bottom) / push, 0, 1)
    up = curves.hermite(s, low, top, 0.0, speed * push)
    air = t - off
    fly = top + speed * air - GRAVITY * air**2 / 2
    s = np.clip((t - land) / absorb, 0, 1)
    deepest = top - max(0.45 * speed * absorb, top - stand + 0.06)
    catch = curves.hermite(s, top, deepest, -speed * absorb, 0.0)
    back = deepest + (stand - deepest) * curves.min_jerk((t - deep) / (end - deep))
    return np.select(
        [t < bottom, t < off, t < land, t < deep], [down, up, fly, catch], back
    )


def _jump_foot(track, side, off, land, push, length, tuck) -> None:
    """Stances before and after the flight, and the foot's way between them."""
    foot = track.feet[side]
    x, y = foot.ankle[0, :2]
    yaw = foot.yaw[0]
    before = Stance(
        -10, off, np.array([x, y]), yaw, push=np.deg2rad(-45), rise=0.6 * push
    )
    after = Stance(
        land, 1e3, np.array([x + length, y]), yaw, strike=np.deg2rad(-28), settle=0.14
    )
    fly_foot(track, side, before, after, tuck)


def kick_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    side: str | None = None,
    height: float | None = None,
) -> Track:
    """Kick forward: the leg winds up behind, strikes, swings through, comes back.

    Args:
      rng: draws what is not given.
      subject: who kicks.
      fps: frames per second.
      side: which foot; the preferred one if not given.
      height: 0 for a low ball, 1 for the height of the hip.
    """
    side = side or subject.side
    sign, other = SIGN[side], _other(side)
    height = rng.uniform(0.1, 0.8) if height is None else height
    slow = 1 / subject.tempo
    parts = np.array([0.5, 0.5 * slow, 0.42 * slow, 0.2, 0.18, 0.45 * slow, 0.5 * slow])
    shift, lift, wind, strike, through, back, down = np.cumsum(parts)
    seconds = down + 0.9
    track = Track(subject, seconds, fps)
    t = track.t
    hips = np.deg2rad([0, 0, -10, 20 + 45 * height, 35 + 55 * height, 20, 2])
    knees = np.deg2rad([7, 15, 85, 22, 8, 45, 8])
    toes = np.deg2rad([4, 0, -25, -32, -28, -5, 4])
    times = [shift, lift, wind, strike, through, back, down]
    air = curves.ease(
        t, [shift, lift, back, down + 0.5], np.array([0.0, 1.0, 1.0, 0.0])
    )
    foot_y = track.feet[other].ankle[0, 1]
    track.pelvis[:, 1] += 0.8 * foot_y * air
    track.pelvis[:, 2] -= 0.012 * air
    events = [shift, wind, strike, through, down + 0.3]
    twist = curves.ease(t, events, np.array([0, -0.22, 0.12, 0.28, 0.0]))
    track.yaw += sign * twist
    track.spine("turn", -1.5 * sign * twist)
    track.look("turn", 0.5 * sign * twist)
    track.look("flexion", 0.35 * curves.bell((t - shift) / (down - shift)))
    tilt = curves.ease(t, events, np.array([0, 0.16, -0.05, -0.22, 0.0]))
    track.lean(tilt)
    track.list += 0.06 * SIGN[other] * air
    opposite = curves.ease(t, events, np.array([0, -0.5, 0.6, 0.75, 0.0]))
    track.arms[other][:, 0] += opposite
    track.arms[side][:, 0] -= 0.7 * opposite
    for name in SIDES:
        track.arms[name][:, 1] += 0.5 * air
        track[f"{name}_elbow_flexion"] += 0.3 * air
    swing_leg(track, side, times, hips, knees, toes)
    liven(rng, track, 0.5)
    track.lower_into_reach()
    return track
