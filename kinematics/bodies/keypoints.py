"""Bodies with the points that detectors find, so that detections can be fitted.

A detector's points are no tree, so these bodies share one: a root between the hips,
legs, one joint in the middle of the trunk on which the shoulders and the neck ride,
arms, and a head that carries the points of the face. Joints that a set lacks and the
tree needs (`HELPERS`) come under the name of their landmark. A joint moves only where
there is a point to show it: an elbow turns the palm if the hand has points.

Parents come before children, which is not the published order; that one is
``joint_set("coco17").among(body.names)``.
"""

import functools
from collections.abc import Mapping

from kinematics.bodies.assemble import Joint, assemble, beside, scaled, split_side
from kinematics.bodies.figure import PLACES
from kinematics.bodies.joint_sets import joint_set
from kinematics.bodies.movements import FIXED, TRUNK, Movement, movement
from kinematics.skeleton import Array, Skeleton

# What a tree cannot do without, where the set has neither it nor its equivalent.
HELPERS = ("mid_hip", "spine", "neck")
_EQUIVALENT = {"mid_hip_joint": "mid_hip", "mid_shoulder": "neck", "hip_joint": "hip"}
# By landmark, both sides by one name: parent, and movement if the joint has children.
_TREE: dict[str, tuple[str, Movement]] = {
    "mid_hip": ("", FIXED),
    "spine": ("mid_hip", TRUNK),
    "neck": ("spine", movement("cervical")),
    "shoulder": ("spine", movement("shoulder")),
    "elbow": ("shoulder", movement("elbow").only("flexion", "pronation")),
    "wrist": ("elbow", movement("wrist").only("flexion", "ulnar_deviation")),
    "hip": ("mid_hip", movement("hip")),
    "knee": ("hip", movement("knee").only("flexion")),
    "ankle": ("knee", movement("ankle").only("dorsiflexion", "inversion")),
}
_CARRIED = {
    "neck": "nose eye ear eye1 eye4 mouth_1 head_top",
    "wrist": "thumb_ip index_mcp pinky_mcp",
    "ankle": "heel big_toe small_toe",
}
for _carrier, _points in _CARRIED.items():
    _TREE.update(dict.fromkeys(_points.split(), (_carrier, FIXED)))
# Human3.6M's own tree: lumbar and thoracic spine apart, shoulders on the upper one.
_H36M_TREE = _TREE | {
    "spine": ("mid_hip", movement("lumbar")),
    "neck": ("spine", movement("thoracic")),
    "shoulder": ("neck", movement("shoulder")),
    "head": ("neck", movement("cervical")),
    "head_top": ("head", FIXED),
}


def coco17(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with the 17 points of COCO.

    Args:
      stature: [...] standing height in metres; several make a body with leading
        axes.

    Returns:
      A skeleton of 20 joints, the 17 and three helpers, with limits and a mirror.

    Raises:
      ValueError: the stature is not above 0.
    """
    return scaled(_unit("coco17"), stature)


def body25(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with OpenPose's 25 points and one helper; see `coco17`."""
    return scaled(_unit("body25"), stature)


def halpe26(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with Halpe's 26 points and one helper; see `coco17`."""
    return scaled(_unit("halpe26"), stature)


def blazepose33(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with BlazePose's 33 points and three helpers; see `coco17`."""
    return scaled(_unit("blazepose33"), stature)


def h36m17(stature: float | Array = 1.75) -> Skeleton:
    """A standard body with Human3.6M's 17 joints and tree; see `coco17`."""
    return scaled(_unit("h36m17"), stature)


@functools.cache
def _unit(name: str) -> Skeleton:
    joints = joint_set(name)
    tree = _H36M_TREE if name == "h36m17" else _TREE
    # By role: what the set calls the point and which landmark it is.
    points = {
        _role(m): (j, m) for j, m in zip(joints.joints, joints.landmarks, strict=True)
    }
    helpers = {role: (role, role) for role in HELPERS if role not in points}
    points = helpers | points
    parents = {
        role: beside(role, tree[split_side(role)[1]][0], points) for role in points
    }
    rows = []
    for role in _parents_first(parents):
        side, base = split_side(role)
        move = tree[base][1] if role in parents.values() else FIXED
        if base == "elbow" and f"{side}_wrist" not in parents.values():
            move = move.only("flexion")
        joint, mark = points[role]
        parent = points[parents[role]][0] if parents[role] else ""
        rows.append(Joint(joint, parent, move, PLACES[mark], side))
    return assemble(rows)


def _role(mark: str) -> str:
    side, base = split_side(mark)
    base = _EQUIVALENT.get(base, base)
    return f"{side}_{base}" if side else base


def _parents_first(parents: Mapping[str, str]) -> list[str]:
    """The joints in their order but for those that must wait for their parents."""
    waiting, result = list(parents), []
    while waiting:
        ready = next(r for r in waiting if parents[r] in result or not parents[r])
        waiting.remove(ready)
        result.append(ready)
    return result
