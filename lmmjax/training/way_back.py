"""The way back: how somebody who is where nobody was would go on as others did."""

import jax
import jax.numpy as jnp

from kinematics import Poses, Skeleton, rotations
from lmmjax.model import poses

Array = jax.Array

# Share of a fault that is left after a frame: a tenth is left after 1.5 s at 30 fps.
# Where it is in the feet they slide meanwhile, the faster the sooner it is gone.
FADING = 0.95


def lead_back(body: Skeleton, true: Poses, here: Poses, future: Poses) -> Poses:
    """The true future, as somebody who is not quite where they were would reach it.

    Where on the floor and which way somebody faces is no fault: the future is moved
    and turned to start there. What else is different fades.

    Args:
      body: whose unconstrained coordinates the rest of the difference is told in.
      true: the true pose [...].
      here: the pose [...] in its place.
      future: what truly followed, poses [..., K].

    Returns:
      Poses [..., K]; the true future where the two poses agree.
    """
    turn = rotations.heading(here.root_rotation) - rotations.heading(true.root_rotation)
    about = rotations.about_z(turn)

    def moved(pose: Poses, about: Array, start: Array, target: Array) -> Poses:
        place = rotations.quaternion_rotate(about, pose.root_position - start)
        floor = jnp.array([1.0, 1.0, 0.0])
        return pose._replace(
            root_position=place + floor * target + (1 - floor) * start,
            root_rotation=rotations.quaternion_multiply(about, pose.root_rotation),
        )

    def ahead(x) -> Array:
        return jnp.asarray(x)[..., None, :]

    places = jnp.asarray(true.root_position), jnp.asarray(here.root_position)
    facing = moved(true, about, *places)
    future = moved(future, ahead(about), *map(ahead, places))
    count = future.joints.shape[-2]
    left = FADING ** jnp.arange(1, count + 1, dtype=jnp.float32)[:, None]
    fault = ahead(poses.difference(body, facing, here))
    return poses.advance(body, future, left * fault)
