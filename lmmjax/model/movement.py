"""The movement model: backbone, head and body in one frozen pytree."""

import dataclasses
import functools
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton
from lmmjax.model import intent, parity, poses, sampler, scales
from lmmjax.model.backbone import Backbone, Cache
from lmmjax.model.config import ModelConfig
from lmmjax.model.head import Head
from lmmjax.model.recent import Recent
from lmmjax.model.sampler import Sampler, Steer
from lmmjax.model.scales import Statistics

Array = jax.Array

# Numbers that tell the network how training changed a window (the noise on it, its
# speed, its direction in time), all 0 in use: it learns from what is changed without
# mistaking it for the real thing (Karras et al. 2022, arXiv:2206.00364, appendix F).
TOLD = 3


class Told(NamedTuple):
    """What is intended, and how much it counts.

    Attributes:
      vector: [..., E], see `lmmjax.model.intent`.
      scale: how far estimates go from what would be done without it, 0, past what is
        done with it, 1 (classifier-free guidance, Ho & Salimans 2022,
        arXiv:2207.12598). Any but a plain 1 evaluates the head twice.
    """

    vector: Array
    scale: float | Array = 1.0


class Memory(NamedTuple):
    """What the network remembers of the poses it has read.

    Attributes:
      cache: of the backbone.
      recent: what `Recent` keeps of the newest poses; None without it.
    """

    cache: Cache
    recent: Array | None


# Where leaves of the memory have the M members of a model that has several: after the
# first axis, but for the number of poses read, which all share.
_MEMORY = Memory(Cache(1, 1, None), 1)  # type: ignore[arg-type]


