"""Somebody who moves as one watches: a page on a local server.

`Timeline` keeps what was made ahead and changes what nobody has seen yet, `Player`
plays it in real time, `Stage` draws it, and `Panel` has what a person can press and
drag. Who moves is none of theirs: anything with the methods of an `Actor`.
"""

from lmmjax.viewer.live.panel import Orders, Panel
from lmmjax.viewer.live.player import Player, Pulse
from lmmjax.viewer.live.server import serve
from lmmjax.viewer.live.stage import Stage
from lmmjax.viewer.live.timeline import Actor, Timeline

__all__ = ["Actor", "Orders", "Panel", "Player", "Pulse", "Stage", "Timeline", "serve"]
