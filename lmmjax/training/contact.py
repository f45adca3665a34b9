"""Feet: which of their points stand still, and what they hang from."""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Skeleton
from kinematics.bodies.segments import segments
from kinematics.dynamics.contact import INNER_SPEED


def feet(body: Skeleton) -> list[int]:
    """Joints and ends of the feet; none where the body has no feet."""
    try:
        found = [s for s in segments(body) if s.name == "foot"]
    except ValueError:
        return []
    return [j for foot in found for j in (*foot.joints, *foot.ends)]


def carrying(body: Skeleton) -> np.ndarray:
    """[J] which joints the feet hang from, feet included: what takes them along."""
    found = np.zeros(body.num_joints, bool)
    for joint in feet(body):
        while joint >= 0 and not found[joint]:
            found[joint] = True
            joint = body.parents[joint]
    return found


def standing(
    body: Skeleton, fps: float, before: jax.Array, places: jax.Array
) -> jax.Array:
    """Weights of joints: those of the feet that stand share 1 among all of the feet.

    Whatever they stand on: speed alone is looked at.

    Args:
      body: the body; one without feet has no weights above 0.
      fps: frames per second.
      before: [..., 1, J, 3] true positions in the frame before.
      places: [..., K, J, 3] true positions.

    Returns:
      [..., K, J] the number of joints over that of the feet's, where one of the feet's
      stands, so that a mean over all joints is one over the feet's; else 0.
    """
    joints = feet(body)
    if not joints:
        return jnp.zeros(places.shape[:-1])
    weight = np.zeros(places.shape[-2], np.float32)
    weight[joints] = len(weight) / len(joints)
    step = jnp.diff(places, axis=-3, prepend=before)
    still = jnp.sum(step * step, axis=-1) < (INNER_SPEED / fps) ** 2
    return still * weight
