"""The benchmark of training runs, at a small size."""

from benchmarks import training
from lmmjax.training import step as training_step
from lmmjax.training.loop import LoopConfig
from tests.lmmjax import tiny
from tests.lmmjax.training import toy


def test_a_row_per_size_and_number_of_devices_with_times_that_agree(monkeypatch):
    # A loss and a body that compile at once.
    monkeypatch.setattr(training_step.losses, "loss", toy.toy_loss)
    found = tiny.fresh_model(toy.MODEL), tiny.windows(length=6)
    monkeypatch.setattr(training, "problem", lambda *_: found)
    loop = LoopConfig(steps=1000, batch=4, inner=3)
    rows = training.table(["tiny"], [2], loop, rounds=2, clips=2, side=64)
    assert rows[0].count("|") == rows[2].count("|")
    size, _, devices, time, speed, operations, _, made, waiting = (
        x.strip() for x in rows[2].strip("|").split("|")
    )
    assert (size, devices) == ("tiny", "2")
    poses = loop.batch * found[1].length
    seconds = float(time.split()[0]) / 1e3
    assert abs(float(speed.replace(",", "")) * seconds / poses - 1) < 0.02
    assert float(operations) > 0
    assert float(made) > 0
    assert 0 <= float(waiting.strip("%")) <= 100
