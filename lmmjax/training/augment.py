"""Augmentation: the same movements seen in the mirror."""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton, symmetry
from lmmjax.data.windows import WindowBatch


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
