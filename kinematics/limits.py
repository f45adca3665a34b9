"""Joint limits as a smooth bijection from all real numbers.

A network, an optimiser or a sampler works on unconstrained coordinates; `apply`
turns them into joint coordinates that obey the limits, exactly, and `invert`
goes back. Well inside the limits both are the identity; the bend begins about
`SOFTNESS` before a bound, so that a straight knee still learns.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.skeleton import DOFS, Array, Skeleton, coordinate_starts, free_limits

SOFTNESS = np.float32(np.deg2rad(2.0))
# Values pulled back to this share of the softness inside before an inverse,
# which is infinite on the bound itself.
_INSIDE = 1e-3


@jax.custom_jvp
def softclip(u: Array, lower: Array, upper: Array, softness: Array) -> Array:
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


def softclip_inverse(x: Array, lower: Array, upper: Array, softness: Array) -> Array:
    """The u with softclip(u) = x; x is first brought just inside the bounds."""
    margin = _INSIDE * softness
    x = jnp.clip(x, lower + margin, upper - margin)
    below = jnp.log(-jnp.expm1(-(x - lower) / softness))
    above = jnp.log(-jnp.expm1(-(upper - x) / softness))
    return x + softness * (below - above)


def _swing_indices(skeleton: Skeleton) -> np.ndarray:
    """[B, 2] coordinates of the swing of each of the B ball joints."""
    starts = coordinate_starts(skeleton.kinds)
    balls = [s for s, kind in zip(starts, skeleton.kinds, strict=True) if kind == "ball"]
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
    square = jnp.sum(scaled * scaled, axis=-1, keepdims=True)
    zero = square == 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, square)))


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
    # 1 - 4 eps: recomputing the radius of the result must not round above 1.
    clipped = jnp.minimum(clipped, 1 - 4 * jnp.finfo(u.dtype).eps)
    at_zero = radius < 1e-6
    factor = jnp.where(at_zero, 1.0, clipped / jnp.where(at_zero, 1.0, radius))
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
    factor = jnp.where(at_zero, 1.0, stretched / jnp.where(at_zero, 1.0, radius))
    return u.at[..., index].set(center + half * scaled * factor)


def excess(skeleton: Skeleton, q: Array) -> Array:
    """How far each joint coordinate is outside its limits: radians [..., D], >= 0.

    For a swing the distance beyond the cone, along the direction of the swing, is
    given on both of its coordinates.
    """
    over = jnp.maximum(q - skeleton.upper, 0) + jnp.maximum(skeleton.lower - q, 0)
    index, center, half, _ = _ellipse(skeleton)
    if not len(index):
        return over
    outside = q[..., index] - center
    radius = jnp.linalg.norm(outside / half, axis=-1, keepdims=True)
    length = jnp.linalg.norm(outside, axis=-1, keepdims=True)
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
    """
    from kinematics.symmetry import mirror_coordinates  # the mirror needs no limits

    q = np.asarray(q, np.float32)
    if skeleton.mirror is not None:
        q = np.concatenate([q, np.asarray(mirror_coordinates(skeleton, q))])
    low, high = np.quantile(q, [0.001, 0.999], axis=0)
    low, high = low - margin, high + margin
    lower, upper = np.array(skeleton.lower), np.array(skeleton.upper)
    free_lower, free_upper = free_limits(skeleton.kinds)
    unknown = (lower <= free_lower) & (upper >= free_upper)
    lower = np.where(unknown, low, np.minimum(lower, low))
    upper = np.where(unknown, high, np.maximum(upper, high))
    for index in _swing_indices(skeleton):
        center = (lower[index] + upper[index]) / 2
        half = (upper[index] - lower[index]) / 2
        inner = np.maximum(half - margin, 1e-3)
        radius = np.linalg.norm((q[:, index] - center) / inner, axis=1)
        half = inner * max(1.0, float(np.quantile(radius, 0.999))) + margin
        lower[index], upper[index] = center - half, center + half
    return skeleton.replace(
        lower=lower.astype(np.float32), upper=upper.astype(np.float32)
    )


def share_outside(skeleton: Skeleton, q: Array) -> float:
    """Share of the frames in q [N, D] in which any coordinate is over its limit."""
    if not sum(DOFS[kind] for kind in skeleton.kinds):
        return 0.0
    return float(jnp.mean(jnp.any(excess(skeleton, jnp.asarray(q)) > 0, axis=-1)))
