"""The clocks of cameras, from the motion that they saw, and keypoints on one clock.

`synchronize` finds offset, sub-frame delay and drift; `retime` puts the views on
common times.
"""

from lmmjax.capture.synchronize.clocks import Clocks
from lmmjax.capture.synchronize.estimate import synchronize
from lmmjax.capture.synchronize.retiming import retime

__all__ = ["Clocks", "retime", "synchronize"]
