"""Laws of the log: one line per step in a file, one line that people read."""

import io
import json
import re
import sys

import numpy as np
import pytest

from lmmjax.training import log, parallel
from lmmjax.training.step import Told


def lines(folder):
    return [json.loads(x) for x in (folder / "metrics.jsonl").read_text().splitlines()]


def test_every_write_is_a_line_at_once(tmp_path):
    writer = log.MetricLog(tmp_path / "new" / "run")
    writer.write(1, loss=2, error_m=0.5)
    assert lines(tmp_path / "new" / "run") == [{"step": 1, "loss": 2.0, "error_m": 0.5}]
    writer.write(2, loss=1)
    writer.close()
    assert [x["step"] for x in lines(tmp_path / "new" / "run")] == [1, 2]


def test_resuming_drops_later_and_broken_lines_and_goes_on(tmp_path):
    first = log.MetricLog(tmp_path)
    for step in (1, 2, 3):
        first.write(step, loss=step)
    first.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')
    second = log.MetricLog(tmp_path, resume_step=2)
    second.write(3, loss=30)
    second.close()
    assert [x["loss"] for x in lines(tmp_path)] == [1, 2, 30]
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


def test_a_new_run_starts_an_empty_file(tmp_path):
    first = log.MetricLog(tmp_path)
    first.write(1, loss=1)
    first.close()
    log.MetricLog(tmp_path).close()
    assert lines(tmp_path) == []


LINE = re.compile(
    r"training \[(#*) *\] (\d+)/(\d+) \| loss 1\.5 \| [\d,]+ poses/s \| [\d:]+ left$"
)


def test_console_line_has_bar_steps_text_speed_and_time_left(capsys):
    console = log.Console(steps=200)
    console.update(50, 5000, "loss 1.5")
    told = capsys.readouterr()
    assert told.out == ""
    bar, step, steps = LINE.match(told.err.strip("\n")).groups()
    assert (len(bar), step, steps) == (5, "50", "200")
    assert told.err.endswith("\n")


def test_into_a_file_lines_are_rare_but_the_last_is_there(capsys):
    console = log.Console(steps=10)
    for step in range(1, 10):
        console.update(step, step, "loss 1.5")
    console.update(10, 10, "loss 1.5", last=True)
    found = [LINE.match(x).group(2) for x in capsys.readouterr().err.splitlines()]
    assert found == ["1", "10"]


def test_on_a_terminal_one_line_is_rewritten(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    console = log.Console(steps=10)
    console.update(5, 5, "loss 1.5")
    console.update(10, 10, "loss 1.5", last=True)
    text = sys.stderr.getvalue()
    assert text.count("\r\033[K") == 2
    assert text.count("\n") == 1
    assert text.endswith("\n")


def test_speed_and_time_left_count_from_the_step_of_resumption(capsys, monkeypatch):
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(log.time, "monotonic", lambda: next(clock))
    console = log.Console(steps=1000, start=900)
    console.update(950, 5000, "loss 1.5")
    assert "| 500 poses/s | 0:10 left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3661, "1:01:01")]
)
def test_clock(seconds, text):
    assert log._clock(seconds) == text


def test_input_is_the_share_of_time_spent_in_the_source(monkeypatch):
    now = 0.0
    monkeypatch.setattr(log.time, "perf_counter", lambda: now)

    def source():
        nonlocal now
        for n in range(4):
            now += 1.0
            yield n

    clock = log.InputClock()
    for n in clock.watch(source()):
        assert n == round(now - 3 * n) - 1
        now += 3.0
    assert clock.share() == 0.25
    now += 5.0
    assert clock.share() == 0.0


def told(*losses, stop=False):
    """What a chunk of these losses tells, with room for one more."""
    metrics = {
        "loss": np.float32([*losses, 0.0]),
        "error_m": np.float32([0.1] * len(losses) + [np.nan]),
    }
    return parallel.replicate(Told(metrics, np.array(stop)))


def test_chunks_are_read_in_order_and_late_and_every_tenth_step_is_logged(tmp_path):
    report = log.Report(tmp_path, steps=24, start=0, poses_per_step=8)
    report.add(1, told(1.0))
    report.add(12, told(*range(2, 13)))
    report.read(behind=1)
    assert [x["step"] for x in lines(tmp_path)] == [1]
    report.add(24, told(*range(13, 25), stop=True))
    report.read(behind=1)
    assert not report.stopping
    report.read()
    assert report.stopping
    report.close()
    found = lines(tmp_path)
    assert [x["step"] for x in found] == [x["loss"] for x in found] == [1, 10, 20, 24]
    assert all(0 <= x["input_share"] <= 1 for x in found)


def test_console_tells_the_share_of_input(tmp_path, capsys):
    report = log.Report(tmp_path, steps=24, start=0, poses_per_step=8)
    report.add(10, told(*range(1, 11)))
    report.read()
    report.close()
    line = capsys.readouterr().err.splitlines()[-1]
    assert re.search(r"10/24 \| loss 10.000 error 100.0 mm \| input \d+\.\d % \|", line)


def test_the_step_whose_loss_is_no_number_is_named(tmp_path):
    report = log.Report(tmp_path, steps=24, start=9, poses_per_step=8)
    report.add(14, told(1.0, 2.0, np.inf, np.nan, np.nan))
    with pytest.raises(FloatingPointError, match="step 12: the loss is no longer"):
        report.read()
    report.close()
    assert [x["step"] for x in lines(tmp_path)] == [10]


def test_other_processes_read_and_do_not_write(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(log.parallel, "process_part", lambda: (1, 2))
    report = log.Report(tmp_path, steps=24, start=0, poses_per_step=8)
    report.add(1, told(1.0, stop=True))
    report.read()
    report.write(1, {"answer": 42})
    report.close()
    assert report.stopping
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr().err == ""
