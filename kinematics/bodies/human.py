"""A standard human body with anatomical names, proportions and joint limits.

The rest pose (all coordinates 0) is a T-pose: upright, legs straight and parallel,
toes forward, arms sideways, palms down. A ball joint's swing is ill defined half a
turn away from rest. With the arms out, hanging and overhead are both a quarter turn
from rest, so every shoulder posture stays clear of that point; from hanging arms,
overhead would lie right on it. Hips are never near it.

Coordinates are clinical. A positive value moves in the direction that names it, for
both sides of the body: ``left_knee_flexion`` and ``right_knee_flexion`` are alike
because the frame of a right joint is the mirror image of the left one. Only on the
midline does the mirror change signs (bending and turning to the left are positive).

Shoulder swings are elevation (in the frontal plane, from the T-pose) and protraction
of the upper arm (forward, in the horizontal plane); the arm hangs at an elevation of
-90 degrees.
"""

import numpy as np

from kinematics.skeleton import Skeleton, make_skeleton, mirrored_frame

# Heights above the floor and lengths as fractions of stature: Drillis and Contini,
# "Body segment parameters" (1966), as given by Winter, "Biomechanics and motor
# control of human movement" (2009), figure 4.1.
ANKLE_HEIGHT = 0.039
KNEE_HEIGHT = 0.285
HIP_HEIGHT = 0.530
SHOULDER_HEIGHT = 0.818
CHIN_HEIGHT = 0.870
HALF_SHOULDER_BREADTH = 0.1295
UPPER_ARM = 0.186
FOREARM = 0.146
HAND = 0.108
FOOT = 0.152
# Drillis and Contini's hip breadth is between the trochanters. Joint centres are
# nearer: 0.0773 m from the midline in Rajagopal et al. (2016), stature 1.70 m.
HALF_HIP_BREADTH = 0.0773 / 1.70
# Choices of this file, where the table above has no number: shares of the foot
# behind the ankle and behind the ball of the foot, shares of the trunk by joint,
# and how far from the midline the clavicle begins.
HEEL_SHARE = 0.25
BALL_SHARE = 0.72
TRUNK_SHARES = (0.25, 0.30, 0.15, 0.30)
CLAVICLE_ROOT = 0.02

# Names of each joint's coordinates, in order.
MOTIONS: dict[str, tuple[str, ...]] = {
    "spine1": ("flexion", "bend", "turn"),
    "spine2": ("flexion", "bend", "turn"),
    "spine3": ("flexion", "bend", "turn"),
    "neck": ("flexion", "bend", "turn"),
    "head": ("flexion", "bend", "turn"),
    "clavicle": ("elevation", "protraction"),
    "shoulder": ("elevation", "protraction", "internal_rotation"),
    "elbow": ("flexion", "pronation"),
    "wrist": ("flexion", "ulnar_deviation"),
    "hip": ("flexion", "adduction", "internal_rotation"),
    "knee": ("flexion",),
    "ankle": ("dorsiflexion", "inversion"),
    "toes": ("extension",),
}
_KINDS = {1: "hinge", 2: "universal", 3: "ball"}

_X, _Y, _Z = np.eye(3, dtype=np.float32)
# Axes of the coordinates, of the midline and of the left side.
_AXES = {
    "spine": (_Y, -_X, _Z),
    "neck": (_Y, -_X, _Z),
    "head": (_Y, -_X, _Z),
    "clavicle": (_X, -_Z, _Y),
    "shoulder": (_X, -_Z, _Y),
    "elbow": (-_Z, _Y, _X),
    "wrist": (-_X, _Z, _Y),
    "hip": (-_Y, -_X, -_Z),
    "knee": (_Y, _X, -_Z),
    "ankle": (-_Y, -_X, -_Z),
    "toes": (-_Y, -_X, -_Z),
}

