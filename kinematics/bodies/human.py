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

import functools

import numpy as np

from kinematics.bodies.assemble import from_tree, scaled, split_side
from kinematics.bodies.joint_sets import joint_set
from kinematics.bodies.movements import FIXED, HEAD, NECK, SPINE, Movement, movement
from kinematics.skeleton import Array, Skeleton

# Parent and movement by landmark, both sides by one name.
_TREE: dict[str, tuple[str, Movement]] = {
    "mid_hip_joint": ("", FIXED),
    "spine1": ("mid_hip_joint", SPINE[0]),
    "spine2": ("spine1", SPINE[1]),
    "spine3": ("spine2", SPINE[2]),
    "neck": ("spine3", NECK),
    "head": ("neck", HEAD),
    "head_top": ("head", FIXED),
    "clavicle": ("spine3", movement("clavicle").only("elevation", "protraction")),
    "shoulder": ("clavicle", movement("shoulder")),
    "elbow": ("shoulder", movement("elbow").only("flexion", "pronation")),
    "wrist": ("elbow", movement("wrist").only("flexion", "ulnar_deviation")),
    "hand_end": ("wrist", FIXED),
    "hip_joint": ("mid_hip_joint", movement("hip")),
    "knee": ("hip_joint", movement("knee").only("flexion")),
    "ankle": ("knee", movement("ankle").only("dorsiflexion", "inversion")),
    "heel": ("ankle", FIXED),
    "toe_base": ("ankle", movement("toes").only("extension")),
    "toes_end": ("toe_base", FIXED),
}
_JOINTS = joint_set("human29")
# Names of each joint's coordinates, in order, both sides by one name.
MOTIONS: dict[str, tuple[str, ...]] = {
    split_side(joint)[1]: _TREE[split_side(mark)[1]][1].motions
    for joint, mark in zip(_JOINTS.joints, _JOINTS.landmarks, strict=True)
    if _TREE[split_side(mark)[1]][1].motions
}


def human(stature: float | Array = 1.75) -> Skeleton:
    """A standard human body.

    Args:
      stature: [...] standing height in metres; several make a body with leading
        axes. Masses, which differ by sex, are in `kinematics.bodies.anthropometry`;
        the lengths of this body do not, as their source gives one adult.

    Returns:
      A skeleton of 29 joints and 47 coordinates with limits and a mirror. The root
      is the pelvis, midway between the hips. ``heel``, ``toes`` and ``toes_end`` are
      points on the sole, at floor level when standing.

    Raises:
      ValueError: the stature is not above 0.
    """
    return scaled(_unit(), stature)


@functools.cache
def _unit() -> Skeleton:
    return from_tree(_JOINTS, _TREE)


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
