"""What one camera cannot tell: whether a bone points to it or away from it.

A bone of known length and its mirror image across the picture look the same but for
perspective: the forward and backward flip of Lee and Chen, "Determination of 3D human
body postures from a single view" (1985), by which Sminchisescu and Triggs, "Kinematic
jump processes for monocular 3D human tracking" (2003), go from one solution to others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

# Upper and lower bone of each limb, and what moves with its end.
_LIMBS = (
    ("shoulder", "elbow", "wrist", ("hand_end",)),
    ("hip", "knee", "ankle", ("heel", "big_toe", "small_toe", "toe_base", "toes_end")),
)
# Which bones are reflected, of a limb: none, the upper, the lower, both.
WAYS = ((False, False), (True, False), (False, True), (True, True))


class Limb(NamedTuple):
    """Keypoints of an arm or a leg: its start, middle, end, and what rides on that."""

    start: int
    middle: int
    end: int
    rest: tuple[int, ...]

    @property
    def moving(self) -> tuple[int, ...]:
        """Keypoints that move with the limb."""
        return (self.middle, self.end, *self.rest)


def limbs(names: Sequence[str]) -> list[Limb]:
    """Arms and legs of which all three joints are among the keypoints."""
    found = []
    for side in ("left_", "right_"):
        for *joints, rest in _LIMBS:
            if all(side + joint in names for joint in joints):
                start, middle, end = (names.index(side + j) for j in joints)
                more = [names.index(side + r) for r in rest if side + r in names]
                found.append(Limb(start, middle, end, tuple(more)))
    return found


def flipped(
    points: np.ndarray, center: np.ndarray, limb: Limb, way: tuple[bool, bool]
) -> np.ndarray:
    """Keypoints [..., K, 3] with bones of a limb reflected; they look the same.

    Args:
      points: [..., K, 3] metres.
      center: [3] of the camera.
      limb: which.
      way: whether its upper and its lower bone are reflected.
    """
    found = points.copy()
    chain = ((limb.start, limb.middle), (limb.middle, limb.end))
    shift = np.zeros_like(points[..., 0, :])
    for (start, end), turn in zip(chain, way, strict=True):
        if turn:
            bone = points[..., end, :] - points[..., start, :]
            ray = (points[..., end, :] + points[..., start, :]) / 2 - center
            ray = ray / np.linalg.norm(ray, axis=-1, keepdims=True)
            shift = shift - 2 * (bone * ray).sum(-1, keepdims=True) * ray
        found[..., end, :] += shift
    found[..., list(limb.rest), :] += shift[..., None, :]
    return found
