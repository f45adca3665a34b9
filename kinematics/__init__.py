"""The human body for JAX: bodies, limits, symmetry, forward and inverse kinematics.

A body is a `Skeleton`, a movement of it a `Motion`; both are frozen pytrees that
pass through jit, vmap, grad and pmap. Metres, seconds, radians, kilograms; z up.
"""

from kinematics import (
    bodies,
    camera,
    dynamics,
    formats,
    forward,
    inverse,
    jacobian,
    limits,
    motion,
    points,
    priors,
    retarget,
    rotations,
    skeleton,
    skinning,
    state,
    symmetry,
)
from kinematics.camera import Camera
from kinematics.motion import Motion, Poses
from kinematics.points import Points3D
from kinematics.skeleton import Skeleton, SkeletonError, make_skeleton

__version__ = "0.1.0"

__all__ = [
    "Camera",
    "Motion",
    "Points3D",
    "Poses",
    "Skeleton",
    "SkeletonError",
    "bodies",
    "camera",
    "dynamics",
    "formats",
    "forward",
    "inverse",
    "jacobian",
    "limits",
    "make_skeleton",
    "motion",
    "points",
    "priors",
    "retarget",
    "rotations",
    "skeleton",
    "skinning",
    "state",
    "symmetry",
]
