"""Kalman filter and smoother of points that move with white-noise jerk.

State: position, velocity and acceleration on three axes, driven by a jerk that is
white noise, discretised exactly (Bar-Shalom, Li and Kirubarajan, "Estimation with
applications to tracking and navigation", 2001, section 6.2.3). Only places are
measured, each with a 3x3 covariance that couples the axes. The smoother is that of
Rauch, Tung and Striebel in the form of Bryson and Frazier (Bierman, "Fixed interval
smoothing with discrete measurements", 1973), which inverts 3x3 matrices only.

Everything here is in natural units: lengths in standard deviations of the noise,
times in units of tau = (r dt / q)^(1/6), where r is the variance of the noise, dt the
time between frames and q the spectral density of the jerk. The smoother's gain is
then 1 / (1 + (2 pi f tau)^6): its cutoff is at 1 / (2 pi tau). It is to run in
float64 (`jax.enable_x64`): at the far end of a gap of many tau what is left of the
covariance is a small difference of large numbers, and float32 loses it.

N tracks lie side by side on the last axis. Matrices are [3, 3, ...], and orders of
derivative follow: states [3, 3, N] and covariances [3, 3, 3, 3, N] as axis, axis,
order, order, track.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.columns import product, rotate, rotate_back

Array = jax.Array | np.ndarray

# Variance of position, velocity and acceleration of a track that begins. A choice:
# large against what the data say, which is about 1.
_DIFFUSE = 1e6
# Degrees of freedom of the Student-t noise; Lange, Little and Taylor, "Robust
# statistical modeling using the t distribution" (1989), use 4 where they fix them.
FREEDOM = 4.0
# How often tracks are smoothed; from the second time on with the weights of the last.
_PASSES = 2


class Tracks(NamedTuple):
    """N tracks over T frames, in natural units.

    Attributes:
      places: [T, 3, N]; any finite number where not seen.
      noise: [T, 3, 3, N] covariances, positive definite everywhere.
      seen: [T, N] whether there is a measurement.
      step: [N] time between frames.
    """

    places: Array
    noise: Array
    seen: Array
    step: Array


class _Filtered(NamedTuple):
    """What the smoother and the choice of parameters need of a frame."""

    gain: jax.Array
    precision: jax.Array
    surprise: jax.Array
    place: jax.Array
    spread: jax.Array
    begins: jax.Array
    distance: jax.Array
    volume: jax.Array


@jax.jit
def smooth(tracks: Tracks, gap: int, freedom: float):
    """Smoothed places [T, 3, N] and their covariances [T, 3, 3, N].

    Robust by Student-t noise: a measurement at Mahalanobis distance d has the weight
    min(1, (freedom + 3) / (freedom + d^2)), first by its innovation, then by its
    distance from the smoothed place.

    Args:
      tracks: what was measured.
      gap: a track begins anew after more than this many frames without measurement;
        between its parts the results mean nothing.
      freedom: `FREEDOM`, or infinity for Gaussian noise.
    """
    inverse, _ = _inverse(tracks.noise.transpose(1, 2, 0, 3))

    def again(weight, own_freedom):
        noise = tracks.noise / weight[:, None, None]
        frames = _forward(tracks._replace(noise=noise), gap, own_freedom)
        place, spread = _backward(frames, tracks.step)
        off = (tracks.places - place).transpose(1, 0, 2)
        far = jnp.sum(off * rotate(inverse, off), axis=0)
        loose = jnp.sum(inverse * spread.transpose(1, 2, 0, 3), axis=(0, 1))
        return _weight(far + loose, freedom), (place, spread)

    # The first pass weighs while it filters, the others by what they begin with.
    freedoms = jnp.full(_PASSES, jnp.inf).at[0].set(freedom)
    _, (places, spreads) = jax.lax.scan(again, jnp.ones(tracks.seen.shape), freedoms)
    return places[-1], spreads[-1]


@jax.jit
def innovations(tracks: Tracks, gap: int):
    """How well each measurement was foretold by those before it.

    Returns:
      Squared Mahalanobis distances [T, N] of the innovations and log determinants
      [T, N] of their covariances, both without the weights of outliers, and whether
      the frame is one to count [T, N]: a measurement on a track of some age.
    """
    frames = _forward(tracks, gap, FREEDOM)

    def older(age, frame):
        begins, seen = frame
        age = jnp.where(begins, 0, age + seen)
        return age, age

    zero = jnp.zeros(tracks.step.shape, jnp.int32)
    _, age = jax.lax.scan(older, zero, (frames.begins, tracks.seen))
    # Three measurements settle three orders; what is left of the prior goes in a few.
    return frames.distance, frames.volume, tracks.seen & (age >= 5)


def _forward(tracks: Tracks, gap: int, freedom: jax.Array | float) -> _Filtered:
    h = tracks.step
    eye = jnp.eye(3)[:, :, None, None, None]
    drive = eye * _drive(h)
    prior = eye * (_DIFFUSE * jnp.eye(3))[:, :, None] * jnp.ones_like(h)

    def step(carry, frame):
        x, spread, since = carry
        z, noise, seen = frame
        begins = seen & (since > gap)
        first = jnp.stack([z, jnp.zeros_like(z), jnp.zeros_like(z)], axis=1)
        x = jnp.where(begins, first, _advance(x, h, 1))
        spread = _advance(_advance(spread, h, 2), h, 3) + drive
        spread = jnp.where(begins, prior, spread)

        surprise = jnp.where(seen, z - x[:, 0], 0.0)
        total = spread[:, :, 0, 0] + noise
        precision, volume = _inverse(total)
        distance = jnp.sum(surprise * rotate(precision, surprise), axis=0)
        noise = noise / _weight(distance, freedom)
        precision, _ = _inverse(spread[:, :, 0, 0] + noise)
        precision = jnp.where(seen, precision, 0.0)
        gain = product(spread[:, :, :, 0], precision[:, :, None])
        x = x + rotate(gain, surprise[:, None])

        # Joseph's form (I - K H) P (I - K H)' + K R K'. What is left of the place is
        # R / S, which 1 - K would lose to rounding when P is large.
        left = jnp.where(seen, product(noise, precision), jnp.eye(3)[:, :, None])
        half = spread - product(gain[:, :, :, None], spread[:, :, :1])
        half = half.at[:, :, 0].set(product(left[:, :, None], spread[:, :, 0]))
        turned = gain.swapaxes(0, 1)
        whole = half - product(half[:, :, :, :1], turned[:, :, None])
        kept = product(half[:, :, :, 0], left.swapaxes(0, 1)[:, :, None])
        whole = whole.at[:, :, :, 0].set(kept)
        noisy = product(gain, noise[:, :, None])
        whole = whole + product(noisy[:, :, :, None], turned[:, :, None])
        spread = (whole + whole.transpose(1, 0, 3, 2, 4)) / 2

        since = jnp.where(seen, 0, since + 1)
        found = _Filtered(
            gain,
            precision,
            surprise,
            x[:, 0],
            spread[:, :, 0],
            begins,
            distance,
            volume,
        )
        return (x, spread, since), found

    count = h.shape[0]
    start = (
        jnp.zeros((3, 3, count)),
        prior,
        jnp.full(count, jnp.iinfo(jnp.int32).max // 2),
    )
    return jax.lax.scan(step, start, (tracks.places, tracks.noise, tracks.seen))[1]


def _backward(frames: _Filtered, h: Array):
    """Places and covariances given all measurements, by adjoint variables."""

    def step(carry, frame):
        pull, grip = carry
        own = frame.spread
        place = frame.place - jnp.sum(rotate(own, pull), axis=1)
        x, y, z = (product(own[:, :, b, None], grip[:, :, b]) for b in range(3))
        taken = jnp.sum(product(x + y + z, own.swapaxes(0, 1)), axis=2)
        spread = frame.spread[:, :, 0] - taken

        turned = frame.gain.swapaxes(0, 1)
        said = rotate(frame.precision, frame.surprise)
        pulled = jnp.sum(rotate_back(frame.gain, pull), axis=1)
        pull = pull.at[:, 0].add(-pulled - said)
        x, y, z = (product(turned[:, :, c, None], grip[:, :, c]) for c in range(3))
        grip = grip.at[:, :, 0].add(-(x + y + z))
        column = jnp.sum(product(grip, frame.gain[:, :, None]), axis=3)
        grip = grip.at[:, :, :, 0].add(-column)
        grip = grip.at[:, :, 0, 0].add(frame.precision)

        pull = _recede(pull, h, 1)
        grip = _recede(_recede(grip, h, 2), h, 3)
        # What came before a track begins is none of its business.
        pull = jnp.where(frame.begins, 0.0, pull)
        grip = jnp.where(frame.begins, 0.0, grip)
        return (pull, grip), (place, (spread + spread.swapaxes(0, 1)) / 2)

    start = jnp.zeros((3, 3, h.shape[0])), jnp.zeros((3, 3, 3, 3, h.shape[0]))
    return jax.lax.scan(step, start, frames, reverse=True)[1]


def _advance(x: jax.Array, h: Array, axis: int) -> jax.Array:
    """The transition over one step, on an axis of orders."""
    place, speed, pull = (jnp.take(x, k, axis) for k in range(3))
    return jnp.stack([place + h * (speed + h / 2 * pull), speed + h * pull, pull], axis)


def _recede(x: jax.Array, h: Array, axis: int) -> jax.Array:
    """The transpose of `_advance`."""
    place, speed, pull = (jnp.take(x, k, axis) for k in range(3))
    return jnp.stack(
        [place, speed + h * place, pull + h * (speed + h / 2 * place)], axis
    )


def _drive(h: Array) -> Array:
    """Covariance [3, 3, N] that the jerk adds in one step; its density is h."""
    powers = np.array([[5, 4, 3], [4, 3, 2], [3, 2, 1]])
    shares = np.array(
        [[1 / 20, 1 / 8, 1 / 6], [1 / 8, 1 / 3, 1 / 2], [1 / 6, 1 / 2, 1]]
    )
    return shares[..., None] * h ** (powers[..., None] + 1.0)


def _weight(distance: jax.Array, freedom: jax.Array | float) -> jax.Array:
    """min(1, (freedom + 3) / (freedom + distance)), also for infinite freedom."""
    return 1 / (1 + jnp.maximum(distance - 3, 0) / (freedom + 3))


def _inverse(m: Array) -> tuple[jax.Array, jax.Array]:
    """Inverse of symmetric matrices [3, 3, ...] and the log of their determinant."""
    (a, b, c), (_, d, e), (_, _, f) = m
    aa, ab, ac = d * f - e * e, c * e - b * f, b * e - c * d
    bb, bc, cc = a * f - c * c, b * c - a * e, a * d - b * b
    det = a * aa + b * ab + c * ac
    inverse = jnp.stack([aa, ab, ac, ab, bb, bc, ac, bc, cc]) / det
    return inverse.reshape(m.shape), jnp.log(det)