class Network(nn.Module):
    """Everything with parameters of one member: the backbone and the head."""

    config: ModelConfig

    def setup(self):
        """Create backbone and head."""
        c = self.config
        self.backbone = Backbone(
            c.width, c.layers, c.heads, c.window, c.parities, c.dtype, c.dropout
        )
        if c.recent:
            self.recent = Recent(c.head_width, c.recent, c.parities, c.dtype)
        self.head = Head(c.head_width, c.head_layers, c.dtype, c.dropout)

    def __call__(
        self, tokens: Array, told: Array, noisy: Array, tau: Array
    ) -> tuple[Array, Array]:
        """All parameters in one pass, for initialisation; told [P, B, E]."""
        past = parity.unfold(self.read(tokens)[..., -1, :], self.config.parities)
        z = jnp.concatenate([past, told], axis=-1)
        return self.denoise(noisy, tau, parity.fold(z))

    def read(self, tokens: Array) -> Array:
        """Summary [B, T, Z] of tokens [P, B, T, F]."""
        z = self.backbone(tokens)
        if self.config.recent:
            newest, _ = self.recent(tokens, self.recent.empty(tokens.shape[1]))
            z = jnp.concatenate([z, newest], axis=-1)
        return parity.fold(z)

    def extend(self, tokens: Array, memory: Memory) -> tuple[Array, Memory]:
        """Summary [B, T, Z] of the next tokens [P, B, T, F], and the memory after."""
        z, cache = self.backbone.extend(tokens, memory.cache)
        recent = memory.recent
        if recent is not None:
            newest, recent = self.recent(tokens, recent)
            z = jnp.concatenate([z, newest], axis=-1)
        return parity.fold(z), Memory(cache, recent)

    def empty_memory(self, batch: int) -> Memory:
        """The memory of a batch of sequences that has read nothing."""
        recent = self.recent.empty(batch) if self.config.recent else None
        return Memory(self.backbone.empty_cache(batch), recent)

    def denoise(self, noisy: Array, tau: Array, z: Array) -> tuple[Array, Array]:
        """See `Head.__call__`; the summary is [..., Z]."""
        return self.head(noisy, tau, parity.unfold(z, self.config.parities))


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["params", "body", "statistics"],
    meta_fields=["config", "fps"],
)
@dataclasses.dataclass(frozen=True)
class MovementModel:
    """A model of how one kind of body moves.

    Attributes:
      params: parameters of the `Network`, each [M, ...] where there are M > 1 members.
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
        """The network of a member without its parameters."""
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
    """A model with fresh parameters, of each member its own.

    Raises:
      ValueError: there are no members, the network is to commute with the mirror of a
        body without one, or its channels cannot be shared out evenly.
    """
    if config.equivariant and body.mirror is None:
        raise ValueError(
            "this body has no mirror: its joints' names show no left and right; take "
            "ModelConfig(equivariant=False)"
        )
    if config.width % (2 * config.heads * config.parities) or (
        config.head_width % config.parities
    ):
        raise ValueError(
            f"width {config.width} must be a multiple of {2 * config.parities} times "
            f"{config.heads} heads, head_width {config.head_width} of {config.parities}"
        )
    if config.members < 1:
        raise ValueError(f"members must be at least 1; got {config.members}")
    model = MovementModel({}, body, statistics, config, fps)
    tokens = _split_tokens(model, jnp.zeros((1, 2, poses.num_features(body) + TOLD)))
    noisy = jnp.zeros((statistics.shape[0], 1, statistics.shape[1]))
    told = _split_intent(model, jnp.zeros((1, intent.size(config))))
    init = Network(config).init
    if config.members > 1:
        init = jax.vmap(init, in_axes=(0, None, None, None, None))
        key = jax.random.split(key, config.members)
    params = jax.jit(init)(key, tokens, told, noisy, jnp.zeros(1))
    return model.replace(params=params["params"])


def unit_statistics(body: Skeleton, config: ModelConfig) -> Statistics:
    """Scales of 1, as no data has: to measure speed on, and to test.

    Components are single channels of single poses.
    """
    features, channels = poses.num_features(body), poses.num_channels(body)
    mirror = poses.residual_mirror(body) if config.equivariant else None
    split = parity.width(mirror, channels)
    entries = config.horizon * split
    count = min(config.components // config.parities, entries)
    basis = np.eye(count, entries, dtype=np.float32)
    return Statistics(
        token_mean=np.zeros(features, np.float32),
        token_scale=np.ones(features, np.float32),
        frame_scale=np.full(channels, 0.01, np.float32),
        reach=np.ones(channels, np.float32),
        horizon_error=np.ones(config.horizon, np.float32),
        basis=np.tile(
            basis.reshape(count, config.horizon, split), (config.parities, 1, 1, 1)
        ),
        component_scale=np.ones((config.parities, count), np.float32),
    )


def num_parameters(model: MovementModel) -> int:
    """Number of trained parameters."""
    return sum(x.size for x in jax.tree.leaves(model.params))


def _apply(
    model: MovementModel,
    method: str,
    *args,
    key: Array | None = None,
    axes: tuple = (),
    out: Any = 0,
):
    """A method of the network; where there are several members, of all at once.

    Args:
      model: the model.
      method: its name.
      *args: its arguments.
      key: of the dropout.
      axes: where each argument has the members; None where they share it.
      out: where the results have them.
    """

    def of_one(params, key, *args):
        keys = None if key is None else {"dropout": key}
        variables = {"params": params}
        return model.network.apply(variables, *args, method=method, rngs=keys)

    if model.config.members == 1:
        return of_one(model.params, key, *args)
    keys = None if key is None else jax.random.split(key, model.config.members)
    of_all = jax.vmap(of_one, in_axes=(0, 0, *axes), out_axes=out)
    return of_all(model.params, keys, *args)


def _together(model: MovementModel, z: Array) -> jax.Array:
    """The summaries [M, ..., P Z'] of all members as one, [..., P M Z']."""
    if model.config.members == 1:
        return z
    past = jnp.moveaxis(parity.unfold(z, model.config.parities), 1, 0)
    return parity.fold(jnp.concatenate([*past], axis=-1))


def _apart(model: MovementModel, z: Array) -> jax.Array:
    """Each member's summary [M, ..., Z] of one [..., Z]; what is told is for all."""
    members, parities = model.config.members, model.config.parities
    both = parity.unfold(z, parities)
    past, told = jnp.split(both, [both.shape[-1] - _room(model)], axis=-1)
    own = [
        parity.fold(jnp.concatenate([part, told], axis=-1))
        for part in jnp.split(past, members, axis=-1)
    ]
    return jnp.stack(own)


def _split_tokens(model: MovementModel, tokens: Array) -> jax.Array:
    """Tokens [..., F + TOLD] by parity, [P, ..., C]; what is told is even."""
    if not model.config.equivariant:
        return parity.split(None, tokens)
    mirror = parity.chain(poses.token_mirror(model.body), parity.signs(*[1] * TOLD))
    return parity.split(mirror, tokens)


