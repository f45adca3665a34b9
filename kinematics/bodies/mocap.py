"""The skeleton of the CMU motion capture library, as captured and as a body.

CMU's ASF files have a root and 30 bones; in their MotionBuilder-friendly BVH
conversion these are 31 joints with channels, and 7 end sites that only mark where the
last bones end. So there are two bodies. `cmu38` has all 38 and the bones of one
subject, so that files and benchmarks fit it. `mocap31` has the 31 that turn, each with
the degrees of freedom that ASF gives it, and this package's proportions.

The conversion lost the bones after which the tree branches, the thorax and both wrists
(in subject 02: 117 and 95 mm), and `cmu38` has lost them with it; `mocap31` has not.
"""

import functools

import numpy as np

from kinematics.bodies.assemble import beside, from_tree, scaled, split_side
from kinematics.bodies.joint_sets import joint_set
from kinematics.bodies.movements import FIXED, SPINE, Movement, movement, stiff
from kinematics.bodies.ranges import RANGES
from kinematics.skeleton import Array, Skeleton

# Subject 02 of the CMU Graphics Lab Motion Capture Database, mocap.cs.cmu.edu (free
# for all uses; the data were obtained with funding from NSF EIA-0196217): where each
# joint is from its parent, in units of the file (x left, y up, z forward).
_OFFSETS = {
    "LeftUpLeg": (1.65674, -1.80282, 0.62477),
    "LeftLeg": (2.5972, -7.13576, 0.0),
    "LeftFoot": (2.49236, -6.8477, 0.0),
    "LeftToeBase": (0.19704, -0.54136, 2.14581),
    "LeftToeBase_end": (0.0, 0.0, 1.11249),
    "RightUpLeg": (-1.6107, -1.80282, 0.62476),
    "RightLeg": (-2.59502, -7.12977, 0.0),
    "RightFoot": (-2.4678, -6.78024, 0.0),
    "RightToeBase": (-0.23024, -0.63258, 2.13368),
    "RightToeBase_end": (0.0, 0.0, 1.11569),
    "Spine": (0.01961, 2.0545, -0.14112),
    "Spine1": (0.01021, 2.06436, -0.05921),
    "Neck1": (0.00713, 1.56711, 0.14968),
    "Head": (0.03429, 1.56041, -0.10006),
    "Head_end": (0.01305, 1.6256, -0.05265),
    "LeftArm": (3.54205, 0.90436, -0.17364),
    "LeftForeArm": (4.86513, 0.0, 0.0),
    "LeftHand": (3.35554, 0.0, 0.0),
    "LeftHandIndex1": (0.66117, 0.0, 0.0),
    "LeftHandIndex1_end": (0.53306, 0.0, 0.0),
    "LThumb_end": (0.5412, 0.0, 0.5412),
    "RightArm": (-3.49802, 0.75994, -0.32616),
    "RightForeArm": (-5.02649, 0.0, 0.0),
    "RightHand": (-3.36431, 0.0, 0.0),
    "RightHandIndex1": (-0.73041, 0.0, 0.0),
    "RightHandIndex1_end": (-0.58887, 0.0, 0.0),
    "RThumb_end": (-0.59786, 0.0, 0.59786),
}
# Inches of which there are 0.45 to a unit, after the head of the ASF files.
METRE = 0.0254 / 0.45
# The rest pose of the capture, in degrees: how far each leg stands outward, and how far
# the upper arms are turned outward, with the palms down all the same.
_SPLAY = 20.0
_ROLL = 30.0

