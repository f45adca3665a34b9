"""Reaching for a thing and taking it, for bodies with fingers.

`Thing` is what is taken, `grasp` adds the arm and the hand to a motion: the wrist's
transport is of least jerk, the hand opens wider than the thing and closes on it.
"""

from lmmjax.generation.grasping.grasp import SIDES, GraspError, grasp
from lmmjax.generation.grasping.hand import relaxed
from lmmjax.generation.grasping.thing import Thing, ball, box, capsule

__all__ = ["SIDES", "GraspError", "Thing", "ball", "box", "capsule", "grasp", "relaxed"]
