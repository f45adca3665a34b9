"""The CMU motion prediction benchmark: its files, as motion, divided with care.

Li et al. (2018, "Convolutional Sequence to Sequence Model for Human Dynamics") chose
eight actions of the CMU Motion Capture Database and published them as exponential
maps, ``train/<action>/<action>_<k>.txt`` and ``test/<action>/<action>_<k>.txt``. A
row is one frame at 120 Hz: the root's translation and, for each of the 38 joints of
`kinematics.bodies.cmu38`, an exponential map. The people differ, but all are posed
on the bones of subject 02.

Clips are kept as their rows and divided as whole files. Only then are they decimated
to the 60 Hz of the benchmark: both halves of a clip's rows are one movement, and must
not come to lie on two sides of a division.
"""

from lmmjax.data.cmu_benchmark.files import (
    ACTIONS,
    FPS,
    OBSERVED,
    PREDICTED,
    BenchmarkClip,
    fingerprint,
    is_benchmark,
    read_clip,
    read_part,
)
from lmmjax.data.cmu_benchmark.movement import pinned, to_motion
from lmmjax.data.cmu_benchmark.split import BenchmarkSplit, hold_out, numbers

__all__ = [
    "ACTIONS",
    "FPS",
    "OBSERVED",
    "PREDICTED",
    "BenchmarkClip",
    "BenchmarkSplit",
    "fingerprint",
    "hold_out",
    "is_benchmark",
    "numbers",
    "pinned",
    "read_clip",
    "read_part",
    "to_motion",
]
