"""Metrics of movement, as plain functions of arrays.

Positions are metres, N windows of S samples, T future frames and J joints. Metrics that
are means over windows give one number per window, so that `bootstrap_interval` can
follow: report the interval, the joint set, the rate, the true time of each frame, the
number of windows and the seeds with every figure, and the trivial forecast
(`ZeroVelocity`) beside it. Missing (NaN) numbers of the truth, and of a movement
that is judged alone, are left out; a prediction that is NaN where the truth is known
makes its figure NaN.

Of one prediction
  mpjpe, joint_error, root_relative   distance of joints, mm or m
  angle_error                         geodesic angle between rotations, degrees
  npss                                distance between power spectra
  goal_distance, goal_success         of the end effector at the deadline
Of samples
  ade, fde                            displacement error of the best of S
  multimodal_errors                   MMADE and MMFDE
  crps, energy_score, skill           fair proper scores, against the trivial forecast
  coverage, central_interval          calibration
  apd, cmd                            spread, and movement over time
  frechet_distance, frechet_floor     between sets, on `motion_features`
Of bodies
  foot_skate, margin_of_stability     feet on the ground
  limit_violations, range_used        joint coordinates and their limits
  bone_stretch, mean_bone_stretch, bone_jitter  lengths of bones
  jerk, jerk_log_ratio, fast_power    smoothness
  joint_speed, joint_speeds, speed_ratio  liveliness
  penetration, collision_share        of capsules
Of models in use
  plausibility, recovery_time, recovery  strangeness, and the way back after a push
  fall_probability, auroc, auprc, alarm_threshold, lead_time  prediction of falls
  measure_latency, reaction_time      time
  mirror_consistency                  left and right
Of figures
  bootstrap_interval, bootstrap_ratio_interval, skill_interval, bootstrap_statistic
"""

from lmmjax.evaluation.metrics.baseline import ZeroVelocity, fit_zero_velocity
from lmmjax.evaluation.metrics.best_of import (
    MultimodalErrors,
    ade,
    fde,
    multimodal_errors,
)
from lmmjax.evaluation.metrics.bones import (
    LimitViolations,
    bone_jitter,
    bone_stretch,
    limit_violations,
    mean_bone_stretch,
    range_used,
)
from lmmjax.evaluation.metrics.collisions import (
    Penetration,
    collision_share,
    penetration,
    segment_distance,
)
from lmmjax.evaluation.metrics.contact import (
    FootSkate,
    foot_skate,
    margin_of_stability,
)
from lmmjax.evaluation.metrics.diversity import apd, cmd
from lmmjax.evaluation.metrics.errors import (
    angle_error,
    joint_error,
    mpjpe,
    root_relative,
)
from lmmjax.evaluation.metrics.falls import (
    alarm_threshold,
    auprc,
    auroc,
    fall_probability,
    lead_time,
)
from lmmjax.evaluation.metrics.frechet import (
    MotionFeatures,
    frechet_distance,
    frechet_floor,
    motion_features,
)
from lmmjax.evaluation.metrics.goals import goal_distance, goal_success
from lmmjax.evaluation.metrics.intervals import (
    bootstrap_interval,
    bootstrap_ratio_interval,
    bootstrap_statistic,
    skill_interval,
)
from lmmjax.evaluation.metrics.latency import Latency, measure_latency, reaction_time
from lmmjax.evaluation.metrics.mirror import mirror_consistency
from lmmjax.evaluation.metrics.plausibility import (
    Recovery,
    fastest_joint,
    plausibility,
    recovery,
    recovery_time,
    teleport_speed,
    usual,
)
from lmmjax.evaluation.metrics.scoring import (
    central_interval,
    coverage,
    crps,
    energy_score,
    skill,
)
from lmmjax.evaluation.metrics.smoothness import (
    jerk,
    jerk_log_ratio,
    joint_speed,
    joint_speeds,
    speed_ratio,
)
from lmmjax.evaluation.metrics.spectra import FastPower, fast_power, npss

__all__ = [
    "FastPower",
    "FootSkate",
    "Latency",
    "LimitViolations",
    "MotionFeatures",
    "MultimodalErrors",
    "Penetration",
    "Recovery",
    "ZeroVelocity",
    "ade",
    "alarm_threshold",
    "angle_error",
    "apd",
    "auprc",
    "auroc",
    "bone_jitter",
    "bone_stretch",
    "bootstrap_interval",
    "bootstrap_ratio_interval",
    "bootstrap_statistic",
    "central_interval",
    "cmd",
    "collision_share",
    "coverage",
    "crps",
    "energy_score",
    "fall_probability",
    "fast_power",
    "fastest_joint",
    "fde",
    "fit_zero_velocity",
    "foot_skate",
    "frechet_distance",
    "frechet_floor",
    "goal_distance",
    "goal_success",
    "jerk",
    "jerk_log_ratio",
    "joint_error",
    "joint_speed",
    "joint_speeds",
    "lead_time",
    "limit_violations",
    "margin_of_stability",
    "mean_bone_stretch",
    "measure_latency",
    "mirror_consistency",
    "motion_features",
    "mpjpe",
    "multimodal_errors",
    "npss",
    "penetration",
    "plausibility",
    "range_used",
    "reaction_time",
    "recovery",
    "recovery_time",
    "root_relative",
    "segment_distance",
    "skill",
    "skill_interval",
    "speed_ratio",
    "teleport_speed",
    "usual",
]
