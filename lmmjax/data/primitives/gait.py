"""Walking, running and turning."""

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np

from lmmjax.data.primitives import curves
from lmmjax.data.primitives.steps import Stance, Swing, place_foot
from lmmjax.data.primitives.subject import LEFT, RIGHT, SIDES, Subject
from lmmjax.data.primitives.track import FORWARD, SIGN, Track, standing_height

Array = np.ndarray
GRAVITY = 9.81
# How far ahead of the hips a foot lands, as a share of the way covered in contact.
_LEAD = 0.41

# Sagittal angles in degrees at percents of the stride, read at their turning points
# and rounded: level walking at a natural cadence after Winter, "The biomechanics and
# motor control of human gait" (1991), and running after Novacheck, "The biomechanics
# of running" (1998). A person's curve differs from these by several degrees.
WALK_HIP = [(0, 22), (10, 19), (20, 12), (30, 3), (40, -5), (50, -11), (55, -10)]
WALK_HIP += [(62, -3), (70, 10), (78, 20), (85, 24), (92, 24)]
WALK_KNEE = [(0, 5), (7, 14), (14, 19), (22, 16), (30, 10), (40, 5), (50, 12), (55, 22)]
WALK_KNEE += [(62, 44), (68, 60), (72, 64), (78, 58), (85, 38), (92, 13), (96, 4)]
RUN_HIP = [(0, 38), (10, 32), (20, 18), (30, 2), (38, -6), (43, -7), (50, 2)]
RUN_HIP += [(60, 22), (70, 38), (80, 48), (88, 47), (95, 41)]
RUN_KNEE = [(0, 18), (8, 34), (15, 42), (25, 35), (37, 18), (42, 22), (50, 48)]
RUN_KNEE += [(58, 80), (66, 94), (74, 86), (82, 56), (90, 24), (96, 14)]
WALK = Swing(curves.fourier_fit(WALK_HIP, 5), curves.fourier_fit(WALK_KNEE, 6), 0.62)
RUN = Swing(curves.fourier_fit(RUN_HIP, 5), curves.fourier_fit(RUN_KNEE, 6), 0.38)


@dataclasses.dataclass(frozen=True)
class Footprint:
    """Where a foot lands: which, when [s], and at what progress along the way."""

    side: str
    land: float
    progress: float


# From progress [N] to place x, y and heading [N, 3].
Way = Callable[[Array], Array]


def straight_or_arc(turn_rate: Callable[[Array], Array], length: float) -> Way:
    """A way of some length [m] with a given curvature [rad/m] along it."""
    s = np.linspace(-2.0, length + 2.0, int(100 * (length + 4)) + 1)
    rate = np.asarray(turn_rate(s), float) * np.ones_like(s)
    yaw = np.cumsum(rate) * (s[1] - s[0])
    x, y = np.cumsum([np.cos(yaw), np.sin(yaw)], axis=1) * (s[1] - s[0])
    table = np.stack([x, y, yaw], axis=-1)
    origin = np.array([np.interp(0.0, s, column) for column in table.T])
    table -= origin
    turned = curves.about_z(-origin[2])[:2, :2]
    table[:, :2] = table[:, :2] @ turned.T

    def way(progress: Array) -> Array:
        return np.stack([np.interp(progress, s, c) for c in table.T], axis=-1)

    return way


def on_the_spot(progress: Array) -> Array:
    """A way that only turns: progress is the heading in radians."""
    zero = np.zeros_like(progress)
    return np.stack([zero, zero, progress], axis=-1)


@dataclasses.dataclass(frozen=True)
class Manner:
    """How a gait is done.

    Attributes:
      swing: angles of the swinging leg.
      period: seconds from one landing to the next.
      duty: share of the stride that a foot is on the floor.
      width: metres between the lines of the feet.
      vigour: amplitude of everything but the steps; 1 for average walking.
      strike: pitch of the foot at landing, radians.
      push: pitch as it leaves.
      rise: share of the contact in which the heel rises.
      arm: amplitude of the upper arms, radians.
      elbow: flexion added to the hanging elbow.
      lean: lean added to the trunk.
    """

    swing: Swing
    period: float
    duty: float
    width: float
    vigour: float
    strike: float
    push: float
    rise: float
    arm: float
    elbow: float
    lean: float


