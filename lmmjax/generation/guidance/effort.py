"""Less power, bounded torques, balance: wishes of what a movement takes of the body.

They look at accelerations, and so at the whole stretch of next poses and at the two
newest ones. Each tells a few numbers of all of it.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton, dynamics, rotations
from lmmjax.generation.guidance.exertion import Array, Exertion, Physique, exert
from lmmjax.generation.guidance.posterior import Ahead
from lmmjax.generation.guidance.schedule import joint_number

# Watts a kilogram that joints put in, at rest and per square of the speed in m/s. Least
# squares over seconds of CMU's subjects 02 and 07 who stand, walk and run, filtered at
# 6 Hz, to 0.2 W/kg.
USUAL = (0.67, 0.75)
# What is tolerated: of what is allowed; N m; metres.
POWER, TORQUE, ASIDE = 0.1, 2.0, 0.01


class Bound(Protocol):
    """Something of a movement that is not to be above, or below; a pytree."""

    def over(self, who: Physique, found: Exertion, ahead: Ahead) -> jax.Array:
        """[B, M] by how much it is, in units of what is tolerated; at least 0."""
        ...


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["who", "bounds"],
    meta_fields=["poses"],
)
@dataclasses.dataclass(frozen=True)
class Effort:
    """What the next poses may take of the body: a wish of the whole stretch.

    Bounds together cost little more than one.

    Attributes:
      who: moves.
      bounds: of power, torques and balance.
      poses: how many of the next poses are looked at; None for all.
    """

    who: Physique
    bounds: tuple[Bound, ...]
    poses: int | None = None

    @property
    def late(self) -> bool:
        """True; see `Late`."""
        return True

    def residuals(self, ahead: Ahead) -> jax.Array:
        """[B, M]; see `Wish`.

        Raises:
          ValueError: the two newest poses are not told.
        """
        if ahead.newest is None:
            raise ValueError("wishes of effort need the two newest poses")
        both = zip(ahead.newest, ahead.poses, strict=True)
        whole = Poses(*(jnp.concatenate(x, axis=1) for x in both))
        # Rates at the ends are rough.
        inner = jax.tree.map(lambda x: x[:, 1:-1], exert(self.who, ahead.body, whole))
        parts = [bound.over(self.who, inner, ahead) for bound in self.bounds]
        return jnp.concatenate(parts, axis=1)


def usual_power(who: Physique, speed: Array) -> jax.Array:
    """Watts [B] that the joints of such people put in at speeds [B], m/s."""
    rest, square = USUAL
    return who.mass * (rest + square * speed**2)


@functools.partial(
    jax.tree_util.register_dataclass, data_fields=["share", "precision"], meta_fields=[]
)
@dataclasses.dataclass(frozen=True)
class Power:
    """The mean power that joints put in is bounded.

    Attributes:
      share: [B] or [1] of `usual_power` at the speed at which the root would go.
      precision: [B] or [1] one over what is tolerated, as a share of what is allowed;
        0 where it does not matter.
    """

    share: Array
    precision: Array

    def over(self, who: Physique, found: Exertion, ahead: Ahead) -> jax.Array:
        """[B, 1]; see `Bound`."""
        # The speed without the wish: nothing is to be gained by another.
        root = jnp.concatenate([ahead.before, ahead.drawn], axis=1)[:, :, 0, :2]
        steps = rotations.norm(jnp.diff(root, axis=1))
        speed = jnp.mean(steps, axis=1) * who.fps
        allowed = self.share * usual_power(who, speed)
        power = jnp.mean(found.power(ahead.body), axis=1)
        over = jnp.maximum(power / allowed - 1, 0)
        return (jnp.asarray(self.precision) * over)[:, None]


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["joints", "limit", "precision"],
    meta_fields=[],
)
@dataclasses.dataclass(frozen=True)
class Torque:
    """Net moments of G joints are bounded.

    Attributes:
      joints: [G] their numbers.
      limit: [B, G] or [1, G] N m.
      precision: [B, G] or [1, G] one over what is tolerated, per N m; 0 where it does
        not matter.
    """

    joints: Array
    limit: Array
    precision: Array

    def over(self, who: Physique, found: Exertion, ahead: Ahead) -> jax.Array:
        """[B, G]; see `Bound`."""
        del who, ahead
        size = rotations.norm(found.moments[:, :, jnp.asarray(self.joints)])
        over = jnp.maximum(size - jnp.asarray(self.limit)[:, None], 0)
        return jnp.asarray(self.precision) * rotations.norm(jnp.swapaxes(over, 1, 2))


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["margin", "precision"],
    meta_fields=["at_rest"],
)
@dataclasses.dataclass(frozen=True)
class Balance:
    """The ground bears the body where the feet stand.

    Attributes:
      margin: [B] or [1] metres inside of the edge of the soles.
      precision: [B] or [1] one over what is tolerated, per metre; 0 where it does not
        matter.
      at_rest: see `stability`.
    """

    margin: Array
    precision: Array
    at_rest: bool = False

    def over(self, who: Physique, found: Exertion, ahead: Ahead) -> jax.Array:
        """[B, 1]; see `Bound`."""
        del who, ahead
        inside = stability(found, self.at_rest)
        missed = jnp.asarray(self.margin)[:, None] - inside
        # Who flies falls as he must.
        missed = jnp.maximum(jnp.where(jnp.isnan(inside), 0.0, missed), 0)
        return (jnp.asarray(self.precision) * rotations.norm(missed))[:, None]


def stability(found: Exertion, at_rest: bool = False) -> jax.Array:
    """Metres [B, T] by which bodies are in balance; below 0 where they are not.

    Args:
      found: what they do.
      at_rest: whether they could come to rest without a step.

    Returns:
      How far inside of the soles the centre of pressure is; ``at_rest``, the
      extrapolated centre of mass. NaN in flight.
    """
    corners, touch = found.support
    if at_rest:
        return dynamics.margin_of_stability(found.center, found.support, found.floor)
    known = jnp.isfinite(found.pressure).all(axis=-1)
    inside = dynamics.signed_distance(
        jnp.where(known[..., None], found.pressure, 0.0),
        corners.reshape(*corners.shape[:-3], -1, 2),
        touch.reshape(*touch.shape[:-2], -1),
    )
    return jnp.where(known, inside, jnp.nan)


def cheaper(share: float | Array = 0.6) -> Power:
    """Joints put in at most a share, one or [B], of what is usual at such a speed.

    Raises:
      ValueError: a share is not above 0.
    """
    shares = np.atleast_1d(np.asarray(share, np.float32))
    if not (np.isfinite(shares) & (shares > 0)).all():
        raise ValueError(f"effort must be finite and above 0; got {share}")
    return Power(shares, np.full(1, 1 / POWER, np.float32))


def within_torque(
    body: Skeleton,
    joints: str | Sequence[str],
    newton_metres: float | Sequence[float] | Array,
) -> Torque:
    """Net moments of joints stay within so many N m: one limit, or one for each.

    Raises:
      ValueError: there is no such joint, or a limit is not above 0.
    """
    names = [joints] if isinstance(joints, str) else list(joints)
    numbers = np.array([joint_number(body, name) for name in names])
    limit = np.broadcast_to(np.asarray(newton_metres, np.float32), len(names))[None]
    if not (np.isfinite(limit) & (limit > 0)).all():
        raise ValueError(f"torque must be finite and above 0; got {newton_metres}")
    return Torque(numbers, limit, np.full(limit.shape, 1 / TORQUE, np.float32))


def balanced(margin: float = 0.0, at_rest: bool = False) -> Balance:
    """The centre of pressure stays inside of the soles, by so many metres.

    With ``at_rest`` the extrapolated centre of mass does: who walks then stops.

    Raises:
      ValueError: margin is not finite.
    """
    if not np.isfinite(margin):
        raise ValueError(f"margin must be finite; got {margin:g}")
    margins = np.full(1, margin, np.float32)
    return Balance(margins, np.full(1, 1 / ASIDE, np.float32), at_rest)
