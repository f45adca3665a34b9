"""Feet that stand go on standing where they are, and others keep off the ground.

Whoever is led takes longer steps than he would, in which feet are no higher. And whose
foot is about to stand comes down with it: half a minute from the last pose that was
seen a foot may float.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.bodies import segments
from kinematics.dynamics.contact import INNER_SPEED, OUTER_SPEED
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.model.movement import MovementModel

Array = jax.Array

# Metres above level ground at which the ball of a foot, a joint inside of it, surely
# stands if it is slow, and surely does not.
LOW, HIGH = 0.06, 0.1
# Where it rests: of captured people who walk and stand still, 3 of 4 frames are below.
# A slow foot comes down to it, surely from the height where it may stand, and not at
# all from here on.
REST, NEAR = 0.05, 0.13
# Metres a second at which a foot surely steps, and metres above level ground that its
# ball then is: of captured people who walk, 19 of 20 frames are above it.
STEPS, CLEAR = 1.0, 0.07


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=[
        "joints",
        "still",
        "moving",
        "steps",
        "low",
        "high",
        "clear",
        "rest",
        "near",
        "tolerance",
    ],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Standing:
    """Points that would stand without any wish stay where they came down.

    A point is held as far as it stands, from not at all to wholly, so that nothing
    jumps when it comes down or leaves. Its height is the one that it would have. One
    that steps is kept from being lower than feet are then.

    Attributes:
      joints: [G] numbers of joints.
      still: metres a frame over the ground up to which a point surely stands.
      moving: metres a frame from which on it surely does not.
      steps: metres a frame from which on it surely steps.
      low: height in metres up to which it surely stands.
      high: height from which on it surely does not.
      clear: height below which it does not step.
      rest: height down to which it comes where it is slow.
      near: height from which on it does not.
      tolerance: metres.
      poses: how many of the next poses are looked at; None for all.
    """

    joints: Array | np.ndarray
    still: Array | float
    moving: Array | float
    steps: Array | float
    low: Array | float = LOW
    high: Array | float = HIGH
    clear: Array | float = CLEAR
    rest: Array | float = REST
    near: Array | float = NEAR
    tolerance: Array | float = 0.01
    poses: int | None = None

    def residuals(self, ahead: Ahead) -> Array:
        """[B, k, 3 * G]; see `Wish`."""
        joints = jnp.asarray(self.joints)
        drawn, before = ahead.drawn[:, :, joints], ahead.before[:, :, joints]
        places = ahead.places[:, :, joints]
        held, stands = self.held(drawn, before)
        missed = stands[..., None] * (places - held)
        # As far as it is to come down, its height is that of the ground.
        speed = _speed(drawn, before)
        slow = falling(speed, self.still, self.moving)
        down = slow * falling(drawn[..., 2], self.high, self.near)
        floats = drawn[..., 2] > self.rest
        height = places[..., 2] - self.rest
        missed = missed.at[..., 2].set(jnp.where(floats, down * height, missed[..., 2]))
        steps = 1 - falling(speed, self.moving, self.steps)
        lacking = jnp.minimum(places[..., 2] - self.clear, 0)
        missed = missed.at[..., 2].add(steps * lacking) / self.tolerance
        return missed.reshape(*missed.shape[:2], -1)

    def held(self, drawn: Array, before: Array) -> tuple[Array, Array]:
        """Where points are held, and how much.

        Args:
          drawn: [B, k, G, 3] where they would be in the next poses, metres.
          before: [B, 1, G, 3] where they are.

        Returns:
          Places [B, k, G, 3], and shares [B, k, G] from 0 to 1.
        """
        slow = falling(_speed(drawn, before), self.still, self.moving)
        stands = slow * falling(drawn[..., 2], self.low, self.high)

        def follow(place, now):
            there, stays = now
            place = there + stays[..., None] * (place - there)
            return place, place

        _, flat = jax.lax.scan(
            follow,
            before[:, 0, :, :2],
            (jnp.moveaxis(drawn[..., :2], 1, 0), jnp.moveaxis(stands, 1, 0)),
        )
        flat = jnp.moveaxis(flat, 0, 1)
        return jnp.concatenate([flat, drawn[..., 2:]], axis=-1), stands


def _speed(drawn: Array, before: Array) -> Array:
    """Metres a frame over the ground [B, k, G] of points [B, k, G, 3]."""
    step = jnp.diff(drawn[..., :2], axis=1, prepend=before[..., :2])
    # No gradient of 0 / 0 where a point does not move at all.
    return jnp.sqrt(jnp.sum(step * step, axis=-1) + 1e-12)


def falling(x: Array | np.ndarray, high: Array | float, low: Array | float) -> Array:
    """1 up to one bound, 0 from a larger one on, and smooth between."""
    share = jnp.clip((low - x) / (low - high), 0, 1)
    return share * share * (3 - 2 * share)


def standing_feet(model: MovementModel, poses: int | None = None) -> Standing:
    """That the balls of a body's feet stand, in the next poses.

    Raises:
      ValueError: see `kinematics.bodies.segments.toe_joints`.
    """
    toes = np.array(segments.toe_joints(model.body))
    still, moving, steps = (x / model.fps for x in (INNER_SPEED, OUTER_SPEED, STEPS))
    return Standing(toes, still, moving, steps, poses=poses)


def feet_stand(model: MovementModel, commit: int) -> list[Standing]:
    """The same as a list of wishes, which is empty for a body without feet.

    Args:
      model: the model.
      commit: poses that are handed out; they and one more are looked at.
    """
    try:
        return [standing_feet(model, min(commit + 1, model.config.horizon))]
    except ValueError:
        return []
