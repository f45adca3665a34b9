"""A small body with all segments of a human's, a small model of it, and a crouch."""

import functools

import jax
import numpy as np

from kinematics import Poses, Skeleton, forward, make_skeleton
from lmmjax.model import initialize, unit_statistics
from lmmjax.model.movement import MovementModel
from tests.lmmjax import tiny


@functools.cache
def body() -> Skeleton:
    """Who stands upright on two feet at rest, looking along x; legs bend about y."""
    limbs = [
        ("UpLeg", "Hips", "hinge", (0, 0.1, 0)),
        ("Leg", "UpLeg", "hinge", (0, 0, -0.4)),
        ("Foot", "Leg", "hinge", (0, 0, -0.4)),
        ("Toe", "Foot", "fixed", (0.2, 0, 0)),
        ("Arm", "Hips", "fixed", (0.05, 0.2, 0.5)),
        ("ForeArm", "Arm", "fixed", (0, 0, -0.25)),
        ("Hand", "ForeArm", "fixed", (0, 0, -0.25)),
    ]
    table = [
        ("Hips", "", "free", (0, 0, 0)),
        ("Head", "Hips", "fixed", (0.05, 0, 0.55)),
        ("HeadEnd", "Head", "fixed", (0, 0, 0.2)),
    ]
    for side, sign in (("Left", 1), ("Right", -1)):
        for name, parent, kind, (x, y, z) in limbs:
            above = parent if parent == "Hips" else side + parent
            table.append((side + name, above, kind, (x, sign * y, z)))
    names, above, kinds, offsets = zip(*table, strict=True)
    parents = [names.index(name) if name else -1 for name in above]
    return make_skeleton(names, parents, np.array(offsets), kinds)


@functools.cache
def model() -> MovementModel:
    """A model before training."""
    statistics = unit_statistics(body(), tiny.CONFIG)
    return initialize(jax.random.key(0), body(), statistics, tiny.CONFIG, tiny.FPS)


def crouching(bend: np.ndarray, lean: float = 0.0) -> Poses:
    """Poses [1, T] that stand on both feet.

    Args:
      bend: [T] radians of hips and ankles, half of what knees bend.
      lean: radians that the body is turned by about its toes, forward.
    """
    bend = np.asarray(bend, float)
    moving = [n for n, kind in enumerate(body().kinds) if kind == "hinge"]
    share = {"UpLeg": -1, "Leg": 2, "Foot": -1}
    q = np.stack(
        [
            # The sign of the axis along y.
            np.sign(body().frames[n][1, 0])
            * share[body().names[n].removeprefix("Left").removeprefix("Right")]
            * bend
            for n in moving
        ],
        axis=-1,
    )
    turn = np.tile([np.cos(lean / 2), 0, np.sin(lean / 2), 0], (len(bend), 1))
    here = np.zeros((len(bend), 3))
    toe = body().names.index("LeftToe")
    found = np.asarray(forward.positions(body(), here, turn, q))[:, toe]
    return Poses(*(np.float32(x)[None] for x in (-found * [1, 0, 1], turn, q)))