def encode(model: MovementModel, residual: Array) -> jax.Array:
    """Components [P, ..., N] of residuals [..., K, C]; see `lmmjax.model.scales`."""
    scaled = residual / model.statistics.residual_scale
    return scales.encode(
        model.statistics, parity.split(_residual_mirror(model), scaled)
    )


def decode(model: MovementModel, components: Array) -> jax.Array:
    """Residuals [..., K, C] that components [P, ..., N] stand for."""
    scaled = scales.decode(model.statistics, components)
    joined = parity.join(_residual_mirror(model), scaled)
    return joined * model.statistics.residual_scale


def _residual_mirror(model: MovementModel) -> parity.Mirror | None:
    return poses.residual_mirror(model.body) if model.config.equivariant else None


def _tokens(
    model: MovementModel, previous: Poses, observed: Poses, told: Array | None
) -> jax.Array:
    """Normalised tokens [P, B, T, C] of observed poses [B, T]."""
    features, _ = poses.tokens(model.body, previous, observed, model.fps)
    s = model.statistics
    normal = (features - s.token_mean) / s.token_scale
    # A glitch of a sensor must not drown a whole window.
    normal = jnp.clip(normal, -10, 10)
    if told is None:
        told = jnp.zeros((normal.shape[0], TOLD))
    told = jnp.broadcast_to(told[:, None], (*normal.shape[:-1], TOLD))
    return _split_tokens(model, jnp.concatenate([normal, told], axis=-1))


def read(
    model: MovementModel,
    observed: Poses,
    told: Array | None = None,
    key: Array | None = None,
) -> jax.Array:
    """Summary of the past at every pose of a sequence.

    Args:
      model: the model; its body's offsets broadcast with [B, T].
      observed: poses [B, T].
      told: [B, TOLD] how training changed what is seen; nothing by default.
      key: of the dropout in training.

    Returns:
      [B, T, Z]; position t depends on poses up to t only, and nothing is intended.
    """
    tokens = _tokens(model, observed.at(slice(None), 0), observed, told)
    z = _apply(model, "read", tokens, key=key, axes=(None,))
    return _with_room(model, _together(model, z))


def extend(
    model: MovementModel, previous: Poses, observed: Poses, memory: Memory
) -> tuple[jax.Array, Memory]:
    """Summary [B, T, Z] of the next poses [B, T] after those in the memory."""
    tokens = _tokens(model, previous, observed, None)
    z, memory = _apply(
        model, "extend", tokens, memory, axes=(None, _MEMORY), out=(0, _MEMORY)
    )
    return _with_room(model, _together(model, z)), memory


def _intent_mirror(model: MovementModel) -> parity.Mirror | None:
    equivariant = model.config.equivariant
    return intent.mirror(model.body, model.config) if equivariant else None


def _split_intent(model: MovementModel, vector: Array) -> jax.Array:
    """What is told [..., E] by parity, [P, ..., E']."""
    return parity.split(_intent_mirror(model), vector)


def _room(model: MovementModel) -> int:
    """E': how much of each parity of a summary is what is told."""
    size = intent.size(model.config)
    return parity.width(_intent_mirror(model), size) if size else 0


def _with_room(model: MovementModel, z: Array) -> jax.Array:
    """A summary with the room that an intent takes, where nothing is told."""
    if not intent.size(model.config):
        return z
    nothing = jnp.zeros((*z.shape[:-1], intent.size(model.config)))
    past = parity.unfold(z, model.config.parities)
    return parity.fold(jnp.concatenate([past, _split_intent(model, nothing)], axis=-1))


def intend(model: MovementModel, z: Array, vector: Array) -> jax.Array:
    """A summary [..., Z] of the past, with what is intended [..., E].

    See `lmmjax.model.intent` for what the numbers mean. What was intended before is
    forgotten.
    """
    if not intent.size(model.config):
        return z
    told = _split_intent(model, vector)
    past = parity.unfold(z, model.config.parities)[..., : -told.shape[-1]]
    shape = (*past.shape[:-1], told.shape[-1])
    return parity.fold(jnp.concatenate([past, jnp.broadcast_to(told, shape)], axis=-1))


