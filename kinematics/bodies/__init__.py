"""Ready-made bodies and joint sets, with the source of every number.

A body is a `Skeleton` of standard proportions, clinical limits and a mirror; a joint
set is the list of points that a detector, a dataset or a body model speaks of.
"""

from kinematics.bodies.conversion import Converted, convert
from kinematics.bodies.human import human
from kinematics.bodies.joint_sets import JointSet, joint_set
from kinematics.bodies.keypoints import blazepose33, body25, coco17, h36m17, halpe26
from kinematics.bodies.mocap import cmu38, mocap31
from kinematics.bodies.smpl import smpl24, smplh52, smplx55

__all__ = [
    "Converted",
    "JointSet",
    "blazepose33",
    "body25",
    "cmu38",
    "coco17",
    "convert",
    "h36m17",
    "halpe26",
    "human",
    "joint_set",
    "mocap31",
    "smpl24",
    "smplh52",
    "smplx55",
]
