"""What a body must not go through: posts, balls, walls, people."""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Skeleton
from kinematics.bodies.segments import segments
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.guidance.schedule import Array

# Metres by which joints may be too near.
TOLERANCE = 0.02
_LIMBS = ("forearm", "hand", "shank", "foot")


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["joints", "ends", "radius", "velocity", "first"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Obstacles:
    """Capsules that move evenly, and joints that keep out of them.

    A ball is a capsule without length; a wall is a row of posts.

    Attributes:
      joints: [G] numbers of the joints that keep out.
      ends: [B, O, 2, 3] or [1, O, 2, 3] ends of the axes of capsules, metres.
      radius: [O] or [B, O] metres that joints are to be away from an axis: the
        capsule's own and what is around a joint.
      velocity: [B, O, 3] or [1, O, 3] metres a frame.
      first: number of the frame in which capsules are at ``ends``.
      poses: how many of the next poses are looked at; None for all.
    """

    joints: Array
    ends: Array
    radius: Array
    velocity: Array
    first: Array | int = 0
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, k, G]; see `Wish`."""
        distance = self.distance(ahead.places[:, :, self.joints], ahead.frame)
        return jnp.maximum(-distance, 0) / TOLERANCE

    def distance(self, places: Array, frame: Array) -> jax.Array:
        """Signed distance to the nearest capsule, metres; below 0 within it.

        Args:
          places: [B, k, G, 3] metres.
          frame: [B, k] their numbers.

        Returns:
          [B, k, G].
        """
        # [B, k, O, 1, 3]
        gone = jnp.asarray(frame - self.first)[..., None, None]
        moved = (gone * jnp.asarray(self.velocity)[:, None])[..., None, :]
        start, end = (jnp.asarray(self.ends)[:, None, :, None, i] for i in range(2))
        axis = end - start
        from_start = jnp.asarray(places)[:, :, None] - start - moved
        length = jnp.maximum(jnp.sum(axis * axis, axis=-1), 1e-9)
        share = jnp.clip(jnp.sum(from_start * axis, axis=-1) / length, 0, 1)
        away = from_start - share[..., None] * axis
        away = jnp.sqrt(jnp.sum(away * away, axis=-1) + 1e-9)
        radius = jnp.atleast_2d(jnp.asarray(self.radius))[:, None, :, None]
        return jnp.min(away - radius, axis=2)


def keep_out(
    body: Skeleton,
    ends: Sequence | Array,
    radius: float | Sequence[float] | Array,
    velocity: Sequence | Array | None = None,
    fps: float = 1.0,
    around: float = 0.1,
    poses: int | None = None,
) -> Obstacles:
    """Root, head, hands and feet keep out of capsules.

    Args:
      body: who keeps out.
      ends: [O, 2, 3] metres, or [B, O, 2, 3].
      radius: [O] of the capsules, metres.
      velocity: [O, 3] or [B, O, 3] m/s; still by default.
      fps: frames per second, where there are velocities.
      around: metres of body around each joint.
      poses: how many of the next poses are looked at; None for all.

    Raises:
      ValueError: shapes that do not fit each other, or a radius below 0.
    """
    ends = np.asarray(ends, np.float32)
    ends = ends.reshape(-1, *ends.shape[-3:])
    count = ends.shape[1]
    radius = np.asarray(radius, np.float32)
    if ends.shape[2:] != (2, 3) or radius.shape not in ((), (count,)):
        raise ValueError(
            f"capsules are ends [O, 2, 3] and radius [O]; got {ends.shape[1:]} and "
            f"{radius.shape}"
        )
    if not (np.isfinite(ends).all() and (radius >= 0).all()):
        raise ValueError("ends of capsules must be finite and radii 0 or more")
    speed = np.zeros((1, count, 3)) if velocity is None else np.asarray(velocity)
    return Obstacles(
        outside(body),
        ends,
        np.broadcast_to(radius + np.float32(around), (count,)),
        (speed.reshape(-1, count, 3) / fps).astype(np.float32),
        poses=poses,
    )


def outside(body: Skeleton) -> np.ndarray:
    """Numbers of the joints that meet things first: all of a body that is no human's.

    Of a human: root, head, and the middles and ends of limbs.
    """
    try:
        found = segments(body)
    except ValueError:
        return np.arange(body.num_joints)
    limbs = [s.joints[0] for s in found if s.name in _LIMBS]
    head = [s.joints[-1] for s in found if s.name == "head"]
    return np.array(sorted({0, *head, *limbs}))
