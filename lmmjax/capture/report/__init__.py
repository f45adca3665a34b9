"""A session or a whole dataset on one page: how good the capture is, and where not.

From a plan of `reconstruct` to a page::

    figures = Quality(plan.cameras, plan.fps)
    for take in takes(plan):
        figures.add(take)
    pictures = overlays(plan, take)
    page = report_page([session_report(plan, figures, pictures)])

The page needs nothing but itself: no scripts, and pictures are inside.
"""

from lmmjax.capture.report.facts import SessionReport, session_report
from lmmjax.capture.report.page import report_page
from lmmjax.capture.report.pictures import clearest_frame, overlays

__all__ = [
    "SessionReport",
    "clearest_frame",
    "overlays",
    "report_page",
    "session_report",
]
