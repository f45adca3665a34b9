"""Laws of the log: one line per step in a file, one line that people read."""

import io
import json
import re
import sys

import pytest

from lmmjax.training import log


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
