"""Grasp: a motion in, and the same motion out in which a hand takes a thing."""

import jax
import numpy as np
from scipy.ndimage import gaussian_filter1d

from kinematics import Motion, Poses, inverse, limits
from kinematics import motion as motions
from kinematics.skeleton import Skeleton
from lmmjax.generation.grasping import course
from lmmjax.generation.grasping.hand import Hand, Places, along, right_hand
from lmmjax.generation.grasping.solve import Wish, solve
from lmmjax.generation.grasping.thing import Grip, Thing, grip

SIDES = ("left", "right")
# How near the tips of thumb and index finger have to come, metres.
NEAR = 0.005
# The widest side that a hand holds, as a share of the length from the wrist to the tip
# of the middle finger. A choice.
_HOLDS = 0.6
# Fingers side by side stand so far apart, as a share of the same length.
_APART = 0.11
# Bends of the three joints of a hand that begins to close, radians.
_CURL, _THUMB_CURL = (0.7, 0.5, 0.33), (0.0, 0.3, 0.3)
# The palm is turned to the thing by so much, radians, and starts so far before it.
_TOWARD, _BEFORE = 0.7, 0.5
# How far a grasp moves trunk, arm and fingers from where they were: radians that cost
# one deviation each; and next to nothing for what is to stay.
_TRUNK, _ARM, _FINGERS, _FIXED = 0.12, 0.8, 0.5, 2e-3
# Of thumb and index finger; the others follow them.
_SURE, _LOOSE = 100.0, 1.0
# Tips that pass through the thing by more than this, metres, go around it: the way is
# made so many times at most, each time moved for about so many seconds around.
_SHALLOW, _PASSES, _SOFT = 0.002, 4, 0.06
# Seconds over which solutions are evened out.
_EVEN = 0.04
# Poses of the way are solved so many at a time.
_BLOCK = 32


class GraspError(ValueError):
    """A thing that cannot be taken so; one sentence says why."""


def grasp(
    motion: Motion,
    hand: str,
    thing: Thing,
    at: float,
    seconds: float | None = None,
    approach: tuple[float, float, float] | None = None,
) -> Motion:
    """A motion in which a hand reaches for a thing, takes it and keeps hold of it.

    The wrist's way, the opening of the hand and their timing are those of `course`.
    From then on arm and hand keep their posture against the trunk, which moves on as it
    did, so that the thing goes where the body goes. Arm, fingers and a little of the
    trunk move; legs, root and the other arm are those of the motion. Limits hold, bones
    do not stretch, and a left hand does in the mirror what a right hand does.

    Args:
      motion: [T] frames of a body with fingers, such as `bodies.smplh52`, its hands at
        rest; see `hand.relaxed`.
      hand: ``left`` or ``right``.
      thing: where it is when it is taken.
      at: seconds at which the hand has closed.
      seconds: how long it takes; by default what Fitts' law gives.
      approach: direction of the hand's last way, such as (0, 0, -1) for a thing that
        is open above only; by default from the shoulder to the thing.

    Raises:
      GraspError: the thing is out of reach or too wide, or there is not time enough.
      SkeletonError: the body has no such fingers, or no mirror.
      ValueError: no such hand.
    """
    if hand not in SIDES:
        raise ValueError(f"no hand {hand!r}; there are {', '.join(SIDES)}")
    if hand == "left":
        other = None if approach is None else (approach[0], -approach[1], approach[2])
        mirrored = motions.mirror(motion)
        done = _grasp(mirrored, thing.mirrored(), at, seconds, other, hand)
        return motions.mirror(done).replace(skeleton=motion.skeleton).numpy()
    return _grasp(motion, thing, at, seconds, approach, hand)


def _grasp(motion, thing, at, seconds, approach, name) -> Motion:
    motion = motion.numpy()
    if not 0 <= at <= motion.duration + 1e-6:
        raise GraspError(
            f"the thing is taken at {at:g} s, and the motion has {motion.duration:g} s"
        )
    body = motion.skeleton
    hand = right_hand(body)
    last = round(at * motion.fps)
    base = motion.poses.at(last)
    hold = _grip(body, hand, base, thing, approach, name)
    held, opened = _postures(body, hand, base, thing, hold, name)
    before = along(body, hand, motion.poses)
    wrist = before.wrist.astype(float)
    reached = _there(body, hand, base._replace(joints=held))
    end = reached.wrist.astype(float)
    if seconds is None:
        seconds = course.seconds(float(np.linalg.norm(end - wrist[last])), hold.depth)
    frames = round(seconds * motion.fps) if 0 < seconds < 1e3 else 0
    if frames < 1 or frames > last:
        raise GraspError(
            f"the {name} hand needs {seconds:.2f} s to the thing and has {at:.2f} s; "
            "give it a later time"
        )
    first = last - frames
    joints = np.array(motion.joints)
    s = np.arange(1, frames + 1) / frames
    going = motion.poses.at(slice(first + 1, last + 1))
    places = course.transport(s, wrist[first], end, hold.approach)
    turns = course.turning(s, before.turn[first], reached.turn)
    for _ in range(_PASSES):
        way = _on_the_way(
            body, hand, going, (places, turns), s, (held, opened), motion.fps
        )
        joints[first + 1 : last + 1] = way
        tips = np.asarray(along(body, hand, going._replace(joints=way)).tips)
        deep = _way_out(thing, tips, motion.fps)
        if not deep.any():
            break
        places = places + deep
    joints[last + 1 :] = _kept(hand, motion, last, held)
    return motion.replace(joints=joints)


