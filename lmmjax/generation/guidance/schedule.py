"""What wishes over time share: which of their frames a pose belongs to."""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Skeleton
from lmmjax.generation.guidance.posterior import Ahead

Array = jax.Array | np.ndarray


def at_frames(
    values: Array, precision: Array, first: Array | int, ahead: Ahead
) -> tuple[jax.Array, jax.Array]:
    """Values and precisions of the frames that are ahead.

    Args:
      values: [B, F, ...], or [1, F, ...] for all streams alike.
      precision: [B, F, ...] or [1, F, ...].
      first: number of the frame that F begins with.
      ahead: k poses of B streams.

    Returns:
      [B, k, ...] of each; precision is 0 before and after the F frames.
    """
    at = ahead.frame - first
    count = np.shape(precision)[1]
    known = (at >= 0) & (at < count)
    at = jnp.clip(at, 0, count - 1)

    def there(x: Array) -> jax.Array:
        whole = jnp.broadcast_to(jnp.asarray(x), (len(at), *np.shape(x)[1:]))
        return whole[jnp.arange(len(at))[:, None], at]

    weight = there(precision)
    known = known.reshape(*known.shape, *[1] * (weight.ndim - known.ndim))
    return there(values), known * weight


def joint_number(body: Skeleton, joint: str) -> int:
    """Number of a joint.

    Raises:
      ValueError: there is no such joint.
    """
    if joint not in body.names:
        raise ValueError(f"no joint {joint!r}; there are {', '.join(body.names)}")
    return body.names.index(joint)
