"""Synthetic footage: what cameras would have seen of movements that are known.

Motions go in, from wherever they come; keypoints of every camera come out with all
that makes footage hard, together with the truth. `benchmark_set` is the fixed set on
which triangulation is measured.
"""

from lmmjax.capture.synthetic.benchmark_set import benchmark_set
from lmmjax.capture.synthetic.clocks import Clock, random_clocks
from lmmjax.capture.synthetic.film import Footage, film
from lmmjax.capture.synthetic.rig import courtside, ring
from lmmjax.capture.synthetic.session import arrange, make_session
from lmmjax.capture.synthetic.write import write_session

__all__ = [
    "Clock",
    "Footage",
    "arrange",
    "benchmark_set",
    "courtside",
    "film",
    "make_session",
    "random_clocks",
    "ring",
    "write_session",
]
