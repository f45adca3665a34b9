"""Points in space made whole: outliers out, small gaps filled, noise smoothed.

`drop_outliers` goes first. `smooth` finds from the data how much to smooth, and says
how sure the result is; `low_pass` is the fixed filter that laboratories agree on.
"""

from lmmjax.capture.clean.butterworth import low_pass
from lmmjax.capture.clean.kalman import smooth
from lmmjax.capture.clean.outliers import drop_outliers

__all__ = ["drop_outliers", "low_pass", "smooth"]
