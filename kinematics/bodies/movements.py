"""How each joint of a body turns: the axes of its motions, and their limits.

All are given for the left side and the midline, in the canonical axes (x forward, y
left, z up) of a T-pose with the palms down; the right side is the mirror image.
"""

import dataclasses

import numpy as np

from kinematics.bodies.ranges import PLAY, RANGES, Range

KINDS = ("fixed", "hinge", "universal", "ball")
_X, _Y, _Z = np.eye(3)

# Axes of two swings and of the twist, in the order of the motions in `RANGES`. The
# third is always the cross product of the others.
_TRUNK = (_Y, -_X, _Z)
_FOOT = (-_Y, -_X, -_Z)
_HAND = (-_X, _Z, _Y)
# Fingers lie along y and the thumb between them and x. A thumb bends neither as the
# fingers do nor within the palm; here half way between the two.
_THUMB_BONE = (_X + _Y) / np.sqrt(2)
_THUMB_BEND = (_Z + (_Y - _X) / np.sqrt(2)) / np.sqrt(2)
_THUMB = (_THUMB_BEND, np.cross(_THUMB_BONE, _THUMB_BEND), _THUMB_BONE)
_AXES = {
    "lumbar": _TRUNK,
    "thoracic": _TRUNK,
    "cervical": _TRUNK,
    "clavicle": (_X, -_Z, _Y),
    "shoulder": (_X, -_Z, _Y),
    "elbow": (-_Z, -_X, _Y),
    "wrist": _HAND,
    "hip": _FOOT,
    "knee": (_Y, _X, -_Z),
    "ankle": _FOOT,
    "toes": _FOOT,
    "knuckle": _HAND,
    "finger_middle": _HAND,
    "finger_end": _HAND,
    "thumb_base": _THUMB,
    "thumb_knuckle": _THUMB,
    "thumb_end": _THUMB,
    "jaw": (_Y, _Z, _X),
    "eye": (-_Y, -_Z, _X),
}
# The ellipse of a ball joint either reaches to the ends of its ranges, or, where two
# wide ranges cross away from its centre, is widened until it holds those ends. These
# are the first sort: the shoulder's ranges are made as an ellipse, and in the others
# a joint that all but bends one way would bend the other way too.
_TIGHT = {"shoulder", "elbow", "knee", "toes", "finger_middle", "finger_end", "jaw"} | {
    "thumb_knuckle",
    "thumb_end",
}


@dataclasses.dataclass(frozen=True)
class Movement:
    """How a joint turns, on the left side or on the midline.

    Attributes:
      motions: names of its coordinates; their number makes its kind.
      axes: [3, 3] right-handed, in columns, the frame of the joint.
      ranges: lowest and highest of each coordinate in degrees.
      tight: whether the swing ellipse of a ball joint ends where the ranges do.
    """

    motions: tuple[str, ...]
    axes: np.ndarray
    ranges: tuple[Range, ...]
    tight: bool = False

    @property
    def kind(self) -> str:
        """``fixed``, ``hinge``, ``universal`` or ``ball``."""
        return KINDS[len(self.motions)]

    def only(self, *motions: str) -> "Movement":
        """The same joint with one or two of its three motions."""
        at = [self.motions.index(motion) for motion in motions]
        columns = [self.axes[:, k] for k in at]
        if len(columns) == 1:
            columns.append(self.axes[:, (at[0] + 1) % 3])
        columns.append(np.cross(columns[0], columns[1]))
        return dataclasses.replace(
            self,
            motions=motions,
            axes=np.stack(columns, axis=1),
            ranges=tuple(self.ranges[k] for k in at),
        )

    def resting(self, turn: np.ndarray, **degrees: float) -> "Movement":
        """The joint in a body whose rest pose is not the T-pose.

        Args:
          turn: [3, 3] rotation of the joint's bone from the T-pose to that rest.
          **degrees: what each motion stands at in that rest; others are at 0.
        """
        shifts = [degrees.get(motion, 0.0) for motion in self.motions]
        ranges = tuple(
            (low - shift, high - shift)
            for (low, high), shift in zip(self.ranges, shifts, strict=True)
        )
        return dataclasses.replace(self, axes=turn @ self.axes, ranges=ranges)

    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest coordinates [dofs] in degrees."""
        low, high = np.array(self.ranges, float).reshape(-1, 2).T
        if len(low) == 3 and not self.tight:
            center, half = (low[:2] + high[:2]) / 2, (high[:2] - low[:2]) / 2
            ends = np.array([[low[0], 0], [high[0], 0], [0, low[1]], [0, high[1]]])
            half = half * np.linalg.norm((ends - center) / half, axis=1).max()
            low[:2], high[:2] = center - half, center + half
        return low, high


def movement(joint: str, share: float = 1.0) -> Movement:
    """All three motions of an anatomical joint of `RANGES`, or a share of each."""
    ranges = RANGES[joint]
    return Movement(
        tuple(ranges),
        np.stack(_AXES[joint], axis=1),
        tuple((share * low, share * high) for low, high in ranges.values()),
        joint in _TIGHT,
    )


def together(first: Movement, second: Movement) -> Movement:
    """One joint that moves as far as two of the same axes."""
    ranges = tuple(
        (a[0] + b[0], a[1] + b[1])
        for a, b in zip(first.ranges, second.ranges, strict=True)
    )
    return dataclasses.replace(first, ranges=ranges)


def stiff(like: Movement, **ranges: Range) -> Movement:
    """A ball joint of the same axes with play only, but for the named motions."""
    given = tuple(ranges.get(motion, (-PLAY, PLAY)) for motion in like.motions)
    return dataclasses.replace(like, ranges=given, tight=True)


FIXED = Movement((), np.eye(3), ())
# The spine in the three joints of many bodies, the neck in two. Shares [prop].
SPINE = (movement("lumbar", 0.55), movement("lumbar", 0.45), movement("thoracic"))
NECK, HEAD = movement("cervical", 0.6), movement("cervical", 0.4)
TRUNK = together(movement("lumbar"), movement("thoracic"))
