"""Where landmarks are on a body: with which joint they move, and how far from it.

A skeleton ends at its joints. Noses, ears and toes ride on the head and the foot, at
the places that the standing figure gives them, scaled to the body by the length of its
thigh.
"""

import functools

import numpy as np

from kinematics.bodies import joint_sets
from kinematics.bodies.assemble import split_side
from kinematics.bodies.figure import HIP_HEIGHT, KNEE_HEIGHT, PLACES
from kinematics.bodies.joint_sets import JointSet
from kinematics.skeleton import Skeleton

# By landmark what may carry it, best first; both sides by one name.
_CARRIERS = {
    **dict.fromkeys(
        ("nose", "eye", "ear", "eye1", "eye4", "mouth_1", "head_top"),
        ("head", "neck", "mid_shoulder"),
    ),
    "big_toe": ("toe_base", "ankle"),
    "small_toe": ("toe_base", "ankle"),
    "heel": ("ankle",),
}
# How far outside of the hip joint the label is, in statures: 35 mm at 1.75 m. Needham
# et al., "The accuracy of several pose estimation methods for 3D joint centre
# localisation" (2021), found detected hips 30 to 50 mm from the joint's centre. That
# they are to the outside is a choice.
_HIP_LABEL = 0.02


def placement(body: Skeleton) -> dict[str, tuple[str, np.ndarray]]:
    """The landmarks that a body can tell, each as a joint and a place on it.

    Args:
      body: a body of `kinematics.bodies`, offsets [J, 3].

    Returns:
      By landmark the joint's name and [3] metres in its axes, as `inverse.fit` takes
      keypoints.

    Raises:
      ValueError: its joints are of no known joint set.
    """
    own = _known(body)
    where = dict(zip(own.landmarks, own.among(body.names), strict=True))
    found = {mark: (body.names[j], np.zeros(3)) for mark, j in where.items()}
    size = stature(body)
    for mark, place in PLACES.items():
        side, base = split_side(mark)
        if mark in where or base not in _CARRIERS:
            continue
        for carrier in _CARRIERS[base]:
            sided = f"{side}_{carrier}" if f"{side}_{carrier}" in where else carrier
            if sided in where:
                offset = (place - PLACES[sided]) * size
                found[mark] = (body.names[where[sided]], offset)
                break
    for side, sign in (("left", 1), ("right", -1)):
        hip = where.get(f"{side}_hip_joint")
        if f"{side}_hip" not in where and hip is not None:
            # The label does not turn with the thigh.
            pelvis = body.parents[hip]
            outward = np.array([0, sign * _HIP_LABEL * size, 0])
            offset = np.asarray(body.offsets[hip], float) + outward
            found[f"{side}_hip"] = (body.names[pelvis], offset)
    return found


def stature(body: Skeleton) -> float:
    """Metres: the height of the standing figure with thighs of the same length.

    Raises:
      ValueError: its joints are of no known joint set.
    """
    own = _known(body)
    where = dict(zip(own.landmarks, own.among(body.names), strict=True))
    thigh = np.linalg.norm(body.offsets[where["left_knee"]])
    return float(thigh / (HIP_HEIGHT - KNEE_HEIGHT))


def _known(body: Skeleton) -> JointSet:
    """The largest joint set, knees included, of which a body has every joint."""
    found = _largest(body.names)
    if found is None:
        raise ValueError(
            f"the joints {list(body.names)[:6]}... are of no known joint set; retarget "
            "to a body of kinematics.bodies"
        )
    return found


@functools.cache
def _largest(names: tuple[str, ...]) -> JointSet | None:
    sets = [joint_sets.joint_set(name) for name in joint_sets.NAMES]
    fit = [s for s in sets if set(s.joints) <= set(names)]
    fit = [s for s in fit if "left_knee" in s.landmarks]
    return max(fit, key=len, default=None)
