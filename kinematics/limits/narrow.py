"""Limits narrowed to those of a person's own skeleton: a stiff joint, a prosthesis."""

from collections.abc import Sequence

import jax
import numpy as np

from kinematics.limits import bijection
from kinematics.motion import Motion, in_blocks
from kinematics.skeleton import Array, Skeleton, swing_table

# Points of a cone's edge that must lie in another cone.
_EDGE = 64
# Radians over a limit that rounding may bring.
_ROUNDING = 1e-4


def own_limits(body: Skeleton, motions: Sequence[Motion]) -> Skeleton:
    """The body with the narrower limits of the skeletons of some motions.

    A limit is taken on where it is inside of the body's and every pose of every motion
    obeys it; a cone is taken as a whole. Skeletons whose joints have other frames tell
    nothing of the body's coordinates, and of limits that depend on the pose only the
    body's stay. Limits may come out different on either side, and nothing is added to
    the tree of joints or taken out of it.

    Args:
      body: whose limits are narrowed.
      motions: on the same tree of joints.

    Raises:
      ValueError: a motion is of another tree of joints, or there is none.
    """
    if not motions:
        raise ValueError("limits need at least one motion to be narrowed to")
    lower, upper = np.array(body.lower), np.array(body.upper)
    q = np.concatenate([np.asarray(m.recoordinate(body).joints) for m in motions])
    for motion in motions:
        theirs = motion.skeleton
        if not np.array_equal(theirs.frames, body.frames):
            continue
        low, high = np.asarray(theirs.lower), np.asarray(theirs.upper)
        over = in_blocks(_excess, theirs.replace(couplings=None), q)
        for at in _groups(body):
            if (over[:, at] < _ROUNDING).all():
                inside = _narrower(low[at], high[at], lower[at], upper[at])
                lower[at], upper[at] = inside
    return body.replace(lower=lower, upper=upper)


@jax.jit
def _excess(skeleton: Skeleton, q: Array) -> jax.Array:
    return bijection.excess(skeleton, q)


def _groups(body: Skeleton) -> list[np.ndarray]:
    """Coordinates that have a limit together."""
    swings = list(np.asarray(swing_table(body.kinds)))
    paired = {int(n) for pair in swings for n in pair}
    return swings + [
        np.array([n]) for n in range(body.num_coordinates) if n not in paired
    ]


def _narrower(low, high, lower, upper) -> tuple[np.ndarray, np.ndarray]:
    """The narrower of two limits of coordinates [1], or of a swing's [2]."""
    if len(low) == 1:
        both = np.maximum(low, lower), np.minimum(high, upper)
        return both if both[0] < both[1] else (lower, upper)
    turn = np.linspace(0, 2 * np.pi, _EDGE, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    edge = (low + high) / 2 + (high - low) / 2 * circle
    away = (edge - (lower + upper) / 2) / ((upper - lower) / 2)
    inside = np.linalg.norm(away, axis=-1).max() <= 1 + 1e-5
    return (low, high) if inside else (lower, upper)