# Ranges in degrees, lowest and highest. Sources: [raj16] the model of Rajagopal et
# al. (2016) and [raj23] its 2023 revision, as in their files; [merck] range-of-motion
# table of the Merck manual; [va] the list of US disability ratings; [b&a] Boone and
# Azen (1979), in the appendix of Norkin and White; [prop] no measured source: a
# proposal of this project, usually from several of the above.
_RANGES: dict[str, tuple[tuple[float, float], ...]] = {
    # Lumbar 30 extension, 60 flexion, 30 bend, 18 turn [prop], 55 % here.
    "spine1": ((-16.5, 33), (-16.5, 16.5), (-9.9, 9.9)),
    "spine2": ((-13.5, 27), (-13.5, 13.5), (-8.1, 8.1)),
    # Thoracic 25 extension, 40 flexion, 30 bend, 45 turn [prop].
    "spine3": ((-25, 40), (-30, 30), (-45, 45)),
    # Cervical 70 extension, 65 flexion, 50 bend, 85 turn [prop], 60 % here. Measured
    # means are 63, 64 and 49 (anatomystandard.com).
    "neck": ((-42, 39), (-30, 30), (-51, 51)),
    "head": ((-28, 26), (-20, 20), (-34, 34)),
    # Elevation 30, depression 10, protraction and retraction 20 [prop].
    "clavicle": ((-10, 30), (-20, 20)),
    # A narrow ellipse around hanging, extension 50 [merck],
    # flexion 167 [b&a], abduction 180 [va] less 5 of trunk bend, reaching across the
    # body; external rotation 104 and internal 90 [b&a, merck] at an elevation of 0.
    # Its lower end is 135 [prop] as flexion overhead turns this twist outward.
    "shoulder": ((-112, 96), (-84, 132), (-135, 90)),
    # Flexion 160 [merck], hyperextension 5 [prop]; pronation, supination 90 [merck].
    "elbow": ((-5, 160), (-90, 90)),
    # Flexion 90 [merck], extension 85 [prop]; radial 25 [merck], ulnar 45 [va].
    "wrist": ((-85, 90), (-25, 45)),
    # Extension 30 [va, raj16], flexion 125 [merck, va]; abduction 50, adduction 30
    # [raj16]; external rotation 60 [va], internal 45 [merck].
    "hip": ((-30, 125), (-50, 30), (-60, 45)),
    # Hyperextension 5, flexion 155 [prop].
    "knee": ((-5, 155),),
    # Plantarflexion 65 [prop], dorsiflexion 50 under load [raj23]; eversion 25 and
    # inversion 35 [merck]. The axis of inversion lies along the foot, a simplification
    # of the oblique subtalar axis.
    "ankle": ((-65, 50), (-25, 35)),
    # Flexion 30, extension 80 [merck].
    "toes": ((-30, 80),),
}
# Its ellipse above contains whole postures; the others are ends of single motions.
_ELLIPSES = ("shoulder",)


def human(stature: float = 1.75) -> Skeleton:
    """A standard human body.

    Args:
      stature: standing height in metres.

    Returns:
      A skeleton of 29 joints and 47 coordinates with limits and a mirror. The root
      is the pelvis, midway between the hips. ``heel``, ``toes`` and ``toes_end`` are
      points on the sole, at floor level when standing.
    """
    joints = _midline() + _side("left", 1.0) + _side("right", -1.0)
    names = [name for name, _, _ in joints]
    index = {name: j for j, name in enumerate(names)}
    kinds: list[str] = []
    frames: list[np.ndarray] = []
    lower: list[float] = []
    upper: list[float] = []
    for name in names:
        side, base = split_side(name)
        motions = MOTIONS.get(base, ())
        kinds.append(_KINDS.get(len(motions), "fixed"))
        frame = np.stack(_AXES.get(base.rstrip("123"), (_X, _Y, _Z)), axis=1)
        frames.append(mirrored_frame(frame) if side == "right" and motions else frame)
        if motions:
            low, high = _limits(base)
            lower.extend(low)
            upper.extend(high)
    kinds[0] = "free"
    return make_skeleton(
        names,
        [index[parent] if parent else -1 for _, parent, _ in joints],
        stature * np.array([offset for _, _, offset in joints], np.float32),
        kinds=kinds,
        frames=np.stack(frames),
        lower=np.deg2rad(np.array(lower, np.float32)),
        upper=np.deg2rad(np.array(upper, np.float32)),
    )


def coordinate_names(skeleton: Skeleton) -> tuple[str, ...]:
    """Names of the D coordinates of a `human`, such as ``left_knee_flexion``."""
    return tuple(
        f"{name}_{motion}"
        for name in skeleton.names
        for motion in MOTIONS.get(split_side(name)[1], ())
    )


