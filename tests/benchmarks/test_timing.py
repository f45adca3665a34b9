"""Laws of times taken in turns."""

import time

import numpy as np

from benchmarks import timing


def test_contenders_take_turns_after_two_runs_each():
    calls = []
    contenders = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = timing.interleaved(contenders, rounds=3)
    assert "".join(calls) == "aabb" + 3 * "ab"
    assert {name: len(values) for name, values in times.items()} == {"a": 3, "b": 3}


def test_times_are_seconds():
    times = timing.interleaved({"nap": lambda: time.sleep(0.01)}, rounds=2)
    assert (times["nap"] >= 0.01).all()


def test_ratios_are_taken_within_rounds():
    times = {"ours": np.array([1.0, 10.0, 2.0]), "peer": np.array([2.0, 20.0, 4.0])}
    ratio = timing.ratios(times, "ours")["peer"]
    assert ratio == timing.Spread(2.0, 2.0, 2.0)
    assert str(timing.spread([1, 2, 3, 4, 5])) == "3 [2, 4]"
