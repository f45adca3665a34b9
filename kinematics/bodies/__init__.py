"""Ready-made bodies, with the source of every number."""

from kinematics.bodies import human

__all__ = ["human"]
