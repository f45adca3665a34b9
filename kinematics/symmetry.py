"""The mirror M: the same movement with left and right exchanged.

M is a signed permutation of the joint coordinates, and a swap of sides with a
reflection of y for positions. It maps a body to its mirrored body, whose bones
may differ where left and right do: ``FK(M q; M body) = M FK(q; body)``. Applied
twice it is the identity.
"""

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.couplings import mirrored
from kinematics.skeleton import (
    DOFS,
    REFLECTION,
    Array,
    Skeleton,
    SkeletonError,
    coordinate_table,
    mirrored_frame,
)


def _twins(skeleton: Skeleton) -> np.ndarray:
    if skeleton.mirror is None:
        raise SkeletonError(
            "this skeleton has no mirror: its joint names show no left and right; "
            "give make_skeleton(mirror=...) the index of each joint's twin"
        )
    return np.array(skeleton.mirror)


def coordinate_mirror(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Index [D] and sign [D] with (M q)[d] = sign[d] q[index[d]]."""
    twins, table = _twins(skeleton), coordinate_table(skeleton.kinds)
    index = np.zeros(skeleton.num_coordinates, int)
    signs = np.ones(skeleton.num_coordinates, np.float32)
    for j, kind in enumerate(skeleton.kinds):
        for k in range(DOFS[kind]):
            index[table[j, k]] = table[twins[j], k]
            signs[table[j, k]] = skeleton.mirror_signs[j][k]
    return index, signs


def mirror_coordinates(skeleton: Skeleton, q: Array) -> jax.Array:
    """M on joint coordinates [..., D]."""
    index, signs = coordinate_mirror(skeleton)
    return jnp.asarray(q)[..., index] * signs


def mirror_positions(skeleton: Skeleton, positions: Array) -> jax.Array:
    """M on joint positions or velocities [..., J, 3], across the plane y = 0."""
    return jnp.asarray(positions)[..., _twins(skeleton), :] * REFLECTION


def mirror_vector(vector: Array) -> jax.Array:
    """M on a point or velocity [..., 3] of the world."""
    return jnp.asarray(vector) * REFLECTION


def mirror_rotation(quaternion: Array) -> jax.Array:
    """M on a rotation given as a unit quaternion [..., 4]: S R S."""
    return jnp.asarray(quaternion) * np.array([1, -1, 1, -1], np.float32)


def mirror_skeleton(skeleton: Skeleton) -> Skeleton:
    """The mirrored body: left and right bones and limits exchanged."""
    twins = _twins(skeleton)
    index, signs = coordinate_mirror(skeleton)
    low, high = skeleton.lower[index] * signs, skeleton.upper[index] * signs
    frames = mirrored_frame(skeleton.frames[twins])
    couplings = skeleton.couplings
    return skeleton.replace(
        offsets=skeleton.offsets[..., twins, :] * REFLECTION,
        frames=frames * np.array(skeleton.mirror_signs, np.float32)[:, None, :],
        lower=jnp.minimum(low, high),
        upper=jnp.maximum(low, high),
        couplings=None if couplings is None else mirrored(couplings, index, signs),
    )
