"""One step of least squares over cameras and points, the points eliminated.

Every point has its own 3 x 3 block of the normal equations, so points can be solved
for given the cameras, and what is left, the Schur complement, is as small as the
cameras are few (Triggs et al. 2000, section 6.1). Observations are on the last axes,
where XLA works along them.
"""

import jax.numpy as jnp


def step(by_camera, by_point, miss, weight, pull, prior, free, damping):
    """Steps of the cameras [V, C] and of the points [N, 3].

    Args:
      by_camera: [C, V, N, 2] derivatives of residuals.
      by_point: [3, V, N, 2] the same.
      miss: [V, N, 2] residuals.
      weight: [V, N].
      pull: [V, C] gradient of the prior.
      prior: [C] its curvature.
      free: [V, C] 0 for what is held.
      damping: of Levenberg and Marquardt, as a share of the diagonal.
    """
    weighted = by_camera * weight[..., None]
    own = jnp.einsum("ivna,jvna->vij", weighted, by_camera)
    cross = (weighted[:, None] * by_point).sum(-1)
    heavy = by_point * weight[..., None]
    point = (heavy[:, None] * by_point).sum((2, 4))
    down = -jnp.einsum("ivna,vna->vi", weighted, miss) - free * pull
    down_point = -(heavy * miss).sum((1, 3))

    diagonal = jnp.diagonal(own, axis1=1, axis2=2)
    # What is held gets a diagonal of 1 and, without gradient, no step.
    extra = prior + damping * (diagonal + prior) + (1 - free)
    own = own + extra[..., None] * jnp.eye(len(prior))
    inverse = _inverse(point * (1 + damping * jnp.eye(3)[..., None]))

    reduced = (cross[:, :, None] * inverse[:, :, None]).sum(1)
    reduced_own = -jnp.einsum("ikvn,jkun->viuj", reduced, cross)
    views = jnp.arange(own.shape[0])
    reduced_own = reduced_own.at[views, :, views].add(own)
    right = down - jnp.einsum("ikvn,kn->vi", reduced, down_point)
    move = jnp.linalg.solve(reduced_own.reshape(right.size, -1), right.ravel())
    move = move.reshape(right.shape) * free
    left = down_point - jnp.einsum("ikvn,vi->kn", cross, move)
    return move, (inverse * left).sum(1).T


def _inverse(matrix):
    """Inverses of symmetric matrices [3, 3, N]; 0 where there is none."""
    a, b, c = matrix
    columns = jnp.stack([jnp.cross(x, y, axis=0) for x, y in ((b, c), (c, a), (a, b))])
    determinant = (a * columns[0]).sum(0)
    safe = determinant > 0
    return jnp.where(safe, columns / jnp.where(safe, determinant, 1.0), 0.0)
