"""Times of several functions under the same conditions.

Machines are noisy and caches are warm or cold, so contenders take turns: each round
times every one of them once, ratios are taken within a round, and medians over rounds
are reported with their quartiles.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Median and quartiles over rounds."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.3g} [{self.low:.3g}, {self.high:.3g}]"


def spread(values) -> Spread:
    """Median and quartiles of some values."""
    low, median, high = np.quantile(np.asarray(values, float), [0.25, 0.5, 0.75])
    return Spread(float(median), float(low), float(high))


def interleaved(
    contenders: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, np.ndarray]:
    """Seconds [rounds] of each contender; each returns when its result is there.

    Every contender runs twice before the first round, which leaves compilation and
    first allocations out.
    """
    for contender in contenders.values():
        contender()
        contender()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            start = time.perf_counter()
            contender()
            times[name].append(time.perf_counter() - start)
    return {name: np.array(values) for name, values in times.items()}


def ratios(times: Mapping[str, np.ndarray], base: str) -> dict[str, Spread]:
    """How many times as long as ``base`` each contender took, within rounds."""
    return {name: spread(values / times[base]) for name, values in times.items()}
