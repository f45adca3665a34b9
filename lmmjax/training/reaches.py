"""Reaches that nobody made: an arm leaves what it does, arrives elsewhere, comes back.

Where hands truly go the past tells already, so that a model learns little from being
told of it. Here the limb before a joint with goals goes to a posture that has nothing
to do with the rest, smoothly (minimum jerk, of each coordinate; Flash & Hogan 1985),
stays and comes back. Where it arrives is told (see `lmmjax.training.hindsight`), and
is to be known in no other way.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Skeleton, limits
from kinematics.skeleton import DOFS, coordinate_joints
from lmmjax.data.windows import WindowBatch
from lmmjax.model import MovementModel, intent
from lmmjax.model.poses import joint_features, positions
from lmmjax.training import contact

Array = jax.Array

# Joints of a limb: they turn, and are the nearest before what reaches.
_OF_LIMB = 2
# How different postures are that are reached from those of the data, and the most, in
# unconstrained radians from the middle of a range.
_SPREAD, _MOST = 2.0, 2.5
# Metres from the middle of the trunk within which nothing is reached.
_TRUNK = 0.15
# Seconds to get there, to stay and to come back; who gets there began when it was told.
_THERE, _STAYS, _BACK = (0.4, 1.2), (0.0, 0.6), (0.5, 1.5)


class Reaches(NamedTuple):
    """Who reaches.

    Attributes:
      frame: [B] when joints arrive.
      made: [B, G] which of the joints with goals do.
    """

    frame: Array
    made: Array


def limb(body: Skeleton, joint: int) -> list[int]:
    """The joints that move another one alone, the nearest first.

    They are none where these carry the body.
    """
    standing, found = contact.carrying(body), list[int]()
    while (joint := body.parents[joint]) > 0 and len(found) < _OF_LIMB:
        if DOFS[body.kinds[joint]] and not standing[joint]:
            found.append(joint)
    return found


def reach_some(
    model: MovementModel, batch: WindowBatch, keys: Array, share: float
) -> tuple[WindowBatch, Reaches]:
    """Let a share of the windows reach, each with one limb.

    Args:
      model: its body, the joints with goals, and how coordinates are in the data.
      batch: windows of T frames.
      keys: [B], one per window.
      share: of the windows.

    Returns:
      The windows, and who reaches. Nobody does where no joint with goals has a limb.
    """
    body, fps = model.body, model.fps
    joints = intent.goal_joints(body, model.config)
    of = [limb(body, joint) for joint in joints]
    able = [n for n, found in enumerate(of) if found]
    windows, frames = batch.valid.shape
    if not able:
        none = jnp.zeros((windows, len(joints)), bool)
        return batch, Reaches(jnp.zeros(windows, int), none)

    def draw(key):
        first, second = jax.random.split(key)
        return (
            jax.random.normal(first, (body.num_coordinates,)),
            jax.random.uniform(second, (6,)),
        )

    normal, uniform = jax.vmap(draw)(keys)
    which = jnp.array(able)[(uniform[:, 0] * len(able)).astype(int)]
    made = jax.nn.one_hot(which, len(joints), dtype=bool)
    arrives = 1 + (uniform[:, 1] * (frames - 1)).astype(int)
    takes, stays, back = (
        fps * (low + (high - low) * uniform[:, n : n + 1])
        for n, (low, high) in enumerate((_THERE, _STAYS, _BACK), 2)
    )
    since = jnp.arange(frames) - arrives[:, None]
    away = _smooth(1 + since / takes) - _smooth((since - stays) / back)
    owner = coordinate_joints(body.kinds)
    moved = np.array([np.isin(owner, found) for found in of])
    away = away[..., None] * (made @ moved)[:, None]
    mean, scale = (
        joint_features(body, x)
        for x in (model.statistics.token_mean, model.statistics.token_scale)
    )
    there = jnp.clip(mean + _SPREAD * scale * normal, -_MOST, _MOST)
    u = limits.invert(body, batch.poses.joints)
    reaching = limits.apply(body, u + away * (there[:, None] - u))
    poses = batch.poses._replace(joints=reaching)
    rows = jnp.arange(windows)[:, None]
    places = positions(body, poses.at(rows, arrives[:, None]))[:, 0]
    # Where limbs begin.
    ends = [body.parents[found[-1]] if found else 0 for found in of]
    apart = _from_line(places[:, joints], places[:, :1], places[:, ends])
    made &= (apart > _TRUNK) & (uniform[:, 5:] < share)
    changed = made.any(axis=-1)[:, None, None] & (away > 0)
    poses = batch.poses._replace(
        joints=jnp.where(changed, reaching, batch.poses.joints)
    )
    return batch._replace(poses=poses), Reaches(arrives, made)


def _smooth(share: Array) -> jax.Array:
    """From 0 to 1 with minimum jerk, of the share of the time that has passed."""
    s = jnp.clip(share, 0, 1)
    return s**3 * (10 - 15 * s + 6 * s * s)


def _from_line(point: Array, begin: Array, end: Array) -> jax.Array:
    """Distances [...] of points [..., 3] from the lines between two others."""
    line, far = end - begin, point - begin
    square = jnp.maximum(jnp.sum(line * line, axis=-1), 1e-9)
    share = jnp.clip(jnp.sum(far * line, axis=-1) / square, 0, 1)
    return jnp.linalg.norm(far - share[..., None] * line, axis=-1)
