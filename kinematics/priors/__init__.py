"""Priors: how probable a posture is, and what comes next, learned from motion.

`fit` learns a `Prior` from clips: mixtures of Gaussians over postures (height and tilt
of the root, joint coordinates) and over what follows them, the same for a movement and
its mirror image. Use it to prefer natural poses in inverse kinematics (`residual`;
`pose_residual` for `kinematics.inverse.fit`), to tell strange motion from usual
(`distance`), to sample.
"""

from kinematics.priors import features, mixture, transition
from kinematics.priors.em import fit_mixture
from kinematics.priors.mixture import Mixture
from kinematics.priors.pose_prior import PosePrior, normal_postures, pose_residual
from kinematics.priors.prior import (
    POSTURE_FLOOR,
    RATE_FLOOR,
    Prior,
    distance,
    fit,
    load,
    log_prob,
    residual,
    rollout,
    sample,
    save,
    states,
    transition_log_prob,
)
from kinematics.priors.transition import Transition

__all__ = [
    "POSTURE_FLOOR",
    "RATE_FLOOR",
    "Mixture",
    "PosePrior",
    "Prior",
    "Transition",
    "distance",
    "features",
    "fit",
    "fit_mixture",
    "load",
    "log_prob",
    "mixture",
    "normal_postures",
    "pose_residual",
    "residual",
    "rollout",
    "sample",
    "save",
    "states",
    "transition",
    "transition_log_prob",
]
