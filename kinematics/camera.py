"""Cameras: where a point of the world appears in a picture.

Camera axes are x right, y down, z forward, and ``x_cam = R x + t``. Pixel
coordinates are continuous; the centre of the top-left pixel is (0, 0).

Lenses follow the models of OpenCV (documentation of ``calib3d``, "Camera calibration
and 3D reconstruction" and "Fisheye camera model"): radial and tangential distortion
after Brown (1971) with optional rational radial terms, or the fisheye of Kannala and
Brandt (2006).
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.skeleton import Array

# Least depth in metres: nearer than any lens sees.
_NEAREST = 0.01


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["matrix", "rotation", "translation", "distortion"],
    meta_fields=["fisheye"],
)
@dataclasses.dataclass(frozen=True)
class Camera:
    """One camera, or several along leading axes. Build one with `make_camera`.

    Attributes:
      matrix: [..., 3, 3] focal lengths, skew and principal point, pixels.
      rotation: [..., 3, 3] world to camera.
      translation: [..., 3] metres, world to camera.
      distortion: [..., 8] k1, k2, p1, p2, k3, k4, k5, k6; for a fisheye the first
        four are its k1 to k4.
      fisheye: whether the lens is a fisheye.
    """

    matrix: Array
    rotation: Array
    translation: Array
    distortion: Array
    fisheye: bool = False

    @property
    def center(self) -> jax.Array:
        """Where the camera stands, [..., 3] metres in the world."""
        turned = jnp.swapaxes(jnp.asarray(self.rotation), -1, -2)
        return -(turned @ jnp.asarray(self.translation)[..., None])[..., 0]


def make_camera(
    matrix: Array,
    rotation: Array,
    translation: Array,
    distortion: Array | None = None,
    fisheye: bool = False,
    dtype: type = np.float32,
) -> Camera:
    """Build and check a camera.

    Args:
      matrix: [..., 3, 3] pixels.
      rotation: [..., 3, 3] world to camera.
      translation: [..., 3] metres.
      distortion: [..., n], n up to 8 numbers in OpenCV's order; the rest are 0.
      fisheye: whether they are those of OpenCV's fisheye model (4 numbers).
      dtype: of the arrays; ``np.float64`` keeps every digit of a calibration.

    Raises:
      ValueError: shapes do not fit, the rotation is none, or a focal length is not
        positive.
    """
    matrix, rotation, translation = (
        np.asarray(x, dtype) for x in (matrix, rotation, translation)
    )
    distortion = np.zeros(0) if distortion is None else np.asarray(distortion)
    batch = matrix.shape[:-2]
    if (
        matrix.shape[-2:] != (3, 3)
        or rotation.shape != (*batch, 3, 3)
        or translation.shape != (*batch, 3)
    ):
        raise ValueError(
            f"a camera needs matrix [..., 3, 3], rotation [..., 3, 3] and translation "
            f"[..., 3], not {matrix.shape}, {rotation.shape} and {translation.shape}"
        )
    most = 4 if fisheye else 8
    if distortion.ndim < 1 or distortion.shape[-1] > most:
        raise ValueError(
            f"a {'fisheye' if fisheye else 'lens'} has up to {most} numbers of "
            f"distortion, not {distortion.shape}"
        )
    gram = np.einsum("...ki,...kj->...ij", rotation, rotation)
    across = np.cross(rotation[..., 0, :], rotation[..., 1, :])
    handed = (across * rotation[..., 2, :]).sum(-1) > 0
    if not np.abs(gram - np.eye(3)).max(initial=0) < 1e-3 or not handed.all():
        raise ValueError("a camera's rotation must be orthonormal and right-handed")
    if not (matrix[..., [0, 1], [0, 1]] > 0).all():
        raise ValueError("a camera's focal lengths must be positive")
    padded = np.zeros((*batch, 8), dtype)
    padded[..., : distortion.shape[-1]] = distortion
    return Camera(matrix, rotation, translation, padded, bool(fisheye))


def stack(cameras: list[Camera] | tuple[Camera, ...]) -> Camera:
    """Cameras with one kind of lens as one `Camera` with a leading axis.

    Raises:
      ValueError: there are none, or some are fisheyes and some are not.
    """
    if not cameras:
        raise ValueError("no cameras to stack")
    if len({camera.fisheye for camera in cameras}) > 1:
        raise ValueError("fisheyes and other lenses cannot be stacked")
    return jax.tree.map(lambda *parts: np.stack(parts), *cameras)


def transform(camera: Camera, points: Array) -> jax.Array:
    """World points [..., 3] in camera axes, [C, ..., 3] for cameras [C]."""
    points = jnp.asarray(points)
    rotation = _spread(camera.rotation, 2, points.ndim - 1)
    shift = _spread(camera.translation, 1, points.ndim - 1)
    # Products by element: XLA's small batched matrix products are slow on CPU.
    turned = [rotation[..., k] * points[..., k, None] for k in range(3)]
    return turned[0] + turned[1] + turned[2] + shift


def project(camera: Camera, points: Array) -> jax.Array:
    """Pixels [..., 2] of world points [..., 3] metres; [C, ..., 2] for cameras [C].

    A point behind the camera is taken as one just in front of it and so lands far
    outside of the picture; derivatives stay finite. See `transform` for its depth.
    """
    points = jnp.asarray(points)
    x, y, z = jnp.moveaxis(transform(camera, points), -1, 0)
    z = jnp.maximum(z, _NEAREST)
    x, y = distort(camera, x / z, y / z)
    matrix = _spread(camera.matrix, 2, points.ndim - 1)
    u = matrix[..., 0, 0] * x + matrix[..., 0, 1] * y + matrix[..., 0, 2]
    return jnp.stack([u, matrix[..., 1, 1] * y + matrix[..., 1, 2]], axis=-1)


def distort(camera: Camera, x: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Move ideal image points x, y [C, ...] as the lens does (plane z = 1)."""
    leading = np.ndim(camera.translation) - 1
    spread = _spread(camera.distortion, 1, jnp.ndim(x) - leading)
    k1, k2, p1, p2, k3, k4, k5, k6 = jnp.moveaxis(spread, -1, 0)
    square = x * x + y * y
    if camera.fisheye:
        at_center = square < 1e-12
        radius = jnp.sqrt(jnp.where(at_center, 1.0, square))
        angle = jnp.arctan(radius)
        t = angle * angle
        bent = angle * (1 + t * (k1 + t * (k2 + t * (p1 + t * p2))))
        scale = jnp.where(at_center, 1.0, bent / radius)
        return x * scale, y * scale
    radial = 1 + square * (k1 + square * (k2 + square * k3))
    radial = radial / (1 + square * (k4 + square * (k5 + square * k6)))
    return (
        x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
        y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
    )


