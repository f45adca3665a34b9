"""The training loss, as one function of model, batch and keys.

Each sequence of a batch is read once by the backbone. At a few of its poses the
next K are predicted, with several noise levels each: the first level is tau = 1,
where the prediction is the forecast and is judged by where the joints are, and
the others are uniform, where the residual itself is judged.
"""

import dataclasses
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lmmjax.data.windows import WindowBatch
from lmmjax.model import diffusion, movement, poses
from lmmjax.model.movement import MovementModel
from lmmjax.training.augment import mirror_some

Array = jax.Array


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Weights of the loss.

    Attributes:
      places: poses of a sequence at which the next ones are predicted.
      draws: noise levels per place, tau = 1 included.
      position: weight of the distance of joints in the forecast.
      velocity: weight of the distance of joint velocities in the forecast.
      residual: weight of the squared error of noisy residuals.
      body: weight of joint positions at noise levels below 1.
      mirror: share of the windows that are seen in the mirror; only for bodies
        that have one.
      context_noise: largest scale of the noise on the context, in units of the
        typical change from one frame to the next.
    """

    places: int = 8
    draws: int = 4
    position: float = 1.0
    velocity: float = 1.0
    residual: float = 1.0
    body: float = 0.25
    mirror: float = 0.5
    context_noise: float = 1.0


def loss(
    model: MovementModel, batch: WindowBatch, keys: Array, config: LossConfig
) -> tuple[Array, dict[str, Array]]:
    """Loss of a batch and its parts.

    Args:
      model: the model.
      batch: windows of T > K frames.
      keys: [B] one random key per window, so that splitting a batch over devices
        changes nothing.
      config: weights.

    Returns:
      Scalar loss and a dictionary of scalar parts; ``error_m`` is the mean joint
      error of the forecast in metres.
    """
    if config.mirror:
        # A fold of its own, so that the tosses are independent of the noise.
        tosses = jax.vmap(lambda key: jax.random.fold_in(key, 1))(keys)
        batch = mirror_some(model.body, batch, tosses, config.mirror)
    horizon = model.config.horizon
    length = batch.valid.shape[1] - horizon
    scale = model.statistics.residual_scale
    noise = jax.vmap(lambda key: _draw(key, length, scale.shape, config))(keys)
    # The barriers keep XLA from drawing and deriving these anew for each use.
    noise = jax.lax.optimization_barrier(noise)
    sequence_body = model.body.replace(offsets=batch.offsets[:, None])
    place_body = model.body.replace(offsets=batch.offsets[:, None, None, None])
    model = model.replace(body=sequence_body)

    past = batch.poses.at(slice(None), slice(length))
    disturbance = noise.level[:, None, None] * scale[0] * noise.context
    observed = poses.advance(model.body, past, disturbance)
    z = movement.read(model, observed, noise.level)

    rows = jnp.arange(len(keys))[:, None]
    start = jax.tree.map(lambda x: x[rows, noise.place], observed)
    z = z[rows, noise.place]
    after = noise.place[..., None] + 1 + jnp.arange(horizon)
    future = jax.tree.map(lambda x: x[rows[..., None], after], batch.poses)
    valid = (
        batch.valid[rows[..., None], after] & batch.valid[rows, noise.place][..., None]
    )

    before = jax.tree.map(lambda x: x[:, :, None], start)
    residual = poses.difference(model.body, before, future) / scale
    noisy = diffusion.add_noise(residual[:, :, None], noise.residual, noise.tau)
    noisy, residual, observed = jax.lax.optimization_barrier(
        (noisy, residual, observed)
    )
    draws = noise.tau.shape[-1]
    estimate = movement.denoise(
        model, noisy, noise.tau, jnp.repeat(z[:, :, None], draws, axis=2)
    )

    places = poses.positions(model.body, batch.poses)
    target = places[rows[..., None], after][:, :, None]
    here = places[rows, noise.place][:, :, None, None]
    # Kinematics cost most of a step, so of the noisy draws one is followed to the
    # joints, which is enough for a light term.
    followed = estimate[:, :, : min(2, draws)]
    predicted = movement.emit(model, before, followed)
    predicted_places = poses.positions(place_body, predicted)

    # [B, P, K]. Divided by a constant and not by the number of valid frames, so
    # that the mean over devices is the mean over the whole batch.
    weight = valid / valid.size
    per_horizon = weight / model.statistics.horizon_error
    # A noisy draw is shown all K poses at once, so all of them must be there.
    whole = (weight * jnp.all(valid, axis=-1, keepdims=True))[:, :, None]
    distance = _length(predicted_places - target).mean(-1)
    velocity = _length(_steps(predicted_places, here) - _steps(target, here)).mean(-1)
    squared = jnp.mean((estimate - residual[:, :, None]) ** 2, axis=-1)
    snr = diffusion.loss_weight(noise.tau[:, :, 1:])[..., None]
    parts = {
        "position": jnp.sum(per_horizon * distance[:, :, 0]),
        "velocity": jnp.sum(
            weight * velocity[:, :, 0] / model.statistics.horizon_error[0]
        ),
        "residual": jnp.sum(whole * snr * squared[:, :, 1:]) / max(draws - 1, 1),
        "body": jnp.sum(whole * distance[:, :, 1:] / model.statistics.horizon_error),
    }
    total = sum(getattr(config, name) * part for name, part in parts.items())
    return total, {
        "loss": total,
        **parts,
        "error_m": jnp.sum(weight * distance[:, :, 0]),
    }


class _Noise(NamedTuple):
    level: Array
    context: Array
    place: Array
    tau: Array
    residual: Array


def _draw(
    key: Array, length: int, shape: tuple[int, ...], config: LossConfig
) -> _Noise:
    """All that is random about one window."""
    # Two draws, cut to pieces: each draw of its own would cost seconds to compile.
    draws = (config.places, config.draws)
    flat, normal = jax.random.split(key)
    uniform = jax.random.uniform(flat, (2 + length + math.prod(draws),))
    level, coin = uniform[0], uniform[1]
    order, tau = uniform[2 : 2 + length], uniform[2 + length :].reshape(draws)
    context, residual = (length, shape[-1]), (*draws, *shape)
    both = jax.random.normal(normal, (math.prod(context) + math.prod(residual),))
    place = jnp.resize(jnp.argsort(order), (config.places,))
    return _Noise(
        # Half of the windows keep a clean context: generation starts from one.
        jnp.where(coin < 0.5, config.context_noise * level, 0.0),
        both[: math.prod(context)].reshape(context),
        place,
        tau.at[:, 0].set(1.0),
        both[math.prod(context) :].reshape(residual),
    )


def _steps(places: Array, here: Array) -> Array:
    """Joint displacements from frame to frame [..., K, J, 3]."""
    here = jnp.broadcast_to(here, (*places.shape[:-3], 1, *places.shape[-2:]))
    return jnp.diff(places, axis=-3, prepend=here)


def _length(vectors: Array) -> Array:
    """Euclidean length with a gradient at 0; [..., 3] to [...]."""
    return jnp.sqrt(jnp.sum(vectors * vectors, axis=-1) + 1e-10)
