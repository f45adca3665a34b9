"""Own samples: contexts as a model makes them for itself, and the way back.

A model that has only read real poses meets its own ones when it generates, and small
faults grow. So late in training the newest poses of some contexts are samples of the
model (professor forcing and scheduled sampling have the same aim: Bengio et al. 2015,
arXiv:1506.03099), and it learns to lead them back to what really followed, smoothly:
the fault that is there fades, in place of a jump.
"""

import jax
import jax.numpy as jnp

from kinematics import Poses, Skeleton, rotations
from lmmjax.model import movement, poses
from lmmjax.model.movement import MovementModel
from lmmjax.model.sampler import Sampler, draw

Array = jax.Array

# Share of a fault that is left after a frame: a tenth is left after 0.7 s at 30 fps.
FADING = 0.9
_SAMPLER = Sampler(steps=3)


def continue_some(
    model: MovementModel, observed: Poses, keys: Array, lengths: Array
) -> Poses:
    """Contexts whose newest poses are samples of the model.

    Args:
      model: the model; its body's offsets broadcast with [B, T].
      observed: poses [B, T].
      keys: [B] one random key per window.
      lengths: [B] poses to replace at the end, 0 to min(T - 1, K); 0 changes nothing.

    Returns:
      Poses [B, T], through which no gradient flows.
    """
    rows = jnp.arange(len(keys))
    horizon, frames = model.config.horizon, observed.joints.shape[1]
    z = movement.read(model, observed)
    from_ = frames - 1 - lengths
    last = jax.tree.map(lambda x: x[rows, from_], observed)
    noise = jax.vmap(
        lambda key: draw(_SAMPLER, key, model.statistics.shape), out_axes=1
    )(keys)
    future = movement.denoised(model, noise, last, z[rows, from_], _SAMPLER)
    ahead = jnp.arange(frames) - from_[:, None]
    replaced = (ahead > 0)[..., None]
    ahead = jnp.clip(ahead - 1, 0, horizon - 1)

    def pick(ours, theirs):
        return jnp.where(replaced, ours[rows[:, None], ahead], theirs)

    return jax.lax.stop_gradient(jax.tree.map(pick, future, observed))


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
    future = moved(
        future, ahead(about), ahead(true.root_position), ahead(here.root_position)
    )
    count = future.joints.shape[-2]
    left = FADING ** jnp.arange(1, count + 1, dtype=jnp.float32)[:, None]
    fault = ahead(poses.difference(body, facing, here))
    return poses.advance(body, future, left * fault)
