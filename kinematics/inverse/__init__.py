"""Inverse kinematics: a body's movement and size from points, pixels or targets."""

from kinematics.inverse.fit import Fit, Report, fit
from kinematics.inverse.reach import Reached, reach

__all__ = ["Fit", "Reached", "Report", "fit", "reach"]
