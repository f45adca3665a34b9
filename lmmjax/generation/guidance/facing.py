"""Where a body faces, and where its head looks."""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Skeleton, forward, rotations
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.guidance.schedule import Array, at_frames, joint_number

# Radians.
TOLERANCE = 0.05


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["heading", "precision", "first"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Facing:
    """Headings of the body in F frames.

    Attributes:
      heading: [B, F] radians about the vertical, 0 along x; or [1, F].
      precision: [B, F] or [1, F] one over what is tolerated, per radian; 0 where it
        does not matter.
      first: number of the frame that F begins with; a stream's own begin with 1.
      poses: how many of the next poses are looked at; None for all.
    """

    heading: Array
    precision: Array
    first: Array | int = 1
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, k, 1]; see `Wish`."""
        heading, weight = at_frames(self.heading, self.precision, self.first, ahead)
        off = rotations.heading(ahead.poses.root_rotation) - heading
        # The shorter way round.
        off = jnp.arctan2(jnp.sin(off), jnp.cos(off))
        return (weight * off)[..., None]


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["point", "precision", "first"],
    meta_fields=["joint", "poses"],
)
@dataclasses.dataclass(frozen=True)
class Look:
    """What a joint, such as the head, is turned to in F frames.

    The joint's forward is what points along x when the body is at rest.

    Attributes:
      joint: its number.
      point: [B, F, 3] or [1, F, 3] metres.
      precision: [B, F] or [1, F] one over what is tolerated, per radian; 0 where it
        does not matter.
      first: number of the frame that F begins with; a stream's own begin with 1.
      poses: how many of the next poses are looked at; None for all.
    """

    joint: int
    point: Array
    precision: Array
    first: Array | int = 1
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, k, 3]; see `Wish`."""
        point, weight = at_frames(self.point, self.precision, self.first, ahead)
        found = forward.forward(ahead.body, *ahead.poses)
        way = point - found.positions[..., self.joint, :]
        way /= jnp.sqrt(jnp.sum(way * way, axis=-1, keepdims=True) + 1e-6)
        return weight[..., None] * (found.rotations[..., self.joint, :, 0] - way)


def face(
    past: Array, heading: float | Array, seconds: float, fps: float, hold: float = 0.5
) -> Facing:
    """The body faces a way by a given time, and does so for a while.

    It turns the shorter way, slowly at both ends.

    Args:
      past: [B] headings now, radians; see `kinematics.rotations.heading`.
      heading: [B] or one for all, radians.
      seconds: from now until then.
      fps: frames per second.
      hold: seconds that it stays so.

    Raises:
      ValueError: time is too short.
    """
    frames = round(seconds * fps)
    if frames < 1 or hold < 0:
        raise ValueError(
            f"seconds must be a frame ({1 / fps:.3f} s) or more and hold 0 or more; "
            f"got {seconds:g} and {hold:g}"
        )
    share = np.minimum(np.arange(1, frames + 1 + round(hold * fps)) / frames, 1)
    past = np.asarray(past, np.float32)
    turn = np.asarray(heading, np.float32) - past
    turn = np.arctan2(np.sin(turn), np.cos(turn))
    smooth = share**3 * (10 - 15 * share + 6 * share**2)
    return Facing(
        (past[:, None] + turn[:, None] * smooth).astype(np.float32),
        np.full((1, len(share)), 1 / TOLERANCE, np.float32),
    )


def look_at(
    body: Skeleton, point: Sequence[float] | Array, frames: int, joint: str = "Head"
) -> Look:
    """A joint is turned to a point [3] or [B, 3], for so many frames from the next on.

    Raises:
      ValueError: there is no such joint.
    """
    number = joint_number(body, joint)
    point = np.asarray(point, np.float32).reshape(-1, 1, 3)
    point = np.broadcast_to(point, (len(point), frames, 3))
    return Look(number, point, np.full((1, frames), 1 / TOLERANCE, np.float32))
