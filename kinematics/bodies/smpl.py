"""Bodies with the joints of SMPL, SMPL-H and SMPL-X, and anatomical limits.

Names and trees are the published ones; all joints but the root are ball joints, as in
the model files. The bones are those of this package's figure: the models' own shapes
are licensed, and come with the files of a user who has them. Limits are the clinical
ranges of `kinematics.bodies.ranges`, and where a model can turn a joint but a body
hardly can (a knee sideways), there are a few degrees of play.

Pronation is at the elbow, where the model's forearm begins.
"""

import functools

from kinematics.bodies.assemble import from_tree, scaled
from kinematics.bodies.joint_sets import joint_set
from kinematics.bodies.movements import FIXED, HEAD, NECK, SPINE, Movement, movement
from kinematics.skeleton import Array, Skeleton

# Parent and movement by landmark, both sides by one name.
_TREE: dict[str, tuple[str, Movement]] = {
    "pelvis": ("", FIXED),
    "spine1": ("pelvis", SPINE[0]),
    "spine2": ("spine1", SPINE[1]),
    "spine3": ("spine2", SPINE[2]),
    "neck": ("spine3", NECK),
    "head": ("neck", HEAD),
    "jaw": ("head", movement("jaw")),
    "eyeball": ("head", movement("eye")),
    "clavicle": ("spine3", movement("clavicle")),
    "shoulder": ("clavicle", movement("shoulder")),
    "elbow": ("shoulder", movement("elbow")),
    "wrist": ("elbow", movement("wrist")),
    # The knuckles of all four fingers at once.
    "palm": ("wrist", movement("knuckle")),
    "hip_joint": ("pelvis", movement("hip")),
    "knee": ("hip_joint", movement("knee")),
    "ankle": ("knee", movement("ankle")),
    "toe_base": ("ankle", movement("toes")),
    "thumb_cmc": ("wrist", movement("thumb_base")),
    "thumb_mcp": ("thumb_cmc", movement("thumb_knuckle")),
    "thumb_ip": ("thumb_mcp", movement("thumb_end")),
}
for _digit in ("index", "middle", "ring", "pinky"):
    _TREE[f"{_digit}_mcp"] = ("wrist", movement("knuckle"))
    _TREE[f"{_digit}_pip"] = (f"{_digit}_mcp", movement("finger_middle"))
    _TREE[f"{_digit}_dip"] = (f"{_digit}_pip", movement("finger_end"))


def smpl24(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with the 24 joints of SMPL.

    Args:
      stature: [...] standing height in metres; several make a body with leading
        axes.

    Returns:
      A skeleton of 24 joints and 69 coordinates, root at the pelvis.

    Raises:
      ValueError: the stature is not above 0.
    """
    return scaled(_unit("smpl24"), stature)


def smplh52(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with the 52 joints of SMPL-H, both hands; see `smpl24`."""
    return scaled(_unit("smplh52"), stature)


def smplx55(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with the 55 joints of SMPL-X, hands and face; see `smpl24`."""
    return scaled(_unit("smplx55"), stature)


@functools.cache
def _unit(name: str) -> Skeleton:
    return from_tree(joint_set(name), _TREE)
