"""A session or a whole dataset on one page: how good the capture is, and where not.

From a plan of `reconstruct` to a page::

    collected = Collector(plan)
    for take in takes(plan):
        collected.add(take)
    page = report_page([collected.report()])

The page needs nothing but itself: no scripts, and pictures are inside.
"""

from lmmjax.capture.report.collect import Collector
from lmmjax.capture.report.facts import SessionReport, session_report
from lmmjax.capture.report.page import report_page
from lmmjax.capture.report.pictures import clearest_frame, overlays

__all__ = [
    "Collector",
    "SessionReport",
    "clearest_frame",
    "overlays",
    "report_page",
    "session_report",
]
