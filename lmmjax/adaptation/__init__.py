"""Adaptation: a trained model learns how one person moves, from seconds of them.

The backbone stays as it is: it reads the motion once (`reading`), and the head learns
from what it read (`learning`), in the units of the network and without kinematics, so
that an update takes milliseconds. Part of the motion is held back (`hold_back`).
Parameters are kept only where they tell that part better than the model did before
(`judge`): without a gain the model comes back as it was. Weights that the sides of the
body share stay shared, so that a model that commutes with the mirror goes on doing so.
"""

from lmmjax.adaptation.adapt import AdaptConfig, Adapted, adapt
from lmmjax.adaptation.judge import Score

__all__ = ["AdaptConfig", "Adapted", "Score", "adapt"]
