"""See movement: any set of motions as one interactive page, offline and inline.

`view` writes a self-contained HTML page (orbit, play, scrub, legend) and returns
it, so that the same call shows the scene in a notebook. It needs the optional
dependency viser: ``pip install 'lmmjax[viewer]'``.
"""

from lmmjax.viewer.page import Page
from lmmjax.viewer.scene import view
from lmmjax.viewer.things import Ground, Thing, ball
from lmmjax.viewer.tracks import Track, forecast_tracks

__all__ = ["Ground", "Page", "Thing", "Track", "ball", "forecast_tracks", "view"]
