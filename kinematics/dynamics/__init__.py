"""Mass in motion: momentum, energy, torques, contact and balance.

From a captured walk to the torques of its joints, without a force plate:

    masses = anthropometry.inertia(motion.skeleton, mass_kg=70)
    state = from_motion(smooth(motion))
    free = inverse_dynamics(motion.skeleton, masses, state)
    feet = segments.feet(motion.skeleton)
    points = jnp.stack([state.positions[:, foot] for foot in feet], axis=-3)
    touch = contacts(points.reshape(len(motion), -1, 3), motion.fps)
    support = soles(points, touch.reshape(points.shape[:-1]), breadth=0.1)
    ground = ground_reaction(free.residual, state.positions[:, 0], support)
    pushes = ground.external(state.positions, [foot[0] for foot in feet])
    loads = inverse_dynamics(motion.skeleton, masses, state, pushes)

Masses are `kinematics.bodies.anthropometry`, feet `kinematics.bodies.segments`.
"""

from kinematics.dynamics.balance import extrapolated_center, margin_of_stability
from kinematics.dynamics.contact import Ground, contacts, find_ground
from kinematics.dynamics.energy import (
    Work,
    joint_powers,
    kinetic_energy,
    potential_energy,
    work,
)
from kinematics.dynamics.inertia import Inertia
from kinematics.dynamics.inverse import GRAVITY, Loads, Wrench, inverse_dynamics
from kinematics.dynamics.momentum import (
    Point,
    angular_momentum,
    center_of_mass,
    linear_momentum,
)
from kinematics.dynamics.reaction import (
    Reaction,
    center_of_pressure,
    ground_reaction,
)
from kinematics.dynamics.smoothing import low_pass, smooth
from kinematics.dynamics.support import (
    Soles,
    nearest_supported,
    signed_distance,
    soles,
)
from kinematics.state import Rates, State, from_motion, from_rates

__all__ = [
    "GRAVITY",
    "Ground",
    "Inertia",
    "Loads",
    "Point",
    "Rates",
    "Reaction",
    "Soles",
    "State",
    "Work",
    "Wrench",
    "angular_momentum",
    "center_of_mass",
    "center_of_pressure",
    "contacts",
    "extrapolated_center",
    "find_ground",
    "from_motion",
    "from_rates",
    "ground_reaction",
    "inverse_dynamics",
    "joint_powers",
    "kinetic_energy",
    "linear_momentum",
    "low_pass",
    "margin_of_stability",
    "nearest_supported",
    "potential_energy",
    "signed_distance",
    "smooth",
    "soles",
    "work",
]
