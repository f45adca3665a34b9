"""Which solutions are different, and how probable each is."""

import numpy as np

from kinematics import priors
from kinematics.motion import Motion, resample
from kinematics.priors import Prior
from lmmjax.capture.lift.search import APART

# What a clip tells about one question, such as whether an arm is before or behind the
# trunk, is not told anew in every frame: errors of detectors last, and so do those of
# the body and the prior. So many frames a second count as independent; a choice.
INDEPENDENT_HZ = 2.0


def different(points: list[np.ndarray], order: np.ndarray) -> list[int]:
    """Of solutions, in some order, those that are unlike all before.

    Two are alike where no keypoint is on average 10 cm or more away from where it is
    in the other, both moved to a common centre: how far away a person is, is known
    less exactly than the pose.

    Args:
      points: of each solution [T, K, 3], metres.
      order: which first.
    """
    centred = [x - x.mean(1, keepdims=True) for x in points]
    kept: list[int] = []
    for k in order:
        apart = [
            np.linalg.norm(centred[k] - centred[other], axis=-1).mean(0).max()
            for other in kept
        ]
        if all(gap >= APART for gap in apart):
            kept.append(int(k))
    return kept


def probabilities(cost: np.ndarray, frames: int, fps: float) -> np.ndarray:
    """Probabilities [H], which add up to 1, of solutions with costs [H] in nats.

    They are proportional to exp(-cost), where only as many of the frames count as are
    independent, and one at least.
    """
    share = min(1.0, max(INDEPENDENT_HZ / fps, 1 / frames))
    odds = np.exp(-share * (cost - cost.min()))
    return odds / odds.sum()


def transition_cost(prior: Prior, motion: Motion) -> float:
    """Minus the log density, in nats, of how a movement goes on from pose to pose.

    It is taken at the rate of the prior, and given for the frames of the motion, as
    the costs of solutions are.
    """
    thin = resample(motion, prior.fps)
    if len(thin) < 3:
        return 0.0
    found = priors.transition_log_prob(
        prior, motion.skeleton, thin[:-2].poses, thin[1:-1].poses, thin[2:].poses
    )
    return -float(np.sum(found)) * len(motion) / len(thin)
