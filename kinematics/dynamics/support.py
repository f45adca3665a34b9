"""The support of a body: the convex hull of what touches the ground, seen from above.

Everything is done over all pairs of points, so shapes are fixed and a point enters or
leaves the support by a mask.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from kinematics import rotations
from kinematics.skeleton import Array


class Soles(NamedTuple):
    """Corners of the soles.

    Attributes:
      corners: [..., 2, C, 2] metres, C corners of the left and of the right sole.
      contact: [..., 2, C] whether each is on the ground.
    """

    corners: jax.Array
    contact: jax.Array


def soles(points: Array, contact: Array, breadth: Array | float) -> Soles:
    """Soles of two feet: each point of a foot becomes two, to its left and right.

    Args:
      points: [..., 2, P, 3] metres, such as ankle, ball and tip of the toes; a foot
        points from its first to its last.
      contact: [..., 2, P] whether each is on the ground.
      breadth: metres, such as 0.055 of stature (Drillis and Contini 1966).

    Returns:
      Soles of 2 P corners each. A missing (NaN) point is not in contact.
    """
    flat = jnp.asarray(points)[..., :2]
    ahead = flat[..., -1:, :] - flat[..., :1, :]
    length = rotations.norm(ahead, keepdims=True)
    left = jnp.stack([-ahead[..., 1], ahead[..., 0]], axis=-1)
    half = left / jnp.where(length > 0, length, 1.0) * (breadth / 2)
    corners = jnp.concatenate([flat + half, flat - half], axis=-2)
    contact = jnp.asarray(contact, bool)
    known = jnp.isfinite(corners).all(axis=-1)
    return Soles(corners, jnp.concatenate([contact, contact], axis=-1) & known)


def signed_distance(point: Array, corners: Array, contact: Array) -> jax.Array:
    """Distance [...] from a point to the edge of the support, positive inside, metres.

    Inside, it is the least distance to a line on which the hull rests, and those along
    two of its points are enough. Outside, it is the least to a segment between two of
    its points, as the edges of the hull are among them.

    Args:
      point: [..., 2] metres.
      corners: [..., C, 2] metres.
      contact: [..., C] whether each is on the ground.

    Returns:
      [...]; NaN where nothing is on the ground.
    """
    contact = jnp.asarray(contact, bool)
    inside, nearest = _search(point, corners, contact)
    outside = -rotations.norm(nearest)
    margin = jnp.where(inside > 0, inside, outside)
    return jnp.where(jnp.any(contact, axis=-1), margin, jnp.nan)


def nearest_supported(point: Array, corners: Array, contact: Array) -> jax.Array:
    """The point [..., 2] of the support that is nearest; arguments as above."""
    contact = jnp.asarray(contact, bool)
    point = jnp.asarray(point)
    inside, nearest = _search(point, corners, contact)
    found = jnp.where((inside > 0)[..., None], point, point + nearest)
    return jnp.where(jnp.any(contact, axis=-1)[..., None], found, jnp.nan)


def _search(point, corners, contact) -> tuple[jax.Array, jax.Array]:
    """Depth [...] inside of the hull, at most 0 outside, and the way [..., 2] to it."""
    corners = jnp.asarray(corners)[..., :2] - jnp.asarray(point)[..., None, :2]
    corners = jnp.where(contact[..., None], corners, 0.0)
    side = corners[..., None, :, :] - corners[..., :, None, :]
    start = jnp.broadcast_to(corners[..., :, None, :], side.shape)
    pair = contact[..., :, None] & contact[..., None, :]
    square = jnp.sum(side * side, axis=-1)
    proper = pair & (square > 0)
    safe = jnp.where(proper, square, 1.0)
    # Nearest point of each segment; a corner paired with itself is a segment too.
    along = jnp.clip(-jnp.sum(start * side, axis=-1) / safe, 0.0, 1.0)
    ways = start + jnp.where(proper, along, 0.0)[..., None] * side
    apart = jnp.where(pair, jnp.sum(ways * ways, axis=-1), jnp.inf)
    best = jnp.argmin(apart.reshape(*apart.shape[:-2], -1), axis=-1)[..., None, None]
    ways = ways.reshape(*ways.shape[:-3], -1, 2)
    nearest = jnp.take_along_axis(ways, best, axis=-2)[..., 0, :]
    # How far the hull reaches beyond the point along each normal; both normals of a
    # line are there, as its points come in both orders.
    normal = jnp.stack([side[..., 1], -side[..., 0]], axis=-1)
    normal = normal / jnp.sqrt(safe)[..., None]
    reach = jnp.sum(normal[..., None, :] * corners[..., None, None, :, :], axis=-1)
    reach = jnp.where(contact[..., None, None, :], reach, -jnp.inf).max(axis=-1)
    depth = jnp.where(proper, reach, jnp.inf).min(axis=(-2, -1))
    return jnp.where(proper.any(axis=(-2, -1)), depth, 0.0), nearest
