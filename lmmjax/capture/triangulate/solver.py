"""Points from rays, some of which are wrong.

Every pair of cameras that sees a point proposes where it is; the proposal that most
cameras agree with is refined by robust Gauss-Newton steps, then by plain ones on the
cameras that agree. Points lie on the last axis and everything is written out by
element: these are millions of problems of three unknowns.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lmmjax.capture.triangulate.rays import Rays

Array = jax.Array

# Distances in standard deviations of one axis. A right observation is further off
# than the last by chance once in 270,000 (Rayleigh's distribution); real errors have
# heavier tails, and cameras that come and go make points jump.
_SOFT = 3.0
AGREES = 5.0
_ROBUST_STEPS = 3
_PLAIN_STEPS = 2
_BEHIND = 0.05  # metres before a camera at which a point counts as behind it
# Cost of an observation from behind the camera, in units of one that disagrees.
_IMPOSSIBLE = 4.0


class Solution(NamedTuple):
    """N points.

    Attributes:
      x: [3, N] metres about the scene's origin.
      covariance: [3, 3, N] m^2.
      residual: [V, N] standard deviations between each observation and the point.
      typical: [V, N] median of ``residual**2`` where an observation is right: smaller
        the more the point follows that observation.
      agrees: [V, N] which observations agree with it.
      cost: [N] sum over observations, each at most 1.
    """

    x: Array
    covariance: Array
    residual: Array
    typical: Array
    agrees: Array
    cost: Array


def solve(
    poses: Array | np.ndarray, rays: Rays, weight: Array, pairs: np.ndarray
) -> Solution:
    """Find points.

    Args:
      poses: [V, 3, 4] world to camera.
      rays: observations, their slope in standard deviations per unit of the plane.
      weight: [V, N] 0 where there is none, else up to 1.
      pairs: [P, 2] the pairs of cameras that propose.
    """
    x = _propose(poses, rays, weight, pairs)
    seen = weight > 0

    def robust(_, x):
        error, _, jacobian = _look(poses, rays, x)
        square = (error[0] ** 2 + error[1] ** 2) / _SOFT**2
        # The weight of Geman and McClure (1987).
        return x + jnp.stack(_step(error, jacobian, weight / (1 + square) ** 2)[0])

    x = jax.lax.fori_loop(0, _ROBUST_STEPS, robust, x)
    error, depth, _ = _look(poses, rays, x)
    near = seen & (depth > _BEHIND) & (error[0] ** 2 + error[1] ** 2 < AGREES**2)
    # Where fewer than two agree all are used; the residuals tell.
    agrees = jnp.where(near.sum(0) >= 2, near, seen)

    def plain(_, x):
        error, _, jacobian = _look(poses, rays, x)
        return x + jnp.stack(_step(error, jacobian, agrees.astype(x.dtype))[0])

    x = jax.lax.fori_loop(0, _PLAIN_STEPS, plain, x)
    error, depth, jacobian = _look(poses, rays, x)
    _, information = _step(error, jacobian, agrees.astype(x.dtype))
    covariance = jax.lax.optimization_barrier(_inverse(information))
    square = error[0] ** 2 + error[1] ** 2
    cost = jnp.where(seen, jnp.minimum(square / AGREES**2, 1.0), 0.0).sum(0)
    agrees = seen & (depth > _BEHIND) & (square < AGREES**2)
    typical = _median(_residual_covariance(jacobian, covariance))
    return Solution(x, covariance, jnp.sqrt(square), typical, agrees, cost)


def _residual_covariance(jacobian, covariance):
    """Entries xx, xy, yy of I - J C J' for Jacobians 2 x 3 x [V, N]."""
    ahead = [
        [sum(row[i] * covariance[i, j] for i in range(3)) for j in range(3)]
        for row in jacobian
    ]
    return [
        (a == b) - sum(ahead[a][j] * jacobian[b][j] for j in range(3))
        for a, b in ((0, 0), (0, 1), (1, 1))
    ]


def _median(m):
    """Median of the squared length of normal vectors of covariance xx, xy, yy.

    A sum of two chi-squared variables of unlike scale is about one of fewer degrees
    of freedom (Satterthwaite, 1946), whose median is after Wilson and Hilferty (1931).
    """
    xx, xy, yy = m
    mean = jnp.maximum(xx + yy, 1e-6)
    freedom = mean**2 / jnp.maximum(xx**2 + 2 * xy**2 + yy**2, 1e-12)
    return mean * (1 - 2 / (9 * jnp.clip(freedom, 1, 2))) ** 3


