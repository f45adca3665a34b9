"""The rollout protocol: do long sampled continuations stay bodies that move?"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from kinematics import Motion, limits
from kinematics.motion import positions
from lmmjax.evaluation import metrics


@dataclasses.dataclass(frozen=True)
class RolloutReport:
    """What was found in sampled continuations of one prompt.

    Attributes:
      samples: number of continuations.
      seconds: length of each.
      finite: whether every number is one.
      bone_stretch: largest relative change of a bone's length. Bones are constants
        of the body, so this is the rounding of float32 positions.
      violations: joint coordinates, over all frames, outside their limits.
      speed: mean joint speed over the last half second of each sample, m/s.
      true_speed: mean joint speed of the true motion over its last half second.
    """

    samples: int
    seconds: float
    finite: bool
    bone_stretch: float
    violations: int
    speed: tuple[float, ...]
    true_speed: float

    @property
    def speed_ratio(self) -> float:
        """Mean speed of the samples at their end over that of the truth.

        NaN where the truth stands perfectly still.
        """
        if not self.true_speed:
            return float("nan")
        return float(np.mean(self.speed)) / self.true_speed

    def markdown(self) -> str:
        """The report for people."""
        each = ", ".join(f"{s:.2f}" for s in self.speed)
        stretch = "0" if self.bone_stretch < 1e-5 else "not 0"
        return "\n".join(
            [
                f"{self.samples} sampled continuations of {self.seconds:.1f} s:",
                "",
                f"- bone stretch: {stretch} (float32 positions round to "
                f"{self.bone_stretch:.0e})",
                f"- limit violations: {self.violations}",
                f"- numbers that are not finite: {'none' if self.finite else 'some'}",
                f"- mean joint speed over the last half second: "
                f"{np.mean(self.speed):.2f} m/s ({each}); truth {self.true_speed:.2f} "
                f"m/s, ratio {self.speed_ratio:.2f}",
            ]
        )


def judge_rollout(samples: Sequence[Motion], truth: Motion) -> RolloutReport:
    """Judge continuations against the true motion, a clip at the same rate."""
    stretch, violations, finite, speeds = 0.0, 0, True, []
    for motion in samples:
        places = positions(motion)
        finite = finite and all(np.isfinite(x).all() for x in (*motion.poses, places))
        body = motion.skeleton
        # Seen from the root: far from the origin float32 is too coarse for a thumb.
        at_origin = motion.replace(root_position=0 * np.asarray(motion.root_position))
        stretch = max(
            stretch,
            metrics.bone_stretch(
                positions(at_origin), body.parents, np.asarray(body.offsets)
            ),
        )
        violations += int(np.sum(np.asarray(limits.excess(body, motion.joints)) > 0))
        speeds.append(_end_speed(places, motion.fps))
    return RolloutReport(
        len(samples),
        len(samples[0]) / samples[0].fps,
        finite,
        stretch,
        violations,
        tuple(speeds),
        _end_speed(positions(truth), truth.fps),
    )


def _end_speed(places: np.ndarray, fps: float) -> float:
    """Mean joint speed over the last half second, m/s."""
    return float(metrics.joint_speed(places, fps)[-round(fps / 2) :].mean())
