"""The standing figure: where every landmark of a standard adult is at rest.

All bodies of this package are trees over these landmarks, so their proportions are
those of one figure: a T-pose, upright, legs straight and parallel, toes forward, arms
sideways, palms down. Both sexes have it, as the table of lengths knows but one adult.
"""

import numpy as np

from kinematics.bodies import hands

# Heights above the floor and lengths as fractions of stature: Drillis and Contini,
# "Body segment parameters" (1966), as given by Winter, "Biomechanics and motor
# control of human movement" (2009), figure 4.1.
ANKLE_HEIGHT = 0.039
KNEE_HEIGHT = 0.285
HIP_HEIGHT = 0.530
SHOULDER_HEIGHT = 0.818
CHIN_HEIGHT = 0.870
EYE_HEIGHT = 0.936
UPPER_ARM = 0.186
FOREARM = 0.146
HAND = 0.108
FOOT = 0.152
HALF_FOOT_BREADTH = 0.0275
# Drillis and Contini's breadths are those of the body, between the trochanters and
# across the shoulders. Joint centres are nearer to the midline: hips 0.0773 m and
# shoulders 0.17 m in Rajagopal et al. (2016), stature 1.70 m.
HALF_HIP_BREADTH = 0.0773 / 1.70
HALF_SHOULDER_BREADTH = 0.17 / 1.70
# Choices of this file, where the table above has no number: shares of the foot
# behind the ankle, behind its ball and behind the little toe, shares of the trunk by
# joint, and how far from the midline the clavicle begins.
HEEL_SHARE = 0.25
BALL_SHARE = 0.72
SMALL_TOE_SHARE = 0.85
TRUNK_SHARES = (0.25, 0.30, 0.15, 0.30)
CLAVICLE_ROOT = 0.02
# Where the capture skeleton of CMU turns the palm: its bones of the forearm are two to
# one. Its trunk has three bones of about equal length.
PRONATION_SHARE = 2 / 3
# The face is drawn by eye, in front of the axis of the neck, left of the midline and
# above the floor.
_FACE = {
    "nose": (0.065, 0, 0.911),
    "jaw": (0.005, 0, 0.905),
    "left_eye": (0.045, 0.018, EYE_HEIGHT),
    "left_eyeball": (0.038, 0.018, EYE_HEIGHT),
    "left_eye4": (0.044, 0.010, EYE_HEIGHT),
    "left_eye1": (0.040, 0.027, EYE_HEIGHT),
    "left_ear": (0.0, 0.042, 0.918),
    "left_mouth_1": (0.050, 0.014, 0.888),
}

Place = tuple[float, float, float]


def _midline() -> dict[str, Place]:
    trunk = SHOULDER_HEIGHT - HIP_HEIGHT
    levels = HIP_HEIGHT + trunk * np.cumsum(TRUNK_SHARES)
    heights = {
        "pelvis": HIP_HEIGHT,
        "mid_hip": HIP_HEIGHT,
        "mid_hip_joint": HIP_HEIGHT,
        "spine1": levels[0],
        "spine2": levels[1],
        "spine3": levels[2],
        "spine": HIP_HEIGHT + trunk / 2,
        "lower_back": HIP_HEIGHT,
        "spine_low": HIP_HEIGHT + trunk / 3,
        "spine_high": HIP_HEIGHT + trunk * 2 / 3,
        "neck": SHOULDER_HEIGHT,
        "low_neck": SHOULDER_HEIGHT,
        "mid_shoulder": SHOULDER_HEIGHT,
        "mid_neck": (SHOULDER_HEIGHT + CHIN_HEIGHT) / 2,
        "head": CHIN_HEIGHT,
        "head_top": 1.0,
    }
    return {name: (0.0, 0.0, float(height)) for name, height in heights.items()}


def _left() -> dict[str, Place]:
    hip, shoulder, z = HALF_HIP_BREADTH, HALF_SHOULDER_BREADTH, SHOULDER_HEIGHT
    heel, foot = -HEEL_SHARE * FOOT, FOOT
    wrist = shoulder + UPPER_ARM + FOREARM
    hand = {
        f"left_{name}": (across * HAND, wrist + along * HAND, z)
        for name, (across, along) in hands.places().items()
    }
    return {
        "left_clavicle": (0.0, CLAVICLE_ROOT, z),
        "left_shoulder": (0.0, shoulder, z),
        "left_elbow": (0.0, shoulder + UPPER_ARM, z),
        "left_forearm": (0.0, wrist - (1 - PRONATION_SHARE) * FOREARM, z),
        "left_wrist": (0.0, wrist, z),
        "left_finger_base": (0.0, wrist, z),
        "left_palm": hand["left_middle_mcp"],
        "left_knuckles": hand["left_middle_mcp"],
        "left_thumb_base": hand["left_thumb_cmc"],
        "left_hand_end": (0.0, wrist + HAND, z),
        # What a detector calls a hip is put at the joint's centre: nobody has
        # measured how far apart they are.
        "left_hip": (0.0, hip, HIP_HEIGHT),
        "left_hip_joint": (0.0, hip, HIP_HEIGHT),
        "left_hip_bone": (0.0, 0.0, HIP_HEIGHT),
        "left_knee": (0.0, hip, KNEE_HEIGHT),
        "left_ankle": (0.0, hip, ANKLE_HEIGHT),
        "left_heel": (heel, hip, 0.0),
        "left_toe_base": (heel + BALL_SHARE * foot, hip, 0.0),
        "left_toes_end": (heel + foot, hip, 0.0),
        "left_big_toe": (heel + foot, hip - HALF_FOOT_BREADTH / 2, 0.0),
        "left_small_toe": (heel + SMALL_TOE_SHARE * foot, hip + HALF_FOOT_BREADTH, 0.0),
        **hand,
    }


def _places() -> dict[str, np.ndarray]:
    one_side = {**_midline(), **_left(), **_FACE}
    both = dict(one_side)
    for name, (x, y, z) in one_side.items():
        if name.startswith("left_"):
            both[name.replace("left", "right", 1)] = (x, -y, z)
    return {name: np.array(place) for name, place in both.items()}


# Places [3] of all landmarks in statures: x forward, y left, z above the floor.
PLACES = _places()
