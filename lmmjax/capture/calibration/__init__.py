"""Calibrations: from the files of other systems, from a board, or from people.

`read` takes files of a dozen systems and `write` gives Pose2Sim's TOML. `check` and
`check_views` say what looks wrong before hours are computed on it. `checkerboard`
finds cameras from pictures of a board. From the people that several cameras see,
`initial` finds where cameras stand, and `bundle` corrects a poor calibration.
"""

from lmmjax.capture.calibration.checks import check
from lmmjax.capture.calibration.files import READERS, read
from lmmjax.capture.calibration.pose2sim import write
from lmmjax.capture.calibration.view_checks import check_views

__all__ = ["READERS", "check", "check_views", "read", "write"]
