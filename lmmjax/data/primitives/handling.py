"""What hands do with things: take them, throw them."""

import numpy as np

from lmmjax.data.primitives import curves
from lmmjax.data.primitives.gait import liven
from lmmjax.data.primitives.steps import Stance, step_over
from lmmjax.data.primitives.subject import LEFT, RIGHT, SIDES, Subject, arm_length
from lmmjax.data.primitives.track import SIGN, Track

Array = np.ndarray


def _from_shoulder(track: Track, side: str, ways: Array) -> Array:
    """World places [T, 3] of ways [T, 3] from the shoulder: ahead, outward, up."""
    shoulder, _ = track.arm_points(side)
    local = ways * np.array([1.0, SIGN[side], 1.0])
    return shoulder + curves.rotate(curves.about_z(track.yaw), local)


def grasp_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    side: str | None = None,
    height: float | None = None,
) -> Track:
    """Take a thing from before one, bring it to the chest, hold it, let the arm hang.

    The wrist goes with a bell-shaped speed (Flash and Hogan, 1985), slower at the end
    than a reach does, and with the thumb up; the body has no fingers.

    Args:
      rng: draws what is not given.
      subject: who takes it.
      fps: frames per second.
      side: which hand; the preferred one if not given.
      height: of the thing, as a share of stature.
    """
    side = side or subject.side
    height = rng.uniform(0.52, 0.72) if height is None else height
    go, take, bring, hold, back = (
        np.array([rng.uniform(0.85, 1.05), 0.35, 0.8, 0.6, 0.9]) / subject.tempo
    )
    times = np.cumsum([0.5, go, take, bring, hold, back])
    track = Track(subject, times[-1] + 0.6, fps)
    t, arm = track.t, arm_length(subject, side)
    out = curves.ease(t, times, np.array([0.0, 1.0, 1.0, 0.25, 0.25, 0.0]))
    held = curves.ease(t, times, np.array([0.0, 1.0, 1.0, 1.0, 1.0, 0.0]))
    low = max(0.66 - height, 0.0)
    track.lean(out * (0.10 + 1.4 * low))
    track.spine("turn", 0.10 * SIGN[side] * out)
    track.look("flexion", 0.35 * held)
    track[f"{side}_clavicle_protraction"] += 0.10 * out
    shoulder, hanging = track.arm_points(side)
    level = height * subject.stature - shoulder[0, 2]
    ahead = np.sqrt(max((0.82 * arm) ** 2 - level**2, (0.35 * arm) ** 2))
    there = np.array([ahead, -0.10 * arm, level])
    chest = arm * np.array([0.42, -0.15, -0.42])
    rest = (hanging[0] - shoulder[0]) * np.array([1.0, SIGN[side], 1.0])
    ways = curves.ease(t, times, np.stack([rest, there, there, chest, chest, rest]))
    weight = curves.ease(
        t,
        [times[0], times[0] + 0.35 * go, times[4] + 0.65 * back, times[5]],
        np.array([0.0, 1.0, 1.0, 0.0]),
    )
    track.hands[side] = _from_shoulder(track, side, ways), weight
    # Half way between palm down and palm up.
    track[f"{side}_elbow_pronation"] -= 0.25 * held
    liven(rng, track, 0.5)
    track.lower_into_reach()
    return track