def undistort(camera: Camera, pixels: Array, steps: int = 5) -> jax.Array:
    """Ideal image points [C, ..., 2] (plane z = 1) of pixels [C, ..., 2].

    Newton's method from the distorted point. Along a radius a barrel is a concave and
    a pincushion a convex function, so it comes nearer with every step for any lens
    that does not fold the picture.
    """
    pixels = jnp.asarray(pixels)
    leading = np.ndim(camera.translation) - 1
    matrix = _spread(camera.matrix, 2, pixels.ndim - 1 - leading)
    seen_y = (pixels[..., 1] - matrix[..., 1, 2]) / matrix[..., 1, 1]
    seen_x = pixels[..., 0] - matrix[..., 0, 2] - matrix[..., 0, 1] * seen_y
    seen_x = seen_x / matrix[..., 0, 0]

    def step(_, ideal):
        x, y = ideal
        bent_x, bent_y = distort(camera, x, y)
        (a, b), (c, d) = _lens_slope(camera, x, y)
        size = a * d - b * c
        size = jnp.where(jnp.abs(size) > 1e-6, size, 1.0)
        left_x, left_y = seen_x - bent_x, seen_y - bent_y
        return (
            x + (d * left_x - b * left_y) / size,
            y + (a * left_y - c * left_x) / size,
        )

    return jnp.stack(jax.lax.fori_loop(0, steps, step, (seen_x, seen_y)), axis=-1)


def slope(camera: Camera, points: Array) -> jax.Array:
    """Pixels [C, ..., 2, 2] per unit of the plane z = 1 at its points [C, ..., 2]."""
    points = jnp.asarray(points)
    leading = np.ndim(camera.translation) - 1
    matrix = _spread(camera.matrix, 2, points.ndim - 1 - leading)
    (a, b), (c, d) = _lens_slope(camera, points[..., 0], points[..., 1])
    fx, skew, fy = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 1, 1]
    rows = [[fx * a + skew * c, fx * b + skew * d], [fy * c, fy * d]]
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def _lens_slope(camera: Camera, x: jax.Array, y: jax.Array):
    """Rows of the derivative of `distort`."""
    one, zero = jnp.ones_like(x), jnp.zeros_like(x)
    lens = functools.partial(distort, camera)
    (a, c), (b, d) = (
        jax.jvp(lens, (x, y), seed)[1] for seed in ((one, zero), (zero, one))
    )
    return (a, b), (c, d)


def _spread(value: Array, own: int, axes: int) -> jax.Array:
    """[C, *own] to [C, 1, ..., *own] with ``axes`` axes of length 1."""
    value = jnp.asarray(value)
    leading = value.shape[: value.ndim - own]
    return value.reshape(*leading, *(1,) * axes, *value.shape[value.ndim - own :])