def gait(
    subject: Subject,
    prints: list[Footprint],
    way: Way,
    manner: Manner,
    seconds: float,
    fps: float,
) -> Track:
    """A track that starts standing, steps on the footprints and ends standing."""
    track = Track(subject, seconds, fps)
    contact = 2 * manner.duty * manner.period
    runs = manner.duty < 0.5
    first = prints[0].land + contact - 2 * manner.period
    landings: dict[str, list[Footprint]] = {
        side: [Footprint(side, -10.0, 0.0)] for side in SIDES
    }
    for footprint in prints:
        landings[footprint.side].append(footprint)
    strides: dict[str, list[float]] = {side: [] for side in SIDES}
    for side in SIDES:
        spots = [_spot(subject, way, manner, f, prints) for f in landings[side]]
        strides[side] = [
            float(np.linalg.norm(b[:2] - a[:2])) for a, b in itertools.pairwise(spots)
        ]
    _pelvis(track, prints, way, manner, contact, first)
    envelope = _envelope(track, prints, landings, strides, manner)
    _body(track, prints, manner, contact, envelope, runs)
    for side in SIDES:
        stances = []
        steps = landings[side]
        for k, footprint in enumerate(steps):
            last = k + 1 == len(steps)
            leave = (
                steps[k + 1].land - (2 * manner.period - contact) if not last else 1e3
            )
            x, y, yaw = _spot(subject, way, manner, footprint, prints)
            size_in = _size(subject, strides[side][k - 1]) if k else 0.0
            size_out = _size(subject, strides[side][k]) if not last else 0.0
            stances.append(
                Stance(
                    footprint.land,
                    leave,
                    np.array([x, y]),
                    yaw,
                    strike=manner.strike * min(size_in, 1.1),
                    push=manner.push * max(min(size_out, 1.1), 0.45),
                    rise=manner.rise * contact,
                    settle=0.15 * contact if runs else 0.2 * contact,
                )
            )
        place_foot(track, side, stances, manner.swing)
    if runs:
        track.pelvis[:, 2] -= max(0.0, float(track.overreach().max()) + 0.008)
    else:
        track.lower_into_reach()
    return track


def _size(subject: Subject, stride: float) -> float:
    """Length of a stride against an average one for this leg."""
    return stride / (1.6 * subject.leg)


def _spot(subject, way, manner, footprint, prints) -> Array:
    """Place and yaw [3] of a footprint."""
    x, y, yaw = way(np.array([footprint.progress]))[0]
    standing = footprint.land < 0 or footprint in prints[-2:]
    width = subject.stance_width if standing else manner.width
    aside = SIGN[footprint.side] * width / 2
    toe_out = SIGN[footprint.side] * subject.toe_out
    return np.array([x - np.sin(yaw) * aside, y + np.cos(yaw) * aside, yaw + toe_out])


def _pelvis(track, prints, way, manner, contact, first) -> None:
    """Path over the ground, ahead of the landing foot's print and swaying sideways.

    A foot lands about a third of the way that the body covers while it is planted
    ahead of the hips, in walking and in running.
    """
    double = max(contact - manner.period, 0.0)
    share = 1 - _LEAD * contact / manner.period
    sway = 0.22 * manner.width + 0.1 * (track.subject.stance_width - manner.width)
    begin, end = max(first - 0.3, 0.01), prints[-1].land + 0.8 * manner.period
    after = max(end, track.t[-1]) + 0.05
    ahead, aside = [(0.0, 0.0), (begin, 0.0)], [(0.0, 0.0), (begin, 0.0)]
    previous = 0.0
    for footprint in prints:
        ahead.append(
            (footprint.land, previous + share * (footprint.progress - previous))
        )
        middle = footprint.land + (double - manner.period) / 2
        # In mid swing the pelvis is nearer to the other foot.
        if middle > aside[-1][0] + 0.05:
            aside.append((middle, -SIGN[footprint.side] * sway))
        aside.append((footprint.land + double / 2, 0.0))
        previous = footprint.progress
    ahead += [(end, previous), (after, previous)]
    aside += [(end, 0.0), (after, 0.0)]
    progress, shift = (
        curves.spline(track.t, np.array(knots)[:, 0], np.array(knots)[:, 1:])[:, 0]
        for knots in (ahead, aside)
    )
    x, y, yaw = way(progress).T
    offset = FORWARD * track.subject.stature
    track.pelvis[:, 0] = x + offset * np.cos(yaw) - shift * np.sin(yaw)
    track.pelvis[:, 1] = y + offset * np.sin(yaw) + shift * np.cos(yaw)
    track.yaw += yaw


def _envelope(track, prints, landings, strides, manner) -> Array:
    """How much of a full stride is going on, over time [T]; 0 when standing."""
    knots = []
    for side in SIDES:
        for footprint, stride in zip(landings[side][1:], strides[side], strict=True):
            middle = footprint.land - 0.3 * manner.period
            knots.append((middle, min(_size(track.subject, stride), 1.2)))
    knots.sort()
    start = max(knots[0][0] - 1.2 * manner.period, 0.0)
    end = prints[-1].land + 0.9 * manner.period
    table = np.array([(start, 0.0), *knots, (end, 0.0)])
    return curves.ease(track.t, table[:, 0], table[:, 1])


