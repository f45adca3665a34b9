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
from typing import NamedTuple, Protocol, runtime_checkable

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
      newest: [B, 2] the two newest poses, the second being where they are; None where
        nothing is told of what was before.
    """

    body: Skeleton
    poses: Poses
    places: Array
    drawn: Array
    before: Array
    frame: Array
    newest: Poses | None = None


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
          Those of a pose depend on that pose alone. Or [B, M] of the whole stretch,
          each of which may depend on all poses, as what needs accelerations does.
        """
        ...


@runtime_checkable
class Late(Protocol):
    """A wish that costs too much to be granted at every step of the sampler.

    It is granted at the last one, as those of the next poses are drawn again anyway.
    """

    @property
    def late(self) -> bool:
        """True."""
        ...


class _Missed(NamedTuple):
    """What a wish misses [B, ...], and its rows of gradients by poses and places."""

    far: Array
    rows: tuple[Poses, Array]


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
    previous: Poses | None = None,
) -> jax.Array:
    """A drawn future, moved by one Gauss-Newton step to where it grants wishes.

    It costs as many gradients through the body as the wishes have residuals of a pose
    and of the whole stretch.

    Args:
      model: the model.
      basis: see `channels_of_components`.
      wishes: what is wished.
      last: the newest poses [B].
      frame: [B] their numbers.
      drawn: [P, B, N] components.
      deviation: [P, B, N] how uncertain each was.
      previous: [B] the poses before the newest; None where they are not known.

    Returns:
      Components [P, B, N].
    """
    newest = None
    if previous is not None:
        newest = jax.tree.map(lambda *x: jnp.stack(x, axis=1), previous, last)
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
        of_poses: list[_Missed] = []
        of_stretch: list[_Missed] = []
        for wish in wishes:
            if wish.poses != count:
                continue

            def residuals(found, places, wish=wish, number=number, would=drawn_places):
                ahead = Ahead(model.body, found, places, would, before, number, newest)
                return wish.residuals(ahead)

            far, pull_wish = jax.vjp(residuals, found, places)
            each = jnp.eye(far.shape[-1])
            each = each.reshape(len(each), *[1] * (far.ndim - 1), -1)
            # Of all streams at once, and of all poses where those of one do not depend
            # on the others.
            whole = jnp.broadcast_to(each, (len(each), *far.shape))
            part = _Missed(far.reshape(len(far), -1), jax.vmap(pull_wish)(whole))
            (of_poses if far.ndim == 3 else of_stretch).append(part)
        both = of_poses + of_stretch
        rows = [part.rows for part in both]
        (row,) = jax.vmap(pull)(jax.tree.map(lambda *x: jnp.concatenate(x), *rows))
        ends = np.cumsum([len(part.rows[1]) for part in both])
        middle = int(ends[len(of_poses) - 1]) if of_poses else 0
        # In the order in which they were missed: wish by wish, pose by pose.
        missed += [part.far for part in both]
        few_basis = basis[:, few]
        if of_poses:
            slope = jnp.einsum("mbkc,nkc->bkmn", row[:middle], few_basis)
            slopes += [
                part.reshape(len(frame), -1, len(basis))
                for part in jnp.split(slope, ends[: len(of_poses) - 1], axis=2)
            ]
        if of_stretch:
            slopes.append(jnp.einsum("mbkc,nkc->bmn", row[middle:], few_basis))
    spread = jnp.moveaxis(deviation, 0, 1).reshape(len(frame), 1, -1)
    lever = jnp.concatenate(slopes, axis=1) * spread
    shift = spread[:, 0] * pushed(lever, jnp.concatenate(missed, axis=1))
    parities, batch, count = drawn.shape
    return drawn - jnp.moveaxis(shift.reshape(batch, parities, count), 1, 0)


def pushed(lever: Array, missed: Array) -> jax.Array:
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
