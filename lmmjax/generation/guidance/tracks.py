"""Where joints are wished to be over time: goals, reaches, paths, key poses."""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Skeleton
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.guidance.schedule import Array, at_frames, joint_number

# Metres that a goal is missed by, and that the way to it may be left by at first.
GOAL, WAY = 0.005, 0.1


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["joints", "places", "precision", "first"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Track:
    """Places of G joints in F frames.

    Attributes:
      joints: [G] numbers of joints.
      places: [B, F, G, 3] metres, or [1, F, G, 3] for all streams alike.
      precision: [B, F, G, 3] or [1, F, G, 3] one over what is tolerated along each
        axis, per metre; 0 where it does not matter.
      first: number of the frame that F begins with; a stream's own begin with 1.
      poses: how many of the next poses are looked at; None for all.
    """

    joints: Array
    places: Array
    precision: Array
    first: Array | int = 1
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, k, 3 * G]; see `Wish`."""
        places, weight = at_frames(self.places, self.precision, self.first, ahead)
        missed = ahead.places[:, :, jnp.asarray(self.joints)] - places
        return (weight * missed).reshape(*missed.shape[:2], -1)


def reach(
    body: Skeleton,
    past: Array,
    joint: str,
    goal: Sequence[float] | np.ndarray,
    seconds: float,
    fps: float,
    hold: float = 0.5,
    first: int = 1,
) -> Track:
    """A joint goes to a place by a given time, and stays there for a while.

    It goes as hands do: straight, with the least jerk (Flash & Hogan 1985, "The
    coordination of arm movements").

    Args:
      body: whose joints are named.
      past: [B, T, J, 3] newest places of the joints, metres; T >= 2.
      joint: its name.
      goal: [3] or [B, 3] metres.
      seconds: from the newest place until then.
      fps: frames per second.
      hold: seconds that it stays.
      first: number of the frame after the newest place.

    Raises:
      ValueError: there is no such joint, or time is too short.
    """
    number = joint_number(body, joint)
    frames = round(seconds * fps)
    if frames < 1 or hold < 0:
        raise ValueError(
            f"seconds must be a frame ({1 / fps:.3f} s) or more and hold 0 or more; "
            f"got {seconds:g} and {hold:g}"
        )
    place = np.asarray(past, np.float32)[:, -2:, number]
    speed = (place[:, 1] - place[:, 0]) * fps
    goal = np.broadcast_to(np.asarray(goal, np.float32), speed.shape)
    curve = minimum_jerk(place[:, 1], speed, 0 * speed, goal, frames / fps)
    time = np.minimum(np.arange(1, frames + 1 + round(hold * fps)), frames) / fps
    places = np.einsum("tn,bnx->btx", time[:, None] ** np.arange(6), curve)
    tolerated = np.geomspace(max(WAY, GOAL), GOAL, frames)
    tolerated = np.concatenate([tolerated, np.full(len(time) - frames, GOAL)])
    return Track(
        np.array([number]),
        places[:, :, None].astype(np.float32),
        np.repeat(1 / tolerated, 3).reshape(1, -1, 1, 3).astype(np.float32),
        first,
    )


def minimum_jerk(
    place: Array,
    velocity: Array,
    acceleration: Array,
    goal: Array,
    seconds: float,
) -> np.ndarray:
    """The curve of least jerk that ends at a goal at rest.

    Args:
      place: [..., 3] at its beginning, metres.
      velocity: [..., 3] there, m/s.
      acceleration: [..., 3] there, m/s^2.
      goal: [..., 3] its end, metres.
      seconds: how long it takes.

    Returns:
      [..., 6, 3] coefficients of a polynomial of time in seconds, lowest power first.
    """
    t = seconds
    way, step, bend = goal - place, velocity * t, acceleration * t**2
    return np.stack(
        [
            place,
            velocity,
            acceleration / 2,
            (20 * way - 12 * step - 3 * bend) / (2 * t**3),
            (-30 * way + 16 * step + 3 * bend) / (2 * t**4),
            (12 * way - 6 * step - bend) / (2 * t**5),
        ],
        axis=-2,
    )
