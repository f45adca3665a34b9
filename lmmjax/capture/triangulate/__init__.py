"""Keypoints of several cameras to points in space, with their covariance.

`rays` makes pixels straight, `solver` finds points in spite of wrong ones, `locate`
does so for millions, `noise` finds the scale of the noise, `triangulation` is what
callers use, and `pose2sim` does as another tool does.
"""

from lmmjax.capture.triangulate.triangulation import Triangulated, triangulate

__all__ = ["Triangulated", "triangulate"]
