"""The most likely future among those that grant wishes.

The network tells a future as independent normal numbers, its components. A wish tells
of poses how far they are from granting it, in units of what is tolerated: seen that
way it is an observation of the future, with noise, and a drawn future is moved as a
Kalman filter moves a state. It moves by as little as it can, in deviations of the
network's: what is uncertain gives way first, and all joints and poses take part as
far as they usually do. A draw that is moved like this is a draw of the posterior
(Matheron's rule; Doucet 2010, "A Note on Efficient Conditional Simulation of Gaussian
Distributions"); the flow then goes on from there, as in Song et al. 2023,
"Pseudoinverse-Guided Diffusion Models for Inverse Problems".

Nothing is trained, and nothing but the output layer and kinematics is differentiated.
Limits and bones hold as ever, for what is moved is components, which the output layer
turns to poses.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from kinematics import Poses, Skeleton
from lmmjax.model import movement, poses
from lmmjax.model.movement import MovementModel

Array = jax.Array

# Of the sum of a matrix's eigenvalues, what its smallest must not be below.
_ROUNDING = 1e-6


class Ahead(NamedTuple):
    """The next k poses of B streams, as wishes see them.

    Attributes:
      body: who moves; offsets broadcast with [B, k].
      poses: [B, k].
      places: [B, k, J, 3] of the joints in the world, metres.
      drawn: [B, k, J, 3] where they would be without any wish.
      before: [B, 1, J, 3] where they are.
      frame: [B, k] number of each pose, the first of the stream's own being 1.
    """

    body: Skeleton
    poses: Poses
    places: Array
    drawn: Array
    before: Array
    frame: Array


class Wish(Protocol):
    """Anything that can be wished of the next poses; a pytree."""

    @property
    def poses(self) -> int | None:
        """How many of the next poses are looked at; None for all."""
        ...

    def residuals(self, ahead: Ahead) -> Array:
        """How far each pose is from granting it.

        Returns:
          [B, k, M] in units of what is tolerated, 0 where there is nothing to wish.
          Those of a pose depend on that pose alone.
        """
        ...


def channels_of_components(model: MovementModel) -> jax.Array:
    """[P * N, K, C] what each component adds to each residual channel.

    It takes longer than a step of a stream and stays the same: compute it once.
    """
    parities, count = model.statistics.shape
    one = jnp.eye(parities * count).reshape(-1, parities, count)
    return movement.decode(model, jnp.moveaxis(one, 0, 1))


def granted(
    model: MovementModel,
    basis: Array,
    wishes: Sequence[Wish],
    last: Poses,
    frame: Array,
    drawn: Array,
    deviation: Array,
) -> jax.Array:
    """A drawn future, moved by one Gauss-Newton step to where it grants wishes.

    It costs as many gradients through the body as the wishes have residuals of a pose.

    Args:
      model: the model.
      basis: see `channels_of_components`.
      wishes: what is wished.
      last: the newest poses [B].
      frame: [B] their numbers.
      drawn: [P, B, N] components.
      deviation: [P, B, N] how uncertain each was.

    Returns:
      Components [P, B, N].
    """
    start = last.at(slice(None), None)
    channels = movement.decode(model, drawn)
    before = poses.positions(model.body, start)
    would = poses.positions(model.body, poses.advance(model.body, start, channels))
    missed, slopes = [], []
    # Kinematics are the same for all that look at as many poses.
    for count in dict.fromkeys(wish.poses for wish in wishes):
        few = slice(count)
        number = frame[:, None] + 1 + jnp.arange(basis.shape[1])[few]

        def move(channels):
            found = poses.advance(model.body, start, channels)
            return found, poses.positions(model.body, found)

        (found, places), pull = jax.vjp(move, channels[:, few])
        drawn_places = would[:, few]
        rows = []
        for wish in wishes:
            if wish.poses != count:
                continue

            def residuals(found, places, wish=wish, number=number, would=drawn_places):
                ahead = Ahead(model.body, found, places, would, before, number)
                return wish.residuals(ahead)

            far, pull_wish = jax.vjp(residuals, found, places)
            each = jnp.eye(far.shape[-1])[:, None, None]
            # Of all poses and streams at once: those of one do not depend on the
            # others.
            whole = jnp.broadcast_to(each, (len(each), *far.shape))
            rows.append(jax.vmap(pull_wish)(whole))
            missed.append(far.reshape(len(far), -1))
        (row,) = jax.vmap(pull)(jax.tree.map(lambda *x: jnp.concatenate(x), *rows))
        slope = jnp.einsum("mbkc,nkc->bkmn", row, basis[:, few])
        # In the order in which they were missed: wish by wish, pose by pose.
        ends = np.cumsum([len(x[1]) for x in rows])
        slopes += [
            part.reshape(len(frame), -1, len(basis))
            for part in jnp.split(slope, ends[:-1], axis=2)
        ]
    spread = jnp.moveaxis(deviation, 0, 1).reshape(len(frame), 1, -1)
    lever = jnp.concatenate(slopes, axis=1) * spread
    shift = spread[:, 0] * _pushed(lever, jnp.concatenate(missed, axis=1))
    parities, batch, count = drawn.shape
    return drawn - jnp.moveaxis(shift.reshape(batch, parities, count), 1, 0)


def _pushed(lever: Array, missed: Array) -> jax.Array:
    """L^T (L L^T + 1)^-1 m [B, N] of levers L [B, M, N] and what is missed m [B, M].

    It is (L^T L + 1)^-1 L^T m, too, which costs less where M is above N.
    """
    wide = lever.shape[1] <= lever.shape[2]
    if wide:
        square = jnp.einsum("bmn,bkn->bmk", lever, lever)
    else:
        square = jnp.einsum("bmn,bmk->bnk", lever, lever)
        missed = jnp.einsum("bmn,bm->bn", lever, missed)
    # What is wished more sharply than float32 can tell is wished as sharply as it can.
    noise = 1 + _ROUNDING * jnp.trace(square, axis1=1, axis2=2)[:, None, None]
    square += noise * jnp.eye(square.shape[-1])
    factor = jnp.linalg.cholesky(square), True
    found = jax.scipy.linalg.cho_solve(factor, missed[..., None])[..., 0]
    return jnp.einsum("bmn,bm->bn", lever, found) if wide else found
