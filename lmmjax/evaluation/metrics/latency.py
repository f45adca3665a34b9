"""How long a step takes, and how late a generated person reacts."""

import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np


class Latency(NamedTuple):
    """Seconds that a call takes until its result is there.

    Attributes:
      first: the first call, compilation included.
      p50: median of the warm calls.
      p99: 99th percentile.
      p999: 99.9th percentile; of fewer than 1,000 calls no more than the slowest one.
      calls: number of warm calls.
    """

    first: float
    p50: float
    p99: float
    p999: float
    calls: int


def measure_latency(
    step: Callable[[], object], calls: int = 1000, warm_up: int = 10
) -> Latency:
    """Measure a step, one call at a time, each waited for.

    State the hardware and the batch (1 for what a person at a screen feels) with it.

    Args:
      step: takes nothing and returns any pytree of arrays; for a stream, a closure that
        keeps the state.
      calls: number of timed calls.
      warm_up: calls between the first and the timed ones, which are not counted.

    Raises:
      ValueError: no calls to time.
    """
    if calls < 1:
        raise ValueError(f"latency needs at least one timed call, not {calls}")
    first = _seconds(step)
    for _ in range(warm_up):
        _seconds(step)
    times = [_seconds(step) for _ in range(calls)]
    p50, p99, p999 = np.percentile(times, [50, 99, 99.9]).tolist()
    return Latency(first, p50, p99, p999, calls)


def reaction_time(latency: float, commit: int, fps: float) -> float:
    """Seconds until what happens now can show: latency + committed poses / fps.

    An event just after a step began waits until the poses that this step commits have
    been played.

    Args:
      latency: of a warm step, seconds.
      commit: poses handed out per step.
      fps: frames per second.
    """
    return latency + commit / fps


def _seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(step())
    return time.perf_counter() - start
