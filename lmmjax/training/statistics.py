"""Plain numbers the model needs of the data: scales of tokens and residuals."""

import functools
from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton
from lmmjax.data.windows import Windows
from lmmjax.model import parity, poses
from lmmjax.model.movement import Statistics
from lmmjax.training.augment import can_mirror

# Windows that the scales are measured on, drawn evenly over all clips.
_WINDOWS = 512
_BATCH = 64
# Radians that a joint turns at most within a horizon, for scales.
_FURTHEST = 1.5
# Metres at least that a radian of a joint counts as: turns of what nothing hangs from
# are seen too.
_LEVER = 0.01
# Of the largest component's scale, the least that one has: what hardly moves is not
# magnified.
_LEAST_SCALE = 1e-3


def fit_statistics(
    body: Skeleton,
    windows: Windows,
    horizon: int,
    fps: float,
    components: int,
    weights: np.ndarray | None = None,
    equivariant: bool = True,
) -> Statistics:
    """Measure token and residual scales on training windows.

    Args:
      body: the body with its final limits.
      windows: training windows of more than ``horizon`` frames.
      horizon: K.
      fps: frames per second.
      components: N, those of all parities together; as many as there are where that
        is less.
      weights: [number of windows] how often training draws each; all alike by default.
      equivariant: whether the network commutes with the mirror, where there is one.

    Returns:
      Statistics over up to 512 windows spread evenly over the data, and over their
      mirror images where the body has a mirror: scales of a model that commutes with
      it must not tell left from right.
    """
    count = len(windows)
    looked = min(count, _WINDOWS)
    if weights is None:
        chosen = np.linspace(0, count - 1, looked).astype(int)
    else:
        until = np.cumsum(weights) / np.sum(weights)
        chosen = np.searchsorted(until, (np.arange(looked) + 0.5) / looked)
        chosen = np.minimum(chosen, count - 1)
    chosen = np.resize(chosen, -(-len(chosen) // _BATCH) * _BATCH)
    blocks = chosen.reshape(-1, _BATCH)
    measure = jax.jit(_measure, static_argnames=("horizon", "fps"))
    total = _sum(
        measure(body, windows.take(index), horizon=horizon, fps=fps) for index in blocks
    )
    reach = _reach(body, windows.take(blocks[:, 0]))
    mirror = None
    if can_mirror(body):
        token, mirror = poses.token_mirror(body), poses.residual_mirror(body)
        for name, mirrored in (
            ("token", total["token"][token.source] * token.sign),
            ("token_square", total["token_square"][token.source]),
            ("residual_square", total["residual_square"][mirror.source]),
        ):
            total[name] = (total[name] + mirrored) / 2
        reach = (reach + reach[mirror.source]) / 2
    mean = total["token"] / total["tokens"]
    variance = total["token_square"] / total["tokens"] - mean**2
    scale = np.sqrt(np.maximum(variance, 0))
    root = np.sqrt(total["residual_square"] / total["residuals"][0])
    horizon_error = np.maximum(total["error"] / total["residuals"], 1e-4)
    unit = (horizon_error[:, None] / reach).astype(np.float32)
    multiply = jax.jit(functools.partial(_multiply, mirror=mirror))
    products = _sum(multiply(body, windows.take(index), unit) for index in blocks)
    covariance = products["products"] / max(products["count"], 1)
    basis, component_scale = _principal(covariance, components // len(covariance))
    basis = basis.reshape(*basis.shape[:2], horizon, -1)
    if mirror is not None and not equivariant:
        # The same components, of channels that nobody tells by parity.
        even, odd = jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
        alone = [x[:, None, None, None] * basis for x in (even, odd)]
        basis = np.concatenate([parity.join(mirror, x) for x in alone])[None]
        component_scale = component_scale.reshape(1, -1)
    return Statistics(
        token_mean=mean.astype(np.float32),
        # A channel that never moves carries no information: keep its noise small.
        token_scale=np.maximum(scale, 1e-2).astype(np.float32),
        frame_scale=np.maximum(root, 1e-4).astype(np.float32),
        reach=reach.astype(np.float32),
        horizon_error=horizon_error.astype(np.float32),
        basis=basis,
        component_scale=component_scale,
    )


def _principal(
    covariance: np.ndarray, components: int
) -> tuple[np.ndarray, np.ndarray]:
    """Principal components [P, N, F] of covariances [P, F, F], and scales [P, N]."""
    variance, vectors = np.linalg.eigh(covariance)
    largest = slice(None, -1 - components, -1)
    variance, basis = variance[:, largest], np.swapaxes(vectors, 1, 2)[:, largest]
    # Eigenvectors have no sign; the same data shall give the same numbers.
    most = np.abs(basis).argmax(-1)[..., None]
    basis = basis * np.sign(np.take_along_axis(basis, most, axis=-1))
    scale = np.sqrt(np.maximum(variance, 0))
    scale = np.maximum(scale, max(_LEAST_SCALE * scale.max(), 1e-6))
    return basis.astype(np.float32), scale.astype(np.float32)


def _reach(body: Skeleton, batch) -> np.ndarray:
    """How far a unit of each residual channel moves the joints, [C] metres."""
    body = body.replace(offsets=jnp.asarray(batch.offsets))
    start = Poses(*(jnp.asarray(x[:, 0]) for x in batch.poses))

    def places(residual):
        return poses.positions(body, poses.advance(body, start, residual))

    @jax.jit
    def measure():
        """By one channel after another: [C, B, J, 3] would be large."""
        channels = jnp.eye(poses.num_channels(body))
        zero = jnp.zeros((len(batch.offsets), len(channels)))

        def square(channel):
            _, moved = jax.jvp(
                places, (zero,), (jnp.broadcast_to(channel, zero.shape),)
            )
            return jnp.mean(jnp.sum(moved * moved, axis=-1))

        return jnp.sqrt(jax.lax.map(square, channels))

    return np.maximum(np.asarray(measure(), np.float64), _LEVER)


def _sum(parts: Iterable[dict]) -> dict[str, np.ndarray]:
    totals: dict[str, np.ndarray] = {}
    for part in parts:
        for key, value in part.items():
            totals[key] = totals.get(key, 0.0) + np.asarray(value, np.float64)
    return totals


def _measure(body: Skeleton, batch, horizon: int, fps: float) -> dict[str, jax.Array]:
    """Sums over one batch of windows."""
    body = body.replace(offsets=jnp.asarray(batch.offsets)[:, None])
    frames = Poses(*(jnp.asarray(x) for x in batch.poses))
    features, places = poses.tokens(body, frames.at(slice(None), 0), frames, fps)
    valid = jnp.asarray(batch.valid)
    errors, counts = [], []
    for h in range(1, horizon + 1):
        both = valid[:, h:] & valid[:, :-h]
        moved = jnp.linalg.norm(places[:, h:] - places[:, :-h], axis=-1).mean(-1)
        errors.append(jnp.sum(jnp.where(both, moved, 0)))
        counts.append(jnp.sum(both))
    every = slice(None)
    ends = frames.at(every, slice(-1)), frames.at(every, slice(1, None))
    change = _bounded(poses.difference(body, *ends))
    both = (valid[:, 1:] & valid[:, :-1])[..., None]
    seen = valid[..., None]
    return {
        "token": jnp.sum(jnp.where(seen, features, 0), (0, 1)),
        "token_square": jnp.sum(jnp.where(seen, features**2, 0), (0, 1)),
        "tokens": jnp.sum(seen),
        "residual_square": jnp.sum(jnp.where(both, change**2, 0), (0, 1)),
        "residuals": jnp.stack(counts),
        "error": jnp.stack(errors),
    }


def _bounded(residual: jax.Array) -> jax.Array:
    """Residuals whose joints turn no further than movement does.

    Captured thumbs and toes flip by half a turn from one frame to the next; a few such
    frames would set the scale of the coordinate.
    """
    return residual.at[..., 6:].set(jnp.clip(residual[..., 6:], -_FURTHEST, _FURTHEST))


def _multiply(
    body: Skeleton, batch, unit: jax.Array, mirror: parity.Mirror | None
) -> dict[str, jax.Array]:
    """Products [P, F, F] of scaled residuals by parity, summed over one batch."""
    body = body.replace(offsets=jnp.asarray(batch.offsets)[:, None, None])
    horizon = unit.shape[0]
    frames = Poses(*(jnp.asarray(x) for x in batch.poses))
    valid = jnp.asarray(batch.valid)
    starts = jnp.arange(valid.shape[1] - horizon)[:, None]
    after = starts + 1 + jnp.arange(horizon)
    every = slice(None)
    r = poses.difference(body, frames.at(every, starts), frames.at(every, after))
    r = _bounded(r)
    whole = jnp.all(valid[:, after], axis=-1) & valid[:, starts[:, 0]]
    r = jnp.where(whole[..., None, None], r / unit, 0)
    split = parity.split(mirror, r)
    flat = split.reshape(len(split), -1, split.shape[-2] * split.shape[-1])
    return {
        "products": jnp.einsum("pnf,png->pfg", flat, flat),
        "count": jnp.sum(whole),
    }