def _grip(body, hand, base, thing, approach, name) -> Grip:
    """How the thing is taken from where the body stands."""
    at = _there(body, hand, base)
    shoulder = at.shoulder.astype(float)
    if approach is None:
        line = np.asarray(thing.place, float) - shoulder
    else:
        line = np.asarray(approach, float)
    length = np.linalg.norm(line)
    if not (np.isfinite(length) and length > 1e-6):
        raise GraspError("the approach is a direction other than 0")
    ahead = line / length
    inward = at.clavicle - shoulder
    inward = inward / np.linalg.norm(inward)
    # The thumb's side of a hand that comes from beside is above, and of one that comes
    # from above it is towards the middle of the body.
    upward = np.array([0.0, 0.0, 1.0]) + 0.5 * inward
    upward = upward - ahead * (upward @ ahead)
    upward = upward / np.linalg.norm(upward)
    found = grip(thing, ahead, upward, _HOLDS * _length(body, hand))
    if found is None:
        sides = 2 * (np.asarray(thing.half) + float(thing.radius))
        raise GraspError(
            f"the thinnest side of the thing has {100 * sides.min():.1f} cm, and the "
            f"{name} hand holds {100 * _HOLDS * _length(body, hand):.1f} cm"
        )
    return found


def _length(body: Skeleton, hand: Hand) -> float:
    """Metres from the wrist to the end of the middle finger's last bone, roughly."""
    bones = np.linalg.norm(np.asarray(body.offsets)[list(hand.digits[2])], axis=-1)
    return float(bones.sum() + 0.65 * bones[-1])


def _postures(body, hand, base, thing, hold, name) -> tuple[np.ndarray, np.ndarray]:
    """Joint coordinates [D] of the hand that holds the thing, and of it wide open."""
    far = _length(body, hand)
    middle = np.asarray(thing.place, float)
    side, closing = hold.axes[:, 0], hold.axes[:, 2]
    axes = hold.axes @ _turned(_TOWARD)
    # The thumb stands against index and middle finger, a little nearer to the index.
    room = max(hold.room / 2 - 0.25 * hold.width, 0.0)
    aside = far * _APART * np.array([0.25, 0.5, -0.5, -1.5, -2.5])
    touch = (np.abs(aside) <= room + 1e-6) | (np.arange(5) < 2)
    aside[:2] = np.clip(aside[:2], -room, room)
    over = hold.width / 2 * np.array([-1.0, 1.0, 1.0, 1.0, 1.0])
    places = middle + aside[:, None] * side + over[:, None] * closing
    near = np.array(base.joints)[hand.moved]
    curl = np.zeros((5, 3, 3))
    curl[1:, :, 0], curl[0, :, 0] = _CURL, _THUMB_CURL
    count = len(hand.fingers)
    near[-count:] = curl.ravel()
    spread = np.repeat(
        [_TRUNK, _ARM, _FINGERS], [len(hand.trunk), len(hand.arm), count]
    )
    wider = (course.widest(hold.width) - hold.width) / 2
    away = wider * over[:, None] / (hold.width / 2) * closing
    # First before the thing, then around it with a hand wide open: so no finger starts
    # inside of it or on its far side.
    sure, none = np.array([_SURE, _SURE, _LOOSE, _LOOSE, _LOOSE]), np.zeros(5)
    before = places + away - _BEFORE * far * hold.approach
    stiff = np.where(np.arange(len(near)) < len(near) - count, spread, _FIXED)
    wish = Wish(before, np.full(5, _LOOSE), none, axes, 4.0, near, stiff)
    start = _solve(body, hand, base, near, thing, wish)[hand.moved]
    wish = Wish(places + away, sure, none, axes, 2.0, near, spread)
    start = _solve(body, hand, base, start, thing, wish)[hand.moved]
    wish = Wish(places, sure, touch.astype(float), axes, 1.0, near, spread)
    held = _solve(body, hand, base, start, thing, wish)
    tips = _there(body, hand, base._replace(joints=held)).tips
    misses = np.abs(np.asarray(thing.distance(tips)))[:2].max()
    if misses > NEAR:
        raise GraspError(
            f"the thing is out of the {name} hand's reach: thumb and index finger stay "
            f"{100 * misses:.1f} cm from it"
        )
    spread = np.repeat([_FIXED, 4 * _FINGERS], [len(hand.moved) - count, count])
    start = held[hand.moved]
    wish = Wish(tips + away, np.full(5, _SURE), none, axes, 1.0, start, spread)
    return held, _solve(body, hand, base, start, thing, wish)


