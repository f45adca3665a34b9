"""What the writers of robots' files ask of a body: masses, names, bones to show."""

from collections.abc import Sequence

import numpy as np

from kinematics.dynamics.inertia import Inertia
from kinematics.skeleton import Skeleton

# Bones are shown with this share of their length for a radius, up to _RADIUS metres,
# where they are not shorter than _SHORT.
_RADIUS_SHARE = 0.12
_RADIUS = 0.05
_SHORT = 1e-3


def check_body(skeleton: Skeleton) -> None:
    """Raise ValueError where a skeleton holds several bodies."""
    if np.ndim(skeleton.offsets) != 2:
        raise ValueError(
            "a file holds one body: give a skeleton with offsets [J, 3], not "
            f"{list(np.shape(skeleton.offsets))}"
        )


def masses(skeleton: Skeleton, inertia: Inertia | None) -> tuple[np.ndarray, ...]:
    """Mass [J], centre [J, 3] and tensor [J, 3, 3], float64; 0 where None.

    Raises:
      ValueError: they are not those of one rigid body per joint.
    """
    count = skeleton.num_joints
    shapes = ((count,), (count, 3), (count, 3, 3))
    if inertia is None:
        return tuple(np.zeros(shape) for shape in shapes)
    found = tuple(
        np.array(x, float) for x in (inertia.mass, inertia.center, inertia.tensor)
    )
    if tuple(x.shape for x in found) != shapes:
        raise ValueError(
            f"inertia must be that of one body of {count} joints; its mass has shape "
            f"{list(found[0].shape)}"
        )
    for j, name in enumerate(skeleton.names):
        finite = all(np.isfinite(x[j]).all() for x in found)
        if not finite or found[0][j] < 0:
            raise ValueError(f"the mass of {name!r} must be finite and 0 or more")
        moments = np.linalg.eigvalsh(found[2][j])
        # A rod has moments 0, m, m, so rounding decides on which side it falls.
        if 2 * moments[2] - moments.sum() > 1e-4 * moments[2] + 1e-10:
            raise ValueError(
                f"the inertia tensor of {name!r} is of no rigid body: its moments are "
                + ", ".join(f"{moment:.6g}" for moment in moments)
            )
    return found


def joint_names(
    skeleton: Skeleton, counts: Sequence[int], reserved: Sequence[str] = ()
) -> tuple[tuple[str, ...], ...]:
    """Names of the joints of a file that make each joint of a skeleton.

    Args:
      skeleton: the body.
      counts: J numbers of joints of the file.
      reserved: names that the file does not allow.

    Returns:
      One joint is called as the skeleton's; several have ``_1``, ``_2``... behind,
      and underscores before where a joint of the skeleton is called so.
    """
    taken = {*skeleton.names, *reserved}
    found: list[tuple[str, ...]] = []
    for name, count in zip(skeleton.names, counts, strict=True):
        several = (name,) * count
        if count > 1:
            base = name
            while True:
                several = tuple(f"{base}_{k + 1}" for k in range(count))
                if not taken & set(several):
                    break
                base += "_"
        taken |= set(several)
        found.append(several)
    return tuple(found)


def bone_radius(bone: np.ndarray) -> float | None:
    """Radius in metres at which to show a bone [3], None for one too short."""
    length = float(np.linalg.norm(bone))
    return None if length < _SHORT else min(_RADIUS_SHARE * length, _RADIUS)