def coordinate(skeleton: Skeleton, name: str) -> int:
    """Index of a coordinate of a `human` by name; KeyError lists the names."""
    names = coordinate_names(skeleton)
    if name not in names:
        raise KeyError(f"no coordinate {name!r}; this body has {list(names)}")
    return names.index(name)


def pose(skeleton: Skeleton, **angles_rad: float) -> np.ndarray:
    """Joint coordinates [D] from named angles; all others are 0.

    Example: ``pose(body, left_hip_flexion=0.5, left_knee_flexion=1.0)``.
    """
    q = np.zeros(skeleton.num_coordinates, np.float32)
    for name, angle in angles_rad.items():
        q[coordinate(skeleton, name)] = angle
    return q


def hanging_arms(skeleton: Skeleton) -> np.ndarray:
    """Joint coordinates [D] of standing upright with the arms hanging."""
    down = -np.pi / 2
    return pose(skeleton, left_shoulder_elevation=down, right_shoulder_elevation=down)


def split_side(name: str) -> tuple[str, str]:
    """Side (``left``, ``right`` or ``""``) and name without it."""
    for side in ("left", "right"):
        if name.startswith(side + "_"):
            return side, name[len(side) + 1 :]
    return "", name


def _midline() -> list[tuple[str, str, tuple[float, float, float]]]:
    trunk = SHOULDER_HEIGHT - HIP_HEIGHT
    steps = [trunk * share for share in TRUNK_SHARES]
    return [
        ("pelvis", "", (0, 0, 0)),
        ("spine1", "pelvis", (0, 0, steps[0])),
        ("spine2", "spine1", (0, 0, steps[1])),
        ("spine3", "spine2", (0, 0, steps[2])),
        ("neck", "spine3", (0, 0, steps[3])),
        ("head", "neck", (0, 0, CHIN_HEIGHT - SHOULDER_HEIGHT)),
        ("head_end", "head", (0, 0, 1 - CHIN_HEIGHT)),
    ]


def _side(side: str, y: float) -> list[tuple[str, str, tuple[float, float, float]]]:
    """Joints of one side; y is 1 on the left and -1 on the right."""
    rise = (SHOULDER_HEIGHT - HIP_HEIGHT) * TRUNK_SHARES[3]
    heel, ball = -HEEL_SHARE * FOOT, (BALL_SHARE - HEEL_SHARE) * FOOT
    rows = [
        ("clavicle", "spine3", (0, CLAVICLE_ROOT, rise)),
        ("shoulder", "clavicle", (0, HALF_SHOULDER_BREADTH - CLAVICLE_ROOT, 0)),
        ("elbow", "shoulder", (0, UPPER_ARM, 0)),
        ("wrist", "elbow", (0, FOREARM, 0)),
        ("hand_end", "wrist", (0, HAND, 0)),
        ("hip", "pelvis", (0, HALF_HIP_BREADTH, 0)),
        ("knee", "hip", (0, 0, KNEE_HEIGHT - HIP_HEIGHT)),
        ("ankle", "knee", (0, 0, ANKLE_HEIGHT - KNEE_HEIGHT)),
        ("heel", "ankle", (heel, 0, -ANKLE_HEIGHT)),
        ("toes", "ankle", (ball, 0, -ANKLE_HEIGHT)),
        ("toes_end", "toes", ((1 - BALL_SHARE) * FOOT, 0, 0)),
    ]
    midline = {"spine3", "pelvis"}
    return [
        (
            f"{side}_{name}",
            parent if parent in midline else f"{side}_{parent}",
            (offset[0], y * offset[1], offset[2]),
        )
        for name, parent, offset in rows
    ]


def _limits(base: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest coordinates of a joint, degrees.

    A swing's two ranges are given along its axes through the neutral pose, which is
    not the centre of its ellipse: both are widened by one factor until the ellipse
    contains the ends of each motion.
    """
    low, high = np.array(_RANGES[base], float).T
    if len(low) == 3 and base not in _ELLIPSES:
        center, half = (low[:2] + high[:2]) / 2, (high[:2] - low[:2]) / 2
        ends = np.array([[low[0], 0], [high[0], 0], [0, low[1]], [0, high[1]]])
        half = half * np.linalg.norm((ends - center) / half, axis=1).max()
        low[:2], high[:2] = center - half, center + half
    return low, high