def _turned(angle: float) -> np.ndarray:
    """Rotation [3, 3] about the first axis."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, cosine, sine], [0, -sine, cosine]])


def _solve(body, hand, base, start, thing, wish) -> np.ndarray:
    """`solve` with single precision throughout, so that it compiles once."""
    single = [np.asarray(x, np.float32) for x in wish]
    base = Poses(*(np.asarray(x, np.float32) for x in base))
    found = solve(body, hand, base, np.float32(start), thing, Wish(*single))
    return np.asarray(found)


def _on_the_way(body, hand, going, wrist_way, s, postures, fps) -> np.ndarray:
    """Joint coordinates [F, D] on the way to the thing."""
    held, opened = postures
    joints = np.array(going.joints)
    share = course.progress(s)[:, None]
    chain = np.array(hand.trunk + hand.arm)
    joints[:, chain] += share * (held[chain] - joints[:, chain])
    wide, closed = (x[:, None] for x in course.opening(s))
    fingers = np.array(hand.fingers)
    joints[:, fingers] += wide * (opened[fingers] - joints[:, fingers]) + closed * (
        held[fingers] - joints[:, fingers]
    )
    # Poses are solved one by one: what they differ by from frame to frame is evened
    # out, and they are solved again from there.
    straight = joints[:, chain].copy()
    found = _reached(body, hand, going._replace(joints=joints), wrist_way)
    width = _EVEN * fps
    more = gaussian_filter1d(found[:, chain] - straight, width, axis=0, mode="nearest")
    joints[:, chain] = straight + more
    found = _reached(body, hand, going._replace(joints=joints), wrist_way)
    joints[:, chain] = found[:, chain]
    joints[-1, hand.moved] = held[hand.moved]
    return joints


def _reached(body, hand, start: Poses, wrist_way) -> np.ndarray:
    """Joint coordinates [F, D] with the wrist on its way, from poses [F]."""
    wrist, joints = body.names[hand.wrist], []
    for first in range(0, len(start.joints), _BLOCK):
        block = slice(first, first + _BLOCK)
        some = Poses(*(_filled(np.asarray(x[block]), _BLOCK) for x in start))
        place, turn = (_filled(x[block].astype(np.float32), _BLOCK) for x in wrist_way)
        found = inverse.reach(body, some, {wrist: place}, {wrist: turn})
        joints.append(np.asarray(found.poses.joints)[: len(start.joints[block])])
    return np.concatenate(joints)


def _way_out(thing: Thing, tips: np.ndarray, fps: float) -> np.ndarray:
    """Moves [F, 3] of the hand, metres, that take tips [F, 5, 3] out of the thing."""
    gaps = np.asarray(thing.distance(tips))
    deepest = tips[np.arange(len(tips)), gaps.argmin(axis=1)]
    ends = deepest[:, None] + 1e-3 * np.concatenate([np.eye(3), -np.eye(3)])
    slope = np.asarray(thing.distance(ends)).reshape(-1, 2, 3)
    out = slope[:, 0] - slope[:, 1]
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    need = np.maximum(-gaps.min(axis=1) - _SHALLOW, 0)[:, None]
    # Before and after as well, smoothly, and not at the end, where the hand is right.
    frames = np.arange(len(tips)) / fps
    near = np.exp(-0.5 * ((frames[:, None] - frames) / _SOFT) ** 2)
    most = (near * need[:, 0]).max(axis=1, keepdims=True)
    way = near @ (need * out)
    way = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    return most * way * (frames < frames[-1])[:, None]


def _filled(x: np.ndarray, count: int) -> np.ndarray:
    """Rows repeated at the end until there are so many."""
    return np.concatenate([x, np.repeat(x[-1:], count - len(x), axis=0)])


def _kept(hand: Hand, motion: Motion, last: int, held: np.ndarray) -> np.ndarray:
    """Joint coordinates after the thing was taken: the trunk moves on, as it leans."""
    joints = np.array(motion.joints[last + 1 :])
    trunk = np.array(hand.trunk, int)
    leaning = joints.copy()
    leaning[:, trunk] += held[trunk] - motion.joints[last, trunk]
    if len(joints):
        leaning = motions.in_blocks(_obeyed, motion.skeleton, leaning)
    joints[:, hand.moved] = held[hand.moved]
    joints[:, trunk] = leaning[:, trunk]
    return joints


@jax.jit
def _obeyed(body, joints):
    return limits.apply(body, limits.invert(body, joints))


def _there(body: Skeleton, hand: Hand, pose: Poses) -> Places:
    """Where the hand is in one pose."""
    some = Poses(*(np.asarray(x)[None] for x in pose))
    return Places(*(x[0] for x in along(body, hand, some)))
