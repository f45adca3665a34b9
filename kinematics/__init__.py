"""The human body for JAX: skeletons, joint limits, symmetry, forward kinematics.

A body is a `Skeleton`, a movement of it a `Motion`; both are frozen pytrees that
pass through jit, vmap, grad and pmap. Metres, seconds, radians; z up.
"""

from kinematics import formats, forward, limits, motion, rotations, skeleton, symmetry
from kinematics.motion import Motion, Poses
from kinematics.skeleton import Skeleton, SkeletonError, make_skeleton

__version__ = "0.1.0"

__all__ = [
    "Motion",
    "Poses",
    "Skeleton",
    "SkeletonError",
    "formats",
    "forward",
    "limits",
    "make_skeleton",
    "motion",
    "rotations",
    "skeleton",
    "symmetry",
]
