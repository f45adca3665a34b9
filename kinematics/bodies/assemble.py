"""From rows of names, parents and movements to a checked body of any stature."""

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np

from kinematics.bodies.figure import PLACES
from kinematics.bodies.joint_sets import JointSet
from kinematics.bodies.movements import Movement
from kinematics.skeleton import Array, Skeleton, make_skeleton, mirrored_frame


class Joint(NamedTuple):
    """One joint of a body in the making.

    Attributes:
      name: what the body calls it.
      parent: the name of its parent, "" for the root.
      movement: how it turns on the left side or on the midline.
      place: [3] where it is at rest.
      side: ``left``, ``right`` or ``""`` for the midline.
    """

    name: str
    parent: str
    movement: Movement
    place: np.ndarray
    side: str


def assemble(joints: Sequence[Joint]) -> Skeleton:
    """The skeleton of some joints, parents before children and the root first."""
    index = {joint.name: j for j, joint in enumerate(joints)}
    parents = [index[joint.parent] if joint.parent else -1 for joint in joints]
    places = np.stack([joint.place for joint in joints])
    limits = [joint.movement.limits() for joint in joints]
    lower, upper = (np.concatenate(ends) for ends in zip(*limits, strict=True))
    body = make_skeleton(
        [joint.name for joint in joints],
        parents,
        places - places[np.maximum(parents, 0)],
        kinds=["free"] + [joint.movement.kind for joint in joints[1:]],
        frames=np.stack([_frame(joint) for joint in joints]),
        lower=np.deg2rad(lower.astype(np.float32)),
        upper=np.deg2rad(upper.astype(np.float32)),
    )
    # Bodies are made once and shared.
    for array in jax.tree.leaves(body):
        array.setflags(write=False)
    return body


def from_tree(
    joints: JointSet,
    tree: Mapping[str, tuple[str, Movement]],
    places: Mapping[str, np.ndarray] = PLACES,
) -> Skeleton:
    """The skeleton of a joint set whose order has parents before children.

    Args:
      joints: names and landmarks.
      tree: parent and movement of every landmark, all without side; the parent is on
        the same side or on the midline, and "" is that of the root.
      places: [3] where each landmark is at rest.
    """
    names = dict(zip(joints.landmarks, joints.joints, strict=True))
    rows = []
    for mark, name in names.items():
        side, base = split_side(mark)
        up, movement = tree[base]
        parent = names[beside(mark, up, names)] if up else ""
        rows.append(Joint(name, parent, movement, places[mark], side))
    return assemble(rows)


def _frame(joint: Joint) -> np.ndarray:
    mirrored = joint.side == "right" and joint.movement.motions
    axes = joint.movement.axes
    return mirrored_frame(axes) if mirrored else axes


def scaled(body: Skeleton, stature: float | Array) -> Skeleton:
    """A body of stature 1 at other statures.

    Args:
      body: offsets [J, 3] in statures.
      stature: [...] metres; several make a body with leading axes.

    Returns:
      The same body with offsets [..., J, 3] metres.

    Raises:
      ValueError: a stature is not above 0; what JAX holds is not looked at.
    """
    if not isinstance(stature, jax.Array):
        stature = np.asarray(stature, np.float32)
        if not (np.isfinite(stature) & (stature > 0)).all():
            raise ValueError(f"stature must be above 0 metres, not {stature}")
    return body.replace(offsets=body.offsets * stature[..., None, None])


def beside(name: str, base: str, names: Container[str]) -> str:
    """The name with this base on the side of another name, or on the midline."""
    sided = f"{split_side(name)[0]}_{base}"
    return sided if sided in names else base


def split_side(name: str) -> tuple[str, str]:
    """Side (``left``, ``right`` or ``""``) and name without it."""
    for side in ("left", "right"):
        if name.startswith(side + "_"):
            return side, name[len(side) + 1 :]
    return "", name
