"""Rotations of three-dimensional space, with gradients that hold everywhere.

Quaternions are ``w, x, y, z``; matrices are active and act on column vectors.
Every function is defined and has finite derivatives of the right value at the
identity and at half turns: a branch that would divide by zero is given a safe
argument *before* the division, so that neither branch of a ``where`` is NaN.

Series and closed forms: Solà, "Quaternion kinematics for the error-state Kalman
filter" (arXiv:1711.02508), sections 2 and 4.
"""

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array | np.ndarray

# Below this squared angle the series to x^6 is exact to float64 rounding (5e-17).
_SERIES = 0.25
# pi / 2 as a sum of floats whose products with small integers are exact.
_QUARTER = (1.5703125, 4.837512969970703e-4, 7.549789954891882e-8)


@jax.custom_jvp
def sine_cosine(x: Array) -> tuple[jax.Array, jax.Array]:
    """Sine and cosine [...] of angles in radians.

    In float32 by range reduction and the polynomials of Cephes (Moshier 1989,
    sinf.c), to 2 units in the last place up to 8,000 radians: XLA on CPU calls a
    scalar function for each number, which is 8 times slower.
    """
    if jnp.result_type(x) != jnp.float32:
        return jnp.sin(x), jnp.cos(x)
    quarters = jnp.round(x * np.float32(2 / np.pi))
    r = x
    for part in _QUARTER:
        r = r - quarters * np.float32(part)
    z = r * r
    sine = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r
    cosine = (2.443315711809948e-5 * z - 1.388731625493765e-3) * z
    cosine = (cosine + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0
    turns = quarters.astype(jnp.int32)
    odd = (turns & 1) == 1
    minus_sine = (turns & 2) == 2
    minus_cosine = ((turns + 1) & 2) == 2
    s, c = jnp.where(odd, cosine, sine), jnp.where(odd, sine, cosine)
    return jnp.where(minus_sine, -s, s), jnp.where(minus_cosine, -c, c)


@sine_cosine.defjvp
def _sine_cosine_jvp(primals, tangents):
    sine, cosine = sine_cosine(*primals)
    return (sine, cosine), (cosine * tangents[0], -sine * tangents[0])


def cos_sinc_of_square(x: Array) -> tuple[jax.Array, jax.Array]:
    """cos(sqrt(x)) and sin(sqrt(x)) / sqrt(x) for x >= 0: smooth, 1 at 0. [...]."""
    small = x < _SERIES
    angle = jnp.sqrt(jnp.where(small, 1.0, x))
    cosine = sine_cosine(angle)[1]
    tail = 1 - x / 90 * (1 - x / 132 * (1 - x / 182))
    series = 1 - x / 2 * (1 - x / 12 * (1 - x / 30 * (1 - x / 56 * tail)))
    return jnp.where(small, series, cosine), sinc_of_square(x)


def sinc_of_square(x: Array) -> jax.Array:
    """sin(sqrt(x)) / sqrt(x) for x >= 0: smooth in x, 1 at 0. Shape [...]."""
    safe = jnp.where(x < _SERIES, 1.0, x)
    tail = 1 - x / 72 * (1 - x / 110 * (1 - x / 156))
    series = 1 - x / 6 * (1 - x / 20 * (1 - x / 42 * tail))
    angle = jnp.sqrt(safe)
    return jnp.where(x < _SERIES, series, sine_cosine(angle)[0] / angle)


def sinc_remainder(x: Array) -> jax.Array:
    """(1 - sin(sqrt(x)) / sqrt(x)) / x for x >= 0: smooth in x, 1/6 at 0. [...]."""
    safe = jnp.where(x < _SERIES, 1.0, x)
    series = (1 - x / 20 * (1 - x / 42 * (1 - x / 72))) / 6
    return jnp.where(x < _SERIES, series, (1 - sinc_of_square(safe)) / safe)


def norm(v: Array, keepdims: bool = False) -> jax.Array:
    """Euclidean length over the last axis; its gradient at 0 is 0, not NaN."""
    square = jnp.sum(v * v, axis=-1, keepdims=keepdims)
    zero = square == 0
    return jnp.where(zero, 0.0, jnp.sqrt(jnp.where(zero, 1.0, square)))


def quaternion_multiply(a: Array, b: Array) -> jax.Array:
    """Hamilton product: first rotate by ``b``, then by ``a``. [..., 4] each."""
    aw, ax, ay, az = jnp.moveaxis(a, -1, 0)
    bw, bx, by, bz = jnp.moveaxis(b, -1, 0)
    return jnp.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


def quaternion_conjugate(q: Array) -> jax.Array:
    """Inverse of a unit quaternion. [..., 4]."""
    return jnp.asarray(q) * jnp.asarray([1, -1, -1, -1], q.dtype)


def quaternion_normalize(q: Array) -> jax.Array:
    """Unit quaternion of the same rotation. [..., 4]."""
    return jnp.asarray(q) / norm(q, keepdims=True)


def quaternion_rotate(q: Array, v: Array) -> jax.Array:
    """Rotate vectors [..., 3] by unit quaternions [..., 4]."""
    q, v = jnp.asarray(q), jnp.asarray(v)
    w, u = q[..., :1], q[..., 1:]
    t = 2 * jnp.cross(u, v)
    return v + w * t + jnp.cross(u, t)


def quaternion_exp(rotation_vector: Array) -> jax.Array:
    """Unit quaternion [..., 4] of a rotation vector [..., 3] in radians."""
    quarter = jnp.sum(rotation_vector * rotation_vector, axis=-1, keepdims=True) / 4
    # cos(a) = 1 - 2 sin(a/2)^2 stays smooth in the squared angle at 0.
    real = 1 - quarter / 2 * sinc_of_square(quarter / 4) ** 2
    return jnp.concatenate(
        [real, 0.5 * sinc_of_square(quarter) * rotation_vector], axis=-1
    )


def quaternion_log(q: Array) -> jax.Array:
    """Rotation vector [..., 3], shorter than or equal to pi, of a unit quaternion."""
    q = jnp.where(q[..., :1] < 0, -q, q)
    w, v = q[..., :1], q[..., 1:]
    square = jnp.sum(v * v, axis=-1, keepdims=True)
    small = square < 1e-8
    length = jnp.sqrt(jnp.where(small, 1.0, square))
    factor = 2 * jnp.arctan2(length, w) / length
    # atan(s / w) / s = (1 - (s / w)^2 / 3) / w to fourth order.
    safe_w = jnp.where(small, w, 1.0)
    series = 2 / safe_w * (1 - square / (3 * safe_w * safe_w))
    return jnp.where(small, series, factor) * v


def exp(rotation_vector: Array) -> jax.Array:
    """Rotation matrix [..., 3, 3] of a rotation vector [..., 3] in radians."""
    square = jnp.sum(rotation_vector * rotation_vector, axis=-1)
    a = sinc_of_square(square)[..., None, None]
    b = 0.5 * sinc_of_square(square / 4)[..., None, None] ** 2
    x, y, z = jnp.moveaxis(rotation_vector, -1, 0)
    zero = jnp.zeros_like(x)
    skew = jnp.stack(
        [
            jnp.stack([zero, -z, y], -1),
            jnp.stack([z, zero, -x], -1),
            jnp.stack([-y, x, zero], -1),
        ],
        axis=-2,
    )
    outer = rotation_vector[..., :, None] * rotation_vector[..., None, :]
    eye = jnp.eye(3, dtype=rotation_vector.dtype)
    return eye + a * skew + b * (outer - square[..., None, None] * eye)


def log(matrix: Array) -> jax.Array:
    """Rotation vector [..., 3] of a rotation matrix [..., 3, 3]."""
    return quaternion_log(quaternion_from_matrix(matrix))


def matrix_from_quaternion(q: Array) -> jax.Array:
    """Rotation matrix [..., 3, 3] of a unit quaternion [..., 4]."""
    w, x, y, z = jnp.moveaxis(q, -1, 0)
    return jnp.stack(
        [
            jnp.stack(
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], -1
            ),
            jnp.stack(
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], -1
            ),
            jnp.stack(
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1
            ),
        ],
        axis=-2,
    )


