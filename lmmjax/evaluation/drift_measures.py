"""What the drift protocol measures in one motion, and means of it over several."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from kinematics import Motion
from kinematics.bodies import segments
from kinematics.motion import positions
from kinematics.priors import Prior
from lmmjax.evaluation import metrics
from lmmjax.model import MovementModel

# Toes are this seldom lower than what counts as the ground of a clip, percent.
_GROUND = 1.0


@dataclasses.dataclass(frozen=True)
class Measures:
    """What is found in one motion.

    Attributes:
      plausible: [T-1] whether each frame but the first is.
      speed: [T-1] mean joint speed, m/s.
      jerk: mean, m/s^3.
      sliding: distance that toes slide per second, summed over contacts.
      contacts: number of contacts of toes.
      chances: number of contacts there could have been.
      outside: share of joint coordinates outside of their limits.
      stretch: largest relative change of a bone.
    """

    plausible: np.ndarray
    speed: np.ndarray
    jerk: float
    sliding: float
    contacts: int
    chances: int
    outside: float
    stretch: float


def measurer(
    model: MovementModel, prior: Prior, usual: float, toes: tuple[int, ...]
) -> Callable[[Motion, float], Measures]:
    """The function that measures a motion over a floor at some height."""

    def measure(motion: Motion, floor: float) -> Measures:
        places = positions(motion)
        sliding, contacts = _sliding(places, toes, motion.fps, floor)
        # Seen from the root: far from the origin float32 is too coarse for a thumb.
        at_origin = motion.replace(root_position=0 * np.asarray(motion.root_position))
        body = motion.skeleton
        return Measures(
            metrics.plausibility(prior, motion) <= usual,
            metrics.joint_speed(places, motion.fps),
            float(metrics.jerk(places, motion.fps)),
            sliding,
            contacts,
            (len(motion) - 1) * len(toes),
            metrics.limit_violations(model.body, np.asarray(motion.joints)).share,
            metrics.bone_stretch(
                positions(at_origin), body.parents, np.asarray(body.offsets)
            ),
        )

    return measure


def mean_speed(measures: Sequence[Measures]) -> float:
    """Mean joint speed over all frames of some clips, m/s."""
    return float(np.concatenate([x.speed for x in measures]).mean())


def mean_skate(measures: Sequence[Measures]) -> float:
    """Mean speed of toes on the ground, m/s; NaN where none is."""
    contacts = sum(x.contacts for x in measures)
    return sum(x.sliding for x in measures) / contacts if contacts else float("nan")


def touching(measures: Sequence[Measures]) -> float:
    """Share of the time that toes are on the ground."""
    return sum(x.contacts for x in measures) / sum(x.chances for x in measures)


def find_toes(model: MovementModel) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Joints of the toes, and a note where the body has none."""
    try:
        return segments.toe_joints(model.body), ()
    except ValueError as error:
        return (), (f"Foot skate was not measured: {error}.",)


def ground(motion: Motion, toes: tuple[int, ...]) -> float:
    """Height of the ground under a clip, metres: where its toes are lowest."""
    if not toes:
        return 0.0
    heights = positions(motion)[:, list(toes), 2]
    return float(np.nanpercentile(heights, _GROUND))


def _sliding(
    places: np.ndarray, toes: tuple[int, ...], fps: float, floor: float
) -> tuple[float, int]:
    """Speed of toes summed over their contacts with the ground, and their number."""
    if not toes:
        return 0.0, 0
    skate = metrics.foot_skate(places, toes, fps, floor)
    contacts = int(skate.contacts)
    return (float(skate.speed) * contacts if contacts else 0.0), contacts
