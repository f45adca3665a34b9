"""Mixtures of Gaussians, symmetric under a mirror by construction.

With a mirror M, a signed permutation, each component stands for itself and for its
mirror image, which share their parameters:

    p(x) = sum_k w_k [N(x; m_k, S_k) + N(M x; m_k, S_k)] / 2,

since N(x; M m, M S M^T) = N(M x; m, S). So p(x) = p(M x) whatever the parameters.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.skeleton import Array

_LOG_TURN = math.log(2 * math.pi)


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["log_weights", "means", "whiteners"],
    meta_fields=["index", "signs"],
)
@dataclasses.dataclass(frozen=True)
class Mixture:
    """K Gaussians over vectors of n numbers, and their mirror images.

    Attributes:
      log_weights: [K] logarithms of shares that sum to 1.
      means: [K, n].
      whiteners: [K, n, n] lower triangular; ``whitener @ (x - mean)`` has unit
        covariance, so a covariance is the inverse of ``whitener.T @ whitener``.
      index: n places and
      signs: n signs of the mirror, (M x)[i] = signs[i] x[index[i]]; None for none.
    """

    log_weights: Array
    means: Array
    whiteners: Array
    index: tuple[int, ...] | None
    signs: tuple[float, ...] | None

    @property
    def size(self) -> int:
        """n, the length of a vector."""
        return self.means.shape[-1]


def images(mixture: Mixture, x: Array) -> jax.Array:
    """Vectors [..., n] and their mirror images [I, ..., n]; I is 1 without mirror."""
    x = jnp.asarray(x)
    if mixture.index is None:
        return x[None]
    signs = np.array(mixture.signs, np.float32)
    return jnp.stack([x, x[..., np.array(mixture.index)] * signs])


def joint_log_probs(mixture: Mixture, x: Array) -> jax.Array:
    """Log density [I, K, ...] in nats of x [..., n] with its image and component."""
    both = images(mixture, x)

    def component(parameters):
        mean, whitener, log_weight = parameters
        return log_weight + log_normal(both - mean, whitener)

    each = jax.lax.map(
        component, (mixture.means, mixture.whiteners, mixture.log_weights)
    )
    return jnp.moveaxis(each, 1, 0) - math.log(len(both))


def log_prob(mixture: Mixture, x: Array) -> jax.Array:
    """Log density [...] of vectors x [..., n], in nats."""
    return mix(joint_log_probs(mixture, x))


def mix(joint: Array) -> jax.Array:
    """Log of the sum [...] over images and components [I, K, ...] of what is given.

    Images are added first, in an order that does not matter: what is the same in the
    mirror is so to the last bit.
    """
    each = joint[0] if len(joint) == 1 else jnp.logaddexp(*joint)
    return jax.nn.logsumexp(each, axis=0)


def residual(mixture: Mixture, x: Array) -> jax.Array:
    """Residual [..., n + 1] whose half square is -log p of the nearest component.

    For least squares: ``sum(residual**2) / 2`` is, up to a constant, the negative log
    density of the component under which x is most probable ("max-mixture": Olson and
    Agarwal, "Inference on networks of mixtures for robust robot mapping", IJRR 2013).
    The last entry is the component's own height; it does not change with x.
    """
    both = images(mixture, x)
    heights = mixture.log_weights + _log_determinant(mixture.whiteners)
    highest = jnp.max(heights)

    def nearer(best, parameters):
        mean, whitener, height = parameters
        z = (both - mean) @ whitener.T
        last = jnp.sqrt(2 * jnp.maximum(highest - height, 0.0))
        new = jnp.concatenate([z, jnp.broadcast_to(last, (*z.shape[:-1], 1))], axis=-1)
        for image in new:
            closer = jnp.sum(image**2, -1, keepdims=True) < jnp.sum(
                best**2, -1, keepdims=True
            )
            best = jnp.where(closer, image, best)
        return best, None

    shape = (*both.shape[1:-1], mixture.size + 1)
    # Of this size a square is finite in float32, and no residual reaches it.
    start = jnp.full(shape, 1e17 / math.sqrt(shape[-1]), both.dtype)
    return jax.lax.scan(nearer, start, (mixture.means, mixture.whiteners, heights))[0]


def distance(mixture: Mixture, x: Array) -> jax.Array:
    """Mahalanobis distance [...] of x [..., n] to its most probable component."""
    z = residual(mixture, x)[..., :-1]
    return jnp.sqrt(jnp.sum(z**2, axis=-1))


def sample(mixture: Mixture, key: jax.Array, shape: tuple[int, ...] = ()) -> jax.Array:
    """Random vectors [*shape, n]."""
    which, side, noise = jax.random.split(key, 3)
    k = jax.random.categorical(which, jnp.asarray(mixture.log_weights), shape=shape)
    z = jax.random.normal(noise, (*shape, mixture.size))
    whiteners = jnp.asarray(mixture.whiteners)[k]
    x = jnp.asarray(mixture.means)[k] + unwhiten(whiteners, z)
    if mixture.index is None:
        return x
    other = jax.random.bernoulli(side, shape=shape)[..., None]
    return jnp.where(other, images(mixture, x)[1], x)


def marginal(mixture: Mixture, entries: Array) -> Mixture:
    """The density of some entries [m] alone, all others integrated out.

    Raises:
      ValueError: the mirror image of an entry is not among them.
    """
    entries = np.asarray(entries)
    whiteners = np.asarray(mixture.whiteners, np.float64)
    factors = np.linalg.inv(whiteners)[:, entries]
    index: tuple[int, ...] | None = None
    signs: tuple[float, ...] | None = None
    if mixture.index is not None and mixture.signs is not None:
        place = {int(e): i for i, e in enumerate(entries)}
        if any(mixture.index[e] not in place for e in place):
            raise ValueError("a marginal needs both twins of each pair of entries")
        index = tuple(place[mixture.index[e]] for e in place)
        signs = tuple(mixture.signs[e] for e in place)
    covariances = factors @ factors.swapaxes(-1, -2)
    return Mixture(
        mixture.log_weights,
        np.asarray(mixture.means)[:, entries],
        np.linalg.inv(np.linalg.cholesky(covariances)).astype(np.float32),
        index,
        signs,
    )


def log_normal(away: Array, whitener: Array) -> jax.Array:
    """Log density [...] of a Gaussian at vectors [..., n] away from its mean."""
    z = away @ whitener.T
    constant = _log_determinant(whitener) - 0.5 * away.shape[-1] * _LOG_TURN
    return constant - 0.5 * jnp.sum(z**2, axis=-1)


def unwhiten(whiteners: Array, z: Array) -> jax.Array:
    """The vectors [..., n] that whiteners [..., n, n] take to z [..., n]."""
    solution = jax.scipy.linalg.solve_triangular(whiteners, z[..., None], lower=True)
    return solution[..., 0]


def _log_determinant(whiteners: Array) -> jax.Array:
    """Log determinant [...] of lower triangular matrices [..., n, n]."""
    return jnp.sum(jnp.log(jnp.diagonal(whiteners, axis1=-2, axis2=-1)), axis=-1)
