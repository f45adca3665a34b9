"""The forms in which the rotations of joints are given.

Each form turns its numbers into a rotation matrix per joint, and knows the linear
map from their rates to the angular velocity of the joint and the transpose of that
map, from a torque to a gradient. Arrays have the batch as the last axis and joints
in the order of levels.

Every joint with coordinates is a swing (a, b, 0) followed by a twist c about the
third axis of its frame; hinges and universal joints lack some of the three. Left
Jacobian of SO(3): Sola, "A micro Lie theory" (arXiv:1812.01537), equation 145.
"""

from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import rotations
from kinematics.columns import cross
from kinematics.skeleton import DOFS, coordinate_starts

Array = jax.Array


class Form(Protocol):
    """Rotations of J joints against their parents, given as arrays x.

    Rates go to angular velocities [3, J, N] in the joint's own axes, and torques in
    these axes come back.
    """

    def matrices(self, x: Array) -> Array:
        """Rotation matrices [3, 3, J, N]."""

    def spins(self, x: Array, x_dot: Array) -> Array:
        """Angular velocities [3, J, N] of rates x_dot."""

    def gradient(self, x: Array, torques: Array) -> Array:
        """Gradient by x of what torques [3, J, N] are the gradient of."""


class Quaternions:
    """Quaternions x [4, J, N] of any length but 0; only their direction counts."""

    @staticmethod
    def matrices(x: Array) -> Array:
        """See `Form`."""
        w, a, b, c = x
        s = 2.0 / (w * w + a * a + b * b + c * c)
        rows = [
            [1 - s * (b * b + c * c), s * (a * b - w * c), s * (a * c + w * b)],
            [s * (a * b + w * c), 1 - s * (a * a + c * c), s * (b * c - w * a)],
            [s * (a * c - w * b), s * (b * c + w * a), 1 - s * (a * a + b * b)],
        ]
        return jnp.stack([jnp.stack(row) for row in rows])

    @staticmethod
    def spins(x: Array, x_dot: Array) -> Array:
        """See `Form`."""
        w, v = x[0], x[1:]
        s = 2.0 / (w * w + jnp.sum(v * v, axis=0))
        return s * (w * x_dot[1:] - x_dot[0] * v - cross(v, x_dot[1:]))

    @staticmethod
    def gradient(x: Array, torques: Array) -> Array:
        """See `Form`."""
        w, a, b, c = x
        s = 2.0 / (w * w + a * a + b * b + c * c)
        t, u, v = torques
        parts = [
            -s * (a * t + b * u + c * v),
            s * (w * t + b * v - c * u),
            s * (w * u + c * t - a * v),
            s * (w * v + a * u - b * t),
        ]
        # Stacking what is computed on the way is a branch per number on CPU.
        return jnp.stack(jax.lax.optimization_barrier(parts))


def _invert(square: Array) -> Array:
    """One over the length; on CPU rsqrt is a call per number."""
    return jax.lax.optimization_barrier(1 / jnp.sqrt(square))


