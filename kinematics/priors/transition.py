"""The density of what comes next: a mixture of linear predictions.

A mixture over states (posture, rate) says which components a state belongs to; each
predicts the next rate by a line, with a Gaussian error:

    p(next | state) = sum_k p(k | state) N(next; c_k + A_k (state - m_k), Q_k),

over components and their mirror images. It integrates to 1 over the next rate, which
with the posture gives the next posture. Slopes are drawn towards one common line.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.priors import em
from kinematics.priors import mixture as mixtures
from kinematics.priors.mixture import Mixture
from kinematics.skeleton import Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["states", "errors", "slopes"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Transition:
    """K linear predictions of the next rate, and their mirror images.

    Attributes:
      states: mixture over n numbers, a posture and a rate.
      errors: mixture over the m numbers of a rate: its means are the predictions at
        the means of the states, its covariances those of the errors. Its weights are
        those of the states.
      slopes: [K, m, n] change of the prediction with the state.
    """

    states: Mixture
    errors: Mixture
    slopes: Array


def log_prob(transition: Transition, state: Array, following: Array) -> jax.Array:
    """Log density [...] of the next rates [..., m] after states [..., n], in nats."""
    states, errors = transition.states, transition.errors
    gates = mixtures.joint_log_probs(states, state)
    before, after = mixtures.images(states, state), mixtures.images(errors, following)

    def component(parameters):
        center, mean, whitener, slope = parameters
        predicted = mean + (before - center) @ slope.T
        return mixtures.log_normal(after - predicted, whitener)

    each = jax.lax.map(
        component, (states.means, errors.means, errors.whiteners, transition.slopes)
    )
    return mixtures.mix(gates + jnp.moveaxis(each, 1, 0)) - mixtures.mix(gates)


def sample(transition: Transition, key: jax.Array, state: Array) -> jax.Array:
    """Random next rates [..., m] after states [..., n]."""
    states, errors = transition.states, transition.errors
    which, noise = jax.random.split(key)
    gates = jnp.moveaxis(mixtures.joint_log_probs(states, state), (0, 1), (-2, -1))
    shape = gates.shape[:-2]
    count = gates.shape[-1]
    chosen = jax.random.categorical(which, gates.reshape(*shape, -1))
    other, k = (chosen // count)[..., None], chosen % count
    before = jnp.where(other, mixtures.images(states, state)[-1], state)
    slopes = jnp.asarray(transition.slopes)[k]
    away = before - jnp.asarray(states.means)[k]
    z = jax.random.normal(noise, (*shape, errors.size))
    following = (
        jnp.asarray(errors.means)[k]
        + jnp.einsum("...mn,...n->...m", slopes, away)
        + mixtures.unwhiten(jnp.asarray(errors.whiteners)[k], z)
    )
    return jnp.where(other, mixtures.images(errors, following)[-1], following)


def fit_transition(
    states: Mixture,
    before: Array,
    following: Array,
    floor: Array,
    fps: float,
    mirror: em.Mirror | None = None,
) -> Transition:
    """Fit the predictions to N pairs.

    The slopes are those of least squares when each state is shaken by noise of the
    size of the floor, while what follows stays where it was. So a prediction leads
    back to the postures that were seen, and a sequence of them does not drift away.

    Args:
      states: mixture over states, fitted to them.
      before: [N, n] states, none missing: a posture, then a rate of it.
      following: [N, m] the rate after each.
      floor: [n] least standard deviation of states; that of the errors is the part
        of it for rates.
      fps: by which a rate is divided for the change in a frame.
      mirror: index and signs [m] of rates, or None.
    """
    index, signs = (None, None) if mirror is None else mirror
    floor = np.asarray(floor, np.float32)
    unit = np.eye(following.shape[1], dtype=np.float32)
    plain = Mixture(
        states.log_weights,
        np.zeros((len(states.means), len(unit)), np.float32),
        np.broadcast_to(unit, (len(states.means), *unit.shape)),
        None if index is None else tuple(index.tolist()),
        None if signs is None else tuple(signs.tolist()),
    )
    # Alike on both sides.
    spread = np.asarray(mixtures.images(states, before)).var(axis=1).mean(axis=0)
    scale = np.sqrt(spread + floor**2)
    means, whiteners, slopes = _regress(
        states, plain, before, following, floor, scale, np.float32(fps)
    )
    errors = dataclasses.replace(plain, means=means, whiteners=whiteners)
    return jax.tree.map(np.asarray, Transition(states, errors, slopes))


@jax.jit
def _regress(states, errors, before, following, floor, scale, fps):
    """Predictions at the means of the states, whiteners of the errors, slopes."""
    share = em.responsibilities(states, before)
    share = jnp.moveaxis(share, 1, 0).reshape(len(states.means), -1)
    z = mixtures.images(states, before).reshape(-1, states.size)
    y = mixtures.images(errors, following).reshape(-1, errors.size)

    def moments(inputs):
        weights, center = inputs
        away = (z - center) / scale
        count = jnp.maximum(weights.sum(), 1e-6)
        a, b = weights @ away / count, weights @ y / count
        weighted = (away - a) * weights[:, None]
        return count, a, b, weighted.T @ (away - a), weighted.T @ (y - b)

    counts, a, b, squares, products = jax.lax.map(moments, (share, states.means))
    # What the noise adds: to the states their own variance; a posture that is off by
    # some noise needs a rate that takes it back within a frame.
    posture = states.size - errors.size
    shaken = counts[:, None] * (floor / scale) ** 2
    squares += jax.vmap(jnp.diag)(shaken)
    back = shaken[:, :posture] * scale[:posture] * fps
    at = jnp.arange(posture)
    products = products.at[:, at, at].add(-back)
    common = jnp.linalg.solve(squares.sum(axis=0), products.sum(axis=0))
    strength = em.SHRINKAGE * states.size
    slopes = jnp.linalg.solve(
        squares + strength * jnp.eye(states.size), products + strength * common
    )

    def error(inputs):
        weights, center, a, b, slope = inputs
        left = y - b - ((z - center) / scale - a) @ slope
        return (left * weights[:, None]).T @ left

    left = jax.lax.map(error, (share, states.means, a, b, slopes))
    pooled = left.sum(axis=0) / counts.sum()
    strength = em.SHRINKAGE * errors.size
    covariances = (left + strength * pooled) / (counts + strength)[:, None, None]
    covariances += jnp.diag(floor[-errors.size :] ** 2)
    means = b - jnp.einsum("kn,knm->km", a, slopes)
    slopes = jnp.swapaxes(slopes / scale[:, None], 1, 2)
    return means, em.whitener(covariances), slopes