def _body(track, prints, manner, contact, envelope, runs) -> None:
    """Everything above the legs, and the height of the pelvis."""
    subject, t = track.subject, track.t
    # Strides since the left foot landed.
    count = np.arange(len(prints)) * 0.5 + (0.0 if prints[0].side == LEFT else 0.5)
    land = np.array([f.land for f in prints])
    around = np.concatenate([[land[0] - 20], land, [land[-1] + 20]])
    extra = 10 / manner.period
    phase = np.interp(t, around, [count[0] - extra, *count, count[-1] + extra])
    turn = 2 * np.pi * phase
    swing = np.cos(turn)
    list_angle = envelope * subject.pelvis_list * np.cos(turn - 2 * np.pi * 0.14)
    pelvis_turn = -envelope * subject.pelvis_turn * manner.vigour * swing
    track.yaw += pelvis_turn
    track.list += list_angle
    track.spine("turn", -2.0 * pelvis_turn)
    track.spine("bend", 0.9 * list_angle)
    track.look("turn", pelvis_turn)
    nod = np.cos(2 * turn - 0.6)
    track.lean(envelope * (manner.lean + 0.012 * nod))
    for side in SIDES:
        other = 1.0 + SIGN[side] * 2 * subject.asymmetry
        forward = -SIGN[side] * np.cos(turn - 0.35)
        reach = envelope * manner.arm * subject.arm_swing * other
        track.arms[side][:, 0] += reach * forward + 0.05 * envelope
        track.arms[side][:, 1] += 0.03 * envelope
        bent = envelope * manner.elbow + 0.3 * np.abs(reach) * (1 + forward)
        track[f"{side}_elbow_flexion"] += bent
        track[f"{side}_clavicle_protraction"] += 0.15 * reach * forward
    height = standing_height(subject)
    if runs:
        flight = manner.period - contact
        speed = GRAVITY * flight / 2
        since = (2 * phase) % 1.0 * manner.period
        falling = since > contact
        air = since - contact
        rise = np.where(
            falling,
            speed * air - GRAVITY * air**2 / 2,
            -speed * contact / np.pi * np.sin(np.pi * np.clip(since / contact, 0, 1)),
        )
        track.pelvis[:, 2] = height + rise - 0.02 * subject.leg
    else:
        double = 2 * np.pi * (contact / manner.period - 1) / 2
        bob = 0.018 * subject.bounce * subject.stature / 1.75
        rise = -(bob * np.cos(2 * turn - double) + 0.6 * bob) * envelope
        track.pelvis[:, 2] = height + rise


def _walk_manner(subject: Subject, speed: float) -> Manner:
    """Step time from the walk ratio: cadence grows with the root of the speed."""
    cadence = np.sqrt(60 * speed / subject.walk_ratio)
    vigour = float(np.clip(speed / 1.35, 0.5, 1.5))
    return Manner(
        swing=WALK,
        period=float(60 / cadence),
        duty=float(np.clip(0.655 - 0.03 * speed, 0.58, 0.66)),
        width=subject.step_width,
        vigour=vigour,
        strike=np.deg2rad(20),
        push=np.deg2rad(-60),
        rise=0.5,
        arm=np.deg2rad(20) * vigour,
        elbow=0.06 * vigour,
        lean=0.02 * vigour,
    )


def _run_manner(subject: Subject, speed: float) -> Manner:
    """Cadence of recreational runners and shorter contacts at higher speeds."""
    cadence = (152 + 5.0 * speed) * np.sqrt(1.75 / subject.stature)
    return Manner(
        swing=RUN,
        period=float(60 / cadence),
        duty=float(np.clip(0.46 - 0.045 * speed, 0.27, 0.42)),
        width=0.35 * subject.step_width,
        vigour=1.0,
        strike=np.deg2rad(9),
        push=np.deg2rad(-54),
        rise=0.68,
        arm=np.deg2rad(27),
        elbow=np.deg2rad(65),
        lean=np.deg2rad(6),
    )


def _even_prints(
    subject: Subject, manner: Manner, speed: float, steps: int, start: float, side: str
) -> list[Footprint]:
    """Footprints of a straight start, even steps, and a last step to close."""
    length, prints, progress, land = speed * manner.period, [], 0.0, start
    for k in range(steps):
        scale = {0: 0.6, steps - 2: 0.7, steps - 1: 0.0}.get(k, 1.0)
        scale *= 1 + SIGN[side] * subject.asymmetry
        progress += scale * length
        prints.append(Footprint(side, land, progress))
        land += manner.period
        side = RIGHT if side == LEFT else LEFT
    return prints


