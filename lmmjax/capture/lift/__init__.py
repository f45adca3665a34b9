"""Lifting: the movement of a person from one calibrated camera.

A camera shows every bone's direction but for whether it points to it or away from it,
so there are several answers: `lift` gives the most probable ones.
"""

from lmmjax.capture.lift.lifting import Hypothesis, lift

__all__ = ["Hypothesis", "lift"]
