"""A density of postures as a fit wants it: residuals of poses of one body.

`kinematics.inverse.fit` asks a prior for residuals of poses alone, so here body and
density are one pytree. What it says of the height over the floor can be left out, for
worlds whose z = 0 is not where the person stands.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from kinematics.motion import Poses
from kinematics.priors import features
from kinematics.priors import mixture as mixtures
from kinematics.priors.mixture import Mixture
from kinematics.priors.prior import Prior, check
from kinematics.skeleton import Array, Skeleton


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["postures", "skeleton"],
    meta_fields=["floor"],
)
@dataclasses.dataclass(frozen=True)
class PosePrior:
    """A `kinematics.inverse.descent.PosePrior`.

    Attributes:
      postures: density of postures [D + 3], or [D + 2] without the height.
      skeleton: the body that poses are of.
      floor: whether the height over z = 0 is among them.
    """

    postures: Mixture
    skeleton: Skeleton
    floor: bool

    def pose_residual(self, pose: Poses) -> jax.Array:
        """Residuals [..., D + 4], or [..., D + 3], of poses [...]."""
        posture = features.postures(self.skeleton, pose)
        if not self.floor:
            posture = posture[..., 1:]
        return mixtures.residual(self.postures, posture)


def pose_residual(
    prior: Prior, skeleton: Skeleton, *, floor: bool = True, blur: float = 0.0
) -> PosePrior:
    """What a prior says of the poses of a body, for `kinematics.inverse.fit`.

    Args:
      prior: learned from motion.
      skeleton: one body, without leading axes, of the prior's joints.
      floor: whether z = 0 is the floor that the body stands on.
      blur: standard deviation, in radians or root heights, of noise that is added to
        the density. Of people who were not learned from, what never changes in one
        person, as the turn of a foot, is less sure than the prior believes.

    Raises:
      ValueError: the prior is of another body.
    """
    check(prior, skeleton)
    postures = prior.pose
    if not floor:
        postures = mixtures.marginal(postures, np.arange(1, postures.size))
    return PosePrior(_blurred(postures, blur), skeleton, floor)


def _blurred(postures: Mixture, blur: float) -> Mixture:
    if not blur:
        return postures
    factors = np.linalg.inv(np.asarray(postures.whiteners, np.float64))
    covariances = factors @ factors.swapaxes(-1, -2)
    covariances += blur**2 * np.eye(postures.size)
    whiteners = np.linalg.inv(np.linalg.cholesky(covariances)).astype(np.float32)
    return dataclasses.replace(postures, whiteners=whiteners)


def normal_postures(skeleton: Skeleton, mean: Array, spread: Array) -> PosePrior:
    """One Gaussian over tilt and joint coordinates, each by itself.

    Args:
      skeleton: one body.
      mean: [D + 2] tilt of the root about x and y (see `features`), coordinates.
      spread: [D + 2] standard deviations, radians.
    """
    whitener = np.diag(1 / np.asarray(spread, np.float32))
    postures = Mixture(
        jnp.zeros(1), np.asarray(mean, np.float32)[None], whitener[None], None, None
    )
    return PosePrior(postures, skeleton, False)
