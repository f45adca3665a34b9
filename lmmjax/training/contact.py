"""Which points of the feet stand still, so that a loss can ask them not to slide."""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Skeleton
from kinematics.bodies.segments import segments

# Metres per second below which a point of a foot stands; planted feet in captures are
# seldom faster, see `kinematics.dynamics.contact`.
STILL_SPEED = 0.2


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
    weight = np.zeros(places.shape[-2], np.float32)
    try:
        found = [s for s in segments(body) if s.name == "foot"]
    except ValueError:
        return jnp.zeros(places.shape[:-1])
    joints = [j for foot in found for j in (*foot.joints, *foot.ends)]
    weight[joints] = len(weight) / len(joints)
    step = jnp.diff(places, axis=-3, prepend=before)
    still = jnp.sum(step * step, axis=-1) < (STILL_SPEED / fps) ** 2
    return still * weight
