"""Where arm and fingers go so that a hand holds a thing: damped least squares.

What is asked of the whole arm at once: the tips of the digits on the thing, none of
its joints in it, the hand turned along the grip, each finger bent evenly, and all else
as near as can be to a posture that is given. Limits hold exactly, as the unknowns are
what `kinematics.limits` maps into them.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, limits
from kinematics.skeleton import Array, Skeleton
from lmmjax.generation.grasping.hand import Hand, locate
from lmmjax.generation.grasping.thing import Thing

# Deviations that cost alike: metres of a tip on the surface, of one that is asked to a
# place, of a joint in the thing; of the hand's axes; radians of uneven bends.
_TOUCH, _PLACE, _INSIDE, _AXES, _UNEVEN = 0.001, 0.02, 0.0015, 0.35, 0.15
# Half the thickness of a finger, which joints keep from the surface.
_THICKNESS = 0.008
# The last joint of a finger bends by two thirds of the one before.
_LAST_BEND = 2 / 3
_STEPS = 50
# Radians that a coordinate moves in one step at most.
_STRIDE = 0.4


class Wish(NamedTuple):
    """What is asked of a hand.

    Attributes:
      places: [5, 3] metres, where the tips are wanted.
      surely: [5] how much; 1 is to 2 cm, 400 to 1 mm.
      touch: [5] 1 for tips that are to be on the surface, 0 for tips outside of it.
      axes: [3, 3] the wrist's rotation.
      aligned: [] how much it is wanted; 1 is to 0.35 rad.
      near: [M] coordinates to stay near, of `Hand.moved`.
      spread: [M] radians of such deviations that cost one.
    """

    places: Array
    surely: Array
    touch: Array
    axes: Array
    aligned: Array | float
    near: Array
    spread: Array


@functools.partial(jax.jit, static_argnames="hand")
def solve(
    body: Skeleton, hand: Hand, base: Poses, start: Array, thing: Thing, wish: Wish
) -> jax.Array:
    """Joint coordinates [D] of a pose in which the hand does what is asked.

    Args:
      body: the skeleton.
      hand: its right hand.
      base: one pose: what is not moved.
      start: [M] coordinates of `Hand.moved` to begin at.
      thing: what is held.
      wish: what is asked.
    """
    moved = hand.moved
    begun = jnp.asarray(base.joints).at[moved].set(start)
    free = limits.invert(body, begun)

    def joints(x):
        return limits.apply(body, free.at[moved].set(x))

    def residual(x):
        q = joints(x)
        at = locate(body, hand, base.root_position, base.root_rotation, q)
        gaps = thing.distance(at.tips)
        inner = jnp.concatenate([at.knuckles.reshape(-1, 3), at.wrist[None]])
        inner = jnp.minimum(thing.distance(inner) - _THICKNESS, 0)
        bend = q[np.array(hand.fingers)].reshape(5, 3, 3)[..., 0]
        uneven = jnp.concatenate(
            [
                bend[1:, 2] - _LAST_BEND * bend[1:, 1],
                0.4 * jnp.diff(bend[1:, :2], axis=0).ravel(),
            ]
        )
        parts = [
            (at.tips - wish.places) * jnp.sqrt(wish.surely)[:, None] / _PLACE,
            jnp.where(wish.touch > 0, gaps, jnp.minimum(gaps, 0)) / _TOUCH,
            inner / _INSIDE,
            (at.turn - wish.axes) * wish.aligned / _AXES,
            uneven / _UNEVEN,
            (q[moved] - wish.near) / wish.spread,
        ]
        return jnp.concatenate([part.ravel() for part in parts])

    def both(x):
        r = residual(x)
        return r, r

    first = free[moved]
    count, rows = len(moved), len(jax.eval_shape(residual, first))

    # One evaluation a step, of the trial: the first trial is the start itself.
    def step(_, carry):
        x, r, slope, damping = carry
        square = slope.T @ slope
        scale = damping * jnp.diag(square) + 1e-6
        change = jnp.linalg.solve(square + jnp.diag(scale), slope.T @ r)
        trial = x - jnp.clip(change, -_STRIDE, _STRIDE)
        new_slope, new = jax.jacfwd(both, has_aux=True)(trial)
        better = (new**2).sum() < (r**2).sum()
        return (
            jnp.where(better, trial, x),
            jnp.where(better, new, r),
            jnp.where(better, new_slope, slope),
            jnp.clip(damping * jnp.where(better, 0.3, 5.0), 1e-6, 1e4),
        )

    # Of so large a cost that the first trial, which stays, is better.
    none = jnp.full(rows, 1e6), jnp.zeros((rows, count))
    carry = first, *none, jnp.float32(1e-2)
    return joints(jax.lax.fori_loop(0, _STEPS, step, carry)[0])