def empty_memory(model: MovementModel, batch: int) -> Memory:
    """The memory of a batch of sequences that has read nothing."""
    return _apply(model, "empty_memory", batch, axes=(None,), out=_MEMORY)


def denoise(
    model: MovementModel,
    noisy: Array,
    tau: Array,
    z: Array,
    key: Array | None = None,
) -> tuple[Array, Array]:
    """Mean and deviation of the clean components from noisy ones; see `Head`.

    Args:
      model: the model.
      noisy: [P, ..., N] components, see `encode`.
      tau: [...] noise level.
      z: [..., Z] summary of the past.
      key: of the dropout in training.

    Returns:
      Both [P, ..., N]; a body's left and right are no more sure apart than together,
      so that deviations are those of even and odd numbers. Of several members they
      are those of the mixture: a model is less sure where its members disagree.
    """
    if model.config.members == 1:
        return _apply(model, "denoise", noisy, tau, z, key=key)
    means, deviations = _apply(
        model, "denoise", noisy, tau, _apart(model, z), key=key, axes=(None, None, 0)
    )
    mean = jnp.mean(means, axis=0)
    # Sums of squares: a difference of means of squares can be below 0.
    variance = jnp.mean(jnp.square(deviations) + jnp.square(means - mean), axis=0)
    return mean, jnp.sqrt(variance)


def emit(model: MovementModel, last: Poses, future: Array) -> Poses:
    """The output layer: components [P, ..., N] of a future to its poses [..., K].

    Limits are applied here, after everything else, and with them any number becomes a
    posture that the body can take; `poses.positions` of the result are its forward
    kinematics, so bones cannot stretch either.
    """
    start = jax.tree.map(lambda x: x[..., None, :], last)
    return poses.advance(model.body, start, decode(model, future))


def _future_shape(model: MovementModel, z: Array) -> tuple[int, ...]:
    """[P, ..., N] of the futures of summaries [..., Z]."""
    parities, components = model.statistics.shape
    return parities, *z.shape[:-1], components


def forecast(model: MovementModel, last: Poses, z: Array) -> Poses:
    """The one-shot forecast [..., K] from the last pose and summary [..., Z]."""
    nothing = jnp.zeros(_future_shape(model, z))
    mean, _ = denoise(model, nothing, jnp.ones(z.shape[:-1]), z)
    return emit(model, last, mean)


def sample(
    model: MovementModel,
    key: jax.Array,
    last: Poses,
    z: Array,
    settings: Sampler | None = None,
    steer: Steer | None = None,
    told: Told | None = None,
    finish: Steer | None = None,
) -> Poses:
    """One sampled future [..., K] per last pose and summary [..., Z].

    Args:
      model: the model.
      key: of the noise; or keys [B], one for each of B pasts, whose futures then do
        not depend on which others they are drawn with.
      last: the newest poses [...].
      z: [..., Z] summary of the past.
      settings: how to draw; by default as `Sampler()` does.
      steer: moves components [P, ..., N] that were drawn, see `sampler.sample`.
      told: what is intended.
      finish: in place of ``steer`` at the last step.
    """
    settings = settings or Sampler()
    shape = _future_shape(model, z)
    if key.ndim:
        of_one = functools.partial(sampler.draw, settings, shape=(shape[0], shape[-1]))
        noise = jax.vmap(of_one, out_axes=2)(key)
    else:
        noise = sampler.draw(settings, key, shape)
    return denoised(model, noise, last, z, settings, steer, told, finish)


def denoised(
    model: MovementModel,
    noise: Array,
    last: Poses,
    z: Array,
    settings: Sampler,
    steer: Steer | None = None,
    told: Told | None = None,
    finish: Steer | None = None,
) -> Poses:
    """The future [..., K] that noise [S, P, ..., N] stands for; see `sample`."""
    aware = z if told is None else intend(model, z, told.vector)

    def estimate(x, tau):
        level = jnp.full(z.shape[:-1], tau)
        mean, deviation = denoise(model, x, level, aware)
        if told is not None and told.scale != 1:
            unaware, _ = denoise(model, x, level, z)
            mean = unaware + told.scale * (mean - unaware)
        return mean, deviation

    return emit(model, last, sampler.sample(estimate, noise, settings, steer, finish))
