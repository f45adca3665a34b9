"""How good a capture is: figures of a whole session and of single segments.

A session may be hours long, so what is kept are counts, sums and a histogram for each
camera and joint; only the list of gaps grows, with their number. Everything adds up:
parts of a session, made apart, merge into the same figures.
"""

from lmmjax.capture.quality.figures import Quality
from lmmjax.capture.quality.people import Person
from lmmjax.capture.quality.segment import of_slice

__all__ = ["Person", "Quality", "of_slice"]