_ELBOW, _HAND = movement("elbow"), movement("wrist")
# The second motion of its foot is about the shank, in place of inversion; as a swing
# and a twist it is some of both.
_FOOT = stiff(
    movement("ankle"),
    dorsiflexion=RANGES["ankle"]["dorsiflexion"],
    inversion=RANGES["ankle"]["inversion"],
    internal_rotation=RANGES["ankle"]["inversion"],
)
# Parent and movement by landmark, both sides by one name.
_TREE: dict[str, tuple[str, Movement]] = {
    "pelvis": ("", FIXED),
    "hip_bone": ("pelvis", stiff(movement("hip"))),
    "hip_joint": ("hip_bone", movement("hip")),
    "knee": ("hip_joint", movement("knee")),
    "ankle": ("knee", _FOOT),
    "toe_base": ("ankle", movement("toes")),
    "toes_end": ("toe_base", FIXED),
    "lower_back": ("pelvis", SPINE[0]),
    "spine_low": ("lower_back", SPINE[1]),
    "spine_high": ("spine_low", SPINE[2]),
    # A third each [prop].
    "low_neck": ("spine_high", movement("cervical", 1 / 3)),
    "mid_neck": ("low_neck", movement("cervical", 1 / 3)),
    "head": ("mid_neck", movement("cervical", 1 / 3)),
    "head_top": ("head", FIXED),
    "clavicle": ("spine_high", movement("clavicle")),
    "shoulder": ("clavicle", movement("shoulder")),
    "elbow": ("shoulder", stiff(_ELBOW, flexion=RANGES["elbow"]["flexion"])),
    "forearm": ("elbow", stiff(_HAND, pronation=RANGES["elbow"]["pronation"])),
    "finger_base": ("forearm", _HAND),
    "knuckles": ("finger_base", movement("knuckle")),
    "hand_end": ("knuckles", FIXED),
    "thumb_base": ("forearm", movement("thumb_base")),
    "thumb_tip": ("thumb_base", FIXED),
}
# Motions that ASF gives a joint, where these are not all three.
_ASF_MOTIONS: dict[str, tuple[str, ...]] = {
    "hip_bone": (),
    "knee": ("flexion",),
    "ankle": ("dorsiflexion", "internal_rotation"),
    "toe_base": ("extension",),
    "clavicle": ("elevation", "protraction"),
    "elbow": ("flexion",),
    "forearm": ("pronation",),
    "finger_base": ("flexion", "ulnar_deviation"),
    "knuckles": ("flexion",),
    "thumb_base": ("flexion", "adduction"),
}


def cmu38() -> Skeleton:
    """The skeleton of CMU's subject 02 as in BVH, on which the benchmark poses all.

    Left and right bones differ as they were measured, the legs stand apart at rest, and
    every joint with channels is a ball joint: motions of that library have this tree,
    and `Motion.recoordinate` gives them its limits and frames.

    Returns:
      A skeleton of 38 joints and 90 coordinates, named as the BVH reader names them,
      with the subject's own size in metres.
    """
    return _cmu38()


def mocap31(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with the 31 joints of CMU that turn.

    Args:
      stature: [...] standing height in metres, to the top of a head that this body
        only begins; several make a body with leading axes.

    Returns:
      A skeleton of 31 joints and 56 coordinates, those of the AMC files.

    Raises:
      ValueError: the stature is not above 0.
    """
    return scaled(_mocap31(), stature)


@functools.cache
def _mocap31() -> Skeleton:
    tree = {base: (up, _asf_movement(base)) for base, (up, _) in _TREE.items()}
    return from_tree(joint_set("cmu31"), tree)


def _asf_movement(base: str) -> Movement:
    move = _TREE[base][1]
    motions = _ASF_MOTIONS.get(base, move.motions)
    if len(motions) == len(move.motions):
        return move
    return move.only(*motions) if motions else FIXED


@functools.cache
def _cmu38() -> Skeleton:
    joints = joint_set("cmu38")
    splay, roll, none = _about_x(_SPLAY), _about_y(-_ROLL), np.eye(3)
    tree = dict(_TREE)
    for base, turned, degrees in (
        ("hip_joint", splay, {"adduction": -_SPLAY}),
        ("knee", splay, {}),
        ("ankle", splay, {}),
        ("toe_base", splay, {}),
        ("shoulder", none, {"internal_rotation": -_ROLL}),
        ("elbow", roll, {}),
        ("forearm", none, {"pronation": _ROLL}),
    ):
        up, move = tree[base]
        tree[base] = up, move.resting(turned, **degrees)
    names = dict(zip(joints.landmarks, joints.joints, strict=True))
    places: dict[str, np.ndarray] = {}
    for mark, name in names.items():
        x, y, z = _OFFSETS.get(name, (0.0, 0.0, 0.0))
        parent = beside(mark, tree[split_side(mark)[1]][0], names)
        start = places[parent] if parent else np.zeros(3)
        places[mark] = start + METRE * np.array([z, x, y])
    return from_tree(joints, tree, places)


def _about_x(degrees: float) -> np.ndarray:
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])


def _about_y(degrees: float) -> np.ndarray:
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
