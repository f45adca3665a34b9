"""Plain numbers the model needs of the data: scales of tokens and residuals."""

from collections.abc import Iterable

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton
from lmmjax.data.windows import Windows
from lmmjax.model import poses
from lmmjax.model.movement import Statistics
from lmmjax.training.augment import can_mirror

# Windows that the scales are measured on, drawn evenly over all clips.
_WINDOWS = 512
_BATCH = 64
# Radians that a joint turns at most within a horizon, for scales.
_FURTHEST = 1.5


def fit_statistics(
    body: Skeleton,
    windows: Windows,
    horizon: int,
    fps: float,
    components: int,
    weights: np.ndarray | None = None,
) -> Statistics:
    """Measure token and residual scales on training windows.

    Args:
      body: the body with its final limits.
      windows: training windows of more than ``horizon`` frames.
      horizon: K.
      fps: frames per second.
      components: M; K of them are taken where that is less.
      weights: [number of windows] how often training draws each; all alike by default.

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
    symmetric = can_mirror(body)
    if symmetric:
        token, residual = poses.token_mirror(body), poses.residual_mirror(body)
        for name, mirrored in (
            ("token", total["token"][token.source] * token.sign),
            ("token_square", total["token_square"][token.source]),
            ("residual_square", total["residual_square"][:, residual.source]),
        ):
            total[name] = (total[name] + mirrored) / 2
    mean = total["token"] / total["tokens"]
    variance = total["token_square"] / total["tokens"] - mean**2
    scale = np.sqrt(np.maximum(variance, 0))
    root = np.sqrt(total["residual_square"] / total["residuals"][:, None])
    residual_scale = np.maximum(root, 1e-4).astype(np.float32)
    multiply = jax.jit(_multiply)
    products = _sum(
        multiply(body, windows.take(index), residual_scale) for index in blocks
    )
    covariance = products["products"] / max(products["count"], 1)
    if symmetric:
        covariance = (covariance + covariance[residual.source]) / 2
    basis, component_scale = _principal(covariance, components)
    return Statistics(
        token_mean=mean.astype(np.float32),
        # A channel that never moves carries no information: keep its noise small.
        token_scale=np.maximum(scale, 1e-2).astype(np.float32),
        residual_scale=residual_scale,
        horizon_error=np.maximum(total["error"] / total["residuals"], 1e-4).astype(
            np.float32
        ),
        basis=basis,
        component_scale=component_scale,
    )


def _principal(covariance: np.ndarray, components: int) -> tuple[np.ndarray, ...]:
    """Principal components [K, M] of all channels' [C, K, K], and scales [M, C]."""
    _, vectors = np.linalg.eigh(covariance.sum(0))
    basis = vectors[:, ::-1][:, :components]
    # Eigenvectors have no sign; the same data shall give the same numbers.
    basis = basis * np.where(basis[-1] < 0, -1.0, 1.0)
    variance = np.einsum("km,ckl,lm->mc", basis, covariance, basis)
    # A channel without this component has nothing to be magnified.
    scale = np.sqrt(np.maximum(variance, 1e-4 * np.trace(covariance.mean(0))))
    return basis.astype(np.float32), np.maximum(scale, 1e-4).astype(np.float32)


def _sum(parts: Iterable[dict]) -> dict[str, np.ndarray]:
    totals: dict[str, np.ndarray] = {}
    for part in parts:
        for key, value in part.items():
            totals[key] = totals.get(key, 0.0) + np.asarray(value, np.float64)
    return totals


def _measure(body: Skeleton, batch, horizon: int, fps: float) -> dict[str, jax.Array]:
    """Sums over one batch of windows."""
    body = body.replace(offsets=jnp.asarray(batch.offsets)[:, None])
    every = slice(None)
    frames = Poses(*(jnp.asarray(x) for x in batch.poses))
    features, places = poses.tokens(body, frames.at(every, 0), frames, fps)
    valid = jnp.asarray(batch.valid)
    squares, errors, counts = [], [], []
    for h in range(1, horizon + 1):
        both = (valid[:, h:] & valid[:, :-h])[..., None]
        r = _bounded(
            poses.difference(
                body, frames.at(every, slice(-h)), frames.at(every, slice(h, None))
            )
        )
        squares.append(jnp.sum(jnp.where(both, r * r, 0), (0, 1)))
        moved = jnp.linalg.norm(places[:, h:] - places[:, :-h], axis=-1).mean(-1)
        errors.append(jnp.sum(jnp.where(both[..., 0], moved, 0)))
        counts.append(jnp.sum(both))
    seen = valid[..., None]
    return {
        "token": jnp.sum(jnp.where(seen, features, 0), (0, 1)),
        "token_square": jnp.sum(jnp.where(seen, features**2, 0), (0, 1)),
        "tokens": jnp.sum(seen),
        "residual_square": jnp.stack(squares),
        "residuals": jnp.stack(counts),
        "error": jnp.stack(errors),
    }


def _bounded(residual: jax.Array) -> jax.Array:
    """Residuals whose joints turn no further than movement does.

    Captured thumbs and toes flip by half a turn from one frame to the next; a few such
    frames would set the scale of the coordinate.
    """
    return residual.at[..., 6:].set(jnp.clip(residual[..., 6:], -_FURTHEST, _FURTHEST))


def _multiply(body: Skeleton, batch, scale: jax.Array) -> dict[str, jax.Array]:
    """Products [C, K, K] of scaled residuals, summed over one batch of windows."""
    body = body.replace(offsets=jnp.asarray(batch.offsets)[:, None, None])
    horizon = scale.shape[0]
    frames = Poses(*(jnp.asarray(x) for x in batch.poses))
    valid = jnp.asarray(batch.valid)
    starts = jnp.arange(valid.shape[1] - horizon)[:, None]
    after = starts + 1 + jnp.arange(horizon)
    every = slice(None)
    r = poses.difference(body, frames.at(every, starts), frames.at(every, after))
    r = _bounded(r)
    whole = jnp.all(valid[:, after], axis=-1) & valid[:, starts[:, 0]]
    r = jnp.where(whole[..., None, None], r / scale, 0)
    return {
        "products": jnp.einsum("bskc,bslc->ckl", r, r),
        "count": jnp.sum(whole),
    }