def _propose(poses, rays: Rays, weight, pairs):
    """The best point [3, N] that any pair of cameras makes."""
    rows = [
        poses[:, axis, :, None] - rays.point[axis][:, None] * poses[:, 2, :, None]
        for axis in range(2)
    ]
    left, right = _normal(rows)
    area = rays.slope[0, 0] * rays.slope[1, 1] - rays.slope[0, 1] * rays.slope[1, 0]
    # Squared distances on the plane in units of the farthest that still agrees.
    scale = jnp.abs(area) / AGREES**2
    left, right, scale = jax.lax.optimization_barrier((left, right, scale))

    def propose(best, pair):
        a, b = pair[0], pair[1]
        x = _solve3(left[:, a] + left[:, b], right[:, a] + right[:, b])
        cost = jnp.zeros_like(best[0])
        # Camera by camera: XLA does not vectorise the sum over a short first axis.
        for v in range(len(poses)):
            u, w, depth = _project(poses[v], x)
            square = (u - rays.point[0, v]) ** 2 + (w - rays.point[1, v]) ** 2
            square = jnp.minimum(square * scale[v], 1.0)
            cost += weight[v] * jnp.where(depth > _BEHIND, square, _IMPOSSIBLE)
        both = (weight[a] > 0) & (weight[b] > 0)
        better = both & (cost < best[0])
        return tuple(
            jnp.where(better, new, old)
            for new, old in zip((cost, *x), best, strict=True)
        ), None

    none = jnp.full(weight.shape[1:], jnp.inf, weight.dtype)
    start = (none, *(jnp.zeros_like(none),) * 3)
    found = jax.lax.scan(propose, start, jnp.asarray(pairs))[0]
    return jnp.stack(found[1:])


def _normal(rows):
    """Normal equations [6, V, N] and [3, V, N] of two planes [V, 4, N] per camera."""
    left = [
        sum(r[:, i] * r[:, j] for r in rows)
        for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    ]
    right = [-sum(r[:, i] * r[:, 3] for r in rows) for i in range(3)]
    return jnp.stack(left), jnp.stack(right)


def _project(pose, x):
    """Image points and depth [N] of points, three times [N]; poses [..., 3, 4]."""
    u, v, z = (
        pose[..., i, 0, None] * x[0]
        + pose[..., i, 1, None] * x[1]
        + pose[..., i, 2, None] * x[2]
        + pose[..., i, 3, None]
        for i in range(3)
    )
    near = 1 / jnp.where(jnp.abs(z) > 1e-6, z, 1e-6)
    return u * near, v * near, z


def _look(poses, rays: Rays, x):
    """Errors 2 x [V, N], depths [V, N], Jacobian 2 x 3 x [V, N] of points [3, N]."""
    u, v, depth = _project(poses, x)
    near = 1 / jnp.where(jnp.abs(depth) > 1e-6, depth, 1e-6)
    offset = (rays.point[0] - u, rays.point[1] - v)
    du, dv = (
        [
            (poses[:, axis, k, None] - image * poses[:, 2, k, None]) * near
            for k in range(3)
        ]
        for axis, image in ((0, u), (1, v))
    )
    error = [s[0] * offset[0] + s[1] * offset[1] for s in rays.slope]
    jacobian = [[s[0] * du[k] + s[1] * dv[k] for k in range(3)] for s in rays.slope]
    return error, depth, jacobian


def _step(error, jacobian, weight):
    """The Gauss-Newton step, three times [N], and the Hessian, six times."""
    left = [
        (
            weight * (jacobian[0][i] * jacobian[0][j] + jacobian[1][i] * jacobian[1][j])
        ).sum(0)
        for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    ]
    right = [
        (weight * (jacobian[0][i] * error[0] + jacobian[1][i] * error[1])).sum(0)
        for i in range(3)
    ]
    return _solve3(left, right), left


def _cofactors(m):
    """Cofactors of symmetric matrices, six entries [N], and the determinant."""
    a, b, c, d, e, f = m
    first = d * f - e * e, c * e - b * f, b * e - c * d
    determinant = a * first[0] + b * first[1] + c * first[2]
    return (*first, a * f - c * c, b * c - a * e, a * d - b * b), determinant


def _solve3(left, right):
    """Solve symmetric systems, six entries [N] and three [N]."""
    (a, b, c, d, e, f), determinant = _cofactors(left)
    one = 1 / jnp.where(jnp.abs(determinant) > 1e-30, determinant, jnp.inf)
    p, q, r = right
    return (
        (a * p + b * q + c * r) * one,
        (b * p + d * q + e * r) * one,
        (c * p + e * q + f * r) * one,
    )


def _inverse(m):
    """Inverse [3, 3, N] of symmetric matrices, six entries [N]."""
    (a, b, c, d, e, f), determinant = _cofactors(m)
    one = 1 / jnp.where(determinant > 1e-30, determinant, jnp.nan)
    rows = [[a, b, c], [b, d, e], [c, e, f]]
    return jnp.stack([jnp.stack(row) for row in rows]) * one
