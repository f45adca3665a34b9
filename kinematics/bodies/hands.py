"""The hand at rest: where the joints of the fingers are.

Lengths and places are after Buchholz, Armstrong and Goldstein, "Anthropometric data
for describing the kinematics of the human hand" (Ergonomics 35, 1992), as tabulated in
public hand models built on the tables of the AnyBody hand. Lengths along the hand are
fractions of its length, places across it are fractions of its breadth.
"""

import math

DIGITS = ("thumb", "index", "middle", "ring", "pinky")
# The joints of a finger and of the thumb from the base to the tip.
FINGER_JOINTS = ("mcp", "pip", "dip", "tip")
THUMB_JOINTS = ("cmc", "mcp", "ip", "tip")

# Distance from wrist along the hand, and distance from the line of the middle finger
# towards the thumb, of the first joint that is listed above.
_BASES = {
    "thumb": (0.073, 0.196),
    "index": (0.447, 0.251),
    "middle": (0.446, 0.0),
    "ring": (0.409, -0.206),
    "pinky": (0.368, -0.402),
}
# From each joint to the next; for the thumb the first is its metacarpal bone.
_SEGMENTS = {
    "thumb": (0.251, 0.196, 0.158),
    "index": (0.245, 0.143, 0.097),
    "middle": (0.266, 0.170, 0.108),
    "ring": (0.244, 0.165, 0.107),
    "pinky": (0.204, 0.117, 0.093),
}
# Breadth over length, 88 to 194 mm in men: from memory of the ANSUR survey.
BREADTH = 0.45
# Between the thumb and the fingers at rest, in the plane of the palm: a choice.
_THUMB_ANGLE = math.radians(45.0)


def digit_joints(digit: str) -> tuple[str, ...]:
    """Names of a digit's joints and of its tip, ``thumb_cmc`` to ``thumb_tip``."""
    parts = THUMB_JOINTS if digit == "thumb" else FINGER_JOINTS
    return tuple(f"{digit}_{part}" for part in parts)


def places() -> dict[str, tuple[float, float]]:
    """Towards the thumb and along the hand from the wrist, in hand lengths.

    The fingers are straight and parallel, the thumb points half way out of the hand.
    """
    result = {}
    for digit in DIGITS:
        angle = _THUMB_ANGLE if digit == "thumb" else 0.0
        along, across = _BASES[digit]
        across *= BREADTH
        lengths = (0.0, *_SEGMENTS[digit])
        for name, length in zip(digit_joints(digit), lengths, strict=True):
            across += length * math.sin(angle)
            along += length * math.cos(angle)
            result[name] = (across, along)
    return result
