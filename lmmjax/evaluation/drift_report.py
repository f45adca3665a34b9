"""The table of the drift protocol."""

import dataclasses

import numpy as np

from lmmjax.evaluation.calibration import Interval, describe
from lmmjax.model.sampler import Sampler


@dataclasses.dataclass(frozen=True)
class DriftFigure:
    """One line of the table.

    Attributes:
      name: what is measured.
      model: of the rollouts.
      still: of a body that stops.
      truth: of the held-out clips.
      goal: in words, or "" where there is none.
      met: whether it is met; None without a goal.
    """

    name: str
    model: Interval
    still: float
    truth: float
    goal: str = ""
    met: bool | None = None


@dataclasses.dataclass(frozen=True)
class DriftReport:
    """The result of the protocol.

    Attributes:
      figures: the table.
      speed_ratios: of each rollout, its mean joint speed over that of true clips of
        the same action (of its own clip where actions are not known).
      prompts: number of clips that were continued.
      samples: rollouts of each.
      seconds: length of each.
      clips: held-out clips that are the truth.
      fps: frames per second.
      commit: poses handed out per step.
      seed: of the sampling.
      sampler: how the rollouts were drawn.
      notes: what could not be measured, and why.
    """

    figures: tuple[DriftFigure, ...]
    speed_ratios: tuple[float, ...]
    prompts: int
    samples: int
    seconds: float
    clips: int
    fps: float
    commit: int
    seed: int
    sampler: Sampler
    notes: tuple[str, ...] = ()

    def figure(self, name: str) -> DriftFigure:
        """The line of this name; KeyError lists what there is."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        known = ", ".join(figure.name for figure in self.figures)
        raise KeyError(f"no figure {name!r}; there are {known}")

    def value(self, name: str, default: float) -> float:
        """What rollouts have there; the default where it was not measured."""
        found = [f.model.value for f in self.figures if f.name == name]
        return found[0] if found and not np.isnan(found[0]) else default

    def markdown(self) -> str:
        """The table for people."""
        lines = [
            "| figure | rollouts | body that stops | truth | goal | met |",
            "|---|---|---|---|---|---|",
        ]
        for f in self.figures:
            met = {True: "yes", False: "no", None: ""}[f.met]
            digits = 3 if abs(f.truth) < 100 else 0
            cells = [f.name, f.model.text(digits), _text(f.still, digits)]
            cells += [_text(f.truth, digits), f.goal, met]
            lines.append("| " + " | ".join(cells) + " |")
        low, first, middle, third, high = np.percentile(
            self.speed_ratios, [0, 25, 50, 75, 100]
        )
        return "\n".join(
            [
                *lines,
                "",
                f"Speed ratios of single rollouts: least {low:.2f}, quartiles "
                f"{first:.2f}, {middle:.2f} and {third:.2f}, most {high:.2f}.",
                "",
                f"{self.samples} rollouts of {self.seconds:g} s for each of "
                f"{self.prompts} clips, from the middle of the clip, against "
                f"{self.clips} held-out clips at {self.fps:g} fps; sampler: "
                f"{describe(self.sampler)}, {self.commit} poses per step, seed "
                f"{self.seed}. Square brackets hold 95 % intervals over clips. A frame "
                "is plausible where its distance from training motion is below the "
                "truth's 95th percentile.",
                *self.notes,
            ]
        )


def _text(value: float, digits: int) -> str:
    return f"{value:.{digits}f}"