def quaternion_from_matrix(matrix: Array) -> jax.Array:
    """Unit quaternion [..., 4], w >= 0, of a rotation matrix [..., 3, 3].

    Of the four ways to extract it, the one whose pivot is largest is chosen, so
    the division is by at least 1 (Shepperd 1978).
    """
    m = [[matrix[..., i, j] for j in range(3)] for i in range(3)]
    xx, yy, zz = m[0][0], m[1][1], m[2][2]
    wx, wy, wz = m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]
    xy, xz, yz = m[0][1] + m[1][0], m[0][2] + m[2][0], m[1][2] + m[2][1]
    pivots = jnp.stack(
        [1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz], -1
    )
    rows = jnp.stack(
        [
            jnp.stack([pivots[..., 0], wx, wy, wz], -1),
            jnp.stack([wx, pivots[..., 1], xy, xz], -1),
            jnp.stack([wy, xy, pivots[..., 2], yz], -1),
            jnp.stack([wz, xz, yz, pivots[..., 3]], -1),
        ],
        axis=-2,
    )
    best = jnp.argmax(pivots, axis=-1)[..., None]
    row = jnp.take_along_axis(rows, best[..., None], axis=-2)[..., 0, :]
    pivot = jnp.take_along_axis(pivots, best, axis=-1)
    q = 0.5 * row / jnp.sqrt(pivot)
    return jnp.where(q[..., :1] < 0, -q, q)


