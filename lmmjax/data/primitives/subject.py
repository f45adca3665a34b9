"""Synthetic people: a body of some size and a personal way of moving."""

import dataclasses

import numpy as np

from kinematics.bodies.human import human
from kinematics.skeleton import Skeleton

RIGHT, LEFT = "right", "left"
SIDES = (LEFT, RIGHT)


@dataclasses.dataclass(frozen=True)
class Subject:
    """A person who moves. Angles in radians, lengths in metres.

    Attributes:
      name: used as the motion's ``subject``.
      body: the skeleton.
      stature: standing height.
      side: preferred hand and foot.
      tempo: 1 is average; quicker people move with shorter durations.
      walk_ratio: step length over cadence, metres per step per minute. It hardly
        changes with a person's speed; Sekiya and Nagasaki (1998) give 0.0064.
      step_width: metres between the feet's lines when walking.
      stance_width: metres between the ankles when standing.
      toe_out: turn of each foot outward.
      arm_swing: relative amplitude of the arms in gait.
      elbow: flexion of the hanging arm's elbow.
      lean: forward lean of the trunk.
      pelvis_turn: amplitude of the pelvis' turn in gait.
      pelvis_list: amplitude of its list.
      bounce: relative vertical movement in gait.
      asymmetry: relative difference between left and right steps and swings.
    """

    name: str
    body: Skeleton
    stature: float = 1.75
    side: str = RIGHT
    tempo: float = 1.0
    walk_ratio: float = 0.0064
    step_width: float = 0.10
    stance_width: float = 0.18
    toe_out: float = 0.12
    arm_swing: float = 1.0
    elbow: float = 0.30
    lean: float = 0.03
    pelvis_turn: float = 0.08
    pelvis_list: float = 0.06
    bounce: float = 1.0
    asymmetry: float = 0.0

    @property
    def leg(self) -> float:
        """Metres from hip to ankle."""
        return self.thigh + self.shank

    @property
    def thigh(self) -> float:
        """Metres from hip to knee."""
        return float(-self.body.offsets[self.body.index("left_knee"), 2])

    @property
    def shank(self) -> float:
        """Metres from knee to ankle."""
        return float(-self.body.offsets[self.body.index("left_ankle"), 2])

    @property
    def ankle(self) -> float:
        """Metres from the floor to the ankle of a flat foot."""
        return float(-self.body.offsets[self.body.index("left_heel"), 2])


def average() -> Subject:
    """Someone of average size and manner."""
    return Subject("average", human(1.75))


def random_subject(seed: int, index: int = 0) -> Subject:
    """Person number ``index`` of the population ``seed``.

    Statures are drawn around 1.63 and 1.77 m with deviations of 0.065 m, about those
    of adult women and men; manners are drawn around those of `average`.
    """
    rng = np.random.default_rng([seed, index, 1])
    stature = float(np.clip(rng.normal(rng.choice([1.63, 1.77]), 0.065), 1.45, 2.0))
    size = stature / 1.75

    def around(mean: float, spread: float) -> float:
        return float(mean + spread * np.clip(rng.normal(), -2, 2))

    return Subject(
        name=f"person{index:02d}",
        body=human(stature),
        stature=stature,
        side=LEFT if rng.random() < 0.12 else RIGHT,
        tempo=around(1.0, 0.1),
        walk_ratio=around(0.0064, 0.0005) * size,
        step_width=max(around(0.10, 0.025), 0.04) * size,
        stance_width=around(0.19, 0.03) * size,
        toe_out=around(0.12, 0.05),
        arm_swing=around(1.0, 0.25),
        elbow=around(0.30, 0.08),
        lean=around(0.03, 0.025),
        pelvis_turn=around(0.08, 0.025),
        pelvis_list=around(0.06, 0.02),
        bounce=around(1.0, 0.2),
        asymmetry=around(0.0, 0.025),
    )


def arm_length(subject: Subject, side: str) -> float:
    """Metres from shoulder to wrist of a straight arm."""
    body = subject.body
    return sum(
        float(np.linalg.norm(body.offsets[body.index(f"{side}_{name}")]))
        for name in ("elbow", "wrist")
    )