class SixD:
    """Two columns x [6, J, N] that Gram and Schmidt make into a rotation.

    Zhou et al., "On the continuity of rotation representations" (CVPR 2019).
    """

    @staticmethod
    def _columns(x: Array):
        a, b = x[:3], x[3:]
        # The barriers keep XLA from computing these anew in every loop that uses them.
        shrink_a = _invert(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
        first = [a[i] * shrink_a for i in range(3)]
        along = first[0] * b[0] + first[1] * b[1] + first[2] * b[2]
        along = jax.lax.optimization_barrier(along)
        rest = [b[i] - along * first[i] for i in range(3)]
        shrink_b = _invert(rest[0] ** 2 + rest[1] ** 2 + rest[2] ** 2)
        second = [rest[i] * shrink_b for i in range(3)]
        third = [
            first[1] * second[2] - first[2] * second[1],
            first[2] * second[0] - first[0] * second[2],
            first[0] * second[1] - first[1] * second[0],
        ]
        return (first, second, third), shrink_a, shrink_b, along

    @classmethod
    def matrices(cls, x: Array) -> Array:
        """See `Form`."""
        columns = cls._columns(x)[0]
        return jnp.stack([jnp.stack([c[i] for c in columns]) for i in range(3)])

    @classmethod
    def spins(cls, x: Array, x_dot: Array) -> Array:
        """See `Form`."""
        (_, second, third), shrink_a, shrink_b, along = cls._columns(x)
        a_dot, b_dot = x_dot[:3], x_dot[3:]
        y = sum(second[i] * a_dot[i] for i in range(3)) * shrink_a
        z = sum(third[i] * a_dot[i] for i in range(3)) * shrink_a
        turn = (sum(third[i] * b_dot[i] for i in range(3)) - along * z) * shrink_b
        return jnp.stack([turn, -z, y])

    @classmethod
    def gradient(cls, x: Array, torques: Array) -> Array:
        """See `Form`."""
        (_, second, third), shrink_a, shrink_b, along = cls._columns(x)
        turn = torques[0] * shrink_b
        tilt = torques[1] + turn * along
        first = [
            (torques[2] * second[i] - tilt * third[i]) * shrink_a for i in range(3)
        ]
        return jnp.stack(first + [turn * third[i] for i in range(3)])


class Coordinates(NamedTuple):
    """Joint coordinates: x is the root's quaternion over q, [4 + D, N].

    Attributes:
      kinds: of the joints, in the skeleton's order.
      order: [J] joint at each position of the order of levels.
    """

    kinds: tuple[str, ...]
    order: tuple[int, ...]

    def _slots(self) -> np.ndarray:
        """[3, J] rows of x that hold swing, swing and twist; 4 + D where none."""
        starts = coordinate_starts(self.kinds)
        slots = np.full((3, len(self.order)), 4 + sum(DOFS[k] for k in self.kinds))
        places = {"hinge": (0,), "universal": (0, 2), "ball": (0, 1, 2)}
        for position, joint in enumerate(self.order):
            for k, row in enumerate(places.get(self.kinds[joint], ())):
                slots[row, position] = 4 + starts[joint] + k
        return slots

    def _gather(self, x: Array) -> Array:
        """Swing, swing and twist [3, J, N]; 0 where a joint has none."""
        padded = jnp.concatenate([x, jnp.zeros((1, *x.shape[1:]), x.dtype)])
        return jax.lax.optimization_barrier(padded[self._slots()])

    def quaternions(self, x: Array) -> Array:
        """Unit quaternions [4, J, N] in the joints' frames; the root's as given."""
        a, b, twist = self._gather(x)
        real, sinc = rotations.cos_sinc_of_square(0.25 * (a * a + b * b))
        sine, cosine = rotations.sine_cosine(0.5 * twist)
        half = 0.5 * sinc
        parts = [
            real * cosine,
            half * (a * cosine + b * sine),
            half * (b * cosine - a * sine),
            real * sine,
        ]
        parts = jax.lax.optimization_barrier(parts)
        return jnp.stack(
            [
                jnp.concatenate([x[k : k + 1], part[1:]], axis=0)
                for k, part in enumerate(parts)
            ]
        )

    def matrices(self, x: Array) -> Array:
        """See `Form`."""
        return Quaternions.matrices(self.quaternions(x))

    def spins(self, x: Array, x_dot: Array) -> Array:
        """See `Form`."""
        a, b, twist = self._gather(x)
        a_dot, b_dot, twist_dot = self._gather(x_dot)
        second, third = self._jacobian(a, b)
        across = a * b_dot - b * a_dot
        u = a_dot + third * b * across
        v = b_dot - third * a * across
        sine, cosine = rotations.sine_cosine(twist)
        spins = jnp.stack(
            [u * cosine + v * sine, v * cosine - u * sine, twist_dot - second * across]
        )
        root = Quaternions.spins(x[:4, None], x_dot[:4, None])
        return jnp.concatenate([root, spins[:, 1:]], axis=1)

    def gradient(self, x: Array, torques: Array) -> Array:
        """See `Form`."""
        a, b, twist = self._gather(x)
        second, third = self._jacobian(a, b)
        sine, cosine = rotations.sine_cosine(twist)
        u = torques[0] * cosine - torques[1] * sine
        v = torques[0] * sine + torques[1] * cosine
        across = a * v - b * u
        parts = jax.lax.optimization_barrier(
            [
                u + second * b * torques[2] + third * b * across,
                v - second * a * torques[2] - third * a * across,
                torques[2],
            ]
        )
        root = Quaternions.gradient(x[:4, None], torques[:, :1])[:, 0]
        slots = self._slots().ravel()
        rows = {int(row): i for i, row in enumerate(slots)}
        index = np.array([rows[4 + d] for d in range(len(x) - 4)], int)
        return jnp.concatenate([root, jnp.concatenate(parts)[index]])

    @staticmethod
    def _jacobian(a: Array, b: Array) -> tuple[Array, Array]:
        """(1 - cos t) / t^2 and (1 - sin(t) / t) / t^2 at the length t of a swing."""
        square = a * a + b * b
        sinc = rotations.sinc_of_square(0.25 * square)
        return 0.5 * sinc * sinc, rotations.sinc_remainder(square)
