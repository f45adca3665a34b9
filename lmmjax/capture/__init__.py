"""Footage to movement: from what cameras saw to labelled 3D motion.

A session goes through the rooms in this order, each usable alone: `detections` reads
keypoints, `calibration` cameras, `synchronize` sets the clocks, `associate` tells who
is who, `triangulate` finds points in space (`lift` where there is one camera), `clean`
and `fitting` make them a `Motion`, `segment` divides it and `labels` names the parts.
"""

from lmmjax.capture.cameras import Calibration, make_calibration
from lmmjax.capture.errors import CaptureError
from lmmjax.capture.keypoints import Keypoints2D, make_keypoints

__all__ = [
    "Calibration",
    "CaptureError",
    "Keypoints2D",
    "make_calibration",
    "make_keypoints",
]
