"""What a model tells of noisy futures, which is learned from and judged alike."""

import jax
import jax.numpy as jnp

from lmmjax.adaptation.reading import Lesson
from lmmjax.model import diffusion, movement
from lmmjax.model.movement import MovementModel
from lmmjax.training.loss import surprise

Array = jax.Array


def denoised(
    model: MovementModel, lesson: Lesson, key: Array, tau: Array
) -> tuple[Array, Array]:
    """What is told of noisy futures.

    Args:
      model: the model.
      lesson: of N moments.
      key: of the noise, and of dropout where the model has it.
      tau: [S] or [N, S] noise levels, the first of which is 1.

    Returns:
      Means [P, N, S, C] of the components, and [N] how badly levels below 1 are told.
    """
    noise, dropout = jax.random.split(key)
    clean = jnp.moveaxis(lesson.clean, 1, 0)[..., None, :]
    tau = jnp.broadcast_to(tau, (clean.shape[1], tau.shape[-1]))
    shape = (*clean.shape[:2], tau.shape[-1], clean.shape[-1])
    noisy = diffusion.add_noise(clean, jax.random.normal(noise, shape), tau)
    z = lesson.z[:, None]
    z = jnp.broadcast_to(z, (*tau.shape, z.shape[-1]))
    mean, deviation = movement.denoise(model, noisy, tau, z, dropout)
    badly = surprise(clean - mean, deviation)
    return mean, badly[..., 1:, :].mean((0, -2, -1))


def pose_shares(horizon: int, early: Array | float) -> Array:
    """How much each pose of a forecast counts, [K] with a mean of 1.

    Args:
      horizon: K.
      early: see `lmmjax.training.loss.LossConfig`.
    """
    share = jnp.arange(1, horizon + 1, dtype=jnp.float32) ** -early
    return share / share.mean()