def throw_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    side: str | None = None,
    vigour: float | None = None,
) -> Track:
    """Throw overarm with a step: wind up, step, turn, arm over the head, follow.

    The trunk turns before the arm comes through, from the ground up, and the other
    foot steps ahead (Roach et al., "Elastic energy storage in the shoulder and the
    evolution of high-speed throwing in Homo", 2013). Then the feet come together.

    Args:
      rng: draws what is not given.
      subject: who throws.
      fps: frames per second.
      side: which hand; the preferred one if not given.
      vigour: 1 is a brisk throw.
    """
    side = side or subject.side
    other, sign = (RIGHT if side == LEFT else LEFT), SIGN[side]
    vigour = rng.uniform(0.8, 1.1) if vigour is None else vigour
    slow = 1 / subject.tempo
    parts = np.array([0.5, 0.7 * slow, 0.12, 0.15 / vigour, 0.32, 0.5 * slow, 0.6])
    start, cocked, turned, release, after, rest, home = np.cumsum(parts)
    track = Track(subject, home + 0.7, fps)
    t, arm, size = track.t, arm_length(subject, side), subject.stature / 1.75
    step = 0.34 * size * vigour
    lifted, landed = start + 0.25 * slow, turned
    # Weight: onto the foot of the throwing hand, then onto the one ahead.
    events = [start, lifted, landed, release, after, rest, home]
    track.pelvis[:, 0] += step * curves.ease(
        t, events, np.array([0.0, -0.12, 0.42, 0.66, 0.74, 0.85, 1.0])
    )
    aside = 0.045 * size * sign
    track.pelvis[:, 1] += aside * curves.ease(
        t, events, np.array([0.0, 1.0, 0.3, -0.2, -0.8, -0.9, 0.0])
    )
    track.pelvis[:, 2] -= size * curves.ease(
        t, events, np.array([0.0, 0.01, 0.05, 0.05, 0.04, 0.01, 0.0])
    )
    hips = curves.ease(
        t,
        [start, cocked, release - 0.04, after, rest],
        np.array([0.0, -0.45, 0.30, 0.35, 0.0]),
    )
    trunk = curves.ease(
        t,
        [start, cocked + 0.08, release, after, rest],
        np.array([0.0, -0.50, 0.25, 0.45, 0.0]),
    )
    track.yaw += sign * vigour * hips
    track.spine("turn", sign * vigour * trunk)
    # The gaze stays where the throw goes.
    track.look("turn", -sign * vigour * 0.85 * (hips + trunk))
    track.lean(
        curves.ease(
            t,
            [start, cocked, release, after, rest],
            np.array([0.0, -0.10, 0.20, 0.42, 0.0]),
        )
    )
    _, hanging = track.arm_points(side)
    shoulder = track.arm_points(side)[0]
    hang = (hanging[0] - shoulder[0]) * np.array([1.0, sign, 1.0])
    places = arm * np.array(
        [
            hang / arm,
            # Before the chest and then outward: behind the hip the elbow would turn.
            [0.42, -0.02, -0.20],
            [0.00, 0.66, 0.22],
            [-0.46, 0.42, 0.46],
            [0.50, 0.12, 0.62],
            [0.66, -0.16, -0.32],
            hang / arm,
        ]
    )
    ways = curves.spline(
        t,
        [start, 0.5 * (start + cocked), cocked - 0.06, turned, release, after, rest],
        places,
    )
    weight = curves.ease(
        t,
        [start, start + 0.4 * slow, after, rest],
        np.array([0.0, 1.0, 1.0, 0.0]),
    )
    track.hands[side] = _from_shoulder(track, side, ways), weight
    # The other arm points ahead and is drawn in as the trunk turns.
    points = curves.ease(
        t, [start, cocked, release, rest], np.array([0.0, 1.0, 0.35, 0.0])
    )
    track.arms[other][:, 0] += 1.0 * points
    track.arms[other][:, 1] += 0.35 * points
    track[f"{other}_elbow_flexion"] += 0.6 * points
    for name in SIDES:
        y, yaw = track.feet[name].ankle[0, 1], track.feet[name].yaw[0]
        up, down, push, rise = lifted, landed, -0.25, 0.2
        if name == side:
            up, down, push, rise = after + 0.1, home - 0.1, -0.75, 0.5
        step_over(
            track,
            name,
            Stance(-1e3, up, np.array([0.0, y]), yaw, push=push, rise=rise),
            Stance(down, 1e3, np.array([step, y]), yaw),
            lift=0.03,
        )
    liven(rng, track, 0.4)
    track.lower_into_reach()
    return track