def matrix_from_6d(x: Array) -> jax.Array:
    """Rotation matrix whose first two columns are x orthonormalised. [..., 6].

    Zhou et al., "On the continuity of rotation representations" (CVPR 2019).
    """
    a, b = x[..., :3], x[..., 3:]
    first = a / norm(a, keepdims=True)
    b = b - jnp.sum(first * b, axis=-1, keepdims=True) * first
    second = b / norm(b, keepdims=True)
    return jnp.stack([first, second, jnp.cross(first, second)], axis=-1)


def matrix_to_6d(matrix: Array) -> jax.Array:
    """First two columns of a rotation matrix, [..., 3, 3] to [..., 6]."""
    return jnp.concatenate([matrix[..., :, 0], matrix[..., :, 1]], axis=-1)


def swing_twist_log(q: Array) -> tuple[jax.Array, jax.Array]:
    """Split a rotation into swing after twist about the third axis.

    Args:
      q: unit quaternion [..., 4] of a rotation equal to
        ``exp([s1, s2, 0]) exp([0, 0, t])``.

    Returns:
      Swing [..., 2] with length at most pi and twist [...] in [-pi, pi]. At a
      swing of exactly pi the twist is not defined; it is then 0.
    """
    w, x, y, z = jnp.moveaxis(jnp.where(q[..., :1] < 0, -q, q), -1, 0)
    square = w * w + z * z
    singular = square < 1e-14
    n = jnp.sqrt(jnp.where(singular, 1.0, square))
    cw = jnp.where(singular, 1.0, w / n)
    cz = jnp.where(singular, 0.0, z / n)
    swing_quaternion = jnp.stack(
        [
            jnp.where(singular, 0.0, n),
            x * cw - y * cz,
            y * cw + x * cz,
            jnp.zeros_like(w),
        ],
        axis=-1,
    )
    return quaternion_log(swing_quaternion)[..., :2], 2 * jnp.arctan2(cz, cw)


def heading(q: Array) -> jax.Array:
    """Yaw in radians [...] of a body's rotation [..., 4], between -pi and pi.

    It is the twist about world z, so it is defined for any posture but one held
    upside down, and turning the body about z by an angle adds that angle, up to
    whole turns.
    """
    # q and -q are one rotation; without a choice of sign they differ by 2 pi.
    w, z = jnp.abs(q[..., 0]), jnp.where(q[..., 0] < 0, -q[..., 3], q[..., 3])
    singular = w * w + z * z < 1e-14
    return 2 * jnp.arctan2(jnp.where(singular, 0.0, z), jnp.where(singular, 1.0, w))


def about_z(angle: Array) -> jax.Array:
    """Quaternion [..., 4] of a turn by ``angle`` [...] radians about z."""
    zero = jnp.zeros_like(angle)
    return jnp.stack([jnp.cos(angle / 2), zero, zero, jnp.sin(angle / 2)], axis=-1)
