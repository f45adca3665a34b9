"""What others report on the CMU protocol, with every window of the test clips.

Errors are in units of the benchmark, at the labels 80, 160, 320, 400, 560, 1000.
"""

import dataclasses
import types
from collections.abc import Iterable, Mapping

import numpy as np

# Which windows these rows are of, see `cmu.WINDOWS`.
WINDOWS = "all"
_NONE = float("nan")


@dataclasses.dataclass(frozen=True)
class Published:
    """The rows of one method.

    Attributes:
      name: what the method is called, and whose numbers these are.
      source: where the rows are from.
      rows: six errors by action, NaN where none is given.
    """

    name: str
    source: str
    rows: Mapping[str, tuple[float, ...]]

    def average(self, actions: Iterable[str]) -> np.ndarray:
        """Unweighted mean [6] over actions, NaN where one of them is not given."""
        none = (_NONE,) * 6
        return np.mean([self.rows.get(action, none) for action in actions], axis=0)


LTD = Published(
    "LTD (published)",
    "Mao et al. 2019, as run by MSR-GCN (Dang et al. 2021, tables 3 and 4); label 560 "
    "from the supplement of PGBIG (Ma et al. 2022, table 3), which leaves running out",
    types.MappingProxyType(
        {
            "basketball": (11.68, 21.26, 40.99, 50.78, 68.1, 97.99),
            "basketball_signal": (3.33, 6.25, 13.58, 17.98, 27.7, 54.0),
            "directing_traffic": (6.92, 13.69, 30.3, 39.97, 60.9, 114.16),
            "jumping": (17.18, 32.37, 60.12, 72.55, 93.8, 127.41),
            "running": (14.53, 24.2, 37.44, 41.1, _NONE, 51.73),
            "soccer": (13.33, 24.0, 43.77, 53.2, 70.9, 108.26),
            "walking": (6.62, 10.74, 17.4, 20.35, 25.2, 34.41),
            "washwindow": (5.96, 11.62, 24.77, 31.63, 43.9, 66.95),
        }
    ),
)
MSR_GCN = Published(
    "MSR-GCN (published)",
    "Dang et al. 2021, table CMU-10/25/35-all of the README of Droliven/MSRGCN",
    types.MappingProxyType(
        {
            "basketball": (10.24, 18.64, 36.94, 45.96, 61.12, 86.24),
            "basketball_signal": (3.04, 5.62, 12.49, 16.6, 25.43, 49.99),
            "directing_traffic": (6.13, 12.6, 29.37, 39.22, 60.46, 114.56),
            "jumping": (15.19, 28.85, 55.97, 69.11, 92.38, 126.16),
            "running": (13.17, 20.91, 29.88, 33.37, 38.26, 43.62),
            "soccer": (10.92, 19.4, 37.41, 47.0, 65.25, 101.85),
            "walking": (6.38, 10.25, 16.88, 20.05, 25.48, 36.78),
            "washwindow": (5.41, 10.93, 24.51, 31.79, 45.13, 70.16),
        }
    ),
)
PGBIG = Published(
    "PGBIG (published)",
    "Ma et al. 2022, test_all_eval.csv beside the checkpoint of 705062791/PGBIG",
    types.MappingProxyType(
        {
            "basketball": (9.53, 17.53, 35.32, 44.23, 59.41, 84.14),
            "basketball_signal": (2.71, 4.88, 10.77, 14.63, 23.69, 50.19),
            "directing_traffic": (4.83, 9.77, 23.62, 32.26, 51.6, 102.32),
            "jumping": (13.93, 27.78, 55.8, 69.01, 91.65, 125.6),
            "running": (12.69, 23.18, 38.31, 42.24, 44.98, 51.71),
            "soccer": (11.09, 20.63, 39.48, 48.72, 65.41, 99.98),
            "walking": (6.23, 10.34, 16.84, 19.76, 25.06, 33.93),
            "washwindow": (4.63, 9.16, 20.87, 27.35, 39.7, 65.69),
        }
    ),
)
ZERO_VELOCITY = Published(
    "zero velocity (reference)",
    "measured by another implementation of this protocol on six of the test files",
    types.MappingProxyType(
        {
            "basketball": (22.36, 42.41, 78.46, 94.27, 121.03, 162.43),
            "jumping": (23.41, 44.13, 78.97, 93.16, 115.6, 142.27),
            "running": (32.41, 61.89, 113.8, 135.75, 171.36, 210.12),
            "soccer": (24.11, 46.01, 86.2, 104.24, 135.15, 188.92),
            "walking": (18.88, 36.58, 69.89, 85.28, 113.18, 165.17),
            "washwindow": (14.75, 28.53, 53.39, 64.04, 81.53, 113.08),
        }
    ),
)
METHODS = (LTD, MSR_GCN, PGBIG, ZERO_VELOCITY)
