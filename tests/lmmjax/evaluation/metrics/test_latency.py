"""Times of calls, by a clock that is known."""

import numpy as np
import pytest

from lmmjax.evaluation import metrics


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when a test says so."""
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    return now


def test_percentiles_are_those_of_the_warm_calls(clock):
    seconds = iter([9.0, 5.0, 5.0, *np.arange(1001) / 1000])

    def step():
        clock[0] += next(seconds)
        return np.zeros(1)

    found = metrics.measure_latency(step, calls=1001, warm_up=2)
    assert found == pytest.approx((9.0, 0.5, 0.99, 0.999, 1001))
    with pytest.raises(ValueError, match="at least one timed call"):
        metrics.measure_latency(step, calls=0)


def test_the_time_runs_until_the_result_is_there(clock):
    class Slow:
        """An array that is ready when it is waited for."""

        def block_until_ready(self):
            clock[0] += 2
            return self

    found = metrics.measure_latency(lambda: {"x": [Slow()]}, calls=3, warm_up=0)
    assert found.p50 == found.first == 2


def test_the_reaction_waits_for_the_committed_poses():
    assert metrics.reaction_time(0.01, 5, 25.0) == pytest.approx(0.21)
    assert metrics.reaction_time(0.01, 1, 100.0) == pytest.approx(0.02)
