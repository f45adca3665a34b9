"""From the points of one joint set to those of another, by what they mean.

A point that both sets have is taken over as it is. Where the target asks for a place
that the source does not have, the nearest place it has stands in, or the middle of
two, and the result says so; what cannot be made is NaN.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.bodies.joint_sets import JointSet, joint_set, other_side
from kinematics.skeleton import Array

# What may stand in for a landmark, best first; ``a+b`` is the middle of two, and a sum
# of four is the middle of all. For one side, the other is its mirror image. A labelled
# hip is a place that people marked in pictures, not the centre of the joint; the neck
# of detectors is the middle of the shoulders, which is near the joint at its base.
_MIDDLE = (
    "mid_hip_joint+neck mid_hip+neck mid_hip+mid_shoulder "
    "left_hip_joint+right_hip_joint+left_shoulder+right_shoulder "
    "left_hip+right_hip+left_shoulder+right_shoulder"
)
_STAND_INS = {
    "left_hip": "left_hip_joint",
    "left_hip_joint": "left_hip",
    "mid_hip": "left_hip+right_hip mid_hip_joint left_hip_joint+right_hip_joint pelvis",
    "mid_hip_joint": "left_hip_joint+right_hip_joint mid_hip left_hip+right_hip pelvis",
    "pelvis": "mid_hip_joint left_hip_joint+right_hip_joint mid_hip left_hip+right_hip",
    "mid_shoulder": "left_shoulder+right_shoulder neck",
    "neck": "mid_shoulder left_shoulder+right_shoulder low_neck",
    "upper_neck": "head neck+head mid_neck",
    "mid_neck": "neck+head upper_neck",
    "head": "upper_neck left_ear+right_ear",
    "chest": "spine spine1+spine2 " + _MIDDLE,
    "spine": "spine1+spine2 spine_low+spine_high chest " + _MIDDLE,
    "spine1": "spine_low",
    "spine2": "spine_high",
    "spine_low": "spine1",
    "spine_high": "spine2",
    "left_eye": "left_eye1+left_eye4 left_eyeball",
    "left_eyeball": "left_eye left_eye1+left_eye4",
    "nose": "nose4",
    "nose4": "nose",
    "left_toe_base": "left_big_toe+left_small_toe left_toes_end left_big_toe",
    "left_toes_end": "left_big_toe left_toe_base",
    "left_big_toe": "left_toes_end left_toe_base",
    "left_wrist": "left_hand_root left_forearm",
    "left_hand_root": "left_wrist",
    "left_palm": "left_middle_mcp left_index_mcp+left_pinky_mcp left_knuckles",
    "left_middle_mcp": "left_palm left_index_mcp+left_ring_mcp",
    "left_thumb_cmc": "left_thumb_base",
    "left_thumb_base": "left_thumb_cmc",
    "left_hand_end": "left_middle_tip",
    "left_middle_tip": "left_hand_end",
}


class Converted(NamedTuple):
    """Points of another joint set.

    Attributes:
      points: [..., K, C], NaN where a joint cannot be made.
      exact: [K] whether the source has the very landmark.
      found: [K] whether there is a point at all, exact or not.
    """

    points: Array
    exact: np.ndarray
    found: np.ndarray


def convert(points: Array, source: JointSet | str, target: JointSet | str) -> Converted:
    """Points of one joint set as points of another.

    Args:
      points: [..., J, C] of the source: C is 2 or 3, or anything else that may be
        averaged. Missing is NaN, and so is every point made from a missing one.
      source: joint set of the J points, or its name.
      target: joint set wanted, or its name.

    Returns:
      Points [..., K, C], of JAX where the points were, and what they are worth.

    Raises:
      ValueError: the points are not those of the source.
    """
    source = joint_set(source) if isinstance(source, str) else source
    target = joint_set(target) if isinstance(target, str) else target
    xp = jnp if isinstance(points, jax.Array) else np
    points = xp.asarray(points)
    if not jnp.issubdtype(points.dtype, jnp.floating):
        points = points.astype(np.float32)
    if points.ndim < 2 or points.shape[-2] != len(source):
        raise ValueError(
            f"points of {source.name} have shape [..., {len(source)}, C], "
            f"not {list(points.shape)}"
        )
    indices, exact, found = _plan(source, target)
    parts = [points[..., column, :] for column in indices.T]
    while len(parts) > 1:
        # Halves, and not half of the sum: exact where all parts are one point.
        parts = [
            a * 0.5 + b * 0.5 for a, b in zip(parts[::2], parts[1::2], strict=True)
        ]
    made = xp.where(found[:, None], parts[0], xp.asarray(np.nan, points.dtype))
    return Converted(made, exact.copy(), found.copy())


@functools.cache
def _plan(source: JointSet, target: JointSet) -> tuple[np.ndarray, ...]:
    """Indices [K, 1, 2 or 4] of points to average; whether exact and found [K]."""
    # Where a set has a landmark twice (VIBE's), the later one is the label itself.
    where = {mark: j for j, mark in enumerate(source.landmarks)}
    made = []
    for mark in target.landmarks:
        recipes = [[mark], *_recipes(mark)]
        made.append(next((r for r in recipes if set(r) <= set(where)), None))
    parts = max(len(recipe) for recipe in made if recipe) if any(made) else 1
    indices = [
        [where[end] for end in recipe for _ in range(parts // len(recipe))]
        if recipe
        else [0] * parts
        for recipe in made
    ]
    exact = [recipe == [m] for recipe, m in zip(made, target.landmarks, strict=True)]
    found = [recipe is not None for recipe in made]
    return np.array(indices), np.array(exact), np.array(found)


def _recipes(mark: str) -> list[list[str]]:
    """Landmarks whose middle stands in for one, best first."""
    if mark.startswith("right_"):
        return [
            [other_side(end) for end in ends] for ends in _recipes(other_side(mark))
        ]
    return [recipe.split("+") for recipe in _STAND_INS.get(mark, "").split()]
