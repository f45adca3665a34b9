"""Points in space from pixels: several cameras by triangulation, one by size."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import camera as cameras
from kinematics import forward, rotations
from kinematics.camera import Camera
from kinematics.inverse import geometry
from kinematics.inverse.rig import Rig
from kinematics.motion import Poses
from kinematics.skeleton import Skeleton

Array = jax.Array

# Fewer points say too little about noise.
_ENOUGH = 16
# Steps of reweighting, and the distance in pixels beyond which a view counts less.
_STEPS = 6
_FAR = 10.0


@jax.jit
def triangulate(camera: Camera, pixels: Array, weight: Array) -> Array:
    """Points [K, 3, N] seen by two or more of V cameras, NaN where fewer do.

    The linear method on undistorted rays (Hartley and Zisserman 2004, section 12.2),
    reweighted by depth and by the distance in the picture so that single wrong views
    count less.

    Args:
      camera: cameras [V].
      pixels: [V, K, 2, N].
      weight: [V, K, N]; 0 where a camera does not see a keypoint.
    """
    rays = cameras.undistort(camera, jnp.moveaxis(pixels, 2, -1))
    rotation, shift = jnp.asarray(camera.rotation), jnp.asarray(camera.translation)
    focal = jnp.asarray(camera.matrix)[:, 0, 0, None, None]

    def plane(axis):
        normal = (
            rays[..., axis, None] * rotation[:, None, None, 2]
            - rotation[:, None, None, axis]
        )
        return normal, shift[:, None, None, axis] - rays[..., axis] * shift[
            :, None, None, 2
        ]

    planes = [plane(0), plane(1)]
    seen = (weight > 0).sum(0)

    def solve(share):
        lefts = [jnp.einsum("vkn,vkni,vknj->knij", share, a, a) for a, _ in planes]
        rights = [jnp.einsum("vkn,vkni,vkn->kni", share, a, b) for a, b in planes]
        left, right = lefts[0] + lefts[1], rights[0] + rights[1]
        size = jnp.trace(left, axis1=-2, axis2=-1)[..., None, None]
        left = left + jnp.where(
            seen[..., None, None] < 2, jnp.eye(3), 1e-9 * size * jnp.eye(3)
        )
        return _solve3(left, right)

    def again(_, x):
        depth = cameras.transform(camera, x)[..., 2]
        errors = [(a * x).sum(-1) - b for a, b in planes]
        square = (errors[0] ** 2 + errors[1] ** 2) * (
            focal / jnp.maximum(depth, 0.1)
        ) ** 2
        share = weight / jnp.maximum(depth, 0.1) ** 2
        return solve(share / (1 + square / _FAR**2) ** 2)

    x = jax.lax.fori_loop(0, _STEPS, again, solve(weight))
    return jnp.where((seen > 1)[:, None], jnp.moveaxis(x, -1, 1), jnp.nan)


def _solve3(a: Array, b: Array) -> Array:
    """Solve symmetric systems [..., 3, 3] for [..., 3] by cofactors."""
    rows = [a[..., i, :] for i in range(3)]
    crossed = [
        jnp.cross(rows[1], rows[2]),
        jnp.cross(rows[2], rows[0]),
        jnp.cross(rows[0], rows[1]),
    ]
    determinant = (rows[0] * crossed[0]).sum(-1, keepdims=True)
    total = sum(crossed[i] * b[..., i, None] for i in range(3))
    return total / jnp.where(determinant == 0, 1.0, determinant)


@functools.partial(jax.jit, static_argnames="rig")
def facing(
    rig: Rig,
    skeleton: Skeleton,
    places: Array,
    camera: Camera,
    pixels: Array,
    weight: Array,
    turn: Array,
) -> Poses:
    """Poses [N] at rest where one camera sees a body of this size.

    Args:
      rig: bodies and keypoints.
      skeleton: the body.
      places: [K, 3] of keypoints on their joints.
      camera: one camera.
      pixels: [K, 2, N].
      weight: [K, N], 0 where unseen.
      turn: radians to the left from facing the camera.
    """
    count = pixels.shape[-1]
    upright = (
        forward.forward(
            skeleton,
            jnp.zeros(3),
            jnp.array([1.0, 0, 0, 0]),
            jnp.zeros(skeleton.num_coordinates),
        ).positions[rig.anchors, :]
        + places
    )
    rays = cameras.undistort(camera, jnp.moveaxis(pixels, 1, -1))
    # A body's height is told best by what is seen of it; arms go where they like.
    share = (weight > 0) / jnp.maximum((weight > 0).sum(0), 1)
    middle = jnp.einsum("kn,kni->ni", share, rays)
    spread = jnp.sqrt(jnp.einsum("kn,kni->n", share, (rays - middle) ** 2))
    center = jnp.einsum("kn,ki->ni", share, upright)
    size = jnp.sqrt(jnp.einsum("kn,kni->n", share, (upright[:, None] - center) ** 2))
    depth = jnp.clip(size / jnp.maximum(spread, 1e-3), 0.5, 100.0)
    ahead = jnp.concatenate([middle, jnp.ones_like(middle[:, :1])], axis=1)
    world = (ahead * depth[:, None] - camera.translation) @ jnp.asarray(camera.rotation)
    # The camera's z axis points away from it; the body faces the other way.
    axis = -jnp.asarray(camera.rotation)[2]
    yaw = jnp.arctan2(axis[1], axis[0]) + turn
    root = jnp.broadcast_to(rotations.about_z(yaw), (count, 4))
    place = world - rotations.quaternion_rotate(root, center)
    q = geometry.inside(skeleton, jnp.zeros((count, skeleton.num_coordinates)))
    return Poses(place, root, q)


def pixel_noise(camera: Camera, pixels: np.ndarray, points: Array) -> float | None:
    """Standard deviation of pixels [V, K, 2, N] about the points' images, or None.

    Of the 2 V numbers that show a point three went into it, so that its squared
    distances add up to a chi-squared variable of 2 V - 3; whose median is after Wilson
    and Hilferty (1931). (Single distances would not do: two cameras side by side never
    disagree along the line between them.)
    """
    seen = np.asarray(_images(camera, jnp.moveaxis(points, 1, -1)))
    square = ((np.moveaxis(seen, -1, 2) - pixels) ** 2).sum(2)
    known = np.isfinite(square)
    left = 2 * known.sum(0) - 3
    usable = left > 0
    if usable.sum() < _ENOUGH:
        return None
    left, total = left[usable], np.where(known, square, 0).sum(0)[usable]
    return float(np.sqrt(np.median(total / (left * (1 - 2 / (9 * left)) ** 3))))


_images = jax.jit(cameras.project)
