"""Someone with fingers who stands at ease, and things before them."""

import functools

import numpy as np

from kinematics import Motion, bodies
from lmmjax.generation import grasping

FPS = 60.0
AT = 1.4
# Where things stand that the right hand takes.
THINGS = {
    "ball": grasping.ball((0.38, -0.15, 1.1), 0.03),
    "pea": grasping.ball((0.38, -0.15, 1.1), 0.01),
    "orange": grasping.ball((0.35, -0.3, 1.2), 0.045),
    "glass": grasping.capsule((0.4, -0.1, 1.15), 0.035, 0.21),
    "box": grasping.box((0.4, -0.2, 1.0), (0.05, 0.07, 0.1)),
    "low": grasping.ball((0.3, -0.3, 0.8), 0.03),
    "rod": grasping.capsule((0.4, 0.0, 1.2), 0.015, 0.23, (1.0, 1.0, 0.0, 0.0)),
}


@functools.cache
def standing() -> Motion:
    """Two seconds of standing, arms hanging, hands at rest."""
    body = bodies.smplh52()
    q = np.zeros(body.num_coordinates, np.float32)
    for side in ("left", "right"):
        q[body.coordinates(f"{side}_shoulder").start] = -np.pi / 2 + 0.1
        q[body.coordinates(f"{side}_elbow").start] = 0.3
    frames = round(2 * FPS) + 1
    motion = Motion(
        body,
        np.tile(np.float32([0, 0, 0.95]), (frames, 1)),
        np.tile(np.float32([1, 0, 0, 0]), (frames, 1)),
        np.tile(q, (frames, 1)),
        FPS,
    )
    return grasping.relaxed(motion)


@functools.cache
def taken(name: str, hand: str = "right") -> Motion:
    """The motion in which a hand has taken a thing at `AT`."""
    thing = THINGS[name] if hand == "right" else THINGS[name].mirrored()
    return grasping.grasp(standing(), hand, thing, AT)
