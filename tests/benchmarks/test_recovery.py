"""The benchmark of recovery, at a small size."""

import re

import numpy as np
import pytest

from benchmarks import recovery
from experiments.settings import SettingError
from kinematics import priors
from lmmjax.evaluation.recovery import HOLDING, MODEL, STATUE
from lmmjax.generation import Stream
from lmmjax.pretrained import PretrainedError
from tests.lmmjax import tiny

CLIPS = [tiny.motion(n, 45) for n in range(3)]


@pytest.fixture(scope="module")
def of():
    streams = {
        MODEL: Stream(tiny.lively_model(), commit=3, steps=1, churn=0.0),
        recovery.WITHOUT: Stream(tiny.fresh_model(), commit=3, steps=1, churn=0.0),
    }
    prior = priors.fit(CLIPS, components=2)
    return recovery.studies(streams, CLIPS, prior, count=3, seed=0)


def cells(row):
    return [x.strip() for x in row.strip("|").split("|")]


def test_all_are_judged_by_what_is_usual_of_the_model(of):
    assert len({study.threshold for study in of.values()}) == 1
    usual = of[MODEL]._distances(of[MODEL]._stream, of[MODEL]._usual)
    assert of[MODEL].threshold == np.percentile(usual, 95)


def test_every_blow_has_a_row_of_each_and_of_a_statue(of):
    rows = recovery.blow_rows(of, [0.5], [10.0], ["Head"])
    assert {row.count("|") for row in (*recovery.BLOWS, *rows)} == {9}
    found = [cells(row)[:2] for row in rows]
    blows = ["push, 0 m/s", "push, 0.5 m/s", "tilt, 10°", "knock, Head"]
    who = [MODEL, recovery.WITHOUT, STATUE]
    assert found == [[blow, name] for blow in blows for name in who]
    # Who is not struck moves as unperturbed.
    assert [cells(row)[-1] for row in rows[:2]] == 2 * ["1.00 [1.00, 1.00]"]


def test_every_gap_has_a_row_of_each_and_of_what_was_last(of):
    rows = recovery.gap_rows(of, 0.3, 0.2, 0.1)
    assert {row.count("|") for row in (*recovery.GAPS, *rows)} == {10}
    found = [cells(row)[:2] for row in rows]
    gaps = ["no joints, 0.2 s", "30 % of joints, 0.2 s", "all, 0.1 s"]
    who = [MODEL, recovery.WITHOUT, HOLDING]
    assert found == [[gap, name] for gap in gaps for name in who]
    assert [cells(row)[5] for row in rows[:3]] == 3 * ["0, 0"]


def test_it_is_told_what_other_noise_alone_costs(of, monkeypatch):
    monkeypatch.setattr(recovery, "DRAWS", 2)
    told = recovery.other_noise(of[MODEL], 0.3, 0.2)
    found = re.fullmatch(
        r"With other noise .* \(means of 2 draws\) ([0-9.]+) % recover who lost "
        r"nothing for 0.2 s, and ([0-9.]+) % who lost 30 % of the joints.",
        told,
    )
    # No noise decides what a forecast does.
    usual = of[MODEL].lose(0.0, 0.2).success.value
    assert found[1] == f"{100 * usual:.1f}"
    assert 0 <= float(found[2]) <= 100


def test_what_is_no_model_and_no_number_is_told(monkeypatch):
    with pytest.raises(PretrainedError, match="no pretrained model or folder"):
        recovery.load("human-mocup")
    flag = recovery._PUSHES
    monkeypatch.setattr(type(flag), "value", ["0.2", "hard"], raising=False)
    with pytest.raises(SettingError, match="--pushes: could not convert string"):
        recovery.numbers(flag)
