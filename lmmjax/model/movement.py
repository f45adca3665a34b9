"""The movement model: backbone, head and body in one frozen pytree."""

import dataclasses
import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton
from lmmjax.model import diffusion, poses
from lmmjax.model.backbone import Backbone, Cache
from lmmjax.model.head import Head

Array = jax.Array


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """Size of a movement model.

    Attributes:
      width: channels of the backbone.
      layers: blocks of the backbone.
      heads: attention heads.
      window: poses a block of the backbone looks back on.
      head_width: channels of the head.
      head_layers: layers of the head.
      horizon: poses K that are predicted at once.
    """

    width: int = 192
    layers: int = 4
    heads: int = 6
    window: int = 32
    head_width: int = 320
    head_layers: int = 2
    horizon: int = 15


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["token_mean", "token_scale", "residual_scale", "horizon_error"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Statistics:
    """What the model knows of the data as plain numbers.

    Attributes:
      token_mean: [F] mean of each feature of a token.
      token_scale: [F] its standard deviation.
      residual_scale: [K, C] root mean square of each residual channel.
      horizon_error: [K] mean joint displacement in metres at each horizon: the
        error of predicting that nothing moves.
    """

    token_mean: Array | np.ndarray
    token_scale: Array | np.ndarray
    residual_scale: Array | np.ndarray
    horizon_error: Array | np.ndarray


class Network(nn.Module):
    """Everything with parameters: the backbone and the head."""

    config: ModelConfig

    def setup(self):
        """Create backbone and head."""
        c = self.config
        self.backbone = Backbone(c.width, c.layers, c.heads, c.window)
        self.head = Head(c.head_width, c.head_layers)

    def __call__(self, tokens: Array, noisy: Array, tau: Array) -> Array:
        """All parameters in one pass, for initialisation."""
        z = self.backbone(tokens)[..., -1, :]
        return self.head(noisy, tau, z)

    def read(self, tokens):
        """See `Backbone.__call__`."""
        return self.backbone(tokens)

    def extend(self, tokens, cache):
        """See `Backbone.extend`."""
        return self.backbone.extend(tokens, cache)

    def empty_cache(self, batch):
        """See `Backbone.empty_cache`."""
        return self.backbone.empty_cache(batch)

    def denoise(self, noisy, tau, z):
        """See `Head.__call__`."""
        return self.head(noisy, tau, z)


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["params", "body", "statistics"],
    meta_fields=["config", "fps"],
)
@dataclasses.dataclass(frozen=True)
class MovementModel:
    """A model of how one kind of body moves.

    Attributes:
      params: parameters of the `Network`.
      body: the skeleton with the limits that every output obeys. Its offsets
        [..., J, 3] may be exchanged for those of another person.
      statistics: scales of tokens and residuals.
      config: size of the network.
      fps: frames per second of the poses.
    """

    params: dict
    body: Skeleton
    statistics: Statistics
    config: ModelConfig
    fps: float

    @property
    def network(self) -> Network:
        """The network without its parameters."""
        return Network(self.config)

    def replace(self, **changes) -> "MovementModel":
        """The same model with some fields changed."""
        return dataclasses.replace(self, **changes)

    def with_offsets(self, offsets: Array | np.ndarray) -> "MovementModel":
        """The same model on a body with these bones, [..., J, 3] metres."""
        return self.replace(body=self.body.replace(offsets=offsets))


def initialize(
    key: jax.Array,
    body: Skeleton,
    statistics: Statistics,
    config: ModelConfig,
    fps: float,
) -> MovementModel:
    """A model with fresh parameters."""
    tokens = jnp.zeros((1, 2, poses.num_features(body) + 1))
    noisy = jnp.zeros((1, config.horizon, poses.num_channels(body)))
    params = jax.jit(Network(config).init)(key, tokens, noisy, jnp.zeros(1))
    return MovementModel(params["params"], body, statistics, config, fps)


def num_parameters(model: MovementModel) -> int:
    """Number of trained parameters."""
    return sum(x.size for x in jax.tree.leaves(model.params))


def _apply(model: MovementModel, method: str, *args):
    return model.network.apply({"params": model.params}, *args, method=method)


def _tokens(model: MovementModel, previous: Poses, observed: Poses, noise_level: Array):
    """Normalised tokens [B, T, F + 1] of observed poses [B, T]."""
    features, _ = poses.tokens(model.body, previous, observed, model.fps)
    s = model.statistics
    normal = (features - s.token_mean) / s.token_scale
    # A glitch of a sensor must not drown a whole window.
    normal = jnp.clip(normal, -10, 10)
    level = jnp.broadcast_to(noise_level[..., None, None], (*normal.shape[:-1], 1))
    return jnp.concatenate([normal, level], axis=-1)


def read(model: MovementModel, observed: Poses, noise_level: Array) -> jax.Array:
    """Summary of the past at every pose of a sequence.

    Args:
      model: the model; its body's offsets broadcast with [B, T].
      observed: poses [B, T].
      noise_level: [B] share of the context noise of training that they carry.

    Returns:
      [B, T, Z]; position t depends on poses up to t only.
    """
    return _apply(
        model,
        "read",
        _tokens(model, observed.at(slice(None), 0), observed, noise_level),
    )


def extend(
    model: MovementModel, previous: Poses, observed: Poses, cache: Cache
) -> tuple[jax.Array, Cache]:
    """Summary [B, T, Z] of the next poses [B, T] after those in the cache."""
    level = jnp.zeros(observed.joints.shape[0])
    return _apply(model, "extend", _tokens(model, previous, observed, level), cache)


def empty_cache(model: MovementModel, batch: int) -> Cache:
    """A cache for a batch of sequences that has read nothing."""
    return _apply(model, "empty_cache", batch)


def denoise(model: MovementModel, noisy: Array, tau: Array, z: Array) -> jax.Array:
    """Estimate of the clean scaled residuals [..., K, C]; see `Head`."""
    return _apply(model, "denoise", diffusion.linear_estimate(noisy, tau), tau, z)


def emit(model: MovementModel, last: Poses, residual: Array) -> Poses:
    """The output layer: scaled residuals [..., K, C] to poses [..., K].

    Limits are applied here, after everything else, and with them any residual
    becomes a posture that the body can take; `poses.positions` of the result are
    its forward kinematics, so bones cannot stretch either.
    """
    start = jax.tree.map(lambda x: x[..., None, :], last)
    return poses.advance(model.body, start, model.statistics.residual_scale * residual)


def forecast(model: MovementModel, last: Poses, z: Array) -> Poses:
    """The one-shot forecast [..., K] from the last pose and summary [..., Z]."""
    shape = (*z.shape[:-1], *model.statistics.residual_scale.shape)
    return emit(model, last, denoise(model, jnp.zeros(shape), jnp.ones(shape[:-2]), z))


def sample(
    model: MovementModel,
    key: jax.Array,
    last: Poses,
    z: Array,
    steps: int = 4,
    temperature: float = 1.0,
) -> Poses:
    """One sampled future [..., K] per last pose and summary [..., Z]."""
    shape = (*z.shape[:-1], *model.statistics.residual_scale.shape)
    noise = temperature * jax.random.normal(key, shape)
    residual = diffusion.sample(lambda x, tau: denoise(model, x, tau, z), noise, steps)
    return emit(model, last, residual)
