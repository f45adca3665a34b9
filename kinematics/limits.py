"""Joint limits as a smooth bijection from all real numbers.

A network, an optimiser or a sampler works on unconstrained coordinates; `apply`
turns them into joint coordinates that obey the limits, exactly, and `invert`
goes back. Well inside the limits both are the identity; the bend begins about
`SOFTNESS` before a bound, so that a straight knee still learns.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.rotations import norm
from kinematics.skeleton import DOFS, Array, Skeleton, coordinate_starts, free_limits

SOFTNESS = np.float32(np.deg2rad(2.0))
# Values pulled back to this share of the softness inside before an inverse,
# which is infinite on the bound itself.
_INSIDE = 1e-3


@jax.custom_jvp
def softclip(u: Array, lower: Array, upper: Array, softness: Array) -> jax.Array:
    """Smooth, strictly increasing map of the reals into (lower, upper).

    lower + d [softplus((u - lower) / d) - softplus((u - upper) / d)] with d the
    softness, written so that no large numbers cancel. The slope is 0.99 at five
    softnesses inside a bound and 1/2 on it.
    """
    below = jnp.log1p(jnp.exp(-jnp.abs(u - lower) / softness))
    above = jnp.log1p(jnp.exp(-jnp.abs(u - upper) / softness))
    return jnp.clip(
        jnp.clip(u, lower, upper) + softness * (below - above), lower, upper
    )


@softclip.defjvp
def _softclip_jvp(primals, tangents):
    u, lower, upper, softness = primals
    below = jax.nn.sigmoid((u - lower) / softness)
    above = jax.nn.sigmoid((u - upper) / softness)
    # Bounds and softness describe the body and are held constant.
    return softclip(*primals), (below - above) * tangents[0]


def softclip_inverse(
    x: Array, lower: Array, upper: Array, softness: Array
) -> jax.Array:
    """The u with softclip(u) = x; x is first brought just inside the bounds."""
    margin = _INSIDE * softness
    x = jnp.clip(x, lower + margin, upper - margin)
    # In a range of few float32 steps the margin is lost to rounding: never log(0).
    below = jnp.log(-jnp.expm1(-jnp.maximum(x - lower, margin) / softness))
    above = jnp.log(-jnp.expm1(-jnp.maximum(upper - x, margin) / softness))
    return x + softness * (below - above)


def _swing_indices(skeleton: Skeleton) -> np.ndarray:
    """[B, 2] coordinates of the swing of each of the B ball joints."""
    starts = coordinate_starts(skeleton.kinds)
    balls = [
        s for s, kind in zip(starts, skeleton.kinds, strict=True) if kind == "ball"
    ]
    return np.array(balls, int).reshape(-1, 1) + np.arange(2)


def _box_indices(skeleton: Skeleton) -> np.ndarray:
    """Coordinates limited by a range of their own: all but the swings."""
    swings = _swing_indices(skeleton).ravel()
    return np.setdiff1d(np.arange(skeleton.num_coordinates), swings)


def _softness(lower: Array, upper: Array) -> Array:
    """The softness, less where a range is so narrow that both bends would meet."""
    return jnp.minimum(SOFTNESS, (upper - lower) / 8)


def _ellipse(skeleton: Skeleton) -> tuple[np.ndarray, Array, Array, Array]:
    """Coordinates, centre, half axes [B, 2] and relative softness [B, 1]."""
    index = _swing_indices(skeleton)
    lower, upper = jnp.asarray(skeleton.lower), jnp.asarray(skeleton.upper)
    center = (lower[index] + upper[index]) / 2
    half = (upper[index] - lower[index]) / 2
    mean = jnp.sqrt(half[:, :1] * half[:, 1:])
    return index, center, half, jnp.minimum(SOFTNESS / mean, 0.25)


def _radius(scaled: Array) -> Array:
    """Length [..., 1] of [..., 2], its derivative 0 at 0."""
    return norm(scaled, keepdims=True)


def _slope_at_center(softness: Array) -> Array:
    """Slope at 0 of the softclip between -1 and 1: below 1 in a narrow cone."""
    return jnp.tanh(0.5 / softness)


def apply(skeleton: Skeleton, u: Array) -> Array:
    """Joint coordinates [..., D] inside the limits from any reals [..., D].

    The result obeys the limits exactly in float32: `excess` of it is 0.
    """
    lower, upper = jnp.asarray(skeleton.lower), jnp.asarray(skeleton.upper)
    q = softclip(u, lower, upper, _softness(lower, upper))
    index, center, half, softness = _ellipse(skeleton)
    if not len(index):
        return q
    # A double overflow guard: squares of values up to 1e18 stay finite.
    scaled = jnp.clip((u[..., index] - center) / half, -1e18, 1e18)
    radius = _radius(scaled)
    one = jnp.ones_like(radius)
    clipped = softclip(radius, -one, one, softness)
    # The radius computed anew from the result must not round above 1. A swing is
    # rounded relative to its distance from 0, which may be many half axes.
    steps = 8 + 2 * jnp.max(jnp.abs(center) / half, axis=-1, keepdims=True)
    clipped = jnp.minimum(clipped, 1 - steps * jnp.finfo(u.dtype).eps)
    at_zero = radius < 1e-6
    factor = clipped / jnp.where(at_zero, 1.0, radius)
    factor = jnp.where(at_zero, _slope_at_center(softness), factor)
    swing = center + half * scaled * factor
    return q.at[..., index].set(swing)


def invert(skeleton: Skeleton, q: Array) -> Array:
    """Unconstrained coordinates [..., D] of joint coordinates [..., D].

    ``apply(invert(q)) = q`` inside the limits; a q outside is first moved to the
    nearest place just inside of them (for a swing: towards the cone's centre).
    """
    lower, upper = jnp.asarray(skeleton.lower), jnp.asarray(skeleton.upper)
    u = softclip_inverse(q, lower, upper, _softness(lower, upper))
    index, center, half, softness = _ellipse(skeleton)
    if not len(index):
        return u
    scaled = (q[..., index] - center) / half
    radius = _radius(scaled)
    one = jnp.ones_like(radius)
    stretched = softclip_inverse(radius, -one, one, softness)
    at_zero = radius < 1e-6
    factor = stretched / jnp.where(at_zero, 1.0, radius)
    factor = jnp.where(at_zero, 1 / _slope_at_center(softness), factor)
    return u.at[..., index].set(center + half * scaled * factor)


def excess(skeleton: Skeleton, q: Array) -> Array:
    """How far each joint coordinate is outside its limits: radians [..., D], >= 0.

    For a swing the distance beyond the cone, along the direction of the swing, is
    given on both of its coordinates; a swing on the very edge of the cone may round
    to either side of it.
    """
    over = jnp.maximum(q - skeleton.upper, 0) + jnp.maximum(skeleton.lower - q, 0)
    index, center, half, _ = _ellipse(skeleton)
    if not len(index):
        return over
    outside = q[..., index] - center
    radius, length = _radius(outside / half), _radius(outside)
    beyond = jnp.where(radius > 1, length * (1 - 1 / jnp.maximum(radius, 1)), 0.0)
    return over.at[..., index].set(jnp.broadcast_to(beyond, outside.shape))


def widen(
    skeleton: Skeleton, q: np.ndarray, margin: float = 2.5 * float(SOFTNESS)
) -> Skeleton:
    """Limits that contain observed motion as well as what the body allowed.

    Ranges from books fail on real capture, so each coordinate's range becomes
    ``[min(anatomy, q0.001 - margin), max(anatomy, q0.999 + margin)]``; a joint
    whose range was a whole turn (no anatomy known) takes the range of the data.
    Swing ellipses then grow until they hold 99.9 % of the frames.

    Args:
      skeleton: body whose limits are widened.
      q: [N, D] observed joint coordinates, radians.
      margin: radians beyond the data; at least twice the softness, so that the
        data lie where the limits hardly bend.

    Returns:
      The same body with other limits; mirrored twins get one common range where
      the body has a mirror.

    Raises:
      ValueError: every frame has a missing (NaN) coordinate; such frames are not
        looked at.
    """
    from kinematics.symmetry import mirror_coordinates  # the mirror needs no limits

    q = np.asarray(q, np.float32)
    q = q[np.isfinite(q).all(axis=-1)]
    if not len(q):
        raise ValueError("widen needs frames without missing joint coordinates")
    skeleton = _common_limits(skeleton)
    if skeleton.mirror is not None:
        q = np.concatenate([q, np.asarray(mirror_coordinates(skeleton, q))])
    low, high = np.quantile(q, [0.001, 0.999], axis=0)
    low, high = low - margin, high + margin
    lower, upper = np.array(skeleton.lower), np.array(skeleton.upper)
    free_lower, free_upper = free_limits(skeleton.kinds)
    unknown = (lower <= free_lower) & (upper >= free_upper)
    anatomy = _cone_edges(lower, upper, _swing_indices(skeleton))
    lower = np.where(unknown, low, np.minimum(lower, low))
    upper = np.where(unknown, high, np.maximum(upper, high))
    for index, edge in zip(_swing_indices(skeleton), anatomy, strict=True):
        center = (lower[index] + upper[index]) / 2
        half = (upper[index] - lower[index]) / 2
        inner = np.maximum(half - margin, 1e-3)
        radius = np.linalg.norm((q[:, index] - center) / inner, axis=1)
        half = inner * max(1.0, float(np.quantile(radius, 0.999))) + margin
        if not unknown[index].any():
            # A larger box does not always hold the ellipse of a smaller one.
            half *= max(1.0, np.linalg.norm((edge - center) / half, axis=1).max())
        lower[index], upper[index] = center - half, center + half
    return skeleton.replace(
        lower=lower.astype(np.float32), upper=upper.astype(np.float32)
    )


def _common_limits(skeleton: Skeleton) -> Skeleton:
    """Limits that hold those of the body and those of its mirrored body."""
    from kinematics.symmetry import mirror_skeleton

    if skeleton.mirror is None:
        return skeleton
    other = mirror_skeleton(skeleton)
    return skeleton.replace(
        lower=np.minimum(skeleton.lower, other.lower),
        upper=np.maximum(skeleton.upper, other.upper),
    )


def _cone_edges(lower: np.ndarray, upper: np.ndarray, swings: np.ndarray) -> np.ndarray:
    """Points [B, 256, 2] on the edges of the swing ellipses [B, 2]."""
    turn = np.linspace(0, 2 * np.pi, 256)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    low, high = lower[swings][:, None], upper[swings][:, None]
    return (low + high) / 2 + (high - low) / 2 * circle


def share_outside(skeleton: Skeleton, q: Array) -> float:
    """Share of the frames in q [N, D] in which any coordinate is over its limit."""
    if not sum(DOFS[kind] for kind in skeleton.kinds):
        return 0.0
    return float(jnp.mean(jnp.any(excess(skeleton, jnp.asarray(q)) > 0, axis=-1)))
