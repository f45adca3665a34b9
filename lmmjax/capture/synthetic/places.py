"""Where the points that detectors label are on a body that moves."""

import jax
import numpy as np

from kinematics import forward
from kinematics.bodies.joint_sets import JointSet
from kinematics.bodies.placement import placement, stature
from kinematics.motion import Motion, in_blocks
from lmmjax.capture.errors import CaptureError


def places(motion: Motion) -> tuple[JointSet, np.ndarray, float]:
    """All landmarks of a body that can be told, as it moves.

    Args:
      motion: one clip of T frames of a body of `kinematics.bodies`.

    Returns:
      A joint set of the M landmarks, where they are, [T, M, 3] metres, and the
      stature of the body in metres.

    Raises:
      CaptureError: the clip is empty or not finite, or the body is not known.
    """
    body, name = motion.skeleton, motion.name or "without a name"
    if np.ndim(motion.joints) != 2 or not len(motion):
        raise CaptureError(
            f"motion {name}: joints must be [frames, coordinates] of at least one "
            f"frame, not {list(np.shape(motion.joints))}"
        )
    finite = [np.isfinite(x).reshape(len(motion), -1).all(-1) for x in motion.poses]
    bad = np.flatnonzero(~np.all(finite, axis=0))
    if len(bad):
        raise CaptureError(f"motion {name}: frame {bad[0]} is not finite; cut it out")
    try:
        found, size = placement(body), stature(body)
    except ValueError as error:
        raise CaptureError(f"motion {name}: {error}") from error
    at, turns = in_blocks(_pose, body, *motion.poses)
    marks = tuple(found)
    joints = [body.index(joint) for joint, _ in found.values()]
    offsets = np.array([offset for _, offset in found.values()])
    points = at[:, joints] + np.einsum("tmij,mj->tmi", turns[:, joints], offsets)
    return JointSet("seen", marks, marks, None, ()), points, size


@jax.jit
def _pose(skeleton, root_position, root_rotation, joints):
    return forward.forward(skeleton, root_position, root_rotation, joints)
