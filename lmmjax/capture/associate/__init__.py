"""Who is who: the same person in all views and over time, without any appearance.

People are followed in space: each is predicted, matched to the detections of every
view and triangulated anew; what is left over is grouped across views into new people.
"""

from lmmjax.capture.associate.options import Options
from lmmjax.capture.associate.people import Associated, associate
from lmmjax.capture.associate.report import Report
from lmmjax.capture.associate.tracks import Tracks

__all__ = ["Associated", "Options", "Report", "Tracks", "associate"]
