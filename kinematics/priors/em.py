"""Mixtures fitted to data by expectation maximisation.

Data and components are paired with their mirror images (see `mixture`), so a frame
counts for both sides of the body. Means start by k-means++ (Arthur and Vassilvitskii
2007). A covariance is drawn towards the mean one of all components, as if that had
been seen in ``SHRINKAGE`` times n more frames, and the square of a floor is added to
its diagonal: it stays regular with few frames, or with coordinates that never change.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.priors import mixture as mixtures
from kinematics.priors.mixture import Mixture
from kinematics.skeleton import Array

SHRINKAGE = 1.0
ITERATIONS = 40
# Nats per frame and entry; less gain than that ends the iterations.
TOLERANCE = 2e-4

Mirror = tuple[np.ndarray, np.ndarray]


def fit_mixture(
    x: Array,
    components: int,
    floor: Array,
    mirror: Mirror | None = None,
    seed: int = 0,
) -> Mixture:
    """Fit a mixture of Gaussians.

    Args:
      x: [N, n] data; rows with missing (NaN) values are not looked at.
      components: K; fewer where there are fewer rows.
      floor: [n] least standard deviation in each coordinate.
      mirror: index and signs [n] of the mirror, or None.
      seed: of the random start.

    Returns:
      The mixture; the same for the same data and seed.

    Raises:
      ValueError: no row without missing values.
    """
    x = np.asarray(x, np.float32)
    x = x[np.isfinite(x).all(axis=1)]
    if not len(x):
        raise ValueError("a density needs at least one frame without missing values")
    index, signs = (None, None) if mirror is None else mirror
    both = x if index is None else np.concatenate([x, x[:, index] * signs])
    center = both.mean(axis=0, dtype=np.float64)
    scale = np.sqrt(both.var(axis=0, dtype=np.float64) + np.square(floor))
    if index is not None:
        # Exactly alike on both sides, whatever the order of the sums was.
        center = (center + center[index] * signs) / 2
        scale = (scale + scale[index]) / 2
    data = ((x - center) / scale).astype(np.float32)
    ridge = np.square(np.asarray(floor) / scale).astype(np.float32)
    meta = (
        None if index is None else tuple(index.tolist()),
        None if signs is None else tuple(signs.tolist()),
    )
    seeds = _seeds(data, min(components, len(x)), mirror, seed)
    count, size = seeds.shape
    # A sharp start: each frame belongs to the seed that is nearest.
    sharp = np.broadcast_to(30 * np.eye(size, dtype=np.float32), (count, size, size))
    even = np.full(count, -np.log(count), np.float32)
    fitted = Mixture(even, seeds, sharp, *meta)
    last = -np.inf
    for iteration in range(ITERATIONS):
        fitted, mean = _step(fitted, data, ridge)
        # The first likelihood is that of the start, which is no fit.
        if iteration > 1 and float(mean) - last < TOLERANCE * size:
            break
        last = float(mean)
    return Mixture(
        np.asarray(fitted.log_weights),
        (center + np.asarray(fitted.means) * scale).astype(np.float32),
        (np.asarray(fitted.whiteners) / scale).astype(np.float32),
        *meta,
    )


def responsibilities(mixture: Mixture, x: Array) -> jax.Array:
    """Probability [I, K, N] that each image of each component made x [N, n]."""
    return jax.nn.softmax(mixtures.joint_log_probs(mixture, x), axis=(0, 1))


def whitener(covariance: Array) -> jax.Array:
    """Lower triangular W [..., n, n] with W C W^T = 1."""
    factor = jnp.linalg.cholesky(covariance)
    unit = jnp.broadcast_to(jnp.eye(factor.shape[-1], dtype=factor.dtype), factor.shape)
    return jax.scipy.linalg.solve_triangular(factor, unit, lower=True)


@jax.jit
def _step(mixture: Mixture, x: jax.Array, ridge: jax.Array):
    """One iteration, and the mean log density of the mixture that came in."""
    joint = mixtures.joint_log_probs(mixture, x)
    share = jax.nn.softmax(joint, axis=(0, 1))
    both = mixtures.images(mixture, x).reshape(-1, mixture.size)
    share = jnp.moveaxis(share, 1, 0).reshape(len(mixture.means), -1)

    def moments(weights):
        count = jnp.maximum(weights.sum(), 1e-6)
        mean = weights @ both / count
        away = both - mean
        return mean, count, (away * weights[:, None]).T @ away

    means, counts, squares = jax.lax.map(moments, share)
    # An image is a share of the mixture, not more of it.
    total = counts.sum()
    pooled = squares.sum(axis=0) / total
    strength = SHRINKAGE * mixture.size
    covariances = (squares + strength * pooled) / (counts + strength)[:, None, None]
    covariances += jnp.diag(ridge)
    weights = jnp.log((counts + 1) / (total + len(counts)))
    fitted = Mixture(
        weights, means, whitener(covariances), mixture.index, mixture.signs
    )
    return fitted, jnp.mean(mixtures.mix(joint))


def _seeds(x: np.ndarray, count: int, mirror: Mirror | None, seed: int) -> np.ndarray:
    """Rows [K, n] of x far from each other and from each other's mirror images."""
    rng = np.random.default_rng(seed)
    chosen = [x[rng.integers(len(x))]]
    away = np.full(len(x), np.inf)
    while len(chosen) < count:
        for image in _both(chosen[-1], mirror):
            away = np.minimum(away, np.square(x - image).sum(axis=1, dtype=np.float64))
        total = away.sum()
        if total <= 0:
            break
        chosen.append(x[np.searchsorted(np.cumsum(away) / total, rng.uniform())])
    return np.stack(chosen)


def _both(row: np.ndarray, mirror: Mirror | None) -> list[np.ndarray]:
    return [row] if mirror is None else [row, row[mirror[0]] * mirror[1]]
