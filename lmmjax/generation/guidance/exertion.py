"""What a movement takes of a body, from where its joints are alone.

Accelerations are differences of poses, and what the ground does to the feet follows
from them: see `kinematics.dynamics`, from where all of this comes.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Motion, Poses, Skeleton, dynamics
from kinematics.bodies import anthropometry, segments
from kinematics.dynamics import Ground, Inertia, Loads, Point, Soles, State, Wrench
from kinematics.dynamics.contact import INNER_HEIGHT, OUTER_HEIGHT
from lmmjax.model import poses as poses_of
from lmmjax.model.movement import MovementModel

Array = jax.Array | np.ndarray

MASS_KG = 70.0
# Of a sole, metres: about 0.055 of stature (Drillis and Contini 1966).
_BREADTH = 0.1


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["inertia", "ground"],
    meta_fields=["feet", "fps"],
)
@dataclasses.dataclass(frozen=True)
class Physique:
    """What mechanics has to know of B people.

    Attributes:
      inertia: [B, 1, J] or [1, 1, J] masses of their parts.
      ground: [B] where the joints of the feet are while they stand; level.
      feet: joints of the left and of the right foot, ankles first.
      fps: frames per second.
    """

    inertia: Inertia
    ground: Ground
    feet: tuple[tuple[int, ...], tuple[int, ...]]
    fps: float

    @classmethod
    def of(
        cls, model: MovementModel, past: Poses, mass_kg: float | Array = MASS_KG
    ) -> "Physique":
        """Of people on level ground, which is found from how they stood on it.

        Args:
          model: the model; offsets of its body broadcast with [B, T].
          past: newest poses [B, T], T >= 2.
          mass_kg: kilograms, one or [B].

        Raises:
          ValueError: a mass is not above 0, or the body is no human's, see
            `kinematics.bodies.segments`.
        """
        mass = np.asarray(mass_kg, np.float32)
        if not (np.isfinite(mass) & (mass > 0)).all():
            raise ValueError(f"mass_kg must be finite and above 0; got {mass_kg}")
        body = model.body
        bones = np.asarray(body.offsets).reshape(-1, 1, body.num_joints, 3)
        inertia = anthropometry.inertia(
            body.replace(offsets=bones), mass.reshape(-1, 1)
        )
        feet = segments.feet(body)
        return cls(inertia, _level_ground(body, past, feet, model.fps), feet, model.fps)

    @property
    def mass(self) -> jax.Array:
        """Kilograms [B] or [1]."""
        return jnp.asarray(self.inertia.total)[:, 0]


@functools.partial(jax.jit, static_argnames=("feet", "fps"))
def _level_ground(body: Skeleton, past: Poses, feet, fps: float) -> Ground:
    points = poses_of.positions(body, past)[:, :, np.array([*feet[0], *feet[1]])]
    ground = dynamics.find_ground(points, fps)
    return ground._replace(slope=jnp.zeros_like(ground.slope))


class Exertion(NamedTuple):
    """What B people do in T frames to move as they do.

    Attributes:
      state: [B, T] of motion.
      moments: [B, T, J, 3] N m in the world, what each joint does to the part that
        moves with it; the ground bears where the feet are on it.
      center: [B, T] of mass.
      support: [B, T] the soles.
      pressure: [B, T, 2] metres, where the ground would have to bear all that the
        movement takes; NaN where it takes next to no force.
      floor: [B, T] metres, height of the ground.
    """

    state: State
    moments: jax.Array
    center: Point
    support: Soles
    pressure: jax.Array
    floor: jax.Array

    def power(self, body: Skeleton) -> jax.Array:
        """Watts [B, T] that the joints put in; what others take up counts nothing."""
        loads = Loads(jnp.empty(0), jnp.empty(0), self.moments)
        powers = dynamics.joint_powers(body, self.state, loads)
        return jnp.sum(jnp.maximum(powers, 0), axis=-1)


def exert(who: Physique, body: Skeleton, poses: Poses) -> Exertion:
    """What it takes to move like this.

    Feet are on the ground where `kinematics.dynamics.contacts` finds them there. Where
    it finds none, as of feet that slide, the lowest points near the ground bear.

    Args:
      who: moves.
      body: offsets broadcast with [B, T].
      poses: [B, T], T >= 4. Rates at both ends are differences to one side, and rough.
    """
    state = dynamics.from_motion(Motion(body, *poses, who.fps))
    points = jnp.stack(
        [state.positions[:, :, np.array(foot)] for foot in who.feet], axis=2
    )
    flat = points.reshape(*points.shape[:2], -1, 3)
    touch = dynamics.contacts(flat, who.fps, who.ground)
    above = who.ground.above(flat)
    lowest = jnp.min(above, axis=-1, keepdims=True)
    bears = (above < lowest + INNER_HEIGHT) & (above < OUTER_HEIGHT)
    touch = jnp.where(jnp.any(touch, axis=-1, keepdims=True), touch, bears)
    support = dynamics.soles(points, touch.reshape(points.shape[:-1]), _BREADTH)
    root = state.positions[:, :, 0]
    floor = who.ground.floor(root)
    loads = dynamics.inverse_dynamics(body, who.inertia, state)
    reaction = dynamics.ground_reaction(loads.residual, root, support, floor)
    ankles = [foot[0] for foot in who.feet]
    pushes = reaction.external(state.positions, ankles)
    return Exertion(
        state,
        loads.moments - _carried(body, state.positions, pushes, ankles),
        dynamics.center_of_mass(who.inertia, state),
        support,
        dynamics.center_of_pressure(loads.residual, root, floor)[..., :2],
        floor,
    )


def _carried(
    body: Skeleton, places: jax.Array, pushes: Wrench, ankles: Sequence[int]
) -> jax.Array:
    """What pushes on the ankles take off the moments of all joints, [B, T, J, 3] N m.

    Inverse dynamics are linear in what acts from outside: they need not be done again.
    """
    total = jnp.zeros_like(places)
    for ankle in ankles:
        above = np.zeros((body.num_joints, 1), np.float32)
        joint = ankle
        while joint >= 0:
            above[joint] = 1
            joint = body.parents[joint]
        force, moment = (x[..., ankle, None, :] for x in pushes)
        arm = places[..., ankle, None, :] - places
        total += above * (moment + jnp.cross(arm, force))
    return total
