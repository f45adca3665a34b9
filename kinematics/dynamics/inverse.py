"""Inverse dynamics: the loads that a movement takes.

Newton's and Euler's laws give force and moment of each part; what a joint carries is
their sum over all that hangs on it. Summing from the leaves inward is the recursive
Newton-Euler method (Luh, Walker and Paul 1980; Featherstone 2008, chapter 5).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.columns import columns, cross, inward, rotate_back, rows
from kinematics.dynamics.inertia import Inertia
from kinematics.dynamics.momentum import batch_of, parts
from kinematics.skeleton import DOFS, Array, Skeleton
from kinematics.state import State

# Standard gravity, m/s^2 (third General Conference on Weights and Measures, 1901).
GRAVITY = 9.80665


class Wrench(NamedTuple):
    """Force [..., 3] N, and moment [..., 3] N m about the place where it acts."""

    force: Array
    moment: Array


class Loads(NamedTuple):
    """What the joints do to the parts that hang on them.

    Attributes:
      torques: [..., D] N m, the generalised forces of the joint coordinates: power is
        their product with the rates of the coordinates. Gravity is taken account of,
        so these are what muscles, ligaments and joint limits do together.
      forces: [..., J, 3] N in the world, on the part that moves with each joint, from
        its parent; for the root from outside of the body.
      moments: [..., J, 3] N m in the world about the joint, alike: net joint moments.
    """

    torques: jax.Array
    forces: jax.Array
    moments: jax.Array

    @property
    def residual(self) -> Wrench:
        """What must act on the root from outside beside gravity, at its place.

        Without external forces given, it is all that the surroundings do to the body;
        with all of them given, it is 0 but for errors of the data and of the model.
        """
        return Wrench(self.forces[..., 0, :], self.moments[..., 0, :])


def inverse_dynamics(
    skeleton: Skeleton,
    inertia: Inertia,
    state: State,
    external: Wrench | None = None,
    gravity: float = GRAVITY,
) -> Loads:
    """The loads of a movement.

    Args:
      skeleton: the body.
      inertia: its masses.
      state: [...] its motion.
      external: forces [..., J, 3] and moments [..., J, 3] of the world that act from
        outside on what moves with each joint, the forces at the place of the joint.
      gravity: m/s^2, downward.

    Returns:
      The loads [...].
    """
    part, batch = parts(inertia, state), batch_of(inertia, state)
    if external is not None:
        batch = jnp.broadcast_shapes(batch, jnp.shape(external.force)[:-2])
    # Resting on the ground is being accelerated upward, as far as forces go.
    force = part.mass * part.center.acceleration.at[2].add(gravity)
    # Moments are summed about the root's place, then taken about each joint's.
    place = columns(state.positions, 1, batch)
    root = place[:, :1]
    moment = part.spin_rate + cross(part.center.position - root, force)
    if external is not None:
        outer = columns(external.force, 1, batch)
        force = force - outer
        moment = moment - columns(external.moment, 1, batch)
        moment = moment - cross(place - root, outer)
    both = inward(
        skeleton.parents, jnp.concatenate(jnp.broadcast_arrays(force, moment))
    )
    forces = both[:3]
    moments = both[3:] - cross(place - root, forces)
    about = rotate_back(columns(state.axes, 2, batch), moments)
    dofs = [DOFS[kind] for kind in skeleton.kinds]
    # Coordinates are numbered joint by joint.
    joints = np.repeat(np.arange(len(dofs)), dofs)
    torques = about[np.concatenate([np.arange(n) for n in dofs]), joints]
    return Loads(rows(torques, batch), rows(forces, batch), rows(moments, batch))
