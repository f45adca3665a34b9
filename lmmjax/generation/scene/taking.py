"""Who takes things in a scene: hands that come near in time, and get fingers."""

from collections.abc import Sequence

import numpy as np

from kinematics import Motion, Skeleton, bodies
from kinematics.bodies.segments import segments
from kinematics.retarget import retarget
from kinematics.skeleton import rest_height, rest_places
from lmmjax.generation import grasping
from lmmjax.generation.scene.content import Goal, Grasp

# Seconds that a wrist stays where it was led; from then on the hand holds.
_STAYS = 0.3


def hand_goals(body: Skeleton, grasps: Sequence[Grasp]) -> list[Goal]:
    """Goals of wrists, by which the body comes to where the hand can take things.

    Raises:
      ValueError: the body has no such hand, or it is no thing that can be taken.
    """
    for one in grasps:
        # What is wrong with it is told before anything is made.
        _thing(one)
    return [Goal(_wrist(body, g.hand), g.place, g.at, _STAYS) for g in grasps]


def taking(motion: Motion, grasps: Sequence[Grasp], begin: int) -> Motion:
    """The motion on a body as high that has fingers, and takes things with them.

    Args:
      motion: of a human body, whatever its hands.
      grasps: what is taken, in time that counts from a frame.
      begin: that frame.

    Returns:
      A motion of `bodies.smplh52`, as high as the motion's.

    Raises:
      GraspError: a thing is out of reach or too wide, or there is not time enough.
      ValueError: no such hand, or no such body.
    """
    body = bodies.smplh52()
    scale = rest_height(motion.skeleton) / rest_height(body)
    body = body.replace(offsets=scale * body.offsets)
    found = grasping.relaxed(retarget(motion, body))
    for one in sorted(grasps, key=lambda one: one.at):
        at = begin / motion.fps + one.at
        found = grasping.grasp(found, one.hand, _thing(one), at)
    return found


def _thing(one: Grasp) -> grasping.Thing:
    return grasping.capsule(one.place, one.radius, one.length, _turn(one))


def _turn(one: Grasp) -> list[float]:
    """Quaternion [4] from z to the axis."""
    axis = one.direction
    # A rod has no ends to tell apart: the half turn never comes up.
    axis = axis if axis[2] >= 0 else -axis
    across = np.cross([0.0, 0.0, 1.0], axis)
    turn = np.concatenate([[1 + axis[2]], across])
    return (turn / np.linalg.norm(turn)).tolist()


def _wrist(body: Skeleton, side: str) -> str:
    if side not in grasping.SIDES:
        raise ValueError(f"no hand {side!r}; there are {', '.join(grasping.SIDES)}")
    wrists = [s.joints[0] for s in segments(body) if s.name == "hand"]
    # The left is where y is above 0.
    wrists.sort(key=lambda joint: -rest_places(body)[joint, 1])
    return body.names[wrists[grasping.SIDES.index(side)]]
