"""How strange a movement is, and whether it finds back after a push."""

from typing import NamedTuple

import jax
import numpy as np

from kinematics import Motion, Poses, priors
from kinematics.motion import in_blocks
from kinematics.priors import Prior

# A movement has recovered once it stays plausible for so long, and in time if that
# begins not later than this after the push, seconds.
HOLD = 0.5
IN_TIME = 2.0
# Percentiles of unperturbed movement below which a movement is plausible, and of true
# speeds above which a joint has jumped rather than moved.
USUAL = 95.0
TELEPORT = 99.9


class Recovery(NamedTuple):
    """What became of perturbed rollouts.

    Attributes:
      seconds: [...] from the push to when the rollout is plausible again; inf if never.
      teleported: [...] whether a joint jumped: a way back that no body could go.
      success: [...] whether it was in time and without a jump.
    """

    seconds: np.ndarray
    teleported: np.ndarray
    success: np.ndarray


def plausibility(prior: Prior, motion: Motion) -> np.ndarray:
    """Mahalanobis distance of pose and velocity in each frame but the first, [T-1].

    To the component of a Gaussian mixture that makes them most probable; see
    `kinematics.priors`, which fits it on training motion. Low is plausible.

    Args:
      prior: fitted on training motion.
      motion: [T] frames at the prior's rate.

    Raises:
      ValueError: another rate, other joints, or fewer than two frames.
    """
    if abs(motion.fps - prior.fps) > 1e-3 * prior.fps:
        raise ValueError(
            f"the motion has {motion.fps:g} fps and the prior {prior.fps:g}; bring it "
            "there with kinematics.motion.resample"
        )
    if len(motion) < 2:
        raise ValueError(f"velocities need two frames or more, not {len(motion)}")
    poses = motion.poses
    ends = (*poses.at(slice(None, -1)), *poses.at(slice(1, None)))
    return in_blocks(_distances, (prior, motion.skeleton), *ends)


def usual(distances: np.ndarray) -> float:
    """95th percentile of the distances of unperturbed rollouts, or of truth."""
    return float(np.nanpercentile(distances, USUAL))


def teleport_speed(speeds: np.ndarray) -> float:
    """99.9th percentile of true joint speeds (`joint_speeds`), m/s.

    Of whatever is then compared with it. That of single joints in single frames some
    joint passes in most true movements, of which each has thousands; who asks whether
    a joint of a whole movement jumped compares fastest joints, see `fastest_joint`.
    """
    return float(np.nanpercentile(speeds, TELEPORT))


def fastest_joint(speeds: np.ndarray, frames: int) -> np.ndarray:
    """The fastest joint of every stretch of a movement, m/s.

    Args:
      speeds: [T, J] of joints.
      frames: length of a stretch; a shorter movement is one.

    Returns:
      [T - frames + 1], or [1].
    """
    fastest = speeds.max(axis=-1)
    width = min(frames, len(fastest))
    return np.lib.stride_tricks.sliding_window_view(fastest, width).max(axis=-1)


def recovery_time(
    distances: np.ndarray, threshold: float, fps: float, hold: float = HOLD
) -> np.ndarray:
    """Seconds from the push to the first frame from which a rollout stays plausible.

    Args:
      distances: [..., T] plausibility, the first frame being that of the push. NaN is
        not plausible.
      threshold: highest plausible distance; see `usual`.
      fps: frames per second.
      hold: seconds that it must stay so; a stretch cut off by the end of the rollout
        does not count.

    Returns:
      [...] seconds; inf where that never happens.
    """
    low = np.asarray(distances) <= threshold
    # Frames 0..n are n / fps seconds; a little less guards against 0.1 * 30 > 3.
    length = int(np.ceil(hold * fps - 1e-6)) + 1
    if low.shape[-1] < length:
        return np.full(low.shape[:-1], np.inf)
    stretches = np.lib.stride_tricks.sliding_window_view(low, length, axis=-1)
    held = stretches.all(axis=-1)
    return np.where(held.any(axis=-1), held.argmax(axis=-1) / fps, np.inf)


def recovery(
    distances: np.ndarray,
    speeds: np.ndarray,
    threshold: float,
    speed_limit: float,
    fps: float,
) -> Recovery:
    """Judge rollouts that were perturbed in their first frame.

    Report success over magnitudes of the push, as one magnitude shows little.

    Args:
      distances: [..., T] plausibility from the frame of the push on.
      speeds: [..., T', J] joint speeds m/s after the push, the push itself left out.
        NaN is a jump.
      threshold: of the plausibility; see `usual`.
      speed_limit: of the teleport guard, m/s; see `teleport_speed`.
      fps: frames per second.
    """
    seconds = recovery_time(distances, threshold, fps)
    teleported = np.asarray(~(speeds <= speed_limit).all(axis=(-2, -1)))
    return Recovery(seconds, teleported, (seconds <= IN_TIME) & ~teleported)


@jax.jit
def _distances(fitted, *poses):
    prior, skeleton = fitted
    return priors.distance(prior, skeleton, Poses(*poses[:3]), Poses(*poses[3:]))
