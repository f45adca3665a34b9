"""The training loss, as one function of model, batch and keys.

Each sequence of a batch is read once by the backbone. At a few of its poses the
next K are predicted, with several noise levels each: the first level is tau = 1,
where the prediction is the forecast and is judged by where the joints are, and
the others are below it, where the residual itself is judged.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses
from lmmjax.data.windows import WindowBatch
from lmmjax.model import diffusion, intent, movement, poses
from lmmjax.model.movement import MovementModel
from lmmjax.training import augment, contact
from lmmjax.training.hindsight import intentions
from lmmjax.training.noise import Noise, draw
from lmmjax.training.reaches import Reaches, reach_some

Array = jax.Array

# Metres, about a hand's breadth.
LEVER = 0.1
# Radians; who holds a joint stiller than that is not told from others.
LEAST_SPREAD = 0.03


@dataclasses.dataclass(frozen=True)
class LossConfig:
    """Weights of the loss.

    Attributes:
      places: poses of a sequence at which the next ones are predicted.
      draws: noise levels per place, tau = 1 included.
      position: weight of the distance of joints in the forecast.
      velocity: weight of the distance of joint velocities in the forecast.
      residual: weight of how badly noisy residuals tell the clean ones.
      turn: weight of how far the forecast's joints are turned, as distances of points
        `LEVER` beside them. Where joints are hardly tells how a wrist or a thigh is
        turned about itself, and what nothing holds drifts.
      coordinates: weight of the distance of joint coordinates in the forecast, each in
        units of how different it is among people, so that fingers and toes, which
        hardly move anything, do not drift either.
      body: weight of joint positions at noise levels below 1.
      contact: weight of the sliding of feet that truly stand still.
      goal: weight of the distance, in the forecast, of joints of which it is told where
        they will be: one of many, they hardly count among all.
      mirror: share of the windows that are seen in the mirror; only for bodies
        that have one. A network that commutes with the mirror learns as much from
        either image.
      warp: most that windows are sped up or slowed down by; see
        `lmmjax.training.augment` for this and the next five.
      reverse: share of the windows that run backwards.
      posture: size of constant changes of posture.
      size: most that people grow or shrink by.
      amplitude: most that movement grows or shrinks by.
      planted: whether posture and amplitude leave legs as they are.
      fade: last part of the training over which ever fewer windows are changed in
        time, posture or amplitude, and none at its end.
      context_noise: largest scale of the noise on the context, in units of the
        typical change from one frame to the next.
      joint_weights: of each joint in distances, in proportion; by default all count
        the same.
      said: of places, how many are told what their clip is said to show, where the
        model has labels or takes a user's numbers.
      aimed: of places, how many are told where a joint of those with goals will be.
      reaches: share of the windows in which such a joint reaches somewhere else, which
        is told of whenever it is; see `lmmjax.training.reaches`.
      early: how much more the first of the K poses count in ``position``: as their
        number to the power of minus this.
    """

    places: int = 8
    draws: int = 4
    position: float = 1.0
    velocity: float = 1.0
    residual: float = 1.0
    turn: float = 0.0
    coordinates: float = 0.0
    body: float = 0.25
    contact: float = 0.0
    goal: float = 0.0
    mirror: float = 0.5
    warp: float = 0.0
    reverse: float = 0.0
    posture: float = 0.0
    size: float = 0.0
    amplitude: float = 0.0
    planted: bool = False
    fade: float = 0.5
    context_noise: float = 1.0
    joint_weights: tuple[float, ...] = ()
    said: float = 0.7
    aimed: float = 0.25
    reaches: float = 0.0
    early: float = 0.0


def loss(
    model: MovementModel,
    batch: WindowBatch,
    keys: Array,
    config: LossConfig,
    progress: Array | float = 0.0,
) -> tuple[Array, dict[str, Array]]:
    """Loss of a batch and its parts.

    Args:
      model: the model.
      batch: windows of T > K frames.
      keys: [B] one random key per window, so that splitting a batch over devices
        changes nothing.
      config: weights.
      progress: share of the training that is done, on which the fading of
        augmentation depends.

    Returns:
      Scalar loss and a dictionary of scalar parts; ``error_m`` is the mean joint
      error of the forecast in metres.
    """
    horizon = model.config.horizon
    length = context_length(batch.valid.shape[1], horizon, config)
    frames = length + horizon
    batch, changed, reaches = _augment(model, batch, keys, frames, config, progress)
    draws = config.draws
    # The rest of a clip that ends early, and what comes before the end of a model's
    # own movement, have no future to learn from.
    there = jnp.asarray(batch.valid)
    known = there[:, :length] & there[:, horizon : horizon + length]
    noise = jax.vmap(
        functools.partial(
            draw,
            channels=poses.num_channels(model.body),
            shape=model.statistics.shape,
            draws=(config.places, draws),
            context_noise=config.context_noise,
        )
    )(keys, known)
    rows = jnp.arange(len(keys))[:, None]
    # The barriers keep XLA from drawing and deriving these anew for each use.
    noise = jax.lax.optimization_barrier(noise)
    model = model.replace(body=model.body.replace(offsets=batch.offsets[:, None]))
    observed = _observe(model, batch, noise)
    scene = _scene(model, batch, observed, noise.place)

    clean = movement.encode(
        model, poses.difference(model.body, scene.start, scene.future)
    )[..., None, :]
    noisy = diffusion.add_noise(clean, jnp.moveaxis(noise.residual, -2, 0), noise.tau)
    noisy, clean, observed = jax.lax.optimization_barrier((noisy, clean, observed))
    # One key per share of a batch: with dropout alone, results depend on the number
    # of devices.
    dropout = jax.random.split(jax.random.fold_in(keys[0], 2))
    changed = jnp.concatenate([noise.level[:, None], changed], axis=-1)
    z = movement.read(model, observed, changed, dropout[0])[rows, noise.place]
    aimed = None
    if intent.size(model.config):
        where = scene.start, noise.place
        told, aimed = intentions(model, batch, *where, keys, config, reaches)
        z = movement.intend(model, z, told)
    z = jnp.repeat(z[:, :, None], draws, axis=2)
    mean, deviation = movement.denoise(model, noisy, noise.tau, z, dropout[1])
    estimate = mean[..., : min(2, draws), :]

    # Kinematics cost most of a step, so of the noisy draws one is followed to the
    # joints, which is enough for a light term.
    place_body = model.body.replace(offsets=batch.offsets[:, None, None])
    predicted = movement.emit(
        model.replace(body=place_body),
        scene.start.at(slice(None), slice(None), [0]),
        estimate,
    )
    draw_body = model.body.replace(offsets=batch.offsets[:, None, None, None])
    target, turned = poses.frames(place_body, scene.future)
    places, turns = poses.frames(draw_body, predicted)
    error = places - target[:, :, None]

    # [B, P, K]. Divided by a constant and not by the number of valid frames, so
    # that the mean over devices is the mean over the whole batch.
    valid = scene.valid
    weight = valid / valid.size
    # A noisy draw is shown all K poses at once, so all of them must be there.
    complete = jnp.all(valid, axis=-1, keepdims=True)
    whole = (weight * complete)[:, :, None]
    apart = _length(error)
    distance = _over_joints(apart, config)
    # Before the first step nothing is wrong.
    steps = _length(
        jnp.diff(error, axis=-3, prepend=jnp.zeros_like(error[..., :1, :, :]))
    )
    velocity = _over_joints(steps[:, :, 0], config)
    badly = jnp.mean(surprise(clean - mean, deviation), axis=(0, -1))
    horizon_error = model.statistics.horizon_error
    share = np.arange(1, horizon + 1, dtype=np.float32) ** -config.early
    share = share / share.mean()
    parts = {
        "position": jnp.sum(share * weight / horizon_error * distance[:, :, 0]),
        "velocity": jnp.sum(weight * velocity / horizon_error[0]),
        "residual": jnp.mean(complete * badly[:, :, 1:]) if draws > 1 else 0.0,
        "body": jnp.sum(whole * distance[:, :, 1:] / horizon_error),
    }
    if config.goal and aimed is not None and aimed.shape[-1]:
        joints = intent.goal_joints(model.body, model.config)
        missed = jnp.einsum("bpg,bpkg->bpk", aimed, apart[:, :, 0][..., joints])
        parts["goal"] = jnp.sum(share * weight / horizon_error * missed)
    if config.turn:
        # Of points on all three axes, the root of the mean square.
        square = jnp.square(turns[:, :, 0] - turned).sum((-1, -2)) / 3
        away = LEVER * _over_joints(jnp.sqrt(square + 1e-10), config)
        parts["turn"] = jnp.sum(share * weight / horizon_error * away)
    if config.coordinates:
        usual = poses.joint_features(model.body, model.statistics.token_scale)
        off = jnp.abs(predicted.joints[:, :, 0] - scene.future.joints)
        off /= jnp.maximum(usual, LEAST_SPREAD)
        parts["coordinates"] = jnp.sum(weight * off.mean(-1))
    if config.contact:
        before = poses.positions(place_body, scene.start)
        still = contact.standing(model.body, model.fps, before, target)
        slides = jnp.mean(still[:, :, None] * steps, axis=-1)
        parts["contact"] = jnp.sum(whole * slides / horizon_error[0])
    total = sum(getattr(config, name) * part for name, part in parts.items())
    return total, {
        "loss": total,
        **{name: jnp.asarray(part) for name, part in parts.items()},
        "error_m": jnp.sum(weight * distance[:, :, 0]),
    }


def context_length(frames: int, horizon: int, config: LossConfig) -> int:
    """Poses of context in training windows of so many frames."""
    length = frames - horizon
    while augment.frames_needed(length + horizon, config.warp) > frames:
        length -= 1
    return length


def surprise(error: Array, deviation: Array) -> Array:
    """Negative logarithm of a normal density, weighted by the deviation.

    Unweighted, whatever is nearly certain drowns the rest (Seitzer et al. 2022,
    arXiv:2203.09168, whose beta is 1/2 here).
    """
    density = jnp.square(error / deviation) / 2 + jnp.log(deviation)
    return jax.lax.stop_gradient(deviation) * density


def _augment(
    model, batch, keys, frames: int, config: LossConfig, progress
) -> tuple[WindowBatch, Array, Reaches | None]:
    """Changed windows [B, frames], [B, 2] how time was changed, and who reaches."""

    def folded(number: int) -> Array:
        # Folds of their own, so that tosses are independent of the noise.
        return jax.vmap(lambda key: jax.random.fold_in(key, number))(keys)

    if config.mirror:
        batch = augment.mirror_some(model.body, batch, folded(1), config.mirror)
    told = jnp.zeros((len(keys), 2))
    share = jnp.clip((1 - progress) / max(config.fade, 1e-6), 0, 1)
    if config.warp or config.reverse:
        batch, told = augment.retime(
            batch, folded(3), frames, config.warp, config.reverse, share
        )
    if config.size:
        batch = augment.grow(batch, folded(5), config.size)
    if config.posture or config.amplitude:
        changes = config.posture, config.amplitude, share, config.planted
        batch = augment.vary(model, batch, folded(4), *changes)
    reaches = None
    if config.reaches:
        batch, reaches = reach_some(model, batch, folded(7), config.reaches)
    return batch, told, reaches


def _observe(model: MovementModel, batch: WindowBatch, noise: Noise) -> Poses:
    """The contexts [B, T] that are read, with noise."""
    past = batch.poses.at(slice(None), slice(noise.context.shape[1]))
    scale = noise.level[:, None, None] * model.statistics.frame_scale
    return poses.advance(model.body, past, scale * noise.context)


class _Scene(NamedTuple):
    """Places where the future is asked: start [B, P, 1], future and valid [B, P, K]."""

    start: Poses
    future: Poses
    valid: Array


def _scene(model, batch: WindowBatch, observed: Poses, place: Array) -> _Scene:
    rows = jnp.arange(len(place))[:, None]
    after = place[..., None] + 1 + jnp.arange(model.config.horizon)
    valid = batch.valid[rows[..., None], after] & batch.valid[rows, place][..., None]
    return _Scene(
        observed.at(rows, place).at(slice(None), slice(None), None),
        batch.poses.at(rows[..., None], after),
        valid,
    )


def _over_joints(values: Array, config: LossConfig) -> Array:
    """Weighted mean over the joints, [..., J] to [...]."""
    if not config.joint_weights:
        return values.mean(-1)
    weights = np.asarray(config.joint_weights, np.float32)
    return values @ (weights / weights.sum())


def _length(vectors: Array) -> Array:
    """Euclidean length with a gradient at 0; [..., 3] to [...]."""
    return jnp.sqrt(jnp.sum(vectors * vectors, axis=-1) + 1e-10)
