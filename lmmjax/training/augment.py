"""Augmentation: movements in the mirror, faster, backwards, of a stiffer person.

Each window is changed by a random key of its own.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton, limits, symmetry
from kinematics.skeleton import DOFS
from lmmjax.data.windows import WindowBatch
from lmmjax.model.movement import MovementModel
from lmmjax.model.poses import joint_features
from lmmjax.training import contact

Array = jax.Array


def can_mirror(body: Skeleton) -> bool:
    """Whether the mirrored joint coordinates are coordinates of the same body."""
    if body.mirror is None:
        return False
    mirrored = symmetry.mirror_skeleton(body)
    # Bones may differ between the sides, frames and limits may not.
    pairs = zip(
        jax.tree.leaves(mirrored.replace(offsets=())),
        jax.tree.leaves(body.replace(offsets=())),
        strict=True,
    )
    return all(np.allclose(ours, theirs, atol=1e-3) for ours, theirs in pairs)


def mirror_some(
    body: Skeleton, batch: WindowBatch, keys: jax.Array, share: float
) -> WindowBatch:
    """Mirror a share of the windows, each by the toss of its own key.

    Args:
      body: for which `can_mirror` holds.
      batch: windows.
      keys: [B], one per window.
      share: probability of a window to be mirrored.

    Returns:
      The batch; mirrored windows have mirrored bones as well.
    """
    chosen = jax.vmap(lambda key: jax.random.bernoulli(key, share))(keys)
    mirrored = Poses(
        symmetry.mirror_vector(batch.poses.root_position),
        symmetry.mirror_rotation(batch.poses.root_rotation),
        symmetry.mirror_coordinates(body, batch.poses.joints),
    )
    pick = chosen[:, None, None]
    poses = Poses(
        *(
            jnp.where(pick, ours, theirs)
            for ours, theirs in zip(mirrored, batch.poses, strict=True)
        )
    )
    offsets = symmetry.mirror_positions(body, batch.offsets)
    return batch._replace(poses=poses, offsets=jnp.where(pick, offsets, batch.offsets))


def frames_needed(frames: int, warp: float) -> int:
    """Frames of a window from which one of ``frames`` can be taken at any speed."""
    return 1 + math.ceil((frames - 1) * (1 + warp))


def retime(
    batch: WindowBatch,
    keys: Array,
    frames: int,
    warp: float,
    reverse: float,
    share: Array | float = 1.0,
) -> tuple[WindowBatch, Array]:
    """Windows played at other speeds, some of them backwards.

    Args:
      batch: windows of at least ``frames_needed(frames, warp)`` frames.
      keys: [B], one per window.
      frames: frames of the result.
      warp: speeds are between 1 - warp and 1 + warp.
      reverse: probability of a window to run backwards; not where its clip ends
        before the window does.
      share: of the windows that are changed at all.

    Returns:
      Windows [B, frames], and [B, 2] what was done: speed less 1 in units of the
      largest, and 1 where time runs backwards.
    """
    uniform = jax.vmap(lambda key: jax.random.uniform(key, (3,)))(keys)
    changed = (uniform[:, 2] < share) & batch.valid[:, 0]
    change = jnp.where(changed, 2 * uniform[:, 0] - 1, 0.0)
    speed = 1 + warp * change
    span = (frames - 1) * speed
    end = jnp.ceil(span).astype(int)
    whole = jnp.take_along_axis(batch.valid, end[:, None], axis=1)[:, 0]
    back = changed & (uniform[:, 1] < reverse) & whole
    ahead = jnp.arange(frames) * speed[:, None]
    at = jnp.where(back[:, None], span[:, None] - ahead, ahead)
    low = jnp.clip(jnp.floor(at).astype(int), 0, batch.valid.shape[1] - 1)
    high = jnp.minimum(low + 1, batch.valid.shape[1] - 1)
    rows = jnp.arange(len(keys))[:, None]
    poses = between(batch.poses.at(rows, low), batch.poses.at(rows, high), at - low)
    needed = jnp.where(at > low, high, low)
    told = jnp.stack([change if warp else jnp.zeros_like(change), back], axis=-1)
    return (
        batch._replace(poses=poses, valid=batch.valid[rows, needed]),
        told.astype(jnp.float32),
    )


def between(earlier: Poses, later: Poses, share: Array | np.ndarray) -> Poses:
    """Poses [...] between those of two neighbouring frames.

    Args:
      earlier: the poses [...] of one frame.
      later: those of the next.
      share: [...] of the way from one to the other.
    """
    share = share[..., None]
    position, rotation, joints = (
        x * (1 - share) + y * share for x, y in zip(earlier, later, strict=True)
    )
    rotation = rotation / jnp.linalg.norm(rotation, axis=-1, keepdims=True)
    return Poses(position, rotation, joints)


def grow(batch: WindowBatch, keys: Array, size: float) -> WindowBatch:
    """Windows of taller and shorter people, who go as much further or less far.

    Feet that stand still go on doing so.

    Args:
      batch: windows.
      keys: [B], one per window.
      size: bones are between 1 - size and 1 + size times as long.
    """
    uniform = jax.vmap(lambda key: jax.random.uniform(key, minval=-1.0))(keys)
    factor = (1 + size * uniform)[:, None, None]
    return batch._replace(
        poses=scaled(batch.poses, factor), offsets=batch.offsets * factor
    )


def scaled(poses: Poses, factor: Array | np.ndarray) -> Poses:
    """Poses [...] of somebody so many times [..., 1] as tall."""
    return poses._replace(root_position=poses.root_position * factor)


def vary(
    model: MovementModel,
    batch: WindowBatch,
    keys: Array,
    posture: float,
    amplitude: float,
    share: Array | float = 1.0,
    planted: bool = False,
) -> WindowBatch:
    """Windows of people with other postures, who move their joints more or less.

    The root is left as it is, so that feet no longer stand still where they did unless
    legs are left as they are too.

    Args:
      model: its body and the spread of each joint coordinate.
      batch: windows.
      keys: [B], one per window.
      posture: root mean square of a constant change of each joint coordinate, in
        units of its spread in the data.
      amplitude: most that a joint's movement about its mean grows or shrinks by.
      share: of the windows that are changed at all.
      planted: whether legs are left as they are.
    """
    count = batch.poses.joints.shape[-1]
    spread = joint_features(model.body, model.statistics.token_scale)

    def draw(key):
        first, second = jax.random.split(key)
        uniform = jax.random.uniform(second, (count + 1,))
        changed = uniform[0] < share
        shift = jnp.where(changed, jax.random.normal(first, (count,)), 0.0)
        return shift, jnp.where(changed, 2 * uniform[1:] - 1, 0.0)

    shift, grow = jax.vmap(draw)(keys)
    u = limits.invert(model.body, batch.poses.joints)
    mean = jnp.mean(u, axis=1, keepdims=True)
    scale = 1 + amplitude * grow[:, None]
    u = mean + scale * (u - mean) + posture * spread * shift[:, None]
    joints = limits.apply(model.body, u)
    if planted:
        joints = jnp.where(_legs(model.body), batch.poses.joints, joints)
    return batch._replace(poses=batch.poses._replace(joints=joints))


def hold(body: Skeleton, poses: Poses, shift: Array | np.ndarray) -> Poses:
    """Poses [...] of somebody who holds himself otherwise, all but the legs.

    The opposite shift undoes it.

    Args:
      body: the body.
      poses: within its limits.
      shift: [..., D] change of unconstrained coordinates.
    """
    changed = limits.apply(body, limits.invert(body, poses.joints) + shift)
    return poses._replace(joints=jnp.where(_legs(body), poses.joints, changed))


def _legs(body: Skeleton) -> np.ndarray:
    """[D] whether a joint coordinate moves what the body stands on."""
    coordinates = [DOFS[kind] for kind in body.kinds]
    return np.repeat(contact.carrying(body), coordinates)