def _go(
    rng: np.random.Generator,
    subject: Subject,
    manner: Manner,
    speed: float,
    seconds: float,
    fps: float,
    curvature: Callable[[Array], Array] | float,
    starts: bool,
    stops: bool,
) -> Track:
    """Go along a way; without start or stop, that end is cut off in full stride."""
    wait = 0.6 if starts else 0.0
    after = 1.0 if stops else 4.5 * manner.period
    moving = seconds - (wait if starts else 0.0) - (1.0 if stops else 0.0)
    steps = int(np.ceil(moving / manner.period)) + 1
    steps += (0 if starts else 5) + (0 if stops else 5)
    side = SIDES[int(rng.integers(2))]
    start = wait + 1.15 * manner.period
    prints = _even_prints(subject, manner, speed, steps, start, side)
    length = prints[-1].progress
    rate = curvature if callable(curvature) else (lambda s: np.full_like(s, curvature))
    total = prints[-1].land + after
    way = straight_or_arc(rate, length)
    track = gait(subject, prints, way, manner, total, fps)
    liven(rng, track, 0.5)
    if starts and stops:
        return track
    first = 0.0 if starts else 3.2 * manner.period + rng.uniform(0, 2) * manner.period
    return track.cut(first, total if stops else first + seconds)


def liven(rng: np.random.Generator, track: Track, amount: float) -> None:
    """Small slow differences from one moment to the next; none at either end."""
    t = track.t
    quiet = curves.min_jerk(t / 0.8) * curves.min_jerk((t[-1] - t) / 0.8) * amount
    track.look("turn", 0.12 * quiet * curves.wander(rng, t))
    track.look("flexion", 0.05 * quiet * curves.wander(rng, t))
    track.look("bend", 0.03 * quiet * curves.wander(rng, t))
    track.spine("bend", 0.02 * quiet * curves.wander(rng, t))
    track.spine("turn", 0.04 * quiet * curves.wander(rng, t))
    for side in SIDES:
        track.arms[side][:, 0] += 0.05 * quiet * curves.wander(rng, t)
        track.arms[side][:, 1] += 0.03 * quiet * curves.wander(rng, t)
        track[f"{side}_elbow_flexion"] += 0.06 * quiet * curves.wander(rng, t)
        track[f"{side}_elbow_pronation"] += 0.15 * quiet * curves.wander(rng, t)


def walk_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    seconds: float = 6.0,
    speed: float = 1.3,
    curvature: Callable[[Array], Array] | float = 0.0,
    starts: bool = False,
    stops: bool = False,
) -> Track:
    """Walk at a speed [m/s] along a way of some curvature [rad/m].

    A walk that starts or stops does so from or to standing still.
    """
    manner = _walk_manner(subject, speed)
    return _go(rng, subject, manner, speed, seconds, fps, curvature, starts, stops)


def run_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    seconds: float = 5.0,
    speed: float = 3.0,
    curvature: float = 0.0,
) -> Track:
    """Run at a speed [m/s], in full stride from the first frame to the last."""
    manner = _run_manner(subject, speed)
    return _go(rng, subject, manner, speed, seconds, fps, curvature, False, False)


def turn_track(
    rng: np.random.Generator,
    subject: Subject,
    fps: float = 30.0,
    angle: float = np.pi / 2,
) -> Track:
    """Turn on the spot by an angle in radians, to the left if positive, in steps."""
    side = LEFT if angle > 0 else RIGHT
    pairs = max(1, int(np.ceil(abs(angle) / np.deg2rad(50))))
    period = 0.58 / subject.tempo
    manner = dataclasses.replace(
        _walk_manner(subject, 0.6), period=period, duty=0.66, width=subject.stance_width
    )
    prints, land = [], 0.5 + 1.15 * period
    for k in range(pairs):
        # The foot on the inner side opens, the other follows.
        for name in (side, RIGHT if side == LEFT else LEFT):
            prints.append(Footprint(name, land, angle * (k + 1) / pairs))
            land += period
    seconds = land + 0.7
    track = gait(subject, prints, on_the_spot, manner, seconds, fps)
    # The head leads, the trunk follows.
    t = track.t
    lead = curves.bell((t - 0.3) / (land - 0.3)) * np.clip(angle, -1.2, 1.2)
    track.look("turn", 0.35 * lead)
    track.spine("turn", 0.15 * lead)
    liven(rng, track, 0.5)
    return track
