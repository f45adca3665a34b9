"""The turns of one body given to another, joint by joint in the world."""

from collections.abc import Sequence

import jax
import numpy as np

from kinematics import motion as motions
from kinematics import rotations
from kinematics.motion import Motion
from kinematics.retarget.match import Guide
from kinematics.skeleton import Skeleton

_exp, _log = jax.jit(rotations.exp), jax.jit(rotations.log)


def turned(
    turns: np.ndarray, guides: Sequence[Guide | None], body: Skeleton
) -> np.ndarray:
    """Rotations [T, J, 3, 3] of a body's joints against their parents.

    Args:
      turns: [T, K, 3, 3] rotations of the source's joints in the world.
      guides: for each joint of the body.
      body: the body; joints without a guide do not turn against their parents.
    """
    world = np.zeros((len(turns), body.num_joints, 3, 3))
    for j, guide in enumerate(guides):
        if guide is None:
            world[:, j] = world[:, body.parents[j]]
            continue
        first, second = guide.joints
        turn = turns[:, first]
        if guide.share > 0 and first != second:
            step = _log(np.float32(np.swapaxes(turn, -1, -2) @ turns[:, second]))
            turn = turn @ np.asarray(_exp(guide.share * step))
        world[:, j] = turn @ guide.rest
    local = np.swapaxes(world[:, np.maximum(body.parents, 0)], -1, -2) @ world
    local[:, 0] = world[:, 0]
    return local


def moved(
    motion: Motion, body: Skeleton, local: np.ndarray, root: np.ndarray
) -> Motion:
    """A motion of the body from rotations [T, J, 3, 3] and root positions [T, 3]."""
    return motions.from_rotations(
        body,
        root.astype(np.float32),
        local.astype(np.float32),
        motion.fps,
        name=motion.name,
        subject=motion.subject,
        action=motion.action,
    )
