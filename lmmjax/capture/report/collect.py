"""The report of a session gathered while its takes are made, one after the other."""

from collections.abc import Mapping

import numpy as np

from lmmjax.capture.plan import Plan
from lmmjax.capture.quality import Quality
from lmmjax.capture.reconstruct import Take
from lmmjax.capture.report.facts import SessionReport, session_report
from lmmjax.capture.report.pictures import clearest_frame, overlays


class Collector:
    """Figures of all takes, and pictures of the first."""

    def __init__(self, plan: Plan):
        """Begin the report of a session."""
        self._plan = plan
        self._pictures: dict[str, np.ndarray] = {}
        self._pictured: int | None = None
        self.quality = Quality(plan.cameras, plan.fps)

    def add(self, take: Take) -> None:
        """Count a take."""
        self.quality.add(take)
        if self._pictured is None:
            self._pictured = clearest_frame(take)
            self._pictures = overlays(self._plan, take, self._pictured)

    def report(
        self, clips: int = 0, labels: Mapping[str, int] | None = None
    ) -> SessionReport:
        """The report of what was counted so far; see `session_report`."""
        return session_report(
            self._plan,
            self.quality,
            self._pictures,
            pictured=self._pictured,
            clips=clips,
            labels=labels,
        )
